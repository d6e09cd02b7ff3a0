"""Proposals to scrap or give away above the limit: a second person agrees, or does not."""

from dataclasses import dataclass

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.scrap import (
    ApproveScrapBody,
    DeclineScrapBody,
    ScrapProposalRowView,
    ScrapProposalsPage,
    ScrapProposalsQuery,
    ScrapProposalView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.returns.model import Return
from chalicelib.returns.scrap_proposals import (
    DecideScrap,
    ScrapProposal,
    decide_scrap,
    places_of,
)
from chalicelib.store.reads import Reads
from chalicelib.store.work_lists import WorkLists
from chalicelib.tasks.model import Task

bp = Blueprint(__name__)


@bp.route("/scrap-proposals", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="scrap-proposals:read", query=ScrapProposalsQuery, answer=ScrapProposalsPage)
def list_scrap_proposals(call: Call, query: ScrapProposalsQuery) -> Answer:
    """List what somebody wants written off, those proposed last first."""
    page = WorkLists(wiring.views_table()).scrap_proposals(
        query.warehouse,
        permissions.seen_warehouses(call.principal, "scrap-proposals:read"),
        query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(ScrapProposalRowView.of(row) for row in page.items)
    return page_of(call, ScrapProposalsPage, items, page.next_cursor)


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


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read once, to see whose warehouse it is, is decided on."""

    found: tuple[ScrapProposal | None, Return | None, Task | None]

    def scrap_proposal(
        self, proposal_id: str
    ) -> tuple[ScrapProposal | None, Return | None, Task | None]:
        """The one that was read."""
        return self.found


def _decided(call: Call, proposal_id: str, command: DecideScrap) -> Answer:
    context = call.context()

    def decide(reads: Reads) -> Decided[ScrapProposal]:
        found = reads.scrap_proposal(proposal_id)
        proposal, ret, _ = found
        if proposal is not None and ret is not None:
            for place in sorted({proposal.warehouse, *places_of(ret, proposal.parts)}):
                permissions.act_in(call.principal, place, "scrap-proposals:decide")
        return decide_scrap(_Known(found), proposal_id, command, context)

    return wiring.commands().answer(
        decide, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(proposal: ScrapProposal) -> Answer:
    return ok(ScrapProposalView.of(proposal), version=proposal.version)
