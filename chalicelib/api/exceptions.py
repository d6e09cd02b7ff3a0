"""Exceptions: goods, or news of goods, that fit no return line and wait for a person."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.exceptions import (
    ExceptionsPage,
    ExceptionsQuery,
    ExceptionView,
    ReportBody,
    ResolveBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.reporting import report
from chalicelib.returns.resolving import resolve
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/exceptions", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exceptions:read", query=ExceptionsQuery, answer=ExceptionsPage)
def list_exceptions(call: Call, query: ExceptionsQuery) -> Answer:
    """List exceptions, the open ones unless asked otherwise."""
    filters = query.to_filters(permissions.seen_warehouses(call.principal, "exceptions:read"))
    page = wiring.views().exceptions(filters, limit=query.limit, cursor=query.cursor)
    items = tuple(ExceptionView.of(exception, with_words=True) for exception in page.items)
    return page_of(call, ExceptionsPage, items, page.next_cursor)


@bp.route("/exceptions/{exception_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exceptions:read", answer=ExceptionView)
def read_exception(call: Call, exception_id: str) -> Answer:
    """Read an exception."""
    exception = wiring.reads().exception(exception_id)
    seen = permissions.seen_warehouses(call.principal, "exceptions:read")
    if exception is None or (seen is not None and exception.warehouse not in {None, *seen}):
        raise NotFound("exception_not_found", f"There is no exception {exception_id}.")
    return ok(ExceptionView.of(exception, with_words=True), version=exception.version)


@bp.route("/exceptions/{exception_id}/resolve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exceptions:resolve",
    body=ResolveBody,
    answer=ExceptionView,
    idempotency="required",
    if_match=always,
)
def resolve_exception(call: Call, body: ResolveBody, exception_id: str) -> Answer:
    """Say what becomes of an exception's units, all or some, and why.

    Into a line above what was sold is a `proposal` until a second person says the same.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: resolve(reads, exception_id, body.to_domain(), context),
        context=context,
        render=lambda exception: ok(ExceptionView.of(exception), version=exception.version),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/exceptions", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exceptions:report",
    body=ReportBody,
    answer=ExceptionView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def report_exception(call: Call, body: ReportBody, return_id: str) -> Answer:
    """Report an empty box, damage, missing parts or a swapped serial number; no goods move."""
    context = call.context()

    def decide(reads: Reads) -> Decided[ReturnException]:
        decided = report(reads, return_id, body.to_domain(), context)
        if decided.result.warehouse is not None:
            permissions.act_in(call.principal, decided.result.warehouse, "exceptions:report")
        return decided

    return wiring.commands().answer(
        decide, context=context, render=_reported, idempotency=call.idempotency
    )


def _reported(exception: ReturnException) -> Answer:
    location = f"/v1/exceptions/{exception.exception_id}"
    return created(ExceptionView.of(exception), location=location, version=exception.version)
