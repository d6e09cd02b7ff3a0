"""Getting goods back: labels, parcels, drop-off, pickups, and giving up what does not come."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.handovers import (
    CollectBody,
    DroppedOffView,
    HandedOverView,
    HandoversView,
    HandoverView,
)
from chalicelib.api.schemas.return_parts import PickupView
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.api.schemas.shipping import (
    DropOffBody,
    GiveUpBody,
    LabelBody,
    MarkLostBody,
    PickupBody,
    PickupSlotsQuery,
    ReturnedShipmentView,
    ReturnPickupView,
    ShipmentBody,
    ShipmentsView,
    ShipmentWithLinkView,
    SlotsView,
    SlotView,
    is_usable,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import is_return_number
from chalicelib.returns import handovers, losing, short_closing
from chalicelib.returns.handovers import DroppedOff, HandedOver
from chalicelib.returns.model import Method, Return, Shipment
from chalicelib.returns.shipping import Shipped, ship
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/labels", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="labels:create",
    body=LabelBody,
    answer=ReturnedShipmentView,
    status=201,
    idempotency="required",
    if_match=always,
)
def create_label(call: Call, body: LabelBody, return_id: str) -> Answer:
    """Ask a carrier for a label.

    A refusal of the carrier is the state REFUSED with its reason. Where it does not answer, 503:
    the same request again never makes a second label. The label is a link of GET shipments.
    """
    return wiring.carrier_desk().label(
        return_id,
        body.to_domain(),
        call.context(),
        sees=scopes.sees(call.principal),
        render=_shipped,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/shipments", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="shipments:create",
    body=ShipmentBody,
    answer=ReturnedShipmentView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def create_shipment(call: Call, body: ShipmentBody, return_id: str) -> Answer:
    """Say that goods were sent; what their carrier told of the number before applies at once.

    The same parcel told again adds only units that it did not hold yet.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: ship(scopes.own(reads, call.principal), return_id, body.to_domain(), context),
        context=context,
        render=_shipped,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/shipments", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="shipments:read", answer=ShipmentsView)
