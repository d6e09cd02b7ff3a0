"""Proposals to scrap or give away above the limit: a second person agrees, or does not."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.scrap import ApproveScrapBody, DeclineScrapBody, ScrapProposalView
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.returns.scrap_proposals import DecideScrap, ScrapProposal, decide_scrap
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/scrap-proposals/{proposal_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="scrap-proposals:read", answer=ScrapProposalView)
def read_scrap_proposal(call: Call, proposal_id: str) -> Answer:
    """Read what somebody wants written off."""
    proposal, _, _ = wiring.reads().scrap_proposal(proposal_id)
    seen = permissions.seen_warehouses(call.principal, "scrap-proposals:read")
    if proposal is None or (seen is not None and proposal.warehouse not in seen):
        raise NotFound("scrap_proposal_not_found", f"There is no proposal {proposal_id}.")
    return _shown(proposal)


@bp.route("/scrap-proposals/{proposal_id}/approve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="scrap-proposals:decide",
    body=ApproveScrapBody,
    answer=ScrapProposalView,
    idempotency="required",
    if_match=always,
)
def approve_scrap(call: Call, body: ApproveScrapBody, proposal_id: str) -> Answer:
    """Agree: the goods leave the stock. Whoever proposed it may not."""
    return _decided(call, proposal_id, body.to_domain())


@bp.route("/scrap-proposals/{proposal_id}/decline", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="scrap-proposals:decide",
    body=DeclineScrapBody,
    answer=ScrapProposalView,
    idempotency="required",
    if_match=always,
)
def decline_scrap(call: Call, body: DeclineScrapBody, proposal_id: str) -> Answer:
    """Do not agree: the goods are on hold as any others. Whoever proposed it may not either."""
    return _decided(call, proposal_id, body.to_domain())


def _decided(call: Call, proposal_id: str, command: DecideScrap) -> Answer:
    context = call.context()

    def decide(reads: Reads) -> Decided[ScrapProposal]:
        decided = decide_scrap(reads, proposal_id, command, context)
        permissions.act_in(call.principal, decided.result.warehouse, "scrap-proposals:decide")
        return decided

    return wiring.commands().answer(
        decide, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(proposal: ScrapProposal) -> Answer:
    return ok(ScrapProposalView.of(proposal), version=proposal.version)
