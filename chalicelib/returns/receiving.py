"""Receiving goods: any number of receipts, counted by the warehouse, never by the request.

Units that fit the return move customer → receiving; all others move customer → quarantine and
become exceptions. Nothing that arrives is turned away unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.gtins import same_gtin
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.inventory.posting import merged_transfers, relabelled
from chalicelib.returns import deadlines
from chalicelib.returns.exceptions import (
    ExceptionKind,
    ReturnException,
    counted,
    exception_id_for,
    opened_event,
)
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.finding import found_again, is_lost, with_credit_open
from chalicelib.returns.lifecycle import is_receivable, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Logistics, Return, ReturnLine, UnitGroup
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import move, units_where
from chalicelib.tasks.model import TaskKind, open_task

ITEMS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedItem:
    """What was counted: a SKU (or GTIN), how many, and lot and serials where they were read."""

    quantity: int
    sku: str | None = None
    gtin: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    condition: str | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receive:
    """One receipt at one warehouse."""

    warehouse: str
    items: tuple[ReceivedItem, ...]
    received_at: datetime | None = None
    parcel: str | None = None
    scan_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The record of one receipt: what was counted and what became of it."""

    receipt_id: str
    return_id: str
    warehouse: str
    received_at: datetime
    received_by: str
    items: tuple[ReceivedItem, ...]
    movement_id: str | None
    exception_ids: tuple[str, ...]
    scan_id: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """The return after the receipt, and the receipt."""

    ret: Return
    receipt: Receipt
    exceptions: tuple[ReturnException, ...]


@dataclass(slots=True)
class _Sorting:
    """What one receipt does, collected item by item."""

    ret: Return
    warehouse: str
    transfers: list[Transfer] = field(default_factory=list)
    strangers: list[tuple[ExceptionKind, ReceivedItem]] = field(default_factory=list)
    received: dict[str, Runs] = field(default_factory=dict)
    places: dict[tuple[str, ...], dict[str, tuple[str, int]]] = field(default_factory=dict)

    def put(self, item: ReceivedItem) -> None:
        """Give the item's units to the lines that wait for them, the rest to quarantine."""
        lines = [line for line in self.ret.lines if is_same_goods(line, item)]
        if not lines:
            self._surplus(ExceptionKind.WRONG_SKU, item, item.quantity)
            return
        item = replace(item, sku=lines[0].goods)
        if item.serials:
            item = self._put_serials(lines, item)
        # What was given up as lost comes last: goods are rather those that are expected.
        for where in (_is_expected, is_receivable):
            for line in lines:
                waiting = units_where(self._now(line), where)
                units = _best(line, waiting, item)
                self._accept(line, units, item)
                item = replace(item, quantity=item.quantity - runs.size(units))
        self._surplus(ExceptionKind.OVER, item, item.quantity)

    def _put_serials(self, lines: list[ReturnLine], item: ReceivedItem) -> ReceivedItem:
        """Units with a serial go to exactly that unit; a foreign serial is a mismatch."""
        places = self._places_in(lines)
        if not places:
            return replace(item, serials=())  # The units count, numbers that nobody knows do not.
        waiting = {line.line_no: units_where(self._now(line), is_receivable) for line in lines}
        named: dict[str, list[int]] = {}
        seen: set[str] = set()
        for serial in item.serials:
            one = replace(item, serials=(serial,))
            if serial not in places:
                self._surplus(ExceptionKind.SERIAL_MISMATCH, one, 1)
                continue
            line_no, ordinal = places[serial]
            if serial in seen or not runs.holds(waiting[line_no], ordinal):
                self._surplus(ExceptionKind.OVER, one, 1)
            else:
                named.setdefault(line_no, []).append(ordinal)
            seen.add(serial)
        for line in lines:
            self._accept(line, runs.of_ordinals(named.get(line.line_no, ())), item)
        return replace(item, quantity=item.quantity - len(item.serials), serials=())

    def _places_in(self, lines: list[ReturnLine]) -> dict[str, tuple[str, int]]:
        """Line and unit of each serial number of these lines; read once for each goods."""
        key = tuple(line.line_no for line in lines)
        if key not in self.places:
            self.places[key] = {
                serial: (line.line_no, int(ordinal))
                for line in reversed(lines)
                for ordinal, serial in reversed(line.serials.items())
            }
        return self.places[key]

    def _now(self, line: ReturnLine) -> ReturnLine:
        present = self.ret.line(line.line_no)
        assert present is not None, "lines do not vanish"
        return present

    def _accept(self, line: ReturnLine, units: Runs, item: ReceivedItem) -> None:
        if not units:
            return
        line = self._now(line)
        for group in line.groups:
            part = runs.common(group.units, units)
            if part:
                sold = Transfer(
                    warehouse=self.warehouse,
                    sku=line.goods,
                    lot=group.lot,
                    quantity=runs.size(part),
                    origin=Account.CUSTOMER,
                    target=Account.RECEIVING,
                    unit_cost=line.unit_cost,
                    serials=serials_of(line, part),
                    expires_on=_expiry(item, group.lot),
                )
                # Where the sale does not say which lot it was, the goods do.
                bears = item.lot if group.lot is None else None
                self.transfers.extend(relabelled(sold, bears, item.expires_on))
        unnamed = runs.common(units, units_where(line, lambda group: group.lot is None))
        if unnamed and item.lot is not None:
            line = move(line, unnamed, lot=item.lot)
        changed = move(
            with_credit_open(line, units),
            units,
            logistics=Logistics.RECEIVED,
            warehouse=self.warehouse,
            account=Account.RECEIVING,
        )
        lines = tuple(changed if old.line_no == line.line_no else old for old in self.ret.lines)
        self.ret = replace(self.ret, lines=lines)
        before = self.received.get(line.line_no, ())
        self.received[line.line_no] = runs.merged((*before, *units))

    def _surplus(self, kind: ExceptionKind, item: ReceivedItem, quantity: int) -> None:
        if quantity:
            self.strangers.append((kind, replace(item, quantity=quantity)))


