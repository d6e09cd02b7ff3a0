"""Deciding where inspected units go, in any split; each decision is posted to the stock ledger.

Units that go back to the customer are free on the order again (shipping_back.py does the same for
goods that nobody looked at).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.inspection.waiting import kept_for_second_look, require_seen_twice
from chalicelib.inventory.model import Account, MovementKind, Transfer
from chalicelib.inventory.shelf_life import ShelfReader, require_shelf_life
from chalicelib.orders.model import Order
from chalicelib.returns.awards import require_ours
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.disposition_records import DisposedItem, DisposedUnits, DispositionRecord
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
from chalicelib.returns.scrap_proposals import ProposedUnits, ScrapProposal, proposed
from chalicelib.returns.scrapping import (
    ALWAYS_ALONE,
    WRITE_OFFS,
    SecondAbove,
    WriteOffDay,
    check_proof,
    cost_facts,
    day_of,
    kind_for,
    sums_of,
    takes_two,
    worth_of,
)
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import customers_own, move, units_where

__all__ = ["LATER", "TARGET", "Dispose", "DisposedItem", "DispositionRecord", "dispose"]
ITEMS_MAX = 100
TARGET: dict[Disposition, Account] = {
    Disposition.HOLD: Account.QUARANTINE,
    Disposition.RESTOCK: Account.AVAILABLE,
    Disposition.REPACK: Account.REPAIR,
    Disposition.REPAIR: Account.REPAIR,
    Disposition.REFURBISH: Account.REPAIR,
    Disposition.RTV: Account.QUARANTINE,
    Disposition.SCRAP: Account.SCRAPPED,
    Disposition.DONATE: Account.DONATED,
    Disposition.SHIP_BACK: Account.CUSTOMER,
}
"""Where a disposition puts units. What is meant for the supplier waits with us until it is sent."""
LATER: dict[Disposition, frozenset[Account]] = {
    Disposition.RTV: frozenset({Account.VENDOR}),
    Disposition.SCRAP: frozenset({Account.MISSING}),
}
"""Where units of a disposition may lie besides: sent to the supplier, or lost at work."""
_SELLABLE = frozenset({Grade.A, Grade.B})
_OURS_ONLY = frozenset({Disposition.RESTOCK, Disposition.SCRAP, Disposition.DONATE})
"""What is repaired for a customer is neither sold, scrapped nor given away: it is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispose:
    items: tuple[DisposedItem, ...]


