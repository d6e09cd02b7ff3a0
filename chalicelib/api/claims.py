"""Claims: goods that do not come back, told by customers or in their name, and decided by staff."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.claims import ClaimBody, ClaimsView, ClaimView, DenyBody, ResolveBody
from chalicelib.api.schemas.common import NoFields
from chalicelib.claims import deciding, opening
from chalicelib.claims.model import Claim
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/claims", methods=["POST"], **PRIVATE)
@endpoint(
    bp, allow="claims:create", body=ClaimBody, answer=ClaimView, status=201, idempotency="accepted"
)
def open_claim(call: Call, body: ClaimBody) -> Answer:
    """Claim units that arrived wrong, damaged, or not at all. They need not come back."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: opening.open_claim(
            scopes.own(reads, call.principal), body.to_domain(), context
        ),
        context=context,
        render=lambda claim: created(
            ClaimView.of(claim), location=f"/v1/claims/{claim.claim_id}", version=claim.version
        ),
        idempotency=call.idempotency,
    )


@bp.route("/orders/{order_no}/claims", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="claims:read", answer=ClaimsView)
def list_claims(call: Call, order_no: str) -> Answer:
    """List the claims on an order."""
    reads = scopes.own(wiring.reads(), call.principal)
    if reads.order(order_no) is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.")
    claims = reads.claims_of(order_no)
    return ok(ClaimsView(items=tuple(ClaimView.of(claim, with_words=True) for claim in claims)))


@bp.route("/claims/{claim_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="claims:read", answer=ClaimView)
def read_claim(call: Call, claim_id: str) -> Answer:
    """Read a claim."""
    claim, _, _ = scopes.own(wiring.reads(), call.principal).claim_of(claim_id)
    if claim is None:
        raise NotFound("claim_not_found", f"There is no claim {claim_id}.")
    return ok(ClaimView.of(claim, with_words=True), version=claim.version)


@bp.route("/claims/{claim_id}/approve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="claims:decide",
    body=NoFields,
    answer=ClaimView,
    idempotency="accepted",
    if_match=always,
)
def approve_claim(call: Call, claim_id: str) -> Answer:
    """Decide that the customer is right."""
    context = call.context()
    return _carried_out(call, context, lambda reads: deciding.approve(reads, claim_id, context))


@bp.route("/claims/{claim_id}/deny", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="claims:decide",
    body=DenyBody,
    answer=ClaimView,
    idempotency="accepted",
    if_match=always,
)
def deny_claim(call: Call, body: DenyBody, claim_id: str) -> Answer:
    """Decide that the customer is not right; the units are free again."""
    context = call.context()
    return _carried_out(
        call, context, lambda reads: deciding.deny(reads, claim_id, body.to_domain(), context)
    )


@bp.route("/claims/{claim_id}/resolve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="claims:resolve",
    body=ResolveBody,
    answer=ClaimView,
    idempotency="accepted",
    if_match=always,
)
def resolve_claim(call: Call, body: ResolveBody, claim_id: str) -> Answer:
    """State what the customer gets for an approved claim; its units are consumed."""
    context = call.context()
    return _carried_out(
        call, context, lambda reads: deciding.resolve(reads, claim_id, body.outcome, context)
    )


@bp.route("/claims/{claim_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="claims:cancel",
    body=NoFields,
    answer=ClaimView,
    idempotency="accepted",
    if_match=always,
)
def cancel_claim(call: Call, claim_id: str) -> Answer:
    """Take a claim back; its units are free again."""
    context = call.context()
    return _carried_out(
        call,
        context,
        lambda reads: deciding.cancel(scopes.own(reads, call.principal), claim_id, context),
    )


def _carried_out(call: Call, context: Context, decide: Callable[[Reads], Decided[Claim]]) -> Answer:
    return wiring.commands().answer(
        decide, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(claim: Claim) -> Answer:
    return ok(ClaimView.of(claim), version=claim.version)
