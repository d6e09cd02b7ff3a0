"""A piece of work for a role, tied to the document that needs it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.ids import derived_id


class TaskState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class TaskKind(StrEnum):
    REVIEW = "review"
    EXCEPTION = "exception"
    PAYMENT = "payment"


_DUE_AFTER = {
    TaskKind.REVIEW: timedelta(days=1),
    TaskKind.EXCEPTION: timedelta(days=2),
    TaskKind.PAYMENT: timedelta(days=1),
}
_ROLE = {
    TaskKind.REVIEW: "reviewer",
    TaskKind.EXCEPTION: "support",
    TaskKind.PAYMENT: "finance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`subject` names what it is about, `role` who may take it. Done tasks stay as history."""

    task_id: str
    kind: TaskKind
    role: str
    subject: str
    opened_at: datetime
    due_at: datetime
    warehouse: str | None = None
    state: TaskState = TaskState.OPEN
    assignee: str | None = None
    done_at: datetime | None = None
    done_by: str | None = None
    version: int = 1


def task_id_for(kind: TaskKind, subject: str, occasion: str) -> str:
    """The same task for the same occasion, so that a repeated command opens it once."""
    return derived_id("tsk", kind.value, subject, occasion)


def open_task(
    kind: TaskKind, subject: str, *, occasion: str, now: datetime, warehouse: str | None = None
) -> Task:
    """A new open task, due after what its kind allows."""
    return Task(
        task_id=task_id_for(kind, subject, occasion),
        kind=kind,
        role=_ROLE[kind],
        subject=subject,
        opened_at=now,
        due_at=now + _DUE_AFTER[kind],
        warehouse=warehouse,
    )


def finished(task: Task, *, by: str, now: datetime) -> Task:
    """The task done."""
    return replace(task, state=TaskState.DONE, done_by=by, done_at=now, version=task.version + 1)
