"""The merchant on paper: who issues credit notes, and how they are numbered."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.sellers import SellerBody, SellerView
from chalicelib.core.commands import Answer
from chalicelib.invoicing import sellers
from chalicelib.invoicing.seller import Seller

bp = Blueprint(__name__)


@bp.route("/finance/seller", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="seller:read", answer=SellerView, status=(200, 304))
def read_seller() -> Answer:
    """Read who the merchant is on paper; version 0, without an ETag, until somebody states it."""
    return _shown(wiring.reads().seller())


@bp.route("/finance/seller", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="seller:write",
    body=SellerBody,
    answer=SellerView,
    idempotency="accepted",
    if_match=always,
)
def put_seller(call: Call, body: SellerBody) -> Answer:
    """State who the merchant is on notes that are numbered from now on."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: sellers.state_seller(reads, body.to_domain(), context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _shown(seller: Seller) -> Answer:
    return ok(SellerView.of(seller), version=seller.version or None)
