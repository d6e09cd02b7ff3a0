"""Repairs: sending back what is repaired, and giving up what cannot be."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.repairs import NotRepairableBody, RepairedBody
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.core.commands import Answer
from chalicelib.returns.model import Return
from chalicelib.returns.repairing import not_repairable, repaired

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/repairs", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="repairs:send",
    body=RepairedBody,
    answer=ReturnView,
    idempotency="required",
    if_match=always,
)
def send_repaired(call: Call, body: RepairedBody, return_id: str) -> Answer:
    """Send repaired units back to the customer; nothing is paid for them.

    They may be asked for again: the order is free of them.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: scopes.in_warehouses(
            repaired(reads, return_id, body.to_domain(), context), call.principal, "repairs:send"
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/not-repairable", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="repairs:give-up",
    body=NotRepairableBody,
    answer=ReturnView,
    idempotency="required",
    if_match=always,
)
def give_up_repair(call: Call, body: NotRepairableBody, return_id: str) -> Answer:
    """Pay a line back, or exchange it, because it cannot be repaired.

    Units that lay in repair are on hold: somebody decides where they go.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: not_repairable(reads, return_id, body.to_domain(), context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _shown(ret: Return) -> Answer:
    return ok(ReturnView.of(ret), version=ret.version)
