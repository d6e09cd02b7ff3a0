"""Carrying out a comparison with payment providers: hour by hour, their list against our events.

Each hour of each provider is a step, and the checkpoint says which is next: a run that was cut off
goes on there. What only looks different is asked again (payment_judging.py). So runs may overlap
and repeat.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Context, Event, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded, Unfinished
from chalicelib.jobs.service import FAILURES, NewJob
from chalicelib.ledger.agreement import differences
from chalicelib.reconciliation.model import Finding
from chalicelib.reconciliation.payment_judging import CommandRunner, Judging
from chalicelib.reconciliation.refunds import booked_in
from chalicelib.reconciliation.service import ReportFiles
from chalicelib.settlement.ports import PaymentProvider, RefundLister

GRACE = timedelta(hours=1)
"""What is younger is not compared yet: an answer may be on its way, and an index lags."""
LOOK_BACK = timedelta(days=3)
"""Of the daily run: a day that was left out, and what came back late, is found by the next."""
PERIOD_MAX = timedelta(days=31)
FINDINGS_KEPT = 500
"""In the report and in the checkpoint; the rest is counted, and each has its task."""
TRIES_MAX = 3
"""So often an hour is begun anew before the run says that it is too large."""
_A_LOOK = 100
"""Steps between two looks at the clock."""
_HOUR = timedelta(hours=1)
T = TypeVar("T")


class Lister(PaymentProvider, RefundLister, Protocol):
    """A provider that lists its refunds, and says of a key what became of it."""


class EventSource(Protocol):
    def events(self, hour: datetime) -> Iterator[Event]: ...


def new_comparison(
    now: datetime, since: datetime | None = None, until: datetime | None = None
) -> NewJob:
    """A run on demand, of whole hours; nothing younger than GRACE is looked at.

    Raises Invalid for a time that is too long.
    """
    end = min(_whole(until or now), _whole(now - GRACE))
    begin = _whole(since or end - LOOK_BACK)
    if end - begin > PERIOD_MAX:
        message = f"At most {PERIOD_MAX.days} days are compared at once."
        fault = FieldError(pointer="/from", code="period_too_long", message=message)
        raise Invalid("comparison_period", "This time cannot be compared.", errors=[fault])
    return NewJob(
        kind=JobKind.RECONCILE_PAYMENTS,
        parameters={"from": rfc3339(begin), "to": rfc3339(end)},
    )


def daily_comparison(now: datetime) -> NewJob:
    """The run of the schedule; the same job however often this day asks for it."""
    asked = new_comparison(now)
    job_id = derived_id("job", JobKind.RECONCILE_PAYMENTS.value, f"{now:%Y-%m-%d}")
    return NewJob(kind=asked.kind, parameters=asked.parameters, job_id=job_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Handler of these jobs. `listers` are the providers that list, by name."""

    commands: CommandRunner
    events: EventSource
    listers: Mapping[str, Lister]
    files: ReportFiles
    announce: Callable[[str, list[Finding]], None]

    def __call__(self, run: Run) -> Outcome:
        work = _Work(run, self)
        while work.next_step() is not None:
            if not run.time_is_up and work.compare():
                continue
            if work.tries >= TRIES_MAX:
                message = "An hour has more refunds than one run has time for."
                return Failed(code="too_large_for_one_run", message=message, result={})
            run.save(work.done, work.total, work.kept())
            return Unfinished()
        result = work.report()
        self.announce(run.job.job_id, work.findings)
        return Succeeded(result=result)


class _TimeIsUp(Exception):
    """The next run begins this hour anew."""