class DisposingReader(ReplacingReader, ShelfReader, Protocol):
    """Reads also what its caller wrote off today, and when goods expire."""

    def return_and_write_off_day(
        self, return_id: str, person: str, day: date
    ) -> tuple[Return | None, WriteOffDay]: ...


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The units of one item."""

    item: DisposedItem
    units: Runs


def dispose(
    reads: DisposingReader,
    return_id: str,
    command: Dispose,
    context: Context,
    limits: SecondAbove = ALWAYS_ALONE,
) -> Decided[Return]:
    """Post dispositions; raises Conflict where fewer units wait, or they may not go that way.

    What would be written off above the limits is on hold instead, until a second person agrees.
    """
    ret, order, day = _read(reads, return_id, command, context, limits)
    before = found(ret, return_id, context)
    require(before, Command.DISPOSE)
    if not command.items or len(command.items) > ITEMS_MAX:
        raise Invalid("item_count", f"1 to {ITEMS_MAX} items are allowed.")
    chosen = _chosen(before, command)
    for one in chosen:
        line = before.line(one.item.line_no)
        if one.item.disposition is Disposition.RESTOCK and line is not None:
            require_keeps(reads, line, one.units, context)
    writing_off = _WritingOff.of(before, chosen, day, limits)
    done = _posted(before, chosen, writing_off, context)
    promises = released_exchanges(reads, done.ret, done.back, context)
    require_ours(before, promises.ret)
    freed = (
        [] if order is None or not done.back else [released(order, done.ret, done.back, context)]
    )
    records = [*freed, *done.records, *writing_off.records]
    decided = _decide(promises.ret, replace(done, records=records), command, chosen, context)
    return replace(decided, changes=decided.changes + promises.changes)


def _read(
    reads: DisposingReader,
    return_id: str,
    command: Dispose,
    context: Context,
    limits: SecondAbove,
) -> tuple[Return | None, Order | None, WriteOffDay | None]:
    """The order only where something goes back to the customer: then its units are free again.

    What a person wrote off today, only where there is more of it, and a limit.
    """
    ways = {item.disposition for item in command.items}
    day = day_of(context.now)
    if limits.limits and ways & WRITE_OFFS:
        ret, written_off = reads.return_and_write_off_day(return_id, context.actor.id, day)
        order = reads.return_and_order(return_id)[1] if Disposition.SHIP_BACK in ways else None
        return ret, order, written_off
    if Disposition.SHIP_BACK in ways:
        return *reads.return_and_order(return_id), None
    return reads.return_(return_id), None, None


def _chosen(ret: Return, command: Dispose) -> list[_Chosen]:
    """The units of each item; none twice."""
    chosen: list[_Chosen] = []
    for place, item in enumerate(command.items):
        line = ret.line(item.line_no)
        if line is None:
            raise _invalid(place, "line_no", "unknown_line", f"No line {item.line_no}.")
        check_proof(item.disposition, item.proof, f"/items/{place}/proof")
        kept = kept_for_second_look(ret, line.line_no, item.disposition)
        units = _units(line, item, place, kept)
        if item.disposition in _OURS_ONLY and runs.common(customers_own(line), units):
            raise Conflict(
                "goods_of_the_customer",
                f"Line {line.line_no} is repaired for the customer: give the repair up first.",
                return_id=ret.return_id,
                line_no=line.line_no,
            )
        chosen.append(_Chosen(item, units))
        ret = ret.with_line(_disposed(line, units, item))
    return chosen


def require_keeps(reads: ShelfReader, line: ReturnLine, units: Runs, context: Context) -> None:
    """Raises Conflict `lot_expired` for goods that expired or keep too short for their kind."""
    lots = {g.lot for g in line.groups if runs.common(g.units, units)}
    for lot in sorted(lot for lot in lots if lot is not None):
        require_shelf_life(reads, sku=line.goods, lot=lot, category=line.category, now=context.now)


@dataclass(frozen=True, slots=True)
class _WritingOff:
    """Whether what is written off waits for a second person; else, that it was counted."""

    waits: bool = False
    records: tuple[Record, ...] = ()

    @classmethod
    def of(
        cls,
        ret: Return,
        chosen: Sequence[_Chosen],
        day: WriteOffDay | None,
        limits: SecondAbove,
    ) -> "_WritingOff":
        amounts = [
            worth_of(line, one.units)
            for one in chosen
            if one.item.disposition in WRITE_OFFS and (line := ret.line(one.item.line_no))
        ]
        if not amounts or day is None:
            return cls()
        if takes_two(limits, ret, amounts, day):
            return cls(waits=True)
        return cls(records=(day.with_more(sums_of(amounts)),))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posted:
    """What the items come to: the return, what moves, what is told, and what else is written."""

    ret: Return
    back: dict[str, Runs]
    transfers: list[Transfer]
    told: list[Json]
    records: list[Record]
    events: list[Event]
    proposal_id: str | None = None


def _posted(
    ret: Return, chosen: Sequence[_Chosen], writing_off: _WritingOff, context: Context
) -> _Posted:
    back: dict[str, Runs] = {}
    transfers: list[Transfer] = []
    told: list[Json] = []
    waiting: list[ProposedUnits] = []
    for one in chosen:
        item, units = one.item, one.units
        line = ret.line(item.line_no)
        assert line is not None, "checked when they were chosen"
        is_written_off = item.disposition in WRITE_OFFS
        if is_written_off and writing_off.waits:
            waiting.append(_to_agree_to(line, one))
            told.append(_told(line, one, Disposition.HOLD, proposed=item.disposition.value))
            continue
        more = cost_facts(line, units, item.proof) if is_written_off else {}
        transfers.extend(transfers_between(line, units, TARGET[item.disposition]))
        line = _disposed(line, units, item)
        ret = ret.with_line(line)
        if item.disposition is Disposition.SHIP_BACK:
            back[line.line_no] = runs.merged((*back.get(line.line_no, ()), *units))
        told.append(_told(line, one, item.disposition, **more))
    if not waiting:
        return _Posted(ret=ret, back=back, transfers=transfers, told=told, records=[], events=[])
    ret, moves, records, events = proposed(ret, waiting, context)
    return _Posted(
        ret=ret,
        back=back,
        transfers=[*transfers, *moves],
        told=told,
        records=records,
        events=events,
        proposal_id=next(r.proposal_id for r in records if isinstance(r, ScrapProposal)),
    )


def _to_agree_to(line: ReturnLine, one: _Chosen) -> ProposedUnits:
    return ProposedUnits(
        line_no=line.line_no,
        units=one.units,
        disposition=one.item.disposition,
        worth=worth_of(line, one.units),
        proof=one.item.proof,
    )


def _told(line: ReturnLine, one: _Chosen, disposition: Disposition, **more: Json) -> Json:
    origin = one.item.origin.value if one.item.origin else None
    return line_facts(line, one.units, disposition=disposition.value, origin=origin, **more)


def _decide(
    ret: Return, done: _Posted, command: Dispose, chosen: Sequence[_Chosen], context: Context
) -> Decided[Return]:
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    kind = kind_for(item.disposition for item in command.items)
    if done.proposal_id is not None:
        kind = MovementKind.DISPOSITION
    movement = disposition_movement(ret, done.transfers, context, "disposition", kind)
    record = DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id),
        return_id=ret.return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=command.items,
        movement_id=movement.movement_id if movement else None,
        units=tuple(
            DisposedUnits(
                line_no=one.item.line_no, units=one.units, disposition=one.item.disposition
            )
            for one in chosen
        ),
        proposal_id=done.proposal_id,
    )
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {
        **header(ret),
        "disposition_id": record.disposition_id,
        "movement_id": record.movement_id,
        "lines": done.told,
    }
    if done.proposal_id is not None:
        facts["proposal_id"] = done.proposal_id
    journal.record("return.dispositioned", facts)
    ret = closed_if_complete(ret, journal)
    records: list[Record] = [ret, record, *done.records]
    if movement is not None:
        records.append(movement)
    changes = Changes(records=tuple(records), events=(*journal.events, *done.events))
    return Decided(result=ret, changes=changes)


def _units(line: ReturnLine, item: DisposedItem, place: int, kept: Runs) -> Runs:
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

    fitting = units_where(line, fits)
    waiting = runs.minus(fitting, kept)
    require_seen_twice(waiting, fitting, item.quantity, line_no=line.line_no)
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
