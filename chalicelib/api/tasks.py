"""Tasks: what waits for a person of a role, and who works on it."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.tasks import (
    CompleteBody,
    ReassignBody,
    RescheduleBody,
    TasksPage,
    TasksQuery,
    TaskView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.events import Context
from chalicelib.store.reads import Reads
from chalicelib.tasks import working
from chalicelib.tasks.model import Task

bp = Blueprint(__name__)


@bp.route("/tasks", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="tasks:read", query=TasksQuery, answer=TasksPage)
def list_tasks(call: Call, query: TasksQuery) -> Answer:
    """List tasks, those due first at the top: a role's, a person's, a document's, overdue ones."""
    filters = query.to_filters(
        asked_by=call.principal.id,
        within=permissions.seen_warehouses(call.principal, "tasks:read"),
        now=call.received_at,
    )
    page = wiring.views().tasks(filters, limit=query.limit, cursor=query.cursor)
    items = tuple(TaskView.of(task) for task in page.items)
    return page_of(call, TasksPage, items, page.next_cursor)


@bp.route("/tasks/{task_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="tasks:read", answer=TaskView)
def read_task(call: Call, task_id: str) -> Answer:
    """Read a task."""
    return _shown(working.seen(wiring.reads().task(task_id), task_id, _worker(call)))


@bp.route("/tasks/{task_id}", methods=["PATCH"], **PRIVATE)
@endpoint(
    bp,
    allow="tasks:reschedule",
    body=RescheduleBody,
    answer=TaskView,
    idempotency="accepted",
    if_match=always,
)
def reschedule_task(call: Call, body: RescheduleBody, task_id: str) -> Answer:
    """Change when a task is due, and say why."""
    worker = _worker(call)
    return _done(
        call,
        lambda reads, context: working.reschedule(
            reads, task_id, body.to_domain(), worker, context
        ),
    )


@bp.route("/tasks/{task_id}/take", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="tasks:work",
    body=NoFields,
    answer=TaskView,
    idempotency="accepted",
    if_match=always,
)
def take_task(call: Call, task_id: str) -> Answer:
    """Take an open task of your role."""
    worker = _worker(call)
    return _done(call, lambda reads, context: working.take(reads, task_id, worker, context))


@bp.route("/tasks/{task_id}/release", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="tasks:work",
    body=NoFields,
    answer=TaskView,
    idempotency="accepted",
    if_match=always,
)
def release_task(call: Call, task_id: str) -> Answer:
    """Give a task back to its role."""
    worker = _worker(call)
    return _done(call, lambda reads, context: working.release(reads, task_id, worker, context))


@bp.route("/tasks/{task_id}/reassign", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="tasks:work",
    body=ReassignBody,
    answer=TaskView,
    idempotency="accepted",
    if_match=always,
)
def reassign_task(call: Call, body: ReassignBody, task_id: str) -> Answer:
    """Give a task to another person of its role."""
    worker = _worker(call)
    return _done(
        call,
        lambda reads, context: working.reassign(reads, task_id, body.to_domain(), worker, context),
    )


@bp.route("/tasks/{task_id}/complete", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="tasks:work",
    body=CompleteBody,
    answer=TaskView,
    idempotency="accepted",
    if_match=always,
)
def complete_task(call: Call, body: CompleteBody, task_id: str) -> Answer:
    """Finish a task by hand, and say what came of it.

    A review, an exception, an appeal and a match are finished by the work that they stand for.
    """
    worker = _worker(call)
    return _done(
        call,
        lambda reads, context: working.complete(reads, task_id, body.to_domain(), worker, context),
    )


def _worker(call: Call) -> working.Worker:
    return working.Worker(
        roles=frozenset(role.value for role in permissions.with_implied(call.principal.roles)),
        within=permissions.seen_warehouses(call.principal, "tasks:read"),
    )


def _done(call: Call, decide: Callable[[Reads, Context], Decided[Task]]) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _shown(task: Task) -> Answer:
    return ok(TaskView.of(task), version=task.version)