def list_shipments(call: Call, return_id: str) -> Answer:
    """List the parcels of a return, with short-lived links to labels that may be used."""
    ret = scopes.own(wiring.reads(), call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    items = tuple(
        ShipmentWithLinkView.with_link(
            one, _link(ret, one) if is_usable(one, call.received_at) else None
        )
        for one in ret.shipments
    )
    view = ShipmentsView(
        method=ret.method,
        items=items,
        pickup=PickupView.of(ret.pickup) if ret.pickup else None,
        drop_off_code=ret.number if ret.method is Method.STORE else None,
    )
    return ok(view, version=ret.version)


@bp.route("/returns/{return_id}/drop-off", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:drop-off",
    body=DropOffBody,
    answer=DroppedOffView,
    status=201,
    idempotency="required",
    if_match=always,
)
def drop_off(call: Call, body: DropOffBody, return_id: str) -> Answer:
    """Book goods that a customer hands over in a store.

    The number of the return is the code that the customer says; it may stand in the address in
    place of the id. What was handed over is counted as in any receipt. `handover` is the customer's
    receipt of it.
    """
    permissions.act_in(call.principal, body.store, "returns:drop-off")
    context = call.context()

    def decide(reads: Reads) -> Decided[DroppedOff]:
        return handovers.drop_off(reads, _id_of(reads, return_id), body.to_domain(), context)

    return wiring.commands().answer(
        decide, context=context, render=_dropped_off, idempotency=call.idempotency
    )


@bp.route("/returns/{return_id}/handovers", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="handovers:create",
    body=CollectBody,
    answer=HandedOverView,
    status=201,
    idempotency="required",
    if_match=always,
)
def hand_over(call: Call, body: CollectBody, return_id: str) -> Answer:
    """Note that a driver took goods along: they are in transit, with the number that was counted.

    `handover` is the customer's receipt. What the warehouse counts later stands beside it.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: handovers.collect(reads, return_id, body.to_domain(), context),
        context=context,
        render=_handed_over,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/handovers", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="handovers:read", answer=HandoversView)
def list_handovers(call: Call, return_id: str) -> Answer:
    """List the receipts of goods that were handed over, and what the warehouse found of them."""
    reads = wiring.reads()
    ret = scopes.own(reads, call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    papers = reads.handovers(return_id)
    items = tuple(HandoverView.of(paper, ret) for paper in papers)
    return ok(HandoversView(items=items), version=ret.version)


@bp.route("/pickup-slots", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="pickups:book", query=PickupSlotsQuery, answer=SlotsView, refuses=(404, 409))
def list_pickup_slots(call: Call, query: PickupSlotsQuery) -> Answer:
    """List when a carrier could fetch the goods of a return."""
    carrier, slots = wiring.carrier_desk().slots(
        query.return_id,
        query.first or call.received_at.date(),
        sees=scopes.sees(call.principal),
        postcode=query.postcode,
    )
    return ok(SlotsView(carrier=carrier.name, slots=tuple(SlotView.of(slot) for slot in slots)))


@bp.route("/returns/{return_id}/pickup", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="pickups:book",
    body=PickupBody,
    answer=ReturnPickupView,
    idempotency="accepted",
    if_match=always,
)
def book_pickup(call: Call, body: PickupBody, return_id: str) -> Answer:
    """Book a slot, in place of one that was booked before.

    The one before stays until the new one is booked; `shipment` says so where it was refused.
    """
    return wiring.carrier_desk().book(
        return_id,
        body.slot_id,
        call.context(),
        sees=scopes.sees(call.principal),
        render=_booked,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/cancel-pickup", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="pickups:book",
    body=NoFields,
    answer=ReturnPickupView,
    idempotency="accepted",
    if_match=always,
)
def cancel_pickup(call: Call, return_id: str) -> Answer:
    """Give the booking of a pickup back, as long as the carrier is not on its way."""
    return wiring.carrier_desk().cancel_pickup(
        return_id,
        call.context(),
        sees=scopes.sees(call.principal),
        render=lambda ret: ok(ReturnPickupView.of(ret), version=ret.version),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/mark-lost", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:mark-lost",
    body=MarkLostBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def mark_lost(call: Call, body: MarkLostBody, return_id: str) -> Answer:
    """Give units up as lost, with who answers for it and whether they are paid."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: _here(
            losing.mark_lost(reads, return_id, body.to_domain(), context), call, "returns:mark-lost"
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/short-close", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:short-close",
    body=GiveUpBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def short_close(call: Call, body: GiveUpBody, return_id: str) -> Answer:
    """Stop waiting for units that will not come; they may be asked for again."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: _here(
            short_closing.short_close(reads, return_id, body.to_domain(), context),
            call,
            "returns:short-close",
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/refuse", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:refuse",
    body=GiveUpBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def refuse_goods(call: Call, body: GiveUpBody, return_id: str) -> Answer:
    """Turn goods away at the door; the customer has them again, unpaid."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: _here(
            short_closing.refuse(reads, return_id, body.to_domain(), context),
            call,
            "returns:refuse",
        ),
        context=context,
        render=_shown,
        idempotency=call.idempotency,
    )


def _here(decided: Decided[Return], call: Call, permission: str) -> Decided[Return]:
    """The decision, unless the goods are expected in a warehouse that is not the principal's."""
    if decided.result.warehouse is not None:
        permissions.act_in(call.principal, decided.result.warehouse, permission)
    return decided


def _id_of(reads: Reads, name: str) -> str:
    """The id of a return that was named by its number."""
    ret = reads.return_by_number(name) if is_return_number(name) else None
    return name if ret is None else ret.return_id


def _link(ret: Return, shipment: Shipment) -> str | None:
    if shipment.label_key is None:
        return None
    suffix = shipment.label_key.rpartition(".")[2]
    return wiring.files().download_url(
        shipment.label_key, file_name=f"{ret.number}-{shipment.tracking_no}.{suffix}"
    )


def _shipped(shipped: Shipped) -> Answer:
    ret = shipped.ret
    location = f"/v1/returns/{ret.return_id}/shipments"
    return created(ReturnedShipmentView.of(shipped), location=location, version=ret.version)


def _booked(shipped: Shipped) -> Answer:
    view = ReturnPickupView.of(shipped.ret, shipped.shipment)
    return ok(view, version=shipped.ret.version)


def _dropped_off(done: DroppedOff) -> Answer:
    view = DroppedOffView.of_drop_off(done)
    return created(view, version=done.received.ret.version)


def _handed_over(done: HandedOver) -> Answer:
    ret = done.ret
    view = HandedOverView.of_handover(done)
    return created(view, location=f"/v1/returns/{ret.return_id}/handovers", version=ret.version)


def _shown(ret: Return) -> Answer:
    return ok(ReturnView.of(ret), version=ret.version)
