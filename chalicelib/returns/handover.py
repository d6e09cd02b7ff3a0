"""Whose work a return becomes when it is submitted, why, and when that work is done."""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.core.commands import Record
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.returns.consenting import tier_of
from chalicelib.returns.documents import missing, needs_cause_report
from chalicelib.returns.model import Return
from chalicelib.returns.units import PENDING, units_where
from chalicelib.tasks.model import (
    Grounds,
    Task,
    TaskKind,
    TaskState,
    finished,
    given_back,
    open_task,
    task_id_for,
    with_grounds,
)

_CAUSE = "cause-report"


def tasks_of_submission(ret: Return, earlier: Task | None, context: Context) -> Iterator[Record]:
    """A review each time, an investigation the first time where a cause report is missing.

    `earlier` is the review of the submission before; nobody has to do that any more.
    """
    yield from tasks_done((earlier,), context)
    yield _task(TaskKind.REVIEW, ret, str(ret.submissions), context, grounds_of(ret))
    if ret.submissions == 1 and needs_cause_report(ret):
        yield _task(TaskKind.INVESTIGATION, ret, _CAUSE, context)


def grounds_of(ret: Return) -> Grounds:
    """Why a person has to decide about a return, who, and what hangs on it."""
    reasons = ret.decision.reasons if ret.decision is not None else ()
    if missing(ret):
        reasons = (*reasons, "documents_missing")
    pending = (
        line.value_of(units_where(line, lambda group: group.authorization in PENDING))
        for line in ret.lines
    )
    return Grounds(
        reasons=tuple(dict.fromkeys(reasons)),
        tier=tier_of(ret),
        amount=Money.total(pending, ret.currency),
        risk=ret.decision.risk.score if ret.decision is not None else 0,
    )


def for_another(task: Task | None) -> Iterator[Record]:
    """A review that a second person has to do, too: free for whoever takes it."""
    if task is not None and task.state is TaskState.TAKEN:
        yield replace(given_back(task), version=task.version + 1)


def regraded(task: Task | None, ret: Return) -> Iterator[Record]:
    """A review that is not done, with its grounds as they are now."""
    if task is not None and task.state is not TaskState.DONE:
        yield replace(with_grounds(task, grounds_of(ret)), version=task.version + 1)


def review_id(ret: Return) -> str:
    """The task of the latest review."""
    return task_id_for(TaskKind.REVIEW, ret.subject, str(max(1, ret.submissions)))


def investigation_id(return_id: str) -> str:
    """The task that a cause report finishes."""
    return task_id_for(TaskKind.INVESTIGATION, f"return/{return_id}", _CAUSE)


def tasks_done(tasks: tuple[Task | None, ...], context: Context) -> Iterator[Record]:
    """Those that are still open, finished."""
    for task in tasks:
        if task is not None and task.state is not TaskState.DONE:
            yield finished(task, by=context.actor.id, now=context.now)


def _task(
    kind: TaskKind, ret: Return, occasion: str, context: Context, grounds: Grounds | None = None
) -> Task:
    return open_task(
        kind,
        ret.subject,
        occasion=occasion,
        now=context.now,
        warehouse=ret.warehouse,
        grounds=grounds,
    )
