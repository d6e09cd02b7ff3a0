"""Goods on their way from one warehouse to another: sent, then arrived, with what differs.

Until they arrive they are the sender's, in `in_transit`: they are nowhere to be sold from, and what
never arrives stays the sender's to explain. They keep their cost, whatever happens on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.corrected_days import (
    CorrectedReader,
    NeedsSecond,
    corrected_alone,
    nobody_else,
)
from chalicelib.inventory.costing import Layers, first_of, layers_of, value_of
from chalicelib.inventory.model import Account, Balance, Movement, MovementKind, Place, Transfer
from chalicelib.inventory.posting import movement, relabelled
from chalicelib.inventory.transfer_commands import Arrive, ArrivedItem, SendStock, check_sent

ARRIVALS_KEPT = 200
"""Commands of a transfer that are known again; one before them names a version that is gone."""


class TransferState(StrEnum):
    SENT = "sent"
    PARTLY_ARRIVED = "partly_arrived"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine:
    """`underway` are the units that have not arrived, at their costs; `over` came on top.

    `unread` arrived without their numbers, so nobody knows which of `serials` are still to come.
    """

    line_no: str
    sku: str
    lot: str | None
    sent: int
    serials: tuple[str, ...]
    underway: Layers
    arrived: int = 0
    damaged: int = 0
    missing: int = 0
    over: int = 0
    unread: int = 0

    @property
    def left(self) -> int:
        return sum(layer.quantity for layer in self.underway)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTransfer:
    """One shipment between two warehouses; differences stay written on its lines."""

    transfer_id: str
    origin: str
    target: str
    state: TransferState
    lines: tuple[TransferLine, ...]
    sent_at: datetime
    sent_by: str
    expected_on: date | None = None
    reference: str | None = None
    arrived_at: datetime | None = None
    arrivals: tuple[str, ...] = ()
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"stocktransfer/{self.transfer_id}"


class TransferReader(CorrectedReader, Protocol):
    def stock_transfer(self, transfer_id: str) -> StockTransfer | None: ...

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]: ...


def send(reads: TransferReader, command: SendStock, context: Context) -> Decided[StockTransfer]:
    """available → in_transit, at what the goods are worth there at this moment."""
    transfer_id = derived_id("trf", context.command_id)
    done = reads.stock_transfer(transfer_id)
    if done is not None:
        return Decided(result=done)
    check_sent(command)
    places = [(item.sku, item.lot, Account.AVAILABLE) for item in command.items]
    balances = reads.balances_at(command.origin, places)
    held = {(one.sku, one.lot): one for one in balances}
    lines = tuple(
        TransferLine(
            line_no=str(number),
            sku=item.sku,
            lot=item.lot,
            sent=item.quantity,
            serials=item.serials,
            underway=layers_of(held.get((item.sku, item.lot)), item.quantity),
        )
        for number, item in enumerate(command.items, start=1)
    )
    transfer = StockTransfer(
        transfer_id=transfer_id,
        origin=command.origin,
        target=command.target,
        state=TransferState.SENT,
        lines=lines,
        sent_at=context.now,
        sent_by=context.actor.id,
        expected_on=command.expected_on,
        reference=command.reference,
    )
    moves = [
        move
        for line in lines
        for move in _moves(
            transfer,
            line,
            line.underway,
            (Account.AVAILABLE, Account.IN_TRANSIT),
            line.serials,
            warehouse=transfer.origin,
        )
    ]
    posted = movement(
        MovementKind.TRANSFER, transfer.subject, moves, context, "sent", costed_by=balances
    )
    return _decided(transfer, "stock.transfer_sent", [posted], context)


def arrive(
    reads: TransferReader,
    transfer_id: str,
    command: Arrive,
    context: Context,
    *,
    needs_second: NeedsSecond = nobody_else,
) -> Decided[StockTransfer]:
    """in_transit → available or damaged of the other warehouse; what came on top: quarantine.

    Who sent it does not say alone that much of it is missing (`needs_second`: adjusting.py).
    """
    transfer = reads.stock_transfer(transfer_id)
    if transfer is None:
        raise NotFound("transfer_not_found", f"There is no transfer {transfer_id}.")
    if context.command_id in transfer.arrivals:
        return Decided(result=transfer)
    require_seen(transfer, context)
    if transfer.state is TransferState.ARRIVED:
        raise Conflict("transfer_ended", "Everything of this transfer has arrived or is missing.")
    _check_arrived(transfer, command)
    lines = {line.line_no: line for line in transfer.lines}
    moves: list[Transfer] = []
    for item in command.items:
        lines[item.line_no], some = _arrived(transfer, lines[item.line_no], item)
        moves += some
    alone: tuple[Record, ...] = ()
    if command.is_last:
        lost = value_of([layer for line in lines.values() for layer in line.underway])
        if context.actor.id == transfer.sent_by:
            alone = corrected_alone(reads, lost, context, needs_second)
        for line in lines.values():
            lines[line.line_no], some = _lost(transfer, line)
            moves += some
    is_over = not any(line.left for line in lines.values())
    transfer = replace(
        transfer,
        lines=tuple(lines.values()),
        state=TransferState.ARRIVED if is_over else TransferState.PARTLY_ARRIVED,
        arrived_at=context.now if is_over else None,
        arrivals=(*transfer.arrivals, context.command_id)[-ARRIVALS_KEPT:],
        version=transfer.version + 1,
    )
    kind, subject = MovementKind.TRANSFER, transfer.subject
    posted = [movement(kind, subject, moves, context, "arrived")] if moves else []
    return _decided(transfer, "stock.transfer_arrived", posted, context, alone)


def _arrived(
    transfer: StockTransfer, line: TransferLine, item: ArrivedItem
) -> tuple[TransferLine, list[Transfer]]:
    known = min(item.quantity, line.left)
    taken, rest = first_of(line.underway, known)
    damaged, sound = first_of(taken, min(item.damaged, known))
    own = known_here = _own_serials(line, item)
    moves: list[Transfer] = []
    for layers, target in ((sound, Account.AVAILABLE), (damaged, Account.DAMAGED)):
        named, own = own[: _size(layers)], own[_size(layers) :]
        for move in _moves(transfer, line, layers, (Account.IN_TRANSIT, target), named):
            moves += relabelled(move, item.lot or line.lot, item.expires_on)
    over = item.quantity - known
    if over:
        moves.append(
            Transfer(
                warehouse=transfer.target,
                sku=line.sku,
                lot=item.lot or line.lot,
                quantity=over,
                origin=Account.ADJUSTMENT,
                target=Account.QUARANTINE,
                expires_on=item.expires_on if item.lot or line.lot else None,
            )
        )
    line = replace(
        line,
        underway=rest,
        arrived=line.arrived + known,
        damaged=line.damaged + _size(damaged),
        over=line.over + over,
        serials=tuple(one for one in line.serials if one not in known_here),
        unread=line.unread + known - len(known_here),
    )
    return line, moves


def _lost(transfer: StockTransfer, line: TransferLine) -> tuple[TransferLine, list[Transfer]]:
    """What never arrived is missing at the warehouse that sent it."""
    moves = _moves(
        transfer,
        line,
        line.underway,
        (Account.IN_TRANSIT, Account.MISSING),
        _still_to_come(line),
        warehouse=transfer.origin,
    )
    return replace(line, underway=(), missing=line.missing + line.left), moves


def _moves(
    transfer: StockTransfer,
    line: TransferLine,
    layers: Layers,
    way: tuple[Account, Account],
    serials: tuple[str, ...],
    *,
    warehouse: str | None = None,
) -> list[Transfer]:
    """One transfer a layer, out of the sender's account; into `warehouse`, or the receiver."""
    moves: list[Transfer] = []
    origin, target = way
    for layer in layers:
        named, serials = serials[: layer.quantity], serials[layer.quantity :]
        moves.append(
            Transfer(
                warehouse=transfer.origin,
                sku=line.sku,
                lot=line.lot,
                quantity=layer.quantity,
                origin=origin,
                target=target,
                unit_cost=layer.unit_cost,
                serials=named,
                target_warehouse=warehouse or transfer.target,
            )
        )
    return moves


