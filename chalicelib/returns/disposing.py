"""Deciding where inspected units go, in any split; each decision is posted to the stock ledger.

Units that go back to the customer are free on the order again (shipping_back.py does the same for
goods that nobody looked at).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.inventory.model import Account, Transfer
from chalicelib.orders.model import Order
from chalicelib.returns.awards import require_ours
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.lifecycle import is_disposable, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    Disposition,
    Grade,
    InspectionResult,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.releasing import released
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import move, units_where

ITEMS_MAX = 100
TARGET: dict[Disposition, Account] = {
    Disposition.HOLD: Account.QUARANTINE,
    Disposition.RESTOCK: Account.AVAILABLE,
    Disposition.REPACK: Account.REPAIR,
    Disposition.REPAIR: Account.REPAIR,
    Disposition.REFURBISH: Account.REPAIR,
    Disposition.RTV: Account.VENDOR,
    Disposition.SCRAP: Account.SCRAPPED,
    Disposition.DONATE: Account.DONATED,
    Disposition.SHIP_BACK: Account.CUSTOMER,
}
"""Where the ledger keeps units of each disposition."""
_SELLABLE = frozenset({Grade.A, Grade.B})


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposedItem:
    """Units of one line that go one way. `grade` and `origin` narrow which ones.

    `origin` None takes undecided units first; Disposition.HOLD takes units on hold only.
    """

    line_no: str
    quantity: int
    disposition: Disposition
    grade: Grade | None = None
    origin: Disposition | None = None
    warehouse: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispose:
    items: tuple[DisposedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionRecord:
    """The record of one command: what went where, and the movement that booked it.

    `reason`, `carrier` and `tracking_no` are of goods that were shipped back.
    """

    disposition_id: str
    return_id: str
    decided_at: datetime
    decided_by: str
    items: tuple[DisposedItem, ...]
    movement_id: str | None
    reason: str | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    version: int = 1


def dispose(
    reads: ReplacingReader, return_id: str, command: Dispose, context: Context
) -> Decided[Return]:
    """Post dispositions; raises Conflict where fewer units wait, or they may not go that way."""
    ret, order = _read(reads, return_id, command)
    ret = before = found(ret, return_id, context)
    require(ret, Command.DISPOSE)
    if not command.items or len(command.items) > ITEMS_MAX:
        raise Invalid("item_count", f"1 to {ITEMS_MAX} items are allowed.")
    back: dict[str, Runs] = {}
    transfers: list[Transfer] = []
    moved: list[Json] = []
    for place, item in enumerate(command.items):
        line = ret.line(item.line_no)
        if line is None:
            raise _invalid(place, "line_no", "unknown_line", f"No line {item.line_no}.")
        units = _units(line, item, place)
        transfers.extend(transfers_between(line, units, TARGET[item.disposition]))
        line = _disposed(line, units, item)
        ret = ret.with_line(line)
        if item.disposition is Disposition.SHIP_BACK:
            back[line.line_no] = runs.merged((*back.get(line.line_no, ()), *units))
        moved.append(
            line_facts(
                line,
                units,
                disposition=item.disposition.value,
                origin=item.origin.value if item.origin else None,
            )
        )
    promises = released_exchanges(reads, ret, back, context)
    require_ours(before, promises.ret)
    freed = [] if order is None or not back else [released(order, ret, back, context)]
    decided = _decide(promises.ret, command, transfers, moved, freed, context)
    return replace(decided, changes=decided.changes + promises.changes)


def _read(
    reads: ReplacingReader, return_id: str, command: Dispose
) -> tuple[Return | None, Order | None]:
    """The order only where something goes back to the customer: then its units are free again."""
    if any(item.disposition is Disposition.SHIP_BACK for item in command.items):
        return reads.return_and_order(return_id)
    return reads.return_(return_id), None


def _decide(
    ret: Return,
    command: Dispose,
    transfers: list[Transfer],
    moved: list[Json],
    freed: list[Order],
    context: Context,
) -> Decided[Return]:
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    movement = disposition_movement(ret, transfers, context, "disposition")
    record = DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id),
        return_id=ret.return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=command.items,
        movement_id=movement.movement_id if movement else None,
    )
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {
        **header(ret),
        "disposition_id": record.disposition_id,
        "movement_id": record.movement_id,
        "lines": moved,
    }
    journal.record("return.dispositioned", facts)
    ret = closed_if_complete(ret, journal)
    records: list[Record] = [ret, record, *freed]
    if movement is not None:
        records.append(movement)
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes)


def _units(line: ReturnLine, item: DisposedItem, place: int) -> Runs:
    if item.quantity < 1:
        raise _invalid(place, "quantity", "not_positive", "A quantity is at least 1.")
    if item.disposition not in TARGET:
        message = "Goods that came back cannot be kept by the customer."
        raise _invalid(place, "disposition", "not_for_goods", message)

    def fits(group: UnitGroup) -> bool:
        return (
            is_disposable(group)
            and group.disposition is item.origin
            and (item.grade is None or group.grade is item.grade)
            and (item.warehouse is None or group.warehouse == item.warehouse)
            and _may_go(group, item.disposition)
        )

    waiting = units_where(line, fits)
    if runs.size(waiting) < item.quantity:
        raise Conflict(
            "not_waiting_for_disposition",
            f"Line {line.line_no}: {runs.size(waiting)} units can go to "
            f"{item.disposition.value}, {item.quantity} were asked.",
            line_no=line.line_no,
            possible=runs.size(waiting),
        )
    return runs.lowest(waiting, item.quantity)


def _may_go(group: UnitGroup, disposition: Disposition) -> bool:
    """RESTOCK only what passed in a sellable grade; SHIP_BACK only what is not paid for."""
    if disposition is Disposition.RESTOCK:
        return group.inspection is InspectionResult.PASSED and group.grade in _SELLABLE
    if disposition is Disposition.SHIP_BACK:
        return group.credit is not True
    return group.disposition is not disposition


def _disposed(line: ReturnLine, units: Runs, item: DisposedItem) -> ReturnLine:
    changes: dict[str, object] = {
        "disposition": item.disposition,
        "account": TARGET[item.disposition],
    }
    if item.disposition is Disposition.SHIP_BACK:
        changes["credit"] = False
    return move(line, units, **changes)


def _invalid(place: int, field: str, code: str, message: str) -> Invalid:
    pointer = f"/items/{place}/{field}"
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