def receive(
    reads: ReturnReader, return_id: str, command: Receive, context: Context
) -> Decided[Received]:
    """Book one receipt. Raises Conflict where the return expects no goods at all."""
    ret = found(reads.return_(return_id), return_id, context)
    require(ret, Command.RECEIVE)
    return receive_into(ret, command, context)


def receive_into(ret: Return, command: Receive, context: Context) -> Decided[Received]:
    """Book one receipt into a return that was read before (a surplus needs no waiting unit)."""
    _check(command)
    sorting = _Sorting(ret=ret, warehouse=command.warehouse)
    # The most exactly named first, so that a unit without a serial never takes a named one's place.
    for item in sorted(command.items, key=lambda item: (not item.serials, item.lot is None)):
        sorting.put(item)
    movement_id = derived_id("mov", context.command_id, "receipt")
    receipt_id = derived_id("rcp", context.command_id)
    exceptions, events = _exceptions(sorting, command, context, movement_id, receipt_id)
    transfers = merged_transfers([*sorting.transfers, *map(quarantine_transfer, exceptions)])
    receipt = Receipt(
        receipt_id=receipt_id,
        return_id=ret.return_id,
        warehouse=command.warehouse,
        # Days by which money is due hang on it, so nothing was received later than now.
        received_at=min(command.received_at or context.now, context.now),
        received_by=context.actor.id,
        items=command.items,
        movement_id=movement_id if transfers else None,
        exception_ids=tuple(exception.exception_id for exception in exceptions),
        scan_id=command.scan_id,
    )
    after = deadlines.after(sorting.ret)
    after = replace(after, version=ret.version + 1, updated_at=context.now)
    journal = Journal(after.subject, after.chain, context)
    journal.record("return.received", _facts(after, receipt, sorting.received))
    after = fallen_due(after, receipt.received_at, journal)
    found_tasks = found_again(ret, after, sorting.received, receipt_id, journal, context)
    after = counted(after, exceptions, journal)
    records: list[Record] = [after, receipt, *exceptions]
    if transfers:
        records.append(quarantine_movement(transfers, after.subject, movement_id, context))
    records.extend((*exception_tasks(exceptions, context), *found_tasks))
    return Decided(
        result=Received(ret=after, receipt=receipt, exceptions=tuple(exceptions)),
        changes=Changes(records=tuple(records), events=(*journal.events, *events)),
    )


def quarantine_movement(
    transfers: Sequence[Transfer], source: str, movement_id: str, context: Context
) -> Movement:
    """The one movement document of a receipt."""
    return Movement(
        movement_id=movement_id,
        kind=MovementKind.RECEIPT,
        source=source,
        entries=entries_for(transfers),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )


def exception_tasks(exceptions: Sequence[ReturnException], context: Context) -> list[Record]:
    """A task for each exception, so that somebody looks."""
    return [
        open_task(
            TaskKind.EXCEPTION,
            exception.subject,
            occasion="opened",
            now=context.now,
            warehouse=exception.warehouse,
        )
        for exception in exceptions
    ]


