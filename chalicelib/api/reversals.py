"""Dispositions that were a mistake, taken back."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.api.schemas.reversals import ReverseBody
from chalicelib.core.commands import Answer, Decided
from chalicelib.returns.model import Return
from chalicelib.returns.reversing import reverse_disposition
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/reversals", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:reverse-disposition",
    body=ReverseBody,
    answer=ReturnView,
    idempotency="required",
    if_match=always,
)
def reverse_dispositions(call: Call, body: ReverseBody, return_id: str) -> Answer:
    """Take a disposition back by a counter-entry: its units are on hold again.

    What is scrapped, given away, at the supplier or with the customer cannot be taken back so, and
    neither can what was sold from the shelf meanwhile.
    """
    context = call.context()

    def decide(reads: Reads) -> Decided[Return]:
        decided = reverse_disposition(reads, return_id, body.to_domain(), context)
        return scopes.in_warehouses(decided, call.principal, "returns:reverse-disposition")

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda ret: ok(ReturnView.of(ret), version=ret.version),
        idempotency=call.idempotency,
    )
