"""A piece of work for a role, tied to the document that needs it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.policy.document import Review


class TaskState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    DONE = "done"


class TaskKind(StrEnum):
    REVIEW = "review"
    EXCEPTION = "exception"
    PAYMENT = "payment"
    INVESTIGATION = "investigation"
    APPEAL = "appeal"
    REPLENISHMENT = "replenishment"
    MATCH = "match"
    ANSWER = "answer"
    NOTICE = "notice"
    LIABILITY = "liability"
    VENDOR_CLAIM = "vendor_claim"
    ADJUSTMENT = "adjustment"
    SCRAP_APPROVAL = "scrap_approval"
    WORK_ORDER = "work_order"
    SECOND_INSPECTION = "second_inspection"
    GRADING = "grading"


_TERMS: dict[TaskKind, tuple[str, timedelta]] = {
    TaskKind.REVIEW: ("reviewer", timedelta(days=1)),
    TaskKind.EXCEPTION: ("support", timedelta(days=2)),
    TaskKind.PAYMENT: ("finance", timedelta(days=1)),
    TaskKind.INVESTIGATION: ("support", timedelta(days=3)),
    TaskKind.APPEAL: ("reviewer", timedelta(days=2)),
    TaskKind.REPLENISHMENT: ("warehouse", timedelta(days=3)),
    TaskKind.MATCH: ("support", timedelta(days=1)),
    TaskKind.ANSWER: ("support", timedelta(days=1)),
    TaskKind.NOTICE: ("warehouse", timedelta(days=1)),
    TaskKind.LIABILITY: ("support", timedelta(days=14)),
    TaskKind.VENDOR_CLAIM: ("finance", timedelta(days=3)),
    TaskKind.ADJUSTMENT: ("warehouse", timedelta(days=3)),
    TaskKind.SCRAP_APPROVAL: ("warehouse", timedelta(days=2)),
    TaskKind.SECOND_INSPECTION: ("inspector", timedelta(days=2)),
    TaskKind.GRADING: ("reviewer", timedelta(days=2)),
    TaskKind.WORK_ORDER: ("warehouse", timedelta(days=14)),
}
"""Whose work each kind is, and how soon it is due."""
_ROLE_OF_TIER: dict[Review, str] = {Review.SENIOR: "senior_reviewer"}
"""Whose work a review is where it is not its kind's. Of two persons the first may be anybody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Why a task is there, in codes, and how much hangs on it: by this a queue is sorted out."""

    reasons: tuple[str, ...] = ()
    tier: Review | None = None
    amount: Money | None = None
    risk: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`subject` names what it is about, `role` who may take it. Done tasks stay as history.

    `reasons`, `tier`, `amount` and `risk` are its grounds, as they were when it was opened.
    `outcome` and `due_reason` are words of people: they are shown with the task, in no list and no
    event.
    """

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
    taken_at: datetime | None = None
    outcome: str | None = None
    due_reason: str | None = None
    reasons: tuple[str, ...] = ()
    tier: Review | None = None
    amount: Money | None = None
    risk: int = 0
    version: int = 1
    chain: Chain = Chain()

    @property
    def own_subject(self) -> str:
        """Of the events about the task itself."""
        return f"task/{self.task_id}"

    def without_words(self) -> "Task":
        """As lists may show it: nothing that a person wrote, and no chain."""
        return replace(self, outcome=None, due_reason=None, chain=Chain())


def task_id_for(kind: TaskKind, subject: str, occasion: str) -> str:
    """The same task for the same occasion, so that a repeated command opens it once."""
    return derived_id("tsk", kind.value, subject, occasion)


def open_task(
    kind: TaskKind,
    subject: str,
    *,
    occasion: str,
    now: datetime,
    warehouse: str | None = None,
    grounds: Grounds | None = None,
) -> Task:
    """A new open task, due after what its kind allows."""
    role, allowed = _TERMS[kind]
    task = Task(
        task_id=task_id_for(kind, subject, occasion),
        kind=kind,
        role=role,
        subject=subject,
        opened_at=now,
        due_at=now + allowed,
        warehouse=warehouse,
    )
    return with_grounds(task, grounds) if grounds is not None else task


def with_grounds(task: Task, grounds: Grounds) -> Task:
    """The task with these grounds; free, where they make it the work of another role."""
    role, _ = _TERMS[task.kind]
    if grounds.tier is not None:
        role = _ROLE_OF_TIER.get(grounds.tier, role)
    if role != task.role:
        task = given_back(task)
    return replace(
        task,
        role=role,
        reasons=grounds.reasons,
        tier=grounds.tier,
        amount=grounds.amount,
        risk=grounds.risk,
    )


def given_back(task: Task) -> Task:
    """The task open for somebody else of its role; its version is raised by whoever writes it."""
    return replace(task, state=TaskState.OPEN, assignee=None, taken_at=None)


def opened_again(task: Task, now: datetime) -> Task:
    """A finished task as it was when it was opened, for what has to be done once more."""
    _, allowed = _TERMS[task.kind]
    return replace(
        task,
        state=TaskState.OPEN,
        assignee=None,
        taken_at=None,
        done_at=None,
        done_by=None,
        outcome=None,
        due_at=now + allowed,
        due_reason=None,
        version=task.version + 1,
    )


def finished(task: Task, *, by: str, now: datetime) -> Task:
    """The task done."""
    return replace(task, state=TaskState.DONE, done_by=by, done_at=now, version=task.version + 1)