def _check(command: Receive) -> None:
    if not command.items or len(command.items) > ITEMS_MAX:
        raise Invalid("item_count", f"A receipt has 1 to {ITEMS_MAX} items.")
    for item in command.items:
        if item.sku is None and item.gtin is None:
            raise Invalid("sku_required", "An item names a SKU or a GTIN.")
        if item.quantity < 1 or len(item.serials) > item.quantity:
            raise Invalid("bad_quantity", "At least one unit, and no more serials than units.")


def is_same_goods(line: ReturnLine, item: ReceivedItem) -> bool:
    if item.sku is not None:
        return line.goods == item.sku
    return same_gtin(line.gtin, item.gtin)


def _expiry(item: ReceivedItem, lot: str | None) -> date | None:
    """What was read on the goods, where it is said of the lot under which they are kept."""
    return item.expires_on if lot is not None and item.lot == lot else None


def _is_expected(group: UnitGroup) -> bool:
    return is_receivable(group) and not is_lost(group)


def _best(line: ReturnLine, waiting: Runs, item: ReceivedItem) -> Runs:
    """Up to the item's quantity of waiting units: of its lot, then of no known lot, then others."""
    chosen: Runs = ()
    for wanted in dict.fromkeys((item.lot, None)):
        of_lot = runs.merged(
            run for group in line.groups if group.lot == wanted for run in group.units
        )
        left = runs.minus(runs.common(waiting, of_lot), chosen)
        chosen = runs.merged((*chosen, *_upto(left, item.quantity - runs.size(chosen))))
    rest = runs.minus(waiting, chosen)
    return runs.merged((*chosen, *_upto(rest, item.quantity - runs.size(chosen))))


def _upto(units: Runs, count: int) -> Runs:
    return runs.lowest(units, min(count, runs.size(units)))


def serials_of(line: ReturnLine, units: Runs) -> tuple[str, ...]:
    """The serial numbers of these units, as far as they are known."""
    return tuple(
        serial for ordinal, serial in line.serials.items() if runs.holds(units, int(ordinal))
    )


def _exceptions(
    sorting: _Sorting, command: Receive, context: Context, movement_id: str, receipt_id: str
) -> tuple[list[ReturnException], list[Event]]:
    exceptions: list[ReturnException] = []
    events: list[Event] = []
    for place, (kind, item) in enumerate(sorting.strangers):
        exception = ReturnException(
            exception_id=exception_id_for(context, f"{receipt_id}-{place}"),
            kind=kind,
            quantity=item.quantity,
            opened_at=context.now,
            opened_by=context.actor.id,
            warehouse=command.warehouse,
            sku=item.sku or f"gtin:{item.gtin}",
            gtin=item.gtin,
            lot=item.lot,
            serials=item.serials,
            expires_on=item.expires_on,
            return_id=sorting.ret.return_id,
            return_number=sorting.ret.number,
            customer_id=sorting.ret.customer_id,
            parcel=command.parcel,
            receipt_id=receipt_id,
            scan_id=command.scan_id,
            movement_id=movement_id,
            note=item.condition,
        )
        chain, event = opened_event(exception, context)
        exceptions.append(replace(exception, chain=chain))
        events.append(event)
    return exceptions, events


def quarantine_transfer(exception: ReturnException) -> Transfer:
    """The exception's units from the customer into quarantine."""
    assert exception.warehouse is not None, "goods lie somewhere"
    assert exception.sku is not None, "goods have a name"
    return Transfer(
        warehouse=exception.warehouse,
        sku=exception.sku,
        lot=exception.lot,
        quantity=exception.quantity,
        origin=Account.CUSTOMER,
        target=Account.QUARANTINE,
        serials=exception.serials,
        expires_on=exception.expires_on if exception.lot is not None else None,
    )


def _facts(ret: Return, receipt: Receipt, received: dict[str, Runs]) -> dict[str, Json]:
    return {
        **header(ret),
        "receipt_id": receipt.receipt_id,
        "receipt_warehouse": receipt.warehouse,
        "received_at": rfc3339(receipt.received_at),
        "scan_id": receipt.scan_id,
        "movement_id": receipt.movement_id,
        "exception_ids": list(receipt.exception_ids),
        "lines": [
            line_facts(line, received[line.line_no])
            for line in ret.lines
            if line.line_no in received
        ],
    }
