"""Counting by scan: opening a session, looking at it, and ending it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.stock_counting import (
    CountSessionBody,
    CountSessionView,
    CountStepBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.inventory import count_sessions
from chalicelib.inventory.count_sessions import CountSession
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/stock/count-sessions", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:count",
    body=CountSessionBody,
    answer=CountSessionView,
    status=201,
    idempotency="accepted",
)
def open_count_session(call: Call, body: CountSessionBody) -> Answer:
    """Begin to count SKUs of a warehouse; scans of the step `counting` add up in it."""
    permissions.act_in(call.principal, body.warehouse, "stock:count")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: count_sessions.open_count(reads, body.to_domain(), context),
        context=context,
        render=lambda made: created(
            CountSessionView.of(made),
            location=f"/v1/stock/count-sessions/{made.session_id}",
            version=made.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/stock/count-sessions/{session_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", answer=CountSessionView)
def read_count_session(call: Call, session_id: str) -> Answer:
    """Read what was scanned so far; a blind count keeps quiet about the books until its end."""
    session = _session(wiring.reads(), session_id)
    if not permissions.may_act_in(call.principal, session.warehouse, "stock:read"):
        raise _unknown(session_id)
    return ok(CountSessionView.of(session), version=session.version)


@bp.route("/stock/count-sessions/{session_id}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:count",
    body=CountStepBody,
    answer=CountSessionView,
    idempotency="required",
    if_match=always,
)
def end_count_session(call: Call, body: CountStepBody, session_id: str) -> Answer:
    """Close a count and post what differs, count some SKUs again, or give the count up."""
    warehouse = _session(wiring.reads(), session_id).warehouse
    permissions.act_in(call.principal, warehouse, "stock:count")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: _step(reads, body, session_id, context),
        context=context,
        render=lambda done: ok(CountSessionView.of(done), version=done.version),
        idempotency=call.idempotency,
    )


def _step(
    reads: Reads, body: CountStepBody, session_id: str, context: Context
) -> Decided[CountSession]:
    match body.action:
        case "recount":
            return count_sessions.count_again(reads, session_id, body.skus, context)
        case "cancel":
            return count_sessions.cancel(reads, session_id, context)
        case "close":
            return count_sessions.close(reads, session_id, context, accept_moved=body.accept_moved)


def _session(reads: Reads, session_id: str) -> CountSession:
    found = reads.count_session(session_id)
    if found is None:
        raise _unknown(session_id)
    return found


def _unknown(session_id: str) -> NotFound:
    return NotFound("count_session_not_found", f"There is no count session {session_id}.")
