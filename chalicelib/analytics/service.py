"""Folding the events of each hour that has passed: whole hours, overwritten, so harmless to repeat.

What a run reads follows the hours since the last one, not the history. An hour counts as complete
some minutes after its end, and the last complete ones are folded once more for what came late.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.analytics.folding import DIMENSIONS, OWN_DIMENSIONS, Fold
from chalicelib.analytics.model import LENGTH, Interval, MetricRow, rolled_up, start_of
from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.events import Event, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Outcome, Run, Succeeded
from chalicelib.jobs.service import NewJob

LAG = timedelta(minutes=5)
"""How long an event of an hour may take until it is seen in the index."""
AGAIN = timedelta(hours=2)
FIRST_LOOK_BACK = timedelta(days=1)
_HOUR = LENGTH[Interval.HOUR]


class MetricStore(Protocol):
    """Events by hour, and the rows that were made of them."""

    def events(self, hour: datetime) -> Iterator[Event]: ...

    def save(self, interval: Interval, rows: Iterable[MetricRow], as_of: datetime) -> None: ...

    def rows_of_day(self, day: datetime, dimensions: Iterable[str]) -> list[MetricRow]: ...

    def complete_until(self) -> datetime | None: ...

    def advance(self, until: datetime) -> None: ...


class ReportFiles(Protocol):
    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


def new_run(since: datetime | None = None) -> NewJob:
    """A run on demand: the current hour is folded too, as far as it is."""
    parameters: dict[str, Json] = {"since": rfc3339(since) if since else None, "current": True}
    return NewJob(kind=JobKind.AGGREGATE_METRICS, parameters=parameters)


def hourly_run(now: datetime) -> NewJob:
    """The run of the schedule; the same job however often this hour asks for it."""
    hour = rfc3339(start_of(now, Interval.HOUR))
    job_id = derived_id("job", JobKind.AGGREGATE_METRICS.value, hour)
    return NewJob(kind=JobKind.AGGREGATE_METRICS, job_id=job_id)


@dataclass(slots=True)
class _Done:
    """What a run has come to."""

    hours: int = 0
    events: int = 0
    rows: int = 0
    days: list[MetricRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aggregation:
    """Handler of metrics jobs."""

    store: MetricStore
    files: ReportFiles

    def __call__(self, run: Run) -> Outcome:
        """Where time runs out, the next run goes on: how far it is, is kept with the rows."""
        now = run.clock()
        complete = start_of(now - LAG, Interval.HOUR)
        until = complete
        if run.job.parameters.get("current"):
            until = start_of(now, Interval.HOUR) + _HOUR
        done = _Done()
        hours = list(_hours(self._since(run, complete), until))
        for day in sorted({start_of(hour, Interval.DAY) for hour in hours}):
            todays = [hour for hour in hours if start_of(hour, Interval.DAY) == day]
            folded = self._fold_day(run, day, todays, done)
            self._advance(min(folded, complete))
            if run.time_is_up:
                break
            run.save(done.hours, len(hours), {})
        return Succeeded(result=self._result(run, now, done))

    def _since(self, run: Run, complete: datetime) -> datetime:
        """Where to begin: never after what is complete, or a gap would be taken for done."""
        known = self.store.complete_until()
        start = complete - FIRST_LOOK_BACK if known is None else known - AGAIN
        asked = run.job.parameters.get("since")
        if isinstance(asked, str):
            start = min(start, start_of(from_rfc3339(asked), Interval.HOUR))
        return start_of(start, Interval.HOUR)

    def _fold_day(self, run: Run, day: datetime, hours: list[datetime], done: _Done) -> datetime:
        """Fold hours of one day and roll the day up; until when that is done."""
        folded, dimensions = day, set(DIMENSIONS)
        for hour in hours:
            as_of = run.clock()
            folding = Fold(start=hour)
            for event in self.store.events(hour):
                folding.add(event)
            rows = folding.result()
            self.store.save(Interval.HOUR, rows, as_of)
            done.hours += 1
            done.events += folding.events
            done.rows += len(rows)
            dimensions |= {row.dimension for row in rows}
            folded = hour + _HOUR
            if run.time_is_up:
                break
            run.progress(done.hours, max(done.hours, len(hours)), dict)
        as_of = run.clock()
        whole = rolled_up(self.store.rows_of_day(day, sorted(dimensions)), Interval.DAY)
        self.store.save(Interval.DAY, whole, as_of)
        done.days += [row for row in whole if row.dimension not in OWN_DIMENSIONS]
        return folded

    def _advance(self, until: datetime) -> None:
        """Forward only: a recount of the past does not make the present incomplete."""
        known = self.store.complete_until()
        if known is None or until > known:
            self.store.advance(until)

    def _result(self, run: Run, now: datetime, done: _Done) -> dict[str, Json]:
        known = self.store.complete_until()
        base = f"reports/metrics/{now:%Y-%m-%d}/{run.job.job_id}"
        self.files.write(f"{base}.json", _as_json(done.days), content_type="application/json")
        self.files.write(f"{base}.csv", _as_csv(done.days), content_type="text/csv")
        return {
            "hours": done.hours,
            "events": done.events,
            "rows": done.rows,
            "complete_until": rfc3339(known) if known else None,
            "report_key": f"{base}.json",
            "csv_key": f"{base}.csv",
        }


def _hours(start: datetime, until: datetime) -> Iterator[datetime]:
    while start < until:
        yield start
        start += _HOUR


def _as_json(rows: list[MetricRow]) -> bytes:
    shown = [
        {
            "day": f"{row.start:%Y-%m-%d}",
            "dimension": row.dimension,
            "group": row.group,
            "counts": row.counts,
            "money": {
                name: [{"amount": m.amount, "currency": m.currency} for m in amounts]
                for name, amounts in row.money().items()
            },
        }
        for row in rows
    ]
    return json.dumps({"rows": shown}, ensure_ascii=False, sort_keys=True).encode()


def _as_csv(rows: list[MetricRow]) -> bytes:
    """One line a figure: new measures need no new columns."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["day", "dimension", "group", "measure", "value", "currency"])
    for row in rows:
        place = [f"{row.start:%Y-%m-%d}", row.dimension, safe_cell(row.group)]
        for name, number in sorted(row.counts.items()):
            writer.writerow([*place, name, number, ""])
        for name, amounts in sorted(row.money().items()):
            for money in amounts:
                writer.writerow([*place, name, money.amount, money.currency])
    return text.getvalue().encode("utf-8-sig")
