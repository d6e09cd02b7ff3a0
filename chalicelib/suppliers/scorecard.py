"""How good a supplier is, over a time: what was sold, came back and was bad, and what it made good.

Pure, of rows that were folded from events by day; no history is read for it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Protocol

from chalicelib.analytics.model import Interval, MetricRow, start_of
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.money import Money
from chalicelib.suppliers.counting import ALL, DAYS_MAX, dimension_of
from chalicelib.suppliers.model import DefectLimit, Supplier

PERIOD_MAX = timedelta(days=366)
TOP_MAX = 50


class RowReader(Protocol):
    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]: ...

    def complete_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Units of one group. `per_thousand`: defective of 1,000 sold; None where none were sold."""

    group: str
    sold: int
    returned: int
    inspected: int
    defective: int
    per_thousand: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfSku:
    """What was sold and came back of one SKU on one day."""

    day: datetime
    sku: str
    sold: int
    returned: int
    defective: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One agreed limit and what was found. `is_over` None: nothing was sold."""

    limit: DefectLimit
    per_thousand: str | None
    is_over: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """`recovery_rate` is what was recovered of what was claimed, as a decimal string.

    Money is in the supplier's currency. Rows that begin at or after `complete_until` may grow.
    """

    supplier_id: str
    since: datetime
    until: datetime
    total: Figures
    by_sku: tuple[Figures, ...]
    by_defect: tuple[tuple[str, int], ...]
    days: tuple[DayOfSku, ...]
    rtv_units: int
    rtv_value: Money
    claimed: Money
    recovered: Money
    recovery_rate: str | None
    days_to_acknowledge: int | None
    days_to_credit: int | None
    quality_number: int | None
    judged: tuple[Judged, ...]
    complete_until: datetime | None


def scorecard(
    reader: RowReader, supplier: Supplier, *, since: datetime, until: datetime, top: int
) -> Scorecard:
    """Of the days that begin in [since, until), `since` moved back to the start of its day."""
    start = start_of(since, Interval.DAY)
    if not timedelta(0) < until - start <= PERIOD_MAX:
        message = f"The end is after the beginning, and at most {PERIOD_MAX.days} days later."
        errors = [FieldError(pointer="/to", code="bad_period", message=message)]
        raise Invalid("bad_period", message, errors=errors)
    rows = reader.rows(dimension_of(supplier.supplier_id), Interval.DAY, start, until)
    counts, money = _summed(rows, supplier.currency)
    skus = [_figures(group, counts) for group in counts if group.startswith("sku:")]
    skus.sort(key=lambda one: (-one.defective, -one.returned, one.group))
    named = frozenset(one.group for one in skus[:top])
    defects = {
        group.removeprefix("defect:"): counts[group]["defective_units"]
        for group in counts
        if group.startswith("defect:") and counts[group]["defective_units"] > 0
    }
    whole = counts.get(ALL, Counter())
    return Scorecard(
        supplier_id=supplier.supplier_id,
        since=start,
        until=until,
        total=_figures(ALL, counts),
        by_sku=tuple(_named(one) for one in skus[:top]),
        by_defect=tuple(sorted(defects.items(), key=lambda one: (-one[1], one[0]))[:top]),
        days=tuple(_days(rows, named)),
        rtv_units=whole["rtv_units"],
        rtv_value=Money(money["rtv"], supplier.currency),
        claimed=Money(money["claimed"], supplier.currency),
        recovered=Money(money["recovered"], supplier.currency),
        recovery_rate=_rate(money["recovered"], money["claimed"], 4),
        days_to_acknowledge=_median(whole, "acknowledge_days_"),
        days_to_credit=_median(whole, "credit_days_"),
        quality_number=supplier.criteria.number if supplier.criteria else None,
        judged=tuple(_judged(supplier, counts)),
        complete_until=reader.complete_until(),
    )


def _summed(
    rows: Iterable[MetricRow], currency: str
) -> tuple[dict[str, Counter[str]], Counter[str]]:
    counts: dict[str, Counter[str]] = {}
    money: Counter[str] = Counter()
    for row in rows:
        counts.setdefault(row.group, Counter()).update(row.counts)
        for measure, by_currency in row.amounts.items():
            money[measure] += by_currency.get(currency, 0)
    return counts, money


def _figures(group: str, counts: dict[str, Counter[str]]) -> Figures:
    of = counts.get(group, Counter())
    # What was seen before this time may be looked at again, and seen otherwise, within it.
    defective = max(of["defective_units"], 0)
    return Figures(
        group=group,
        sold=of["sold_units"],
        returned=of["returned_units"],
        inspected=max(of["inspected_units"], 0),
        defective=defective,
        per_thousand=_rate(defective * 1000, of["sold_units"], 2),
    )


def _named(one: Figures) -> Figures:
    return Figures(
        group=one.group.removeprefix("sku:"),
        sold=one.sold,
        returned=one.returned,
        inspected=one.inspected,
        defective=one.defective,
        per_thousand=one.per_thousand,
    )


def _days(rows: Iterable[MetricRow], named: frozenset[str]) -> Iterator[DayOfSku]:
    """Of the SKUs that are named: a year of all of them is more than one answer holds."""
    found = (row for row in rows if row.group in named)
    for row in sorted(found, key=lambda row: (row.start, row.group)):
        of = Counter(row.counts)
        if of["sold_units"] or of["returned_units"] or of["defective_units"]:
            yield DayOfSku(
                day=row.start,
                sku=row.group.removeprefix("sku:"),
                sold=of["sold_units"],
                returned=of["returned_units"],
                defective=of["defective_units"],
            )


def _judged(supplier: Supplier, counts: dict[str, Counter[str]]) -> Iterator[Judged]:
    for limit in supplier.criteria.limits if supplier.criteria else ():
        group = ALL
        if limit.sku is not None:
            group = f"sku:{limit.sku}"
        elif limit.category is not None:
            group = f"category:{limit.category}"
        found = _figures(group, counts)
        is_over = None
        if found.sold:
            is_over = Fraction(found.defective * 1000, found.sold) > Fraction(limit.per_thousand)
        yield Judged(limit=limit, per_thousand=found.per_thousand, is_over=is_over)


def _median(counts: Counter[str], prefix: str) -> int | None:
    """The lower of the two in the middle, where there are two."""
    days = {
        int(name.removeprefix(prefix)): number
        for name, number in counts.items()
        if name.startswith(prefix)
    }
    middle, seen = (sum(days.values()) + 1) // 2, 0
    for day in sorted(days):
        seen += days[day]
        if seen >= middle > 0:
            return min(day, DAYS_MAX)
    return None


def _rate(part: int, whole: int, digits: int) -> str | None:
    """A decimal string, rounded half up; None of nothing, or where more was withdrawn than asked.

    Below zero where more of what came before bounced than came.
    """
    if whole <= 0:
        return None
    scaled = floor(Fraction(part, whole) * 10**digits + Fraction(1, 2))
    text = str(abs(scaled)).rjust(digits + 1, "0")
    return f"{'-' if scaled < 0 else ''}{text[:-digits]}.{text[-digits:]}"
