"""Tasks: which ones are asked for, how one is shown, and what people do with them."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from chalicelib.api.schemas.common import PageQuery, PersonId, whole_number, word_of
from chalicelib.contracts.fields import Id, Moment, MomentOut, MoneyOut, Note, Strict, View
from chalicelib.policy.document import Review
from chalicelib.store.views import TaskFilters
from chalicelib.tasks.model import Task, TaskKind, TaskState
from chalicelib.tasks.working import Complete, Reassign, Reschedule

ME = "me"
Points = Annotated[
    int,
    BeforeValidator(whole_number),
    Field(ge=0, le=9999),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 9999}),
]
Subject = Annotated[
    str, StringConstraints(pattern=r"^[a-z_]{1,32}/[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$")
]


class TasksQuery(PageQuery):
    """Which tasks: all filters must fit. `assignee` may be `me`.

    Without `state`, open ones; of an assignee those that are taken; of a subject all of them.
    `tier` is who has to decide a review, `min_risk` how many points its request has at least.
    """

    role: Id | None = None
    state: Annotated[TaskState, BeforeValidator(word_of(TaskState))] | None = None
    assignee: PersonId | None = None
    subject: Subject | None = None
    overdue: Literal["true", "false"] = "false"
    tier: Annotated[Review, BeforeValidator(word_of(Review))] | None = None
    min_risk: Points = 0

    def to_filters(
        self, *, asked_by: str, within: frozenset[str] | None, now: datetime
    ) -> TaskFilters:
        return TaskFilters(
            state=self._state(),
            role=self.role,
            assignee=asked_by if self.assignee == ME else self.assignee,
            subject=self.subject,
            due_before=now if self.overdue == "true" else None,
            tier=self.tier,
            risk_min=self.min_risk,
            within=within,
        )

    def _state(self) -> TaskState | None:
        if self.state is not None or self.subject is not None:
            return self.state
        return TaskState.OPEN if self.assignee is None else TaskState.TAKEN


class TaskView(View):
    """A piece of work for a role; `subject` names the document, as in return/ret_…

    A review says why a person has to decide (`reasons`, in codes), who (`tier`), and what hangs on
    it: the amount of the request and its points of risk.
    What people wrote (`outcome`, `due_reason`) is shown with the task itself, and in no list.
    """

    id: str
    kind: TaskKind
    role: str
    subject: str
    state: TaskState
    warehouse: str | None
    assignee: str | None
    opened_at: MomentOut
    taken_at: MomentOut | None
    due_at: MomentOut
    due_reason: str | None
    done_at: MomentOut | None
    done_by: str | None
    outcome: str | None
    reasons: tuple[str, ...]
    tier: Review | None
    amount: MoneyOut | None
    risk: int
    version: int

    @classmethod
    def of(cls, task: Task) -> Self:
        return cls(
            id=task.task_id,
            kind=task.kind,
            role=task.role,
            subject=task.subject,
            state=task.state,
            warehouse=task.warehouse,
            assignee=task.assignee,
            opened_at=task.opened_at,
            taken_at=task.taken_at,
            due_at=task.due_at,
            due_reason=task.due_reason,
            done_at=task.done_at,
            done_by=task.done_by,
            outcome=task.outcome,
            reasons=task.reasons,
            tier=task.tier,
            amount=task.amount,
            risk=task.risk,
            version=task.version,
        )


class TasksPage(View):
    items: tuple[TaskView, ...]
    next_cursor: str | None


class ReassignBody(Strict):
    """Who gets the task: a person of its role."""

    assignee: PersonId = Field(examples=["usr-204"])

    def to_domain(self) -> Reassign:
        return Reassign(assignee=self.assignee)


class CompleteBody(Strict):
    """What came of the task."""

    outcome: Note

    def to_domain(self) -> Complete:
        return Complete(outcome=self.outcome)


class RescheduleBody(Strict):
    """When the task is due instead, and why."""

    due_at: Moment
    reason: Note

    def to_domain(self) -> Reschedule:
        return Reschedule(due_at=self.due_at, reason=self.reason)
