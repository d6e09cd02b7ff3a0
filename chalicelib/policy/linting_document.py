"""What is wrong or odd in a policy document around its rules: dates, names, tiers, deadlines."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from chalicelib.core.errors import FieldError
from chalicelib.policy.conditions import comparisons_in
from chalicelib.policy.document import PolicyDocument, Review
from chalicelib.policy.linting_places import At, meant
from chalicelib.policy.vocabulary import RANGES, Domains, Range

RULES_MAX = 500
_RANK = {review: rank for rank, review in enumerate(Review)}


def domains_of(document: PolicyDocument) -> Domains:
    """What facts can be under this policy: the score is what its signals add up to."""
    weights = [signal.weight for signal in document.signals]
    score = Range(
        lowest=sum(weight for weight in weights if weight < 0),
        highest=sum(weight for weight in weights if weight > 0),
    )
    return Domains(numbers={**RANGES, "risk_score": score})


def header_faults(document: PolicyDocument, root: At) -> Iterator[FieldError]:
    if not _is_time_zone(document.time_zone):
        hint = meant(document.time_zone, available_timezones())
        message = f"{document.time_zone!r} is no time zone of the IANA database.{hint}"
        yield (root / "time_zone").finding("unknown_time_zone", message)
    ends = document.effective_to
    if ends is not None and ends <= document.effective_from:
        message = "It ends before it begins, or at once: effective_to is the first moment after it."
        yield (root / "effective_to").finding("dates_reversed", message)
    if not document.rules:
        message = "Without a rule nothing may be returned; a last rule without `when` is the rest."
        yield (root / "rules").finding("no_rules", message)
    elif len(document.rules) > RULES_MAX:
        message = (
            f"{len(document.rules)} rules; a policy has at most {RULES_MAX}. "
            "Use in for many words, and tags or categories for many goods."
        )
        yield (root / "rules").finding("too_many_rules", message)


_OF_THE_MACHINE = ("localtime", "posixrules", "Factory", "posix/", "right/")
"""What stands beside the zones on some machines: their own time, or one with leap seconds."""


def _is_time_zone(name: str) -> bool:
    if name.startswith(_OF_THE_MACHINE):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def name_faults(document: PolicyDocument, root: At) -> Iterator[FieldError]:
    """Names that are used twice, with the place of the first."""
    lists = (
        ("rules", "duplicate_rule", [rule.rule_id for rule in document.rules]),
        ("signals", "duplicate_signal", [one.signal_id for one in document.signals]),
    )
    for name, code, ids in lists:
        first: dict[str, int] = {}
        for place, one in enumerate(ids):
            if one in first:
                message = f"{one!r} is the name of /{name}/{first[one]} already."
                yield (root / name / place / "id").finding(code, message)
            first.setdefault(one, place)
    if len(set(document.four_eyes)) < len(document.four_eyes):
        yield (root / "four_eyes").finding("duplicate_item", "One of the pairs is listed twice.")


def tier_faults(document: PolicyDocument, root: At) -> Iterator[FieldError]:
    """Tiers of one kind rise, both where they begin and in what they ask for."""
    by_score = [(place, tier.score, tier.review) for place, tier in enumerate(document.risk_tiers)]
    yield from _rising(by_score, root / "risk_tiers", "score", "")
    by_currency: dict[str, list[tuple[int, int, Review]]] = {}
    for place, tier in enumerate(document.amount_tiers):
        same = by_currency.setdefault(tier.above.currency, [])
        same.append((place, tier.above.minor, tier.review))
        if tier.above.minor < 0:
            message = f"{tier.above.amount} {tier.above.currency}; no request is worth less than 0."
            yield (root / "amount_tiers" / place / "above").finding("negative_amount", message)
    for currency, tiers in by_currency.items():
        yield from _rising(tiers, root / "amount_tiers", "above", f" in {currency}")


def _rising(
    tiers: Sequence[tuple[int, int, Review]], at: At, name: str, where: str
) -> Iterator[FieldError]:
    for (before, low, less), (place, high, more) in pairwise(tiers):
        if high <= low:
            message = f"Tiers{where} rise: {name} is not above that of tier {before}."
            yield (at / place / name).finding("tiers_not_rising", message)
        elif _RANK[more] <= _RANK[less]:
            message = (
                f"Tiers{where} rise: {more.value} asks for no more than the {less.value} "
                f"of tier {before}."
            )
            yield (at / place / "review").finding("tiers_not_rising", message)


def header_oddities(document: PolicyDocument, root: At) -> Iterator[FieldError]:
    """Tiers, signals and deadlines that never have an effect."""
    yield from _tier_oddities(document, root)
    asked = any(
        comparison.fact == "risk_score"
        for rule in document.rules
        if rule.when is not None
        for comparison in comparisons_in(rule.when)
    )
    if document.signals and not document.risk_tiers and not asked:
        message = "No tier and no rule asks for the risk score: the signals have no effect."
        yield (root / "signals").finding("signals_without_effect", message)
    for place, signal in enumerate(document.signals):
        if signal.weight == 0:
            at = (root / "signals" / place / "weight").of(f"Signal {signal.signal_id}")
            yield at.finding("no_weight", "A weight of 0 changes no score.")
    yield from _holiday_oddities(document, root / "public_holidays")
    terms = document.deadlines
    for name, days in (("answer_days", terms.answer_days), ("ship_days", terms.ship_days)):
        if terms.remind_days >= days:
            message = f"{terms.remind_days} days before the end of {name} ({days}) is no reminder."
            yield (root / "deadlines" / "remind_days").finding("reminded_at_once", message)


def _holiday_oddities(document: PolicyDocument, at: At) -> Iterator[FieldError]:
    windows = [rule.then.window for rule in document.rules if rule.then.window is not None]
    if document.public_holidays and not any(window.to_working_day for window in windows):
        message = "No window of this policy goes on to a working day: the days have no effect."
        yield at.finding("holidays_unused", message)
    first, ends = document.effective_from.year, document.effective_to
    lengths = [days or 0 for one in windows for days in (one.days, *one.by_resolution.values())]
    after = timedelta(days=max([0, *lengths]) + document.transit_days)
    last = None if ends is None else (ends + after).year
    for place, day in enumerate(document.public_holidays):
        if day.year < first or (last is not None and day.year > last):
            message = f"In {day.year} no window of this version ends ({first} to {last or 'open'})."
            yield (at / place).finding("holiday_out_of_force", message)
        elif day in document.public_holidays[:place]:
            yield (at / place).finding("holiday_listed_twice", f"{day} is listed before.")


def _tier_oddities(document: PolicyDocument, root: At) -> Iterator[FieldError]:
    floor = _least_review(document)
    highest = sum(signal.weight for signal in document.signals if signal.weight > 0)
    tiers = [("risk_tiers", place, one.review) for place, one in enumerate(document.risk_tiers)]
    tiers += [
        ("amount_tiers", place, one.review) for place, one in enumerate(document.amount_tiers)
    ]
    for name, place, review in tiers:
        if _RANK[review] <= _RANK[floor]:
            message = (
                f"{review.value} is no more than what the rules ask for anyway: {floor.value}."
            )
            yield (root / name / place / "review").finding("tier_without_effect", message)
    for place, tier in enumerate(document.risk_tiers):
        if tier.score > highest:
            message = f"The signals add up to {highest} at most; {tier.score} is never reached."
            yield (root / "risk_tiers" / place / "score").finding("tier_out_of_reach", message)


def _least_review(document: PolicyDocument) -> Review:
    """No request gets less: of what rules state, and of what applies where none does."""
    stated = [rule.then.review for rule in document.rules if rule.then.review is not None]
    is_always = any(rule.when is None and rule.then.review is not None for rule in document.rules)
    return min(stated if is_always else [*stated, Review.PERSON], key=_RANK.__getitem__)
