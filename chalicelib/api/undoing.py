"""What goes back, is looked at again, or goes on after it had ended; and closing for good."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.api.schemas.undoing import ReinspectBody, ReopenBody, ShipBackBody
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.events import Context
from chalicelib.returns.closing import close
from chalicelib.returns.model import Return
from chalicelib.returns.reinspecting import reinspect
from chalicelib.returns.reopening import reopen
from chalicelib.returns.shipping_back import ship_back
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/ship-back", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:ship-back",
    body=ShipBackBody,
    answer=ReturnView,
    idempotency="required",
    if_match=always,
)
def ship_back_return(call: Call, body: ShipBackBody, return_id: str) -> Answer:
    """Send received units back to the customer unpaid, inspected or not.

    They may be asked for again: the order is free of them.
    """
    command = body.to_domain()
    return _done(
        call,
        lambda reads, context: scopes.in_warehouses(
            ship_back(reads, return_id, command, context), call.principal, "returns:ship-back"
        ),
    )


@bp.route("/returns/{return_id}/reinspect", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:reinspect",
    body=ReinspectBody,
    answer=ReturnView,
    idempotency="required",
    if_match=always,
)
def reinspect_return(call: Call, body: ReinspectBody, return_id: str) -> Answer:
    """Have inspected units that are unpaid and with us looked at again.

    Their disposition is taken back in stock; what was inspected stays on record.
    """
    command = body.to_domain()
    return _done(
        call,
        lambda reads, context: scopes.in_warehouses(
            reinspect(reads, return_id, command, context), call.principal, "returns:reinspect"
        ),
    )


@bp.route("/returns/{return_id}/reopen", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:reopen",
    body=ReopenBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def reopen_return(call: Call, body: ReopenBody, return_id: str) -> Answer:
    """Open a completed return again, or let cancelled, expired or given-up units stand again.

    Nothing that was posted or paid is taken back.
    """
    command = body.to_domain()
    return _done(call, lambda reads, context: reopen(reads, return_id, command, context))


@bp.route("/returns/{return_id}/close", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:close",
    body=NoFields,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def close_return(call: Call, return_id: str) -> Answer:
    """Close a return that has nothing open; else 409, with what is still open."""
    return _done(call, lambda reads, context: close(reads, return_id, context))


def _done(call: Call, decide: Callable[[Reads, Context], Decided[Return]]) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=lambda ret: ok(ReturnView.of(ret), version=ret.version),
        idempotency=call.idempotency,
    )
