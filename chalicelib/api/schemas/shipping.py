"""Parcels of a return: labels, what was sent, pickups, and goods that are given up."""

from datetime import date, datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.api.schemas.received_items import ReceivedItemBody
from chalicelib.api.schemas.return_parts import PickupView, ShipmentView, fields_of
from chalicelib.contracts.fields import Day, Id, Note, Quantity, Strict, View, Word
from chalicelib.returns.losing import MarkLost
from chalicelib.returns.model import FaultParty, Method, Return, Shipment, ShipmentState
from chalicelib.returns.receiving import Receive
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.shipping import Ship, Shipped
from chalicelib.returns.short_closing import GiveUp
from chalicelib.returns.standing import Status, status_of
from chalicelib.shipping.labelling import AskLabel
from chalicelib.shipping.ports import Slot

CarrierName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
TrackingNo = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{4,40}$", to_upper=True)]
"""Letters count alike, large or small, as scanners read them."""
SlotId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}$")]
Postcode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{0,11}$")]


class NamedQuantityBody(Strict):
    """So many units of a line of the return."""

    line_no: Id
    quantity: Quantity

    def to_domain(self) -> NamedQuantity:
        return NamedQuantity(line_no=self.line_no, quantity=self.quantity)


Lines = Annotated[tuple[NamedQuantityBody, ...], Field(min_length=1, max_length=100)] | None


def _named(lines: Lines) -> tuple[NamedQuantity, ...] | None:
    return None if lines is None else tuple(line.to_domain() for line in lines)


class LabelBody(Strict):
    """A label of a carrier; `lines` is left out for all that has none of this carrier yet."""

    carrier: CarrierName
    lines: Lines = None

    def to_domain(self) -> AskLabel:
        return AskLabel(carrier=self.carrier, lines=_named(self.lines))


class ShipmentBody(Strict):
    """A parcel that was sent. `lines` is left out for what its label is for, or for all."""

    carrier: CarrierName
    tracking_no: TrackingNo | None = None
    lines: Lines = None

    def to_domain(self) -> Ship:
        return Ship(carrier=self.carrier, tracking_no=self.tracking_no, lines=_named(self.lines))


class DropOffBody(Strict):
    """What was handed over at the counter of a store, as counted there."""

    store: Id
    items: Annotated[tuple[ReceivedItemBody, ...], Field(min_length=1, max_length=200)]

    def to_domain(self) -> Receive:
        return Receive(warehouse=self.store, items=tuple(item.to_domain() for item in self.items))


class PickupSlotsQuery(Strict):
    """`from` is the first day that is asked about; today where it is left out."""

    return_id: Id
    first: Day | None = Field(default=None, alias="from")
    postcode: Postcode | None = None


class PickupBody(Strict):
    slot_id: SlotId


class MarkLostBody(Strict):
    """Who answers for it, and whether it is paid; unless said, where it is not the customer."""

    reason: Word
    fault: FaultParty
    accept_credit: bool | None = None
    lines: Lines = None
    note: Note | None = None

    def to_domain(self) -> MarkLost:
        return MarkLost(
            reason=self.reason,
            fault=self.fault,
            accept_credit=self.accept_credit,
            lines=_named(self.lines),
            note=self.note,
        )


class GiveUpBody(Strict):
    """Why; `lines` is left out for all that is on its way or still to be sent."""

    reason: Word
    lines: Lines = None
    note: Note | None = None

    def to_domain(self) -> GiveUp:
        return GiveUp(reason=self.reason, lines=_named(self.lines), note=self.note)


class ShipmentWithLinkView(ShipmentView):
    """`label_url` is good for five minutes, as long as the label may be used."""

    label_url: str | None

    @classmethod
    def with_link(cls, shipment: Shipment, url: str | None) -> Self:
        return cls(**fields_of(shipment), label_url=url)


def is_usable(shipment: Shipment, now: datetime) -> bool:
    """Whether its label may be printed and stuck on a parcel."""
    is_in_time = shipment.expires_at is None or now < shipment.expires_at
    return shipment.state is ShipmentState.LABELLED and is_in_time


class ReturnedShipmentView(View):
    """A parcel, and how its return stands now."""

    return_id: str
    number: str
    status: Status
    version: int
    shipment: ShipmentView

    @classmethod
    def of(cls, shipped: Shipped) -> Self:
        return cls(
            return_id=shipped.ret.return_id,
            number=shipped.ret.number,
            status=status_of(shipped.ret),
            version=shipped.ret.version,
            shipment=ShipmentView.of(shipped.shipment),
        )


class ReturnPickupView(View):
    """The pickup that is booked for a return; `shipment` says why where none could be booked."""

    return_id: str
    version: int
    pickup: PickupView | None
    shipment: ShipmentView | None

    @classmethod
    def of(cls, ret: Return, shipment: Shipment | None = None) -> Self:
        return cls(
            return_id=ret.return_id,
            version=ret.version,
            pickup=PickupView.of(ret.pickup) if ret.pickup else None,
            shipment=ShipmentView.of(shipment) if shipment else None,
        )


class ShipmentsView(View):
    """All parcels of a return. `drop_off_code` is said at the counter of a store."""

    method: Method
    items: tuple[ShipmentWithLinkView, ...]
    pickup: PickupView | None
    drop_off_code: str | None


class SlotView(View):
    slot_id: str
    day: date
    window: str

    @classmethod
    def of(cls, slot: Slot) -> Self:
        return cls(slot_id=slot.slot_id, day=slot.day, window=slot.window)


class SlotsView(View):
    """Times at which the carrier could come; booking one may still find it taken."""

    carrier: str
    slots: tuple[SlotView, ...]
