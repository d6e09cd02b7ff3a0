"""Telling that goods are on their way, and binding a parcel's number to its return.

A number may have been told of by its carrier before we know whose it is: what is remembered of it
is applied in the write that registers it.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.returns import deadlines
from chalicelib.returns.following import Followed, follow, sent
from chalicelib.returns.lifecycle import fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return, Shipment, ShipmentState
from chalicelib.returns.selection import NamedQuantity, UnitsByLine, too_few, totals
from chalicelib.returns.shipments import (
    ON_THE_ROAD,
    PARCEL,
    as_shipped,
    parcel_of,
    shipment_of,
    to_be_sent,
    units_in,
    with_shipment,
)
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.shipping.tracking import TrackedParcel, Tracking


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """ "I have sent it." `lines` None: what the label is for, or all that is still to be sent."""

    carrier: str
    tracking_no: str | None = None
    lines: tuple[NamedQuantity, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """The return, and the shipment that the command was about."""

    ret: Return
    shipment: Shipment


class ShippingReader(Protocol):
    """What shipping reads: a return, and what is remembered of a number."""

    def return_(self, return_id: str) -> Return | None: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None: ...


def ship(
    reads: ShippingReader, return_id: str, command: Ship, context: Context
) -> Decided[Shipped]:
    """Put units on their way. The same parcel told again adds only what it did not hold yet."""
    ret = reads.return_(return_id)
    known = None if ret is None else parcel_of(ret, command.carrier, command.tracking_no)
    if ret is not None and known is not None and _is_told_again(ret, known, command):
        return Decided(result=Shipped(ret=ret, shipment=known))
    ret = found(ret, return_id, context)
    require(ret, Command.SHIP)
    units = _units(ret, known, command)
    shipment = _on_the_road(known, command, units, context)
    journal = Journal(ret.subject, ret.chain, context)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    ret = sent(with_shipment(ret, shipment), shipment, units, journal)
    ret = deadlines.after_sending(ret, context.now)
    tracking = reads.tracking(command.carrier, command.tracking_no) if command.tracking_no else None
    followed = registered(ret, shipment, tracking, journal, context)
    return written(followed, shipment.shipment_id, journal)


def registered(
    ret: Return,
    shipment: Shipment,
    tracking: Tracking | None,
    journal: Journal,
    context: Context,
    *,
    is_ours: bool = False,
) -> Followed:
    """Note under the number whose parcel it is, and apply what is remembered of it.

    `is_ours`: the number is on a label that we had made, so whoever named it before was wrong.
    Raises Conflict `tracking_no_taken` for a parcel of another customer.
    """
    if shipment.tracking_no is None:
        return Followed(ret=ret)
    tracking = tracking or Tracking(carrier=shipment.carrier, tracking_no=shipment.tracking_no)
    if not tracking.may_carry(ret.return_id, ret.customer_id):
        if not is_ours:
            raise Conflict(
                "tracking_no_taken",
                f"The parcel {shipment.tracking_no} belongs to another return.",
                carrier=shipment.carrier,
                tracking_no=shipment.tracking_no,
            )
        tracking = replace(tracking, parcels=(), customer_id=None)
    parcel = TrackedParcel(return_id=ret.return_id, shipment_id=shipment.shipment_id)
    tracking = tracking.carrying(parcel, ret.customer_id)
    followed = follow(ret, shipment.shipment_id, tracking, journal, context)
    tracking = replace(
        tracking, raised=(*tracking.raised, *followed.raised), version=tracking.version + 1
    )
    return replace(followed, records=(*followed.records, tracking))


def written(followed: Followed, shipment_id: str, journal: Journal) -> Decided[Shipped]:
    """The write of a shipment, with all that following its number brought along."""
    ret = replace(followed.ret, chain=journal.chain)
    records: tuple[Record, ...] = (ret, *followed.records)
    return Decided(
        result=Shipped(ret=ret, shipment=shipment_of(ret, shipment_id)),
        changes=Changes(records=records, events=(*journal.events, *followed.events)),
    )


def _is_told_again(ret: Return, known: Shipment, command: Ship) -> bool:
    """The parcel is on its way, with all that is named of it."""
    return known.state in ON_THE_ROAD and not any(_units(ret, known, command).values())


def _units(ret: Return, known: Shipment | None, command: Ship) -> dict[str, Runs]:
    """What the parcel takes along that is not on its way yet; raises Conflict above that."""
    held = {} if known is None else units_in(known)
    is_going = known is not None and known.state in ON_THE_ROAD
    if command.lines is None:
        labelled = to_be_sent(ret, held)
        return labelled if labelled and not is_going else to_be_sent(ret)
    units: dict[str, Runs] = {}
    for line_no, asked in totals(ret, command.lines).items():
        line = ret.line(line_no)
        assert line is not None, "checked by totals"
        waiting = units_where(line, fitting(Command.SHIP))
        inside = held.get(line_no, ())
        gone = runs.size(runs.minus(inside, waiting)) if is_going else 0
        wanted = max(0, asked - gone)
        if runs.size(waiting) < wanted:
            raise too_few(line_no, possible=runs.size(waiting), asked=wanted)
        first = runs.common(waiting, inside)
        first = runs.lowest(first, min(wanted, runs.size(first)))
        rest = runs.lowest(runs.minus(waiting, first), wanted - runs.size(first))
        units[line_no] = runs.merged((*first, *rest))
    return units


def _on_the_road(
    known: Shipment | None, command: Ship, units: UnitsByLine, context: Context
) -> Shipment:
    """The shipment with what really is in it: a label may have been for more or less."""
    if known is None:
        return Shipment(
            shipment_id=derived_id(PARCEL, context.command_id),
            carrier=command.carrier,
            tracking_no=command.tracking_no,
            units=as_shipped(units),
        )
    if known.state not in ON_THE_ROAD:
        return replace(known, state=ShipmentState.IN_TRANSIT, units=as_shipped(units), reason=None)
    held = units_in(known)
    together = {
        line_no: _both(held.get(line_no, ()), units.get(line_no, ()))
        for line_no in dict.fromkeys((*held, *units))
    }
    return replace(known, units=as_shipped(together))


def _both(some: Runs, others: Runs) -> Runs:
    return runs.merged((*some, *runs.minus(others, some)))
