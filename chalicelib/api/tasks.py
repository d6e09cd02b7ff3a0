"""Tasks: what waits for a person of a role."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.work import TasksPage, TasksQuery, TaskView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer

bp = Blueprint(__name__)


@bp.route("/tasks", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="tasks:read", query=TasksQuery, answer=TasksPage)
def list_tasks(call: Call, query: TasksQuery) -> Answer:
    """List tasks, those due first at the top."""
    page = wiring.views().tasks(
        state=query.state,
        role=query.role,
        within=permissions.seen_warehouses(call.principal, "tasks:read"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(TaskView.of(task) for task in page.items)
    return page_of(call, TasksPage, items, page.next_cursor)
