"""What is repaired goes back to the customer; what cannot be is paid back, or exchanged after all.

Units of a line that asks for a repair bring no money. Repaired, they are the customer's again, and
settled with nothing paid: the order is free of them in the same write, so they may be asked for
again. Whoever finds that they cannot be repaired says what the customer gets instead.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ports import PromisingReader
from chalicelib.exchanges.pricing import Stated
from chalicelib.exchanges.promising import promised
from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.awards import require_ours
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.disposition_records import DisposedItem, DispositionRecord
from chalicelib.returns.facts import header, money
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.lifecycle import fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    Disposition,
    Resolution,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.releasing import released
from chalicelib.returns.selection import NamedQuantity, chosen, facts_of, moved
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.settlement.model import SettlementState

REPAIRED = "REPAIRED"
"""The reason of the disposition by which repaired goods go back."""
INSTEAD = frozenset({Resolution.REFUND, Resolution.EXCHANGE})
"""What the customer may get for goods that cannot be repaired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """So many units of some lines, what was done (a code), what it cost us, by whom they travel."""

    lines: tuple[NamedQuantity, ...]
    work: str | None = None
    cost: Money | None = None
    carrier: str | None = None
    tracking_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRepairable:
    """A line whose units get something else. `exchange_for` None: the same goods again."""

    line_no: str
    instead: Resolution
    exchange_for: str | None = None
    stated: Stated = field(default_factory=Stated)


class RepairReader(ReturnReader, PromisingReader, Protocol):
    """Reads a return with its order, and what there is to exchange its units for."""


def repaired(
    reads: ReturnReader, return_id: str, command: Repaired, context: Context
) -> Decided[Return]:
    """Send repaired units back; raises Conflict for more than are in repair and accepted."""
    ret, order = reads.return_and_order(return_id)
    ret = before = found(ret, return_id, context)
    require(ret, Command.REPAIR)
    _check(ret, command)
    units = chosen(ret, command.lines, Command.REPAIR)
    transfers = [
        transfer
        for line in ret.lines
        if line.line_no in units
        for transfer in transfers_between(line, units[line.line_no], Account.CUSTOMER)
    ]
    ret = moved(
        ret,
        units,
        disposition=Disposition.SHIP_BACK,
        account=Account.CUSTOMER,
        settlement=SettlementState.SETTLED,
    )
    require_ours(before, ret)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    movement = disposition_movement(ret, transfers, context, "repaired")
    assert movement is not None, "goods in repair lie with us"
    record = _recorded(ret, units, command, movement, context)
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {
        **header(ret),
        "disposition_id": record.disposition_id,
        "movement_id": record.movement_id,
        "work": command.work,
        "cost": money(command.cost) if command.cost is not None else None,
        "carrier": command.carrier,
        "tracking_no": command.tracking_no,
        "lines": facts_of(ret, units),
    }
    journal.record("return.repaired", facts)
    ret = closed_if_complete(ret, journal)
    records: list[Record] = [ret, record, movement]
    if order is not None:
        records.append(released(order, ret, units, context))
    return Decided(
        result=ret, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def not_repairable(
    reads: RepairReader, return_id: str, command: NotRepairable, context: Context
) -> Decided[Return]:
    """Give up repairing a line: its units are paid back from now on, or exchanged.

    What lay in repair is on hold: somebody decides where it goes. Raises Conflict where what it is
    exchanged for is not there, or has no price.
    """
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.NOT_REPAIRABLE)
    line = _line(ret, command)
    given_up = replace(line, resolution=command.instead, exchange_for=command.exchange_for)
    in_repair = units_where(given_up, _is_in_repair)
    transfers = transfers_between(given_up, in_repair, Account.QUARANTINE) if in_repair else []
    ret = replace(ret.with_line(given_up), version=ret.version + 1, updated_at=context.now)
    ret = moved(
        ret,
        {line.line_no: in_repair},
        disposition=Disposition.HOLD,
        account=Account.QUARANTINE,
    )
    owed = units_where(given_up, fitting(Command.NOT_REPAIRABLE))
    promises = promised(reads, ret, {line.line_no: owed}, context, stated=command.stated)
    ret = with_agreed(promises.ret, order)
    movement = disposition_movement(ret, transfers, context, "not-repairable")
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.not_repairable",
        {
            **header(ret),
            "instead": command.instead.value,
            "movement_id": movement.movement_id if movement is not None else None,
            "lines": facts_of(ret, {line.line_no: owed}),
        },
    )
    ret = fallen_due(ret, context.now, journal)
    ret = closed_if_complete(ret, journal)
    records: tuple[Record, ...] = (ret, *((movement,) if movement is not None else ()))
    changes = Changes(records=records, events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _check(ret: Return, command: Repaired) -> None:
    for place, entry in enumerate(command.lines):
        line = ret.line(entry.line_no)
        if line is not None and line.resolution is not Resolution.REPAIR:
            raise _not_to_repair(f"/lines/{place}/line_no", entry.line_no)
    if command.cost is not None and command.cost.currency != ret.currency:
        message = f"The return is in {ret.currency}."
        raise _invalid("/cost", "currency_differs", message)


def _line(ret: Return, command: NotRepairable) -> ReturnLine:
    line = ret.line(command.line_no)
    if line is None:
        raise _invalid("/line_no", "unknown_line", f"No line {command.line_no}.")
    if line.resolution is not Resolution.REPAIR:
        raise _not_to_repair("/line_no", command.line_no)
    if command.instead not in INSTEAD:
        message = "Goods that cannot be repaired are paid back or exchanged."
        raise _invalid("/instead", "not_instead_of_repair", message)
    if not units_where(line, fitting(Command.NOT_REPAIRABLE)):
        raise Conflict(
            "nothing_to_repair",
            f"No unit of line {line.line_no} waits for its repair.",
            line_no=line.line_no,
        )
    return line


def _is_in_repair(group: UnitGroup) -> bool:
    """What a work order has comes back by it: whoever takes it back says where it goes."""
    is_unsettled = group.settlement is SettlementState.NONE and group.held_by is None
    return group.disposition is Disposition.REPAIR and is_unsettled


def _recorded(
    ret: Return,
    units: dict[str, Runs],
    command: Repaired,
    movement: Movement,
    context: Context,
) -> DispositionRecord:
    return DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id),
        return_id=ret.return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=tuple(
            DisposedItem(
                line_no=line_no,
                quantity=runs.size(part),
                disposition=Disposition.SHIP_BACK,
                origin=Disposition.REPAIR,
            )
            for line_no, part in units.items()
        ),
        movement_id=movement.movement_id,
        reason=REPAIRED,
        carrier=command.carrier,
        tracking_no=command.tracking_no,
    )


def _not_to_repair(pointer: str, line_no: str) -> Invalid:
    return _invalid(pointer, "not_to_repair", f"Line {line_no} does not ask for a repair.")


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
