"""Whose work a return becomes when it is submitted, and when that work is done."""

from collections.abc import Iterator

from chalicelib.core.commands import Record
from chalicelib.core.events import Context
from chalicelib.returns.documents import needs_cause_report
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Task, TaskKind, TaskState, finished, open_task, task_id_for

_CAUSE = "cause-report"


def tasks_of_submission(ret: Return, earlier: Task | None, context: Context) -> Iterator[Record]:
    """A review each time, an investigation the first time where a cause report is missing.

    `earlier` is the review of the submission before; nobody has to do that any more.
    """
    yield from tasks_done((earlier,), context)
    yield _task(TaskKind.REVIEW, ret, str(ret.submissions), context)
    if ret.submissions == 1 and needs_cause_report(ret):
        yield _task(TaskKind.INVESTIGATION, ret, _CAUSE, context)


def investigation_id(return_id: str) -> str:
    """The task that a cause report finishes."""
    return task_id_for(TaskKind.INVESTIGATION, f"return/{return_id}", _CAUSE)


def tasks_done(tasks: tuple[Task | None, ...], context: Context) -> Iterator[Record]:
    """Those that are still open, finished."""
    for task in tasks:
        if task is not None and task.state is not TaskState.DONE:
            yield finished(task, by=context.actor.id, now=context.now)


def _task(kind: TaskKind, ret: Return, occasion: str, context: Context) -> Task:
    return open_task(kind, ret.subject, occasion=occasion, now=context.now, warehouse=ret.warehouse)
