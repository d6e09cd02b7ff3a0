"""How sure one can be of each inspector: agreement with second looks, its bounds, and durations.

Of rows that were folded by day before (analytics/inspectors.py), so a question costs what its
answer has. Pure, but for the reading. Shares are exact decimals.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from chalicelib.analytics.inspectors import DIMENSION
from chalicelib.analytics.model import Interval, start_of
from chalicelib.analytics.queries import MetricReader
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.inspection.checklist import GRADES

PERIOD_MAX = timedelta(days=366)
_Z = Decimal("1.959964")
"""Of 95 %, two-sided."""
_DIGITS = Decimal("0.0001")
_SECONDS, _PAIRS = "seconds_", "grades_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """One inspector. Units looked at twice agree in everything or not; `low` and `high` bound the
    share (Wilson, 95 %), `kappa` weighs grades that differ by how far; None: nothing to say.
    """

    inspector: str
    inspections: int
    inspected_units: int
    sampled: int
    sampled_units: int
    agreed_units: int
    agreed_on: dict[str, int]
    share: Decimal | None
    low: Decimal | None
    high: Decimal | None
    kappa: Decimal | None
    median_duration_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracies:
    """By inspector. What happened at or after `complete_until` may be missing."""

    items: tuple[Accuracy, ...]
    complete_until: datetime | None


def accuracies(reader: MetricReader, *, since: datetime, until: datetime) -> Accuracies:
    """Of the days (UTC) that begin in [since, until), `since` moved back to its day's start."""
    start = start_of(since, Interval.DAY)
    if until - start > PERIOD_MAX:
        message = f"At most {PERIOD_MAX.days} days."
        error = FieldError(pointer="/to", code="period_too_long", message=message)
        raise Invalid("period_too_long", message, errors=[error])
    rows = reader.rows(DIMENSION, Interval.DAY, start, until)
    by_person: dict[str, Counter[str]] = {}
    for row in rows:
        by_person.setdefault(row.group, Counter()).update(row.counts)
    return Accuracies(
        items=tuple(_of(person, by_person[person]) for person in sorted(by_person)),
        complete_until=reader.complete_until(),
    )


def _of(person: str, counts: Mapping[str, int]) -> Accuracy:
    units, agreed = counts.get("sampled_units", 0), counts.get("agreed_all", 0)
    low, high = wilson(agreed, units)
    return Accuracy(
        inspector=person,
        inspections=counts.get("inspections", 0),
        inspected_units=counts.get("inspected_units", 0),
        sampled=counts.get("sampled", 0),
        sampled_units=units,
        agreed_units=agreed,
        agreed_on={
            name: counts.get(f"agreed_{name}", 0)
            for name in ("grade", "result", "fault", "defects")
        },
        share=_rounded(Decimal(agreed) / units) if units else None,
        low=low,
        high=high,
        kappa=weighted_kappa(_pairs(counts)),
        median_duration_s=median(_durations(counts)),
    )


def wilson(agreed: int, of: int) -> tuple[Decimal | None, Decimal | None]:
    """The bounds within which the true share lies with 95 % (Wilson's score interval)."""
    if not of:
        return None, None
    share, n, z2 = Decimal(agreed) / of, Decimal(of), _Z * _Z
    middle = share + z2 / (2 * n)
    spread = _Z * ((share * (1 - share) + z2 / (4 * n)) / n).sqrt()
    low, high = (middle - spread) / (1 + z2 / n), (middle + spread) / (1 + z2 / n)
    return _rounded(max(low, Decimal(0))), _rounded(min(high, Decimal(1)))


def weighted_kappa(pairs: Mapping[tuple[str, str], int]) -> Decimal | None:
    """Cohen's kappa of the grades with linear weights; None where chance alone explains all."""
    total = Decimal(sum(pairs.values()))
    if not total:
        return None
    names = [grade.value for grade in GRADES]
    first = {name: sum(n for (one, _), n in pairs.items() if one == name) for name in names}
    second = {name: sum(n for (_, other), n in pairs.items() if other == name) for name in names}
    seen = expected = Decimal(0)
    for i, one in enumerate(names):
        for j, other in enumerate(names):
            apart = Decimal(abs(i - j)) / (len(names) - 1)
            seen += apart * pairs.get((one, other), 0) / total
            expected += apart * first[one] * second[other] / (total * total)
    return _rounded(1 - seen / expected) if expected else None


def median(durations: Mapping[int, int]) -> int | None:
    """The middle one of so many durations; the lower of two."""
    left = (sum(durations.values()) + 1) // 2
    for seconds in sorted(durations):
        left -= durations[seconds]
        if left <= 0:
            return seconds
    return None


def _pairs(counts: Mapping[str, int]) -> dict[tuple[str, str], int]:
    names = (name.removeprefix(_PAIRS) for name in counts if name.startswith(_PAIRS))
    return {(name[0], name[1]): counts[f"{_PAIRS}{name}"] for name in names if len(name) == 2}


def _durations(counts: Mapping[str, int]) -> dict[int, int]:
    names = (name.removeprefix(_SECONDS) for name in counts if name.startswith(_SECONDS))
    return {int(name): counts[f"{_SECONDS}{name}"] for name in names}


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_DIGITS, rounding=ROUND_HALF_EVEN)
