"""Goods change hands before anybody counts them in a warehouse: at a counter, or to a driver.

Each time the customer gets a receipt: what, how many, when, where and from whom. What a driver
counted is kept, so that a warehouse which finds another number can say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.returns.continuing import continued
from chalicelib.returns.facts import header
from chalicelib.returns.model import Logistics, Return, Shipment, UnitGroup
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.receiving import Receive, Received, receive
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.shipments import size_of, units_in
from chalicelib.returns.shipping import Ship, ShippingReader, ship
from chalicelib.returns.units import units_where


class HandoverKind(StrEnum):
    COUNTER = "counter"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedItem:
    """So many of one kind of goods."""

    sku: str
    name: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverReceipt:
    """The customer's receipt. `number` is the return's and which one of it; `units` were counted.

    `place` is the store, or None where a driver came; `driver_ref` is the carrier's word for them.
    """

    handover_id: str
    number: str
    kind: HandoverKind
    return_id: str
    return_number: str
    items: tuple[HandedItem, ...]
    units: int
    at: datetime
    by: str
    place: str | None = None
    carrier: str | None = None
    driver_ref: str | None = None
    shipment_id: str | None = None
    receipt_id: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """A driver took goods along. `count` None: as many as are in the parcel."""

    carrier: str
    driver_ref: str
    count: int | None = None
    tracking_no: str | None = None
    lines: tuple[NamedQuantity, ...] | None = None
    collected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The return, and the customer's receipt."""

    ret: Return
    receipt: HandoverReceipt


@dataclass(frozen=True, slots=True, kw_only=True)
class DroppedOff:
    """Goods received at a counter, and the customer's receipt of them."""

    received: Received
    receipt: HandoverReceipt


class HandoverReader(ReturnReader, ShippingReader, Protocol):
    """A return, what is remembered of parcels, and earlier receipts."""

    def return_(self, return_id: str) -> Return | None: ...

    def handovers(self, return_id: str) -> list[HandoverReceipt]: ...


def drop_off(
    reads: HandoverReader, return_id: str, command: Receive, context: Context
) -> Decided[DroppedOff]:
    """Book goods that are handed over at a counter, with the receipt in the same write."""
    decided = receive(reads, return_id, command, context)
    received = decided.result
    items = tuple(
        HandedItem(
            sku=item.sku or f"gtin:{item.gtin}",
            name=_name(received.ret, item.sku, item.gtin),
            quantity=item.quantity,
        )
        for item in received.receipt.items
    )
    paper = _paper(
        reads,
        received.ret,
        HandoverKind.COUNTER,
        items,
        context,
        at=received.receipt.received_at,
        place=command.warehouse,
        receipt_id=received.receipt.receipt_id,
    )
    journal = Journal(received.ret.subject, received.ret.chain, context)
    ret = _told(received.ret, paper, journal)
    return Decided(
        result=DroppedOff(received=replace(received, ret=ret), receipt=paper),
        changes=continued(decided.changes, ret, journal, paper),
    )


def collect(
    reads: HandoverReader, return_id: str, command: Collect, context: Context
) -> Decided[HandedOver]:
    """A driver took the goods: they are on their way, and the driver's count is kept."""
    sending = Ship(carrier=command.carrier, tracking_no=command.tracking_no, lines=command.lines)
    decided = ship(reads, return_id, sending, context)
    ret, shipment = decided.result.ret, decided.result.shipment
    changes = decided.changes
    if not changes.records:  # It was said before that the parcel is on its way; not by its driver.
        ret = replace(ret, version=ret.version + 1, updated_at=context.now)
        changes = Changes(records=(ret,))
    paper = _paper(
        reads,
        ret,
        HandoverKind.PICKUP,
        tuple(_handed(ret, shipment)),
        context,
        at=min(command.collected_at or context.now, context.now),
        carrier=command.carrier,
        driver_ref=command.driver_ref,
        shipment_id=shipment.shipment_id,
    )
    counted = size_of(shipment) if command.count is None else command.count
    paper = replace(paper, units=counted)
    journal = Journal(ret.subject, ret.chain, context)
    ret = _told(ret, paper, journal)
    return Decided(
        result=HandedOver(ret=ret, receipt=paper),
        changes=continued(changes, ret, journal, paper),
    )


def collected(papers: Sequence[HandoverReceipt]) -> list[HandoverReceipt]:
    """What drivers took along."""
    return [paper for paper in papers if paper.kind is HandoverKind.PICKUP]


def in_warehouse(ret: Return, paper: HandoverReceipt) -> int:
    """How many of the units that the paper is for have been received since."""
    parcel = next((one for one in ret.shipments if one.shipment_id == paper.shipment_id), None)
    units = units_in(parcel) if parcel is not None else {}
    return sum(
        runs.size(runs.common(units_where(line, _is_here), units.get(line.line_no, ())))
        for line in ret.lines
    )


def _is_here(group: UnitGroup) -> bool:
    return group.logistics is Logistics.RECEIVED


def _paper(
    reads: HandoverReader,
    ret: Return,
    kind: HandoverKind,
    items: tuple[HandedItem, ...],
    context: Context,
    *,
    at: datetime,
    place: str | None = None,
    carrier: str | None = None,
    driver_ref: str | None = None,
    shipment_id: str | None = None,
    receipt_id: str | None = None,
) -> HandoverReceipt:
    """Numbered within its return: two at once are decided anew, as the return is written too."""
    return HandoverReceipt(
        handover_id=derived_id("hnd", context.command_id),
        number=f"{ret.number}-{len(reads.handovers(ret.return_id)) + 1}",
        kind=kind,
        return_id=ret.return_id,
        return_number=ret.number,
        items=items,
        units=sum(item.quantity for item in items),
        at=at,
        by=context.actor.id,
        place=place,
        carrier=carrier,
        driver_ref=driver_ref,
        shipment_id=shipment_id,
        receipt_id=receipt_id,
    )


def _told(ret: Return, paper: HandoverReceipt, journal: Journal) -> Return:
    journal.record(
        "return.handed_over",
        {
            **header(ret),
            "handover_id": paper.handover_id,
            "handover": paper.kind.value,
            "units": paper.units,
            "place": paper.place,
            "carrier": paper.carrier,
            "driver_ref": paper.driver_ref,
            "shipment_id": paper.shipment_id,
            "receipt_id": paper.receipt_id,
        },
    )
    return replace(ret, chain=journal.chain)


def _handed(ret: Return, shipment: Shipment) -> list[HandedItem]:
    units = units_in(shipment)
    return [
        HandedItem(sku=line.goods, name=line.name, quantity=runs.size(units[line.line_no]))
        for line in ret.lines
        if units.get(line.line_no)
    ]


def _name(ret: Return, sku: str | None, gtin: str | None) -> str:
    """As the order calls it; goods of no line are called by their number."""
    for line in ret.lines:
        if (sku is not None and line.goods == sku) or (gtin is not None and line.gtin == gtin):
            return line.name
    return sku or f"gtin:{gtin}"
