"""Returns to vendor: what waits for suppliers, and the documents by which it goes back."""

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
from chalicelib.api.schemas.vendor_returns import (
    DraftRtvBody,
    PackingListView,
    RtvRowView,
    RtvsPage,
    RtvView,
    VendorStepBody,
    WaitingPage,
    WaitingQuery,
    WaitingView,
)
from chalicelib.api.supplier_scopes import for_suppliers, vendor_reads
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.core.ids import is_vendor_number
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.suppliers import drafting, returning
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.loading import known_supplier
from chalicelib.suppliers.packing import packing_list
from chalicelib.suppliers.ports import VendorReader

bp = Blueprint(__name__)
Decide = Callable[[VendorReader, str, VendorStepBody, Context], Decided[RtvDocument]]


@bp.route("/returns-to-vendor", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-returns:list", query=WaitingQuery, answer=WaitingPage)
def list_waiting_for_vendors(call: Call, query: WaitingQuery) -> Answer:
    """List units that wait for their suppliers and stand in no document, the oldest first."""
    page = _lists().waiting(
        query.supplier,
        query.warehouse,
        within=permissions.seen_warehouses(call.principal, "vendor-returns:list"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(WaitingView.of(row) for row in page.items)
    return page_of(call, WaitingPage, items, page.next_cursor)


@bp.route("/suppliers/{supplier_id}/returns-to-vendor", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="vendor-returns:draft",
    body=DraftRtvBody,
    answer=RtvView,
    status=201,
    idempotency="required",
)
def draft_return_to_vendor(call: Call, body: DraftRtvBody, supplier_id: str) -> Answer:
    """Gather units of one warehouse that wait for a supplier into one document with one number.

    From then on they stand in no other document.
    """
    permissions.act_in(call.principal, body.warehouse, "vendor-returns:draft")
    context, command = call.context(), body.to_domain()
    return wiring.commands().answer(
        lambda reads: drafting.draft(reads, supplier_id, command, context),
        context=context,
        render=_made,
        idempotency=call.idempotency,
    )


@bp.route("/suppliers/{supplier_id}/returns-to-vendor", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-returns:read", query=PageQuery, answer=RtvsPage)
def list_returns_to_vendor(call: Call, query: PageQuery, supplier_id: str) -> Answer:
    """List what goes and went back to a supplier; it sees what it was told, and no drafts."""
    own = permissions.see_supplier(call.principal, supplier_id, "vendor-returns:read")
    page = _lists().rtvs(
        supplier_id,
        told=own,
        within=permissions.seen_warehouses(call.principal, "vendor-returns:read"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(RtvRowView.of(row) for row in page.items)
    return page_of(call, RtvsPage, items, page.next_cursor)


@bp.route("/returns-to-vendor/{rtv_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-returns:read", answer=RtvView)
def read_return_to_vendor(call: Call, rtv_id: str) -> Answer:
    """Read a return to vendor by its id or number: units, each with the inspection that saw it."""
    rtv = known_document(call, rtv_id)
    own = permissions.as_supplier(call.principal, "vendor-returns:read")
    return ok(RtvView.of(rtv, as_supplier=own), version=rtv.version)


@bp.route("/returns-to-vendor/{rtv_id}/packing-list", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-returns:read", answer=PackingListView)
def read_packing_list(call: Call, rtv_id: str) -> Answer:
    """Read what is in the box, with words for defects in English and Chinese."""
    rtv = known_document(call, rtv_id)
    reads = wiring.reads()
    photos = [photo for one in rtv.return_ids for photo in reads.photos(one)]
    packed = packing_list(rtv, known_supplier(reads, rtv.supplier_id), photos)
    return ok(PackingListView.of(packed), version=rtv.version)


@bp.route("/returns-to-vendor/{rtv_id}/{command}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="vendor-returns:act",
    body=VendorStepBody,
    answer=RtvView,
    idempotency="required",
    if_match=always,
)
def command_return_to_vendor(call: Call, body: VendorStepBody, rtv_id: str, command: str) -> Answer:
    """Move a return to vendor on: `send`, `acknowledge`, `ship`, `credit`, `reject`, `dispute`,
    `state-credit`, `write-off`, `take-back` or `cancel`.

    A supplier acknowledges, disputes and states its credit; finance confirms that with `credit`.
    Before its goods left, `cancel` takes it back, and its units wait for another document.
    """
    rule = steps.rule_of(steps.RTV_RULES, command, body, call.principal)
    context, own = call.context(), steps.is_word_of_supplier(rule, call.principal)

    def decide(reads: VendorReader) -> Decided[RtvDocument]:
        _require_seen(call, reads.rtv(rtv_id), rtv_id)
        try:
            decided = _COMMANDS[command](reads, rtv_id, body, context)
        except Stale as stale:
            raise for_suppliers(stale) if own else stale from None
        if rule.allow in (steps.DRAFT, steps.HANDLE):
            permissions.act_in(call.principal, decided.result.warehouse, rule.allow)
        return decided

    return wiring.commands().answer(
        lambda reads: decide(vendor_reads(reads, call.principal, own=own)),
        context=context,
        render=lambda rtv: ok(RtvView.of(rtv, as_supplier=own), version=rtv.version),
        idempotency=call.idempotency,
    )


_COMMANDS: dict[str, Decide] = {
    "send": lambda reads, own, body, context: returning.send(
        reads, own, steps.amount_of(body), context
    ),
    "acknowledge": lambda reads, own, body, context: returning.acknowledge(
        reads, own, body.reference, steps.amount_of(body), context
    ),
    "ship": lambda reads, own, body, context: returning.ship(
        reads,
        own,
        returning.Ship(tracking_no=body.tracking_no or "", carrier=body.carrier),
        context,
    ),
    "credit": lambda reads, own, body, context: returning.credit(
        reads, own, steps.recovery_of(body), context
    ),
    "reject": lambda reads, own, body, context: returning.reject(
        reads, own, steps.code_of(body), context
    ),
    "dispute": lambda reads, own, body, context: returning.dispute(
        reads, own, steps.code_of(body), context
    ),
    "state-credit": lambda reads, own, body, context: returning.state_credit(
        reads, own, *steps.stated_of(body), context
    ),
    "write-off": lambda reads, own, body, context: returning.write_off(
        reads, own, steps.loss_of(body), context
    ),
    "take-back": lambda reads, own, _, context: returning.take_back(reads, own, context),
    "cancel": lambda reads, own, _, context: drafting.cancel(reads, own, context),
}
assert set(_COMMANDS) == set(steps.RTV_RULES), "every command has its rule"


def known_document(call: Call, rtv_id: str) -> RtvDocument:
    """The document, by its id or the number on its box, where the caller may know of it."""
    own = permissions.as_supplier(call.principal, "vendor-returns:read")
    reads = vendor_reads(wiring.reads(), call.principal, own=own)
    rtv = reads.rtv_by_number(rtv_id) if is_vendor_number(rtv_id) else reads.rtv(rtv_id)
    return _require_seen(call, rtv, rtv_id)


def _require_seen(call: Call, rtv: RtvDocument | None, rtv_id: str) -> RtvDocument:
    """Raises NotFound where the caller works in other warehouses, before anything is told of it."""
    seen = permissions.seen_warehouses(call.principal, "vendor-returns:read")
    if rtv is None or (seen is not None and rtv.warehouse not in seen):
        raise NotFound("rtv_not_found", f"There is no return to vendor {rtv_id}.")
    return rtv


def _made(rtv: RtvDocument) -> Answer:
    return created(
        RtvView.of(rtv), location=f"/v1/returns-to-vendor/{rtv.rtv_id}", version=rtv.version
    )


def _lists() -> SupplierLists:
    return SupplierLists(wiring.views_table())
