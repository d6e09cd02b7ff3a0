"""The money ledger: what each event of a return or an order meant in money, and what is open."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.ledger import LedgerView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound, TransientError

bp = Blueprint(__name__)
_LOOKS_MAX = 5


@bp.route("/returns/{return_id}/ledger", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="ledger:read", answer=LedgerView)
def read_return_ledger(call: Call, return_id: str) -> Answer:
    """Read the postings of a return, its balances, and what is owed and under way."""
    permissions.act_everywhere(call.principal, "ledger:read")
    ret = wiring.reads().return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    return _shown(ret.subject, ret.currency)


@bp.route("/orders/{order_no}/ledger", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="ledger:read", answer=LedgerView)
def read_order_ledger(call: Call, order_no: str) -> Answer:
    """Read what banks took back of the payments of an order; its returns have their own ledgers."""
    permissions.act_everywhere(call.principal, "ledger:read")
    order = wiring.reads().order(order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.", order_no=order_no)
    return _shown(order.subject, order.currency)


def _shown(subject: str, currency: str) -> Answer:
    """Events and postings of one moment: no event came while both were read."""
    reads = wiring.reads()
    for _ in range(_LOOKS_MAX):
        events, postings = reads.events(subject), reads.postings(subject)
        if reads.latest_events(subject, 1) == events[-1:]:
            return ok(LedgerView.of(subject, currency, events, postings))
    raise TransientError("ledger_moving", "Others keep changing it; look again.")
