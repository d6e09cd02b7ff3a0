"""Pickups: a time at which the carrier fetches the parcel, booked, changed or given back.

A pickup is a shipment whose label the carrier brings. Its id follows from the return and the slot,
so the same slot asked for again, by whomever, is the same booking; only after it was given back is
it a new one.
"""

from dataclasses import dataclass

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.returns.lifecycle import require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return, Shipment, ShipmentState
from chalicelib.returns.shipments import PICKUP, as_shipped, to_be_sent
from chalicelib.returns.transitions import Command
from chalicelib.shipping.labelling import Asked, LabelReader, asked, store_request

_LIVE = frozenset({ShipmentState.REQUESTED, ShipmentState.LABELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPickup:
    carrier: str
    slot_id: str


def ask_pickup(
    reads: LabelReader, return_id: str, command: BookPickup, context: Context
) -> Decided[Asked]:
    """Store which slot is wanted, for all that is to be sent; the one that was booked before stays
    until this one is. Raises Conflict where nothing is to be sent."""
    ret = reads.return_(return_id)
    again = None if ret is None else _asked_before(ret, command)
    if ret is not None and again is not None:
        return Decided(result=asked(reads, ret, again))
    ret = found(ret, return_id, context)
    require(ret, Command.SHIP)
    shipment = Shipment(
        shipment_id=_id(ret, command, _given_back(ret)),
        carrier=command.carrier,
        state=ShipmentState.REQUESTED,
        units=as_shipped(to_be_sent(ret)),
        requested_at=context.now,
    )
    return store_request(reads, ret, shipment, "pickup.requested", context)


def find_pickups(
    reads: LabelReader, return_id: str, context: Context
) -> Decided[tuple[Shipment, ...]]:
    """What is booked, or may be; raises Conflict `no_pickup` where nothing is."""
    ret = found(reads.return_(return_id), return_id, context)
    live = tuple(one for one in _pickups(ret) if one.state in _LIVE)
    if not live:
        raise Conflict("no_pickup", "No pickup is booked for this return.")
    return Decided(result=live)


def is_pickup(shipment: Shipment) -> bool:
    return shipment.shipment_id.startswith(f"{PICKUP}_")


def _pickups(ret: Return) -> list[Shipment]:
    return [shipment for shipment in ret.shipments if is_pickup(shipment)]


def _given_back(ret: Return) -> int:
    """How many bookings ended without a parcel: each makes the next one a new request."""
    return sum(one.state not in _LIVE for one in _pickups(ret))


def _asked_before(ret: Return, command: BookPickup) -> Shipment | None:
    """The live request for the same slot, whenever it was made."""
    ids = {_id(ret, command, earlier) for earlier in range(_given_back(ret) + 1)}
    for shipment in _pickups(ret):
        if shipment.shipment_id in ids and shipment.state in _LIVE:
            return shipment
    return None


def _id(ret: Return, command: BookPickup, given_back: int) -> str:
    return derived_id(PICKUP, ret.return_id, command.carrier, command.slot_id, str(given_back))
