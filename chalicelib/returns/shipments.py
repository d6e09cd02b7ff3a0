"""The shipments of a return as data: which one, what is in it, whether its label is needed."""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Json
from chalicelib.core.runs import Runs
from chalicelib.returns.facts import header
from chalicelib.returns.lifecycle import fitting
from chalicelib.returns.model import Return, Shipment, ShipmentState, ShippedUnits
from chalicelib.returns.selection import UnitsByLine, facts_of
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where

SHIPMENTS_MAX = 50
"""Of one return; labels that were refused or taken back count, too."""
PICKUP = "pku"
"""The prefix of shipments that a carrier fetches; those with a label to print have another."""
PARCEL = "shp"
ON_THE_ROAD = frozenset({ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED, ShipmentState.LOST})
"""Its carrier has, or had, the parcel; one that came back to its sender can be sent anew."""
_PROMISED = ON_THE_ROAD | {ShipmentState.LABELLED}
_VOIDABLE = frozenset({ShipmentState.REQUESTED, ShipmentState.LABELLED})


def shipment_of(ret: Return, shipment_id: str) -> Shipment:
    """The shipment of this id; raises NotFound `shipment_not_found`."""
    for shipment in ret.shipments:
        if shipment.shipment_id == shipment_id:
            return shipment
    raise NotFound("shipment_not_found", f"The return has no shipment {shipment_id}.")


def parcel_of(ret: Return, carrier: str, tracking_no: str | None) -> Shipment | None:
    """The shipment under this number, or None."""
    for shipment in ret.shipments:
        if tracking_no is not None and (carrier, tracking_no) == _number(shipment):
            return shipment
    return None


def _number(shipment: Shipment) -> tuple[str, str | None]:
    return shipment.carrier, shipment.tracking_no


def with_shipment(ret: Return, shipment: Shipment) -> Return:
    """The return with this shipment in place of the one of its id, or as its latest."""
    if any(one.shipment_id == shipment.shipment_id for one in ret.shipments):
        kept = (
            shipment if one.shipment_id == shipment.shipment_id else one for one in ret.shipments
        )
        return replace(ret, shipments=tuple(kept))
    if len(ret.shipments) >= SHIPMENTS_MAX:
        raise Conflict("too_many_shipments", f"A return has at most {SHIPMENTS_MAX} shipments.")
    return replace(ret, shipments=(*ret.shipments, shipment))


def units_in(shipment: Shipment) -> dict[str, Runs]:
    """The units of a shipment by line."""
    return {part.line_no: part.units for part in shipment.units}


def as_shipped(units: UnitsByLine) -> tuple[ShippedUnits, ...]:
    """Units by line as a shipment keeps them."""
    return tuple(
        ShippedUnits(line_no=line_no, units=part) for line_no, part in units.items() if part
    )


def size_of(shipment: Shipment) -> int:
    """How many units are in it."""
    return sum(runs.size(part.units) for part in shipment.units)


def without(units: UnitsByLine, others: Iterable[Shipment]) -> dict[str, Runs]:
    """These units but for those that other shipments hold."""
    left = dict(units)
    for other in others:
        for line_no, part in units_in(other).items():
            left[line_no] = runs.minus(left.get(line_no, ()), part)
    return {line_no: part for line_no, part in left.items() if part}


def own_units(ret: Return, shipment: Shipment) -> dict[str, Runs]:
    """What travels in this parcel, as far as it was not sent again in a later one."""
    place = ret.shipments.index(shipment)
    later = [one for one in ret.shipments[place + 1 :] if one.state in ON_THE_ROAD]
    return without(units_in(shipment), later)


def to_be_sent(ret: Return, units: UnitsByLine | None = None) -> dict[str, Runs]:
    """The units (of these, or of all) that still wait to be sent."""
    found = {line.line_no: units_where(line, fitting(Command.SHIP)) for line in ret.lines}
    if units is not None:
        found = {no: runs.common(part, units.get(no, ())) for no, part in found.items()}
    return {line_no: part for line_no, part in found.items() if part}


def unneeded(ret: Return) -> list[Shipment]:
    """Labels and pickups that nobody waits for any more, and whose carrier is to be told.

    Their units were taken back, given up, sent otherwise, or promised to a later label. A `reason`
    says that the carrier was asked and refused.
    """
    return [
        shipment
        for place, shipment in enumerate(ret.shipments)
        if shipment.state in _VOIDABLE
        and shipment.reason is None
        and not without(
            to_be_sent(ret, units_in(shipment)),
            [one for one in ret.shipments[place + 1 :] if one.state in _PROMISED],
        )
    ]


def shipment_facts(ret: Return, shipment: Shipment, units: UnitsByLine) -> dict[str, Json]:
    """A parcel, and units of it, as events tell of them."""
    return {
        **header(ret),
        "shipment_id": shipment.shipment_id,
        "carrier": shipment.carrier,
        "tracking_no": shipment.tracking_no,
        "lines": facts_of(ret, units),
    }
