"""Reading metrics for a dashboard: rows that were folded before, as many as the answer has."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.analytics.folding import DIMENSIONS
from chalicelib.analytics.model import Interval, MetricRow, start_of
from chalicelib.core.errors import FieldError, Invalid

__all__ = ["MetricRow", "Metrics", "metrics"]
PERIOD_MAX = {Interval.HOUR: timedelta(days=31), Interval.DAY: timedelta(days=366)}


class MetricReader(Protocol):
    """Reads folded rows, and how far the folding has got."""

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]: ...

    def complete_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Rows in order of time and group. Those that start at or after `complete_until` may grow."""

    rows: tuple[MetricRow, ...]
    complete_until: datetime | None


def metrics(
    reader: MetricReader,
    *,
    since: datetime,
    until: datetime,
    interval: str,
    group_by: str | None,
) -> Metrics:
    """The rows that begin in [since, until), `since` moved back to the start of its interval."""
    step, dimension = Interval(interval), group_by or "all"
    if dimension not in DIMENSIONS:
        raise _invalid("/group_by", "unknown_dimension", f"Known: {', '.join(DIMENSIONS)}.")
    start = start_of(since, step)
    if until - start > PERIOD_MAX[step]:
        days = PERIOD_MAX[step].days
        raise _invalid("/to", "period_too_long", f"By {interval}, at most {days} days.")
    rows = reader.rows(dimension, step, start, until)
    return Metrics(rows=tuple(rows), complete_until=reader.complete_until())


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
