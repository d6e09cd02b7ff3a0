"""Why goods are called back or were sent wrongly: the report that approval of such a return needs.

What people write stays in the record; events only tell that there is a report, of whom and when.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.returns.facts import header
from chalicelib.returns.handover import investigation_id, tasks_done
from chalicelib.returns.loading import found
from chalicelib.returns.model import CauseReport, Closure, Return
from chalicelib.returns.standing import status_of
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCause:
    """Who was asked, what was looked into, by what figures, and what follows."""

    asked: tuple[str, ...]
    investigation: str
    data: str
    conclusion: str


class InvestigationReader(Protocol):
    """What a report reads: its return, and the task that it finishes."""

    def return_(self, return_id: str) -> Return | None: ...

    def task(self, task_id: str) -> Task | None: ...


def report_cause(
    reads: InvestigationReader, return_id: str, command: ReportCause, context: Context
) -> Decided[Return]:
    """Write the report down, in place of an earlier one, as long as the return is not closed."""
    ret = found(reads.return_(return_id), return_id, context)
    if ret.closure is Closure.COMPLETED:
        status = status_of(ret).value
        raise Conflict("already_closed", "The return is closed.", status=status)
    report = CauseReport(
        asked=command.asked,
        investigation=command.investigation,
        data=command.data,
        conclusion=command.conclusion,
        reported_by=context.actor.id,
        reported_at=context.now,
    )
    ret = replace(ret, cause_report=report, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.cause_reported", header(ret))
    ret = replace(ret, chain=journal.chain)
    task = reads.task(investigation_id(return_id))
    records = (ret, *tasks_done((task,), context))
    return Decided(result=ret, changes=Changes(records=records, events=tuple(journal.events)))
