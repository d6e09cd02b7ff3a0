"""Rows of metrics: what happened in one hour or day to one group of one dimension."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.money import Money


class Interval(StrEnum):
    HOUR = "hour"
    DAY = "day"


LENGTH = {Interval.HOUR: timedelta(hours=1), Interval.DAY: timedelta(days=1)}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """`counts` holds cases (`received`) and units (`received_units`), `amounts` minor units of
    money by measure and currency. Times are UTC; a row holds nothing personal.
    """

    start: datetime
    dimension: str
    group: str
    counts: dict[str, int] = field(default_factory=dict)
    amounts: dict[str, dict[str, int]] = field(default_factory=dict)

    def money(self) -> dict[str, list[Money]]:
        """The amounts as money."""
        return {
            name: [Money(minor, currency) for currency, minor in sorted(by.items())]
            for name, by in self.amounts.items()
        }

    def count(self, name: str, number: int) -> None:
        """Add to a count; only while the row is being folded."""
        self.counts[name] = self.counts.get(name, 0) + number

    def add(self, name: str, minor: int, currency: str) -> None:
        """Add to an amount; only while the row is being folded."""
        by = self.amounts.setdefault(name, {})
        by[currency] = by.get(currency, 0) + minor


def start_of(moment: datetime, interval: Interval) -> datetime:
    """The beginning of the hour or day (UTC) that the moment is in."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return hour if interval is Interval.HOUR else hour.replace(hour=0)


def rolled_up(rows: Iterable[MetricRow], interval: Interval) -> list[MetricRow]:
    """The rows summed over longer intervals."""
    sums: dict[tuple[datetime, str, str], MetricRow] = {}
    for row in rows:
        start = start_of(row.start, interval)
        whole = sums.setdefault(
            (start, row.dimension, row.group),
            MetricRow(start=start, dimension=row.dimension, group=row.group),
        )
        for name, number in row.counts.items():
            whole.count(name, number)
        for name, by in row.amounts.items():
            for currency, minor in by.items():
                whole.add(name, minor, currency)
    return [sums[key] for key in sorted(sums)]
