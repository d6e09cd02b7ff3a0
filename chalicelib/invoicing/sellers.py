"""Stating who the merchant is on paper, and in which series their notes are numbered."""

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, Stale
from chalicelib.core.events import Context, Journal
from chalicelib.invoicing.ports import SellerReader
from chalicelib.invoicing.seller import DEFAULT_RULE, LANGUAGES, Identity, Seller, SeriesRule


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSeller:
    """All of it: what is not said is not there any more."""

    identity: Identity
    rules: tuple[SeriesRule, ...] = ()


def state_seller(reads: SellerReader, command: StateSeller, context: Context) -> Decided[Seller]:
    """Notes that are numbered keep what they say. As it is already: no change.

    Raises Invalid for a time zone that nobody knows, a name in no language that papers are in, and
    rules that no order can reach.
    """
    known = reads.seller()
    if (known.identity, known.rules) == (command.identity, command.rules):
        return Decided(result=known)
    if context.expected_version not in (None, known.version):
        raise Stale(
            "stale_version",
            f"The seller is at version {known.version}, not {context.expected_version}.",
            subject=known.subject,
            expected=context.expected_version,
            actual=known.version,
        )
    errors = _faults(command)
    if errors:
        raise Invalid("seller_faults", "The seller cannot be stated like this.", errors=errors)
    version = known.version + 1
    journal = Journal(known.subject, known.chain, context)
    journal.record(
        "seller.changed", {"version": version, "series": [one.series for one in command.rules]}
    )
    seller = replace(
        known,
        identity=command.identity,
        rules=command.rules,
        version=version,
        chain=journal.chain,
    )
    return Decided(result=seller, changes=Changes(records=(seller,), events=tuple(journal.events)))


def _faults(command: StateSeller) -> list[FieldError]:
    errors: list[FieldError] = []
    if not any(command.identity.names.get(language) for language in LANGUAGES):
        message = f"A name in one of {', '.join(LANGUAGES)} is needed."
        errors.append(FieldError(pointer="/name", code="name_required", message=message))
    for place, rule in enumerate(command.rules):
        at = f"/series/{place}"
        if not _is_known(rule.time_zone):
            message = f"{rule.time_zone[:60]!r} is not a time zone such as Asia/Shanghai."
            errors.append(
                FieldError(pointer=f"{at}/time_zone", code="unknown_time_zone", message=message)
            )
        if any(_covers(earlier, rule) for earlier in command.rules[:place]):
            message = "An earlier rule takes every order that this one would."
            errors.append(FieldError(pointer=at, code="rule_never_fits", message=message))
    errors += _of_two_zones(command.rules)
    return errors


def _of_two_zones(rules: tuple[SeriesRule, ...]) -> list[FieldError]:
    """A series has one year at a time, so it has one time zone."""
    zones: dict[str, str] = {}
    if not any(rule.channel is None and rule.region is None for rule in rules):
        # Some orders fit none of them: their notes are in the series of who states nothing.
        zones[DEFAULT_RULE.series] = DEFAULT_RULE.time_zone
    errors = []
    for place, rule in enumerate(rules):
        if zones.setdefault(rule.series, rule.time_zone) != rule.time_zone:
            message = f"Series {rule.series} is in {zones[rule.series]} already."
            errors.append(
                FieldError(
                    pointer=f"/series/{place}/time_zone",
                    code="series_in_two_zones",
                    message=message,
                )
            )
    return errors


def _covers(one: SeriesRule, other: SeriesRule) -> bool:
    return one.channel in (None, other.channel) and one.region in (None, other.region)


def _is_known(time_zone: str) -> bool:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
