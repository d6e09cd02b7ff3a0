"""Returns without an order: which sale they may be about, and saying which one it is."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.matching import MatchBody, ProposalsView, ProposalView
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns import matching, sale_found
from chalicelib.store.views import OrderFilters

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/proposals", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:match", answer=ProposalsView, refuses=(409,))
def list_proposals(return_id: str) -> Answer:
    """List sales that a return without an order may be about, the likeliest of each line first.

    Orders are looked for in lists, which may lag a little; what is proposed is read anew.
    """
    reads, views = wiring.reads(), wiring.views()
    ret = reads.return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    sale_found.require_search(ret)

    def newest(customer_id: str | None, sku: str) -> list[str]:
        filters = OrderFilters(customer_id=customer_id, sku=sku)
        page = views.orders(filters, limit=matching.ORDERS_MAX)
        return [row.order_no for row in page.items]

    found = (reads.order(order_no) for order_no in matching.candidates(ret, newest))
    orders = [order for order in found if order is not None]
    proposed = matching.proposals(reads, ret, orders)
    return ok(ProposalsView(items=tuple(ProposalView.of(one) for one in proposed)))


@bp.route("/returns/{return_id}/match", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:match",
    body=MatchBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def match_return(call: Call, body: MatchBody, return_id: str) -> Answer:
    """Say which sale a return without an order is about: it gets prices, and its units are held."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: sale_found.match(reads, return_id, body.to_domain(), context),
        context=context,
        render=lambda ret: ok(ReturnView.of(ret), version=ret.version),
        idempotency=call.idempotency,
    )
