"""Exceptions: goods, or requests, that fit no return line and wait for a person."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.work import ExceptionsPage, ExceptionsQuery, ExceptionView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound

bp = Blueprint(__name__)


@bp.route("/exceptions", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exceptions:read", query=ExceptionsQuery, answer=ExceptionsPage)
def list_exceptions(call: Call, query: ExceptionsQuery) -> Answer:
    """List exceptions, the open ones unless asked otherwise."""
    page = wiring.views().exceptions(
        state=query.state,
        warehouse=query.warehouse,
        within=permissions.seen_warehouses(call.principal, "exceptions:read"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(ExceptionView.of(exception) for exception in page.items)
    return page_of(call, ExceptionsPage, items, page.next_cursor)


@bp.route("/exceptions/{exception_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exceptions:read", answer=ExceptionView)
def read_exception(call: Call, exception_id: str) -> Answer:
    """Read an exception."""
    exception = wiring.reads().exception(exception_id)
    seen = permissions.seen_warehouses(call.principal, "exceptions:read")
    if exception is None or (seen is not None and exception.warehouse not in {None, *seen}):
        raise NotFound("exception_not_found", f"There is no exception {exception_id}.")
    return ok(ExceptionView.of(exception), version=exception.version)
