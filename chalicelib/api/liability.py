"""Liability claims: what carriers, suppliers and customers owe us for goods."""

from collections.abc import Callable
from datetime import datetime

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.analytics.scorecards import promises_of, scorecard
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.carriers import OpenClaimBody, ScorecardQuery, ScorecardView
from chalicelib.api.schemas.liability import (
    AcknowledgeBody,
    LiabilityClaimsPage,
    LiabilityClaimsQuery,
    LiabilityClaimView,
    LiabilityRowView,
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
from chalicelib.liability.opening import disproved, open_claim
from chalicelib.settings import settings
from chalicelib.store.liability_lists import liability_claims
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/liability-claims", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="liability-claims:open",
    body=OpenClaimBody,
    answer=LiabilityClaimView,
    status=201,
    idempotency="required",
    if_match=always,
)
def open_liability_claim(call: Call, body: OpenClaimBody) -> Answer:
    """Claim units of a return from their carrier: lost ones, or damaged by it on the way.

    The version is the return's. A unit is claimed once. Without `amount` it is what was paid for
    the units; without `carrier`, the one whose parcel they were in.
    """
    context = call.context()

    def decide(reads: Reads) -> Decided[LiabilityClaim]:
        decided = open_claim(reads, body.to_domain(), context)
        if decided.result.warehouse is not None:
            where = decided.result.warehouse
            permissions.act_in(call.principal, where, "liability-claims:open")
        return decided

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda claim: created(
            LiabilityClaimView.of(claim, context.now),
            location=f"/v1/liability-claims/{claim.claim_id}",
            version=claim.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/liability-claims", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="liability-claims:read", query=LiabilityClaimsQuery, answer=LiabilityClaimsPage)
def list_liability_claims(call: Call, query: LiabilityClaimsQuery) -> Answer:
    """List claims, the oldest first: what has waited longest is to be asked for next."""
    filters = query.to_filters(permissions.seen_warehouses(call.principal, "liability-claims:read"))
    page = liability_claims(wiring.views_table(), filters, query.limit, query.cursor)
    items = tuple(LiabilityRowView.of(row, call.received_at) for row in page.items)
    return page_of(call, LiabilityClaimsPage, items, page.next_cursor)


@bp.route("/carriers/scorecard", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="carriers:read", query=ScorecardQuery, answer=ScorecardView, refuses=(422,))
def read_scorecard(query: ScorecardQuery) -> Answer:
    """Read what each carrier delivered, lost, damaged and made good, counted by day."""
    found = scorecard(
        wiring.metric_rows(),
        since=query.since,
        until=query.until,
        carrier=query.carrier,
        promises=promises_of(settings.carrier_days),
    )
    return ok(ScorecardView.of(found))


@bp.route("/liability-claims/{claim_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="liability-claims:read", answer=LiabilityClaimView)
def read_liability_claim(call: Call, claim_id: str) -> Answer:
    """Read what is claimed from a carrier, supplier or customer."""
    reads = wiring.reads()
    claim = reads.liability_claim(claim_id)
    seen = permissions.seen_warehouses(call.principal, "liability-claims:read")
    if claim is None or (seen is not None and claim.warehouse not in {None, *seen}):
        raise NotFound("liability_claim_not_found", f"There is no liability claim {claim_id}.")
    view = LiabilityClaimView.of(claim, call.received_at, disproved=disproved(reads, claim))
    return ok(view, version=claim.version)


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
        render=lambda claim: _shown(claim, context.now),
        idempotency=call.idempotency,
    )


def _shown(claim: LiabilityClaim, now: datetime) -> Answer:
    return ok(LiabilityClaimView.of(claim, now), version=claim.version)
