"""The terms that a customer reads, made from the document that decides: they cannot disagree.

Each rule that says something to a customer is a clause: its title in their language, when it
applies, what follows. What only says who looks at a request, where goods go and what is inspected
is the merchant's own business. The sentences come from `terms_words.py`, one set a language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Condition, Every, Not, Operator, Some
from chalicelib.policy.deductions import GRADED, GradeDeductions
from chalicelib.policy.document import Fees, Outcome, PolicyDocument, Window
from chalicelib.policy.facts import UNPUBLISHED
from chalicelib.policy.giving import GiveBack, Giving
from chalicelib.policy.terms_vocabulary import Vocabulary
from chalicelib.policy.terms_words import LANGUAGES
from chalicelib.reasons.built_in import built_in
from chalicelib.reasons.catalogue import Catalogue

_PARTS_OF_A_PERCENT = 100
_INTERNAL = frozenset({"review", "warehouse", "checklist", "second_refunder_above"})
"""What a rule may state without saying anything to a customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One rule in words; `applies` is empty for a rule that always holds."""

    rule_id: str
    title: str
    applies: str
    says: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one version in one language."""

    language: str
    policy: str
    version_id: str
    title: str
    in_force: str
    intro: str
    clauses: tuple[Clause, ...]
    closing: str

    @property
    def digest(self) -> str:
        """By which two texts are told apart: of everything that is said."""
        said = [self.language, self.version_id, self.title, self.in_force, self.intro, self.closing]
        clauses = [[one.title, one.applies, *one.says] for one in self.clauses]
        return sha256(repr([said, clauses]).encode()).hexdigest()


def terms_of(
    document: PolicyDocument,
    language: str,
    ends: datetime | None = None,
    reasons: Catalogue | None = None,
) -> Terms:
    """The terms in this language; English where it is not spoken here.

    `ends` is when the version really ends, where its shelf says so: earlier than it was written,
    or with its beginning where it was taken back.
    `reasons` have the labels of reasons; without them those that are built in.
    """
    known = (reasons or built_in()).reasons
    plain = LANGUAGES.get(language, LANGUAGES["en"])
    words = plain.with_reasons({code: reason.words for code, reason in known.items()})
    spoken = words.tag
    zone = ZoneInfo(document.time_zone)

    def day(moment: datetime | None) -> str | None:
        return None if moment is None else _day(moment.astimezone(zone), words)

    begins, until = day(document.effective_from), day(ends or document.effective_to)
    assert begins is not None, "a version has a beginning"
    is_taken_back = ends is not None and ends <= document.effective_from
    stated = [rule.then.giving for rule in document.rules if rule.then.giving is not None]
    parts = _parts_in_play(stated)
    return Terms(
        language=spoken,
        policy=document.policy,
        version_id=document.version_id,
        title=document.title[spoken],
        in_force=words.never if is_taken_back else words.in_force(begins, until),
        intro=words.intro,
        clauses=tuple(
            Clause(
                rule_id=rule.rule_id,
                title=rule.title[spoken],
                applies="" if rule.when is None else _condition(rule.when, words),
                says=tuple(_says(rule.then, words, parts)),
            )
            for rule in document.rules
            if not rule.then.stated().keys() <= _INTERNAL
        ),
        closing=words.closing(document.time_zone, document.transit_days),
    )


def giving_says(giving: Giving, language: str) -> tuple[str, ...]:
    """What goes back beside the prices, in the sentences of the terms."""
    words = LANGUAGES.get(language, LANGUAGES["en"])
    return tuple(_giving(giving, words, _parts_in_play([giving])))


def _day(local: datetime, words: Vocabulary) -> str:
    """The day; with the time where it is not the beginning of the day."""
    day, time = words.day(local.date()), local.time()
    if time == time.min:
        return day
    return f"{day} {time.isoformat('seconds' if time.second else 'minutes')}"


def _condition(condition: Condition, words: Vocabulary) -> str:
    match condition:
        case Every():
            return words.joined([_part(part, words) for part in condition.of], words.both)
        case Some():
            return words.joined([_part(part, words) for part in condition.of], words.either)
        case Not():
            return words.negated(_condition(condition.of, words))
        case Comparison():
            return _comparison(condition, words)


