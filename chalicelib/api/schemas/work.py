"""What waits for a person: exceptions and tasks."""

from typing import Annotated, Self

from pydantic import BeforeValidator

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.contracts.fields import Id, MomentOut, View
from chalicelib.returns.exceptions import ExceptionKind, ExceptionState, ReturnException
from chalicelib.tasks.model import Task, TaskKind, TaskState


class ExceptionsQuery(PageQuery):
    state: Annotated[ExceptionState, BeforeValidator(word_of(ExceptionState))] = ExceptionState.OPEN
    warehouse: Id | None = None


class ExceptionView(View):
    """Goods, or a request, that fit no return line."""

    id: str
    kind: ExceptionKind
    state: ExceptionState
    quantity: int
    warehouse: str | None
    sku: str | None
    gtin: str | None
    lot: str | None
    serials: tuple[str, ...]
    return_id: str | None
    return_number: str | None
    parcel: str | None
    customer_id: str | None
    scan_id: str | None
    movement_id: str | None
    note: str | None
    resolution: str | None
    opened_at: MomentOut
    resolved_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, exception: ReturnException) -> Self:
        return cls(
            id=exception.exception_id,
            kind=exception.kind,
            state=exception.state,
            quantity=exception.quantity,
            warehouse=exception.warehouse,
            sku=exception.sku,
            gtin=exception.gtin,
            lot=exception.lot,
            serials=exception.serials,
            return_id=exception.return_id,
            return_number=exception.return_number,
            parcel=exception.parcel,
            customer_id=exception.customer_id,
            scan_id=exception.scan_id,
            movement_id=exception.movement_id,
            note=exception.note,
            resolution=exception.resolution,
            opened_at=exception.opened_at,
            resolved_at=exception.resolved_at,
            version=exception.version,
        )


class ExceptionsPage(View):
    items: tuple[ExceptionView, ...]
    next_cursor: str | None


class TasksQuery(PageQuery):
    role: Id | None = None
    state: Annotated[TaskState, BeforeValidator(word_of(TaskState))] = TaskState.OPEN


class TaskView(View):
    """A piece of work for a role; `subject` names the document, as in return/ret_…"""

    id: str
    kind: TaskKind
    role: str
    subject: str
    state: TaskState
    warehouse: str | None
    assignee: str | None
    opened_at: MomentOut
    due_at: MomentOut
    done_at: MomentOut | None
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
            due_at=task.due_at,
            done_at=task.done_at,
            version=task.version,
        )


class TasksPage(View):
    items: tuple[TaskView, ...]
    next_cursor: str | None
