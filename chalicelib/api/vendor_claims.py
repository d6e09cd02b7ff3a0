"""Vendor claims: what suppliers are asked to make good, and what came of it."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import vendor_steps as steps
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.vendor_claims import (
    VendorClaimBody,
    VendorClaimRowView,
    VendorClaimsPage,
    VendorClaimView,
)
from chalicelib.api.schemas.vendor_returns import VendorStepBody
from chalicelib.api.supplier_scopes import for_suppliers, vendor_reads
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.suppliers import claiming, correcting, opening
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.ports import VendorReader

bp = Blueprint(__name__)
Decide = Callable[[VendorReader, str, VendorStepBody, Context], Decided[VendorClaim]]


@bp.route("/suppliers/{supplier_id}/vendor-claims", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="vendor-claims:open",
    body=VendorClaimBody,
    answer=VendorClaimView,
    status=201,
    idempotency="required",
)
def open_vendor_claim(call: Call, body: VendorClaimBody, supplier_id: str) -> Answer:
    """Claim goods that were destroyed, or what a liability claim found the supplier liable for.

    Goods that go back have their claim by their return to vendor.
    """
    context, command = call.context(), body.to_domain()
    return wiring.commands().answer(
        lambda reads: opening.open_claim(reads, supplier_id, command, context),
        context=context,
        render=lambda claim: created(
            VendorClaimView.of(claim, context.now),
            location=f"/v1/vendor-claims/{claim.claim_id}",
            version=claim.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/suppliers/{supplier_id}/vendor-claims", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-claims:read", query=PageQuery, answer=VendorClaimsPage)
def list_vendor_claims(call: Call, query: PageQuery, supplier_id: str) -> Answer:
    """List the claims on a supplier, the newest first; it sees those that it was sent."""
    own = permissions.see_supplier(call.principal, supplier_id, "vendor-claims:read")
    page = _lists().claims(supplier_id, told=own, limit=query.limit, cursor=query.cursor)
    items = tuple(VendorClaimRowView.of(row, call.received_at) for row in page.items)
    return page_of(call, VendorClaimsPage, items, page.next_cursor)


@bp.route("/vendor-claims", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-claims:list", query=PageQuery, answer=VendorClaimsPage)
def list_open_vendor_claims(call: Call, query: PageQuery) -> Answer:
    """List the claims on all suppliers that are going on, each with its age."""
    page = _lists().claims(None, told=False, limit=query.limit, cursor=query.cursor)
    items = tuple(VendorClaimRowView.of(row, call.received_at) for row in page.items)
    return page_of(call, VendorClaimsPage, items, page.next_cursor)


@bp.route("/vendor-claims/{claim_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-claims:read", answer=VendorClaimView)
def read_vendor_claim(call: Call, claim_id: str) -> Answer:
    """Read a claim: its units and evidence, what was accepted, and what came."""
    own = permissions.as_supplier(call.principal, "vendor-claims:read")
    claim = vendor_reads(wiring.reads(), call.principal, own=own).vendor_claim(claim_id)
    if claim is None:
        raise NotFound("vendor_claim_not_found", f"There is no vendor claim {claim_id}.")
    view = VendorClaimView.of(claim, call.received_at, as_supplier=own)
    return ok(view, version=claim.version)


@bp.route("/vendor-claims/{claim_id}/{command}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="vendor-claims:act",
    body=VendorStepBody,
    answer=VendorClaimView,
    idempotency="required",
    if_match=always,
)
def command_vendor_claim(call: Call, body: VendorStepBody, claim_id: str, command: str) -> Answer:
    """Move a claim on: `send`, `acknowledge`, `accept`, `recover`, `reverse`, `dispute`,
    `state-credit`, `reject`, `write-off` or `withdraw`.

    A supplier acknowledges, disputes and states its credit. What it accepts is owed once finance
    says `accept`, what it credited is booked by `recover`, and taken back by `reverse`.
    """
    rule = steps.rule_of(steps.CLAIM_RULES, command, body, call.principal)
    context, own = call.context(), steps.is_word_of_supplier(rule, call.principal)

    def decide(reads: VendorReader) -> Decided[VendorClaim]:
        try:
            return _COMMANDS[command](reads, claim_id, body, context)
        except Stale as stale:
            raise for_suppliers(stale) if own else stale from None

    return wiring.commands().answer(
        lambda reads: decide(vendor_reads(reads, call.principal, own=own)),
        context=context,
        render=lambda claim: ok(
            VendorClaimView.of(claim, context.now, as_supplier=own), version=claim.version
        ),
        idempotency=call.idempotency,
    )


_COMMANDS: dict[str, Decide] = {
    "send": lambda reads, own, _, context: claiming.send(reads, own, context),
    "acknowledge": lambda reads, own, body, context: claiming.acknowledge(
        reads, own, body.reference, steps.amount_of(body), context
    ),
    "accept": lambda reads, own, body, context: correcting.accept(
        reads, own, steps.agreed_of(body), context
    ),
    "recover": lambda reads, own, body, context: claiming.recover(
        reads, own, steps.recovery_of(body), context
    ),
    "reverse": lambda reads, own, body, context: correcting.reverse(
        reads, own, steps.reference_of(body), context
    ),
    "withdraw": lambda reads, own, _, context: correcting.withdraw(reads, own, context),
    "dispute": lambda reads, own, body, context: claiming.dispute(
        reads, own, steps.code_of(body), context
    ),
    "state-credit": lambda reads, own, body, context: claiming.state_credit(
        reads, own, *steps.stated_of(body), context
    ),
    "reject": lambda reads, own, body, context: claiming.reject(
        reads, own, steps.code_of(body), context
    ),
    "write-off": lambda reads, own, body, context: claiming.write_off(
        reads, own, steps.loss_of(body), context
    ),
}
assert set(_COMMANDS) == set(steps.CLAIM_RULES), "every command has its rule"


def _lists() -> SupplierLists:
    return SupplierLists(wiring.views_table())
