"""Liability claims: what carriers, suppliers and customers owe us for goods."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.liability import (
    AcknowledgeBody,
    LiabilityClaimView,
    RecoverBody,
    RejectClaimBody,
    WriteOffBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.liability import claiming
from chalicelib.liability.model import LiabilityClaim
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/liability-claims/{claim_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="liability-claims:read", answer=LiabilityClaimView)
def read_liability_claim(call: Call, claim_id: str) -> Answer:
    """Read what is claimed from a carrier, supplier or customer."""
    claim = wiring.reads().liability_claim(claim_id)
    seen = permissions.seen_warehouses(call.principal, "liability-claims:read")
    if claim is None or (seen is not None and claim.warehouse not in {None, *seen}):
        raise NotFound("liability_claim_not_found", f"There is no liability claim {claim_id}.")
    return _shown(claim)


@bp.route("/liability-claims/{claim_id}/acknowledge", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="liability-claims:write",
    body=AcknowledgeBody,
    answer=LiabilityClaimView,
    idempotency="accepted",
    if_match=always,
)
def acknowledge_liability_claim(call: Call, body: AcknowledgeBody, claim_id: str) -> Answer:
    """Note that the party got the claim."""
    return _done(
        call,
        lambda reads, context: claiming.acknowledge(reads, claim_id, body.reference, context),
    )


@bp.route("/liability-claims/{claim_id}/recover", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="liability-claims:write",
    body=RecoverBody,
    answer=LiabilityClaimView,
    idempotency="required",
    if_match=always,
)
def recover_liability_claim(call: Call, body: RecoverBody, claim_id: str) -> Answer:
    """Note what the party made good; goods kept as evidence go where `goods` says."""
    command = body.to_domain()
    return _done(call, lambda reads, context: claiming.recover(reads, claim_id, command, context))


@bp.route("/liability-claims/{claim_id}/reject", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="liability-claims:write",
    body=RejectClaimBody,
    answer=LiabilityClaimView,
    idempotency="required",
    if_match=always,
)
def reject_liability_claim(call: Call, body: RejectClaimBody, claim_id: str) -> Answer:
    """Note that the party refused."""
    command = body.to_domain()
    return _done(call, lambda reads, context: claiming.reject(reads, claim_id, command, context))


@bp.route("/liability-claims/{claim_id}/write-off", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="liability-claims:write",
    body=WriteOffBody,
    answer=LiabilityClaimView,
    idempotency="required",
    if_match=always,
)
def write_off_liability_claim(call: Call, body: WriteOffBody, claim_id: str) -> Answer:
    """Give a claim up, and say who answers for the loss."""
    command = body.to_domain()
    return _done(call, lambda reads, context: claiming.write_off(reads, claim_id, command, context))


def _done(call: Call, decide: Callable[[Reads, Context], Decided[LiabilityClaim]]) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _shown(claim: LiabilityClaim) -> Answer:
    return ok(LiabilityClaimView.of(claim), version=claim.version)
