"""Labels: the request stored before the carrier is asked, and its answer afterwards.

Each function is one command. A parcel is asked for under the id of its shipment, so whoever repeats
the request, or finds it without an answer, asks for the same label.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.orders.model import Contact
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    DeadlineKind,
    PickupSlot,
    Return,
    Shipment,
    ShipmentState,
)
from chalicelib.returns.selection import NamedQuantity, too_few, totals
from chalicelib.returns.shipments import (
    PARCEL,
    as_shipped,
    shipment_facts,
    shipment_of,
    to_be_sent,
    units_in,
    with_shipment,
    without,
)
from chalicelib.returns.shipping import Shipped, ShippingReader, registered, written
from chalicelib.returns.transitions import Command
from chalicelib.shipping.ports import Booking, Label

LABEL_LIFE = timedelta(days=28)
"""Where no deadline says how long the goods may take to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLabel:
    """`lines` None: all that is to be sent and has no label of this carrier yet."""

    carrier: str
    lines: tuple[NamedQuantity, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A stored request; `sender` is where the parcel comes from, for the carrier only."""

    ret: Return
    shipment: Shipment
    sender: str | None

    @property
    def is_open(self) -> bool:
        """The carrier's answer is not known yet."""
        return self.shipment.state is ShipmentState.REQUESTED


class LabelReader(ShippingReader, Protocol):
    """What asking a carrier reads besides: the address of the sender."""

    def contact(self, contact_id: str) -> Contact | None: ...


def ask_label(
    reads: LabelReader, return_id: str, command: AskLabel, context: Context
) -> Decided[Asked]:
    """Store that a label is wanted; one that waits for its answer is gone on with.

    Raises Conflict where nothing is to be sent, or all of it has a label of this carrier.
    """
    ret = reads.return_(return_id)
    shipment_id = derived_id(PARCEL, context.command_id)
    again = None if ret is None else _asked_before(ret, command, shipment_id)
    if ret is not None and again is not None:
        return Decided(result=asked(reads, ret, again))
    ret = found(ret, return_id, context)
    require(ret, Command.SHIP)
    shipment = Shipment(
        shipment_id=shipment_id,
        carrier=command.carrier,
        state=ShipmentState.REQUESTED,
        units=as_shipped(_units(ret, command)),
        requested_at=context.now,
        expires_at=_expires_at(ret, context.now),
    )
    return store_request(reads, ret, shipment, "label.requested", context)


def store_request(
    reads: LabelReader, ret: Return, shipment: Shipment, event_type: str, context: Context
) -> Decided[Asked]:
    """The return with one more parcel that its carrier is about to be asked for."""
    ret = with_shipment(ret, shipment)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(event_type, shipment_facts(ret, shipment, units_in(shipment)))
    ret = replace(ret, chain=journal.chain)
    return Decided(
        result=asked(reads, ret, shipment),
        changes=Changes(records=(ret,), events=tuple(journal.events)),
    )


def asked(reads: LabelReader, ret: Return, shipment: Shipment) -> Asked:
    """The request with what its carrier needs to know of the sender."""
    contact = reads.contact(ret.contact_ref) if ret.contact_ref is not None else None
    return Asked(ret=ret, shipment=shipment, sender=contact.address if contact else None)


def record_label(
    reads: ShippingReader,
    return_id: str,
    shipment_id: str,
    label: Label,
    label_key: str,
    context: Context,
) -> Decided[Shipped]:
    """Keep what the carrier made. A parcel that was taken back meanwhile stays taken back."""
    ret = found(reads.return_(return_id), return_id, context)
    shipment = shipment_of(ret, shipment_id)
    if shipment.state is not ShipmentState.REQUESTED:
        return Decided(result=Shipped(ret=ret, shipment=shipment))
    shipment = replace(
        shipment,
        state=ShipmentState.LABELLED,
        tracking_no=label.tracking_no,
        label_key=label_key,
        expires_at=min(label.expires_at, shipment.expires_at or label.expires_at),
    )
    return _promised(reads, ret, shipment, "label.made", context)


def record_booking(
    reads: ShippingReader, return_id: str, shipment_id: str, booking: Booking, context: Context
) -> Decided[Shipped]:
    """Keep what was booked; the carrier brings the label for it."""
    ret = found(reads.return_(return_id), return_id, context)
    shipment = shipment_of(ret, shipment_id)
    if shipment.state is not ShipmentState.REQUESTED:
        return Decided(result=Shipped(ret=ret, shipment=shipment))
    shipment = replace(shipment, state=ShipmentState.LABELLED, tracking_no=booking.tracking_no)
    slot = PickupSlot(
        slot_id=booking.slot.slot_id,
        carrier=shipment.carrier,
        day=booking.slot.day,
        window=booking.slot.window,
        reference=booking.reference,
    )
    return _promised(reads, replace(ret, pickup=slot), shipment, "pickup.booked", context)


def record_refusal(
    reads: ShippingReader,
    return_id: str,
    shipment_id: str,
    reason: str,
    event_type: str,
    context: Context,
) -> Decided[Shipped]:
    """Keep that the carrier said no, and why: nothing will ever be made under this id."""
    ret = found(reads.return_(return_id), return_id, context)
    shipment = shipment_of(ret, shipment_id)
    if shipment.state is not ShipmentState.REQUESTED:
        return Decided(result=Shipped(ret=ret, shipment=shipment))
    shipment = replace(shipment, state=ShipmentState.REFUSED, reason=reason)
    ret = with_shipment(ret, shipment)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    facts = shipment_facts(ret, shipment, units_in(shipment))
    journal.record(event_type, {**facts, "reason": reason})
    ret = replace(ret, chain=journal.chain)
    return Decided(
        result=Shipped(ret=ret, shipment=shipment),
        changes=Changes(records=(ret,), events=tuple(journal.events)),
    )


def _promised(
    reads: ShippingReader, ret: Return, shipment: Shipment, event_type: str, context: Context
) -> Decided[Shipped]:
    """The parcel has a number: it is bound to it, with what is remembered of the number."""
    assert shipment.tracking_no is not None, "what a carrier made has a number"
    tracking = reads.tracking(shipment.carrier, shipment.tracking_no)
    ret = with_shipment(ret, shipment)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    facts = shipment_facts(ret, shipment, units_in(shipment))
    expires_at = None if shipment.expires_at is None else rfc3339(shipment.expires_at)
    journal.record(event_type, {**facts, "expires_at": expires_at})
    followed = registered(ret, shipment, tracking, journal, context, is_ours=True)
    return written(followed, shipment.shipment_id, journal)


def _asked_before(ret: Return, command: AskLabel, shipment_id: str) -> Shipment | None:
    """This very request, or another for the same parcel whose answer is not known yet."""
    for shipment in ret.shipments:
        if shipment.shipment_id == shipment_id or _is_open_for(shipment, ret, command):
            return shipment
    return None


def _is_open_for(shipment: Shipment, ret: Return, command: AskLabel) -> bool:
    is_label = shipment.shipment_id.startswith(f"{PARCEL}_")
    if shipment.state is not ShipmentState.REQUESTED or not is_label:
        return False
    if shipment.carrier != command.carrier:
        return False
    return command.lines is None or _is_for(shipment, totals(ret, command.lines))


def _is_for(shipment: Shipment, wanted: dict[str, int]) -> bool:
    return {no: runs.size(units) for no, units in units_in(shipment).items()} == wanted


def _units(ret: Return, command: AskLabel) -> dict[str, Runs]:
    labels = [
        one
        for one in ret.shipments
        if one.state is ShipmentState.LABELLED and one.carrier == command.carrier
    ]
    left = without(to_be_sent(ret), labels)
    if command.lines is None:
        if not left:
            raise _already_labelled(labels)
        return left
    units: dict[str, Runs] = {}
    for line_no, quantity in totals(ret, command.lines).items():
        possible = runs.size(left.get(line_no, ()))
        if possible < quantity:
            raise too_few(line_no, possible=possible, asked=quantity)
        units[line_no] = runs.lowest(left[line_no], quantity)
    return units


def _already_labelled(labels: Sequence[Shipment]) -> Conflict:
    return Conflict(
        "already_labelled",
        "All that is to be sent has a label of this carrier.",
        shipments=[label.shipment_id for label in labels],
    )


def _expires_at(ret: Return, now: datetime) -> datetime:
    """A label is good as long as the goods may be sent."""
    if ret.deadline is not None and ret.deadline.kind is DeadlineKind.SHIP:
        return ret.deadline.due_at
    return now + LABEL_LIFE