def _part(part: Condition, words: Vocabulary) -> str:
    """In brackets where it is not plain what belongs together."""
    said = _condition(part, words)
    is_joined = isinstance(part, Every | Some) and len(part.of) > 1
    return words.brackets.format(text=said) if is_joined else said


def _comparison(comparison: Comparison, words: Vocabulary) -> str:
    if comparison.fact in UNPUBLISHED:
        return words.individually
    fact = words.facts.get(comparison.fact, comparison.fact)
    if isinstance(comparison.value, bool):
        is_asked = comparison.operator is Operator.KNOWN
        return words.yes_no(fact, comparison.value, is_known=is_asked)
    return words.compared(fact, comparison.operator.value, _value(comparison, words))


def _value(comparison: Comparison, words: Vocabulary) -> str:
    value = comparison.value
    if isinstance(value, Money):
        return _amount(value)
    if isinstance(value, tuple):
        return words.listed([words.named(comparison.fact, one) for one in value])
    return words.named(comparison.fact, str(value))


def _says(then: Outcome, words: Vocabulary, parts: frozenset[str]) -> Iterator[str]:
    if then.eligible is False:
        yield words.not_returnable
    if then.eligible is True:
        yield words.returnable
    if then.window is not None:
        yield from _window(then.window, words)
    if then.fees is not None:
        yield from _fees(then.fees, words)
    yield from _graded(then.grade_deductions, words)
    if then.resolutions is not None:
        yield words.resolutions(
            words.listed([words.named("resolution", w) for w in then.resolutions])
        )
    if then.evidence:
        yield words.evidence(words.listed([words.named("evidence", one) for one in then.evidence]))
    elif then.evidence is not None:
        yield words.no_evidence
    if then.keep_item is not None:
        yield words.keep_item if then.keep_item else words.send_back
    if then.refund_due is not None:
        yield words.refund_due[then.refund_due.value]
    if then.giving is not None:
        yield from _giving(then.giving, words, parts)
    if then.review is not None:
        yield words.review[then.review.value]


def _window(window: Window, words: Vocabulary) -> Iterator[str]:
    if window.days is None:
        yield words.any_time
    else:
        yield words.window(window.days, window.start.value)
    for wish, days in sorted(window.by_resolution.items()):
        named = words.named("resolution", wish)
        yield words.window_for(named, days)
    if window.to_working_day:
        yield words.working_day


def _fees(fees: Fees, words: Vocabulary) -> Iterator[str]:
    if not (fees.restocking or fees.flat or fees.shipping):
        yield words.no_fee
    if fees.restocking:
        yield words.restocking(_percent(fees.restocking))
    if fees.flat:
        yield words.flat_fee(_amount(fees.flat))
    if fees.shipping:
        yield words.way_back(_amount(fees.shipping))
    if fees.tax_rate and (fees.restocking or fees.flat or fees.shipping):
        yield words.fee_tax(_percent(fees.tax_rate))


def _graded(stated: GradeDeductions | None, words: Vocabulary) -> Iterator[str]:
    """What each grade takes off, in the order of the grades; what takes nothing is not told."""
    if stated is None:
        return
    found = ((grade, stated.of(grade)) for grade in GRADED)
    yield words.graded(
        {
            grade: _percent(one.parts) if one.amount is None else _amount(one.amount)
            for grade, one in found
            if one is not None
        }
    )


_ALWAYS_SAID = frozenset({"promotions", "shipping"})


def _parts_in_play(stated: Sequence[Giving]) -> frozenset[str]:
    """What some rule gives back or takes: a shop without points need not speak of them."""
    plain = Giving().stated()
    return _ALWAYS_SAID | {
        name
        for giving in stated
        for name, rule in giving.stated().items()
        if name != "standard_shipping" and rule != plain[name]
    }


def _giving(giving: Giving, words: Vocabulary, parts: frozenset[str]) -> Iterator[str]:
    for name, rule in giving.stated().items():
        if name in parts:
            yield words.gives(name, str(rule))
        if name == "shipping" and giving.standard_shipping and rule is not GiveBack.NEVER:
            yield words.standard_shipping


def _percent(parts: int) -> str:
    return f"{parts / _PARTS_OF_A_PERCENT:g} %"


def _amount(money: Money) -> str:
    return f"{money.amount} {money.currency}"
