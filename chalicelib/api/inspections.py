"""Inspections and dispositions: how goods look, and where they go."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.goods import DispositionBody, InspectionBody
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.core.commands import Answer, Decided
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.returns.disposing import dispose
from chalicelib.returns.inspecting import inspect
from chalicelib.returns.model import Return

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/inspections", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:inspect",
    body=InspectionBody,
    answer=ReturnView,
    status=201,
    idempotency="required",
    if_match=always,
)
def post_inspection(call: Call, body: InspectionBody, return_id: str) -> Answer:
    """Record how received units look, in groups of like ones."""
    context = call.context()

    def decide(reads: ReplacingReader) -> Decided[Return]:
        decided = inspect(reads, return_id, body.to_domain(), context)
        return scopes.in_warehouses(decided, call.principal, "returns:inspect")

    return wiring.commands().answer(
        decide, context=context, render=_shown, idempotency=call.idempotency
    )


@bp.route("/returns/{return_id}/dispositions", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:dispose",
    body=DispositionBody,
    answer=ReturnView,
    status=201,
    idempotency="required",
    if_match=always,
)
def post_disposition(call: Call, body: DispositionBody, return_id: str) -> Answer:
    """Decide where inspected units go, in any split."""
    context = call.context()

    def decide(reads: ReplacingReader) -> Decided[Return]:
        decided = dispose(reads, return_id, body.to_domain(), context)
        return scopes.in_warehouses(decided, call.principal, "returns:dispose")

    return wiring.commands().answer(
        decide, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(ret: Return) -> Answer:
    return created(ReturnView.of(ret), version=ret.version)