class _Work:
    """One walk over the hours of all providers, from where an earlier one noted that it was."""

    def __init__(self, run: Run, comparison: Comparison) -> None:
        self.run, self.comparison = run, comparison
        self.since = from_rfc3339(str(run.job.parameters["from"]))
        until = from_rfc3339(str(run.job.parameters["to"]))
        self.hours = max(0, (until - self.since) // _HOUR)
        self.total = len(comparison.listers) * self.hours
        # Any: our own checkpoint, as `kept` made it.
        told: Any = run.job.checkpoint
        self.done: int = told.get("done", 0)
        self.tries: int = told.get("tries", 0)
        self.failures: int = told.get(FAILURES, 0)
        self.checked = Counter[str](told.get("checked", {}))
        self.kinds = Counter[str](told.get("kinds", {}))
        self.unsettled: list[str] = list(told.get("unsettled", ()))
        self.findings = [Finding(**found) for found in told.get("findings", ())]
        self._steps = 0

    def next_step(self) -> tuple[Lister, datetime] | None:
        """The provider and the hour; None where all were compared."""
        if self.done >= self.total:
            return None
        name = sorted(self.comparison.listers)[self.done // self.hours]
        return self.comparison.listers[name], self.since + self.done % self.hours * _HOUR

    def compare(self) -> bool:
        """Compare one hour, and note what came of it; False where the time is up before that."""
        step = self.next_step()
        assert step is not None, "there is an hour left"
        lister, hour = step
        judging = Judging(commands=self.comparison.commands, provider=lister, context=self._context)
        try:
            booked = booked_in(self._watched(self.comparison.events.events(hour)), lister.name)
            listed = list(self._watched(lister.listed(hour, hour + _HOUR)))
            for found in self._watched(differences(booked, listed)):
                judging.take(found)
        except _TimeIsUp:
            self.tries += 1
            return False
        self.checked.update(booked=len(booked), listed=len(listed), foreign=judging.foreign)
        self._note(judging)
        self.done, self.tries, self.failures = self.done + 1, 0, 0
        self.run.progress(self.done, self.total, self.kept)
        return True

    def kept(self) -> dict[str, Json]:
        """What the next run has to know."""
        kept: dict[str, Json] = {
            "done": self.done,
            "tries": self.tries,
            "checked": dict(self.checked),
            "kinds": dict(self.kinds),
            "unsettled": list(self.unsettled),
            "findings": [finding.as_json() for finding in self.findings],
        }
        return {**kept, FAILURES: self.failures} if self.failures else kept

    def report(self) -> dict[str, Json]:
        """What came of it; the whole report goes to a file."""
        job, ended = self.run.job, self.run.clock()
        providers: list[Json] = [*sorted(self.comparison.listers)]
        summary: dict[str, Json] = {
            **job.parameters,
            "providers": providers,
            "findings": self.kinds.total(),
            "kinds": dict(sorted(self.kinds.items())),
            "checked": dict(sorted(self.checked.items())),
            "unsettled": len(self.unsettled),
        }
        key = f"reports/reconciliation/{ended:%Y-%m-%d}/{job.job_id}.json"
        report = {
            "job_id": job.job_id,
            "began_at": rfc3339(job.created_at),
            "ended_at": rfc3339(ended),
            **summary,
            "unsettled": self.unsettled,
            "left_out": self.kinds.total() - len(self.findings),
            "findings": [finding.as_json() for finding in self.findings],
        }
        content = json.dumps(report, ensure_ascii=False, indent=1).encode()
        self.comparison.files.write(key, content, content_type="application/json")
        return {**summary, "report_key": key}

    def _note(self, judging: Judging) -> None:
        """The findings of an hour, but for those that another hour has."""
        self.unsettled += [key for key in judging.unsettled if key not in self.unsettled]
        new = [finding for finding in judging.findings if finding not in self.findings]
        self.kinds.update(finding.kind for finding in new)
        self.findings += new[: FINDINGS_KEPT - len(self.findings)]

    def _watched(self, things: Iterable[T]) -> Iterator[T]:
        """The same, with a look at the clock now and then, and the job held meanwhile."""
        for thing in things:
            self._steps += 1
            if self._steps % _A_LOOK == 0:
                if self.run.time_is_up:
                    raise _TimeIsUp
                self.run.progress(self.done, self.total, self.kept)
            yield thing

    def _context(self, occasion: str) -> Context:
        """One command a difference, the same in every run."""
        return Context(
            actor=self.run.context(occasion).actor,
            now=self.run.clock(),
            command_id=derived_id("cmd", "difference", occasion),
            correlation_id=self.run.job.correlation_id,
        )


def _whole(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
