"""Receipts: goods that came back, counted by the warehouse."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.goods import ReceiptBody
from chalicelib.api.schemas.return_views import ReceivedReturnView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.returns.receiving import Received, receive

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/receipts", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:receive",
    body=ReceiptBody,
    answer=ReceivedReturnView,
    status=201,
    idempotency="required",
    if_match=always,
)
def post_receipt(call: Call, body: ReceiptBody, return_id: str) -> Answer:
    """Book a receipt of goods.

    What fits no line of the return goes to quarantine and is listed under `exceptions`.
    """
    permissions.act_in(call.principal, body.warehouse, "returns:receive")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: receive(reads, return_id, body.to_domain(), context),
        context=context,
        render=_received,
        idempotency=call.idempotency,
    )


def _received(done: Received) -> Answer:
    view = ReceivedReturnView.of_receipt(
        done.ret, done.receipt.receipt_id, done.receipt.exception_ids
    )
    return created(view, version=done.ret.version)
