"""Carrying out a reconciliation: survey everything, look again at what is suspicious, report.

It changes no document. The one thing it puts right is a large command that its process left
unfinished: that is carried to its end, as the next reader would do. So runs may overlap.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded
from chalicelib.jobs.service import NewJob
from chalicelib.reconciliation.confirming import AuditStore, Confirming, DocumentReader, TimeIsUp
from chalicelib.reconciliation.model import Finding, Plan
from chalicelib.reconciliation.survey import Survey

PLAN_AGE_MAX = timedelta(minutes=15)
"""Longer than any function runs: whoever began such a command is gone."""
_TICKS_A_LOOK = 200
"""Steps between two looks at the clock."""


class ReportFiles(Protocol):
    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


def new_reconciliation() -> NewJob:
    """A run on demand."""
    return NewJob(kind=JobKind.RECONCILE_STOCK)


def nightly_reconciliation(now: datetime) -> NewJob:
    """The run of the schedule; the same job however often this day asks for it."""
    job_id = derived_id("job", JobKind.RECONCILE_STOCK.value, f"{now:%Y-%m-%d}")
    return NewJob(kind=JobKind.RECONCILE_STOCK, job_id=job_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Handler of reconciliation jobs. `announce` is told what was found, for logs and alarms."""

    store: AuditStore
    reads: Callable[[], DocumentReader]
    files: ReportFiles
    announce: Callable[[str, list[Finding]], None]

    def __call__(self, run: Run) -> Outcome:
        """Begun again after a crash it starts anew: it only reads."""
        began = run.clock()
        ticker = _Ticker(run)
        survey = Survey()
        try:
            for fact in self.store.scan():
                survey.take(fact)
                ticker()
            survey.finish()
            in_flight = self._finish_old(survey.plans, began)
            confirming = Confirming(self.store, self.reads(), ticker)
            confirming.subjects(survey.subjects)
            confirming.orders(survey.holds.suspicious())
            confirming.credits(survey.clearing.suspicious())
            confirming.balances(survey.ledger.suspicious())
            confirming.serials(survey.positions)
            confirming.crowds(survey.positions, survey.ledger)
            confirming.credit_notes(survey.notes, began)
        except TimeIsUp:
            message = "There is more to compare than one run has time for."
            return Failed(code="too_large_for_one_run", message=message, result={})
        result = self._report(run, began, survey, confirming, in_flight)
        self.announce(run.job.job_id, confirming.findings)
        return Succeeded(result=result)

    def _finish_old(self, plans: list[Plan], now: datetime) -> list[Plan]:
        """Carry out what was left lying; the plans that are only being worked on."""
        old = [plan for plan in plans if now - plan.begun_at > PLAN_AGE_MAX]
        for plan in old:
            self.store.finish(plan.command_id)
        return [plan for plan in plans if plan not in old]

    def _report(
        self,
        run: Run,
        began: datetime,
        survey: Survey,
        confirming: Confirming,
        in_flight: list[Plan],
    ) -> dict[str, Json]:
        kinds = Counter(finding.kind for finding in confirming.findings)
        summary: dict[str, Json] = {
            "findings": len(confirming.findings),
            "kinds": dict(sorted(kinds.items())),
            "checked": dict(sorted(survey.checked.items())),
            "in_flight": len(in_flight),
            "finished": len(survey.plans) - len(in_flight),
            "unsettled": len(confirming.unsettled),
        }
        key = f"reports/reconciliation/{began:%Y-%m-%d}/{run.job.job_id}.json"
        report = {
            "job_id": run.job.job_id,
            "began_at": rfc3339(began),
            "ended_at": rfc3339(run.clock()),
            **summary,
            "in_flight": [plan.command_id for plan in in_flight],
            "unsettled": confirming.unsettled,
            "findings": [finding.as_json() for finding in confirming.findings],
        }
        content = json.dumps(report, ensure_ascii=False, indent=1).encode()
        self.files.write(key, content, content_type="application/json")
        return {**summary, "report_key": key}


@dataclass(slots=True)
class _Ticker:
    """Holds the job while the work goes on, and stops it while there is time to say so."""

    run: Run
    steps: int = field(default=0)

    def __call__(self) -> None:
        self.steps += 1
        if self.steps % _TICKS_A_LOOK:
            return
        if self.run.time_is_up:
            raise TimeIsUp
        self.run.progress(self.steps, self.steps, dict)