def _own_serials(line: TransferLine, item: ArrivedItem) -> tuple[str, ...]:
    """Those that were read, or, where all of the line are here, those that were sent."""
    if item.serials:
        return item.serials
    return _still_to_come(line) if item.quantity >= line.left else ()


def _still_to_come(line: TransferLine) -> tuple[str, ...]:
    """The numbers of the units that have not arrived; none where some came unread.

    Transfers of before did not note that: there more numbers than units are left.
    """
    is_certain = not line.unread and len(line.serials) <= line.left
    return line.serials if is_certain else ()


def _size(layers: Layers) -> int:
    return sum(layer.quantity for layer in layers)


def _decided(
    transfer: StockTransfer,
    event_type: str,
    posted: list[Movement],
    context: Context,
    beside: tuple[Record, ...] = (),
) -> Decided[StockTransfer]:
    journal = Journal(transfer.subject, transfer.chain, context)
    lines: list[Json] = [
        {
            "line_no": line.line_no,
            "sku": line.sku,
            "lot": line.lot,
            "sent": line.sent,
            "arrived": line.arrived,
            "damaged": line.damaged,
            "missing": line.missing,
            "over": line.over,
        }
        for line in transfer.lines
    ]
    facts: dict[str, Json] = {
        "transfer_id": transfer.transfer_id,
        "version": transfer.version,
        "origin": transfer.origin,
        "target": transfer.target,
        "state": transfer.state.value,
        "movement_ids": [one.movement_id for one in posted],
        "lines": lines,
    }
    journal.record(event_type, facts)
    transfer = replace(transfer, chain=journal.chain)
    return Decided(
        result=transfer,
        changes=Changes(records=(transfer, *posted, *beside), events=tuple(journal.events)),
    )


def _check_arrived(transfer: StockTransfer, command: Arrive) -> None:
    known = {line.line_no: line for line in transfer.lines}
    errors: list[FieldError] = []
    if not command.items and not command.is_last:
        message = "Say what arrived, or that nothing more will."
        errors.append(FieldError(pointer="/items", code="item_count", message=message))
    seen: set[str] = set()
    for place, item in enumerate(command.items):
        at = f"/items/{place}"
        line = known.get(item.line_no)
        if line is None or item.line_no in seen:
            message = f"No line {item.line_no}, or named twice."
            errors.append(FieldError(pointer=f"{at}/line_no", code="unknown_line", message=message))
            continue
        seen.add(item.line_no)
        if item.quantity < 1 or not 0 <= item.damaged <= min(item.quantity, line.left):
            message = "At least one unit, and no more damaged than arrived of what was sent."
            errors.append(
                FieldError(pointer=f"{at}/quantity", code="bad_quantity", message=message)
            )
        unknown = set(item.serials) - set(line.serials)
        if unknown or len(item.serials) > min(item.quantity, line.left):
            message = "Serial numbers are those that were sent, no more than units."
            errors.append(
                FieldError(pointer=f"{at}/serials", code="unknown_serial", message=message)
            )
    if errors:
        raise Invalid("invalid_arrival", "The arrival has faults.", errors=errors)
