"""A disposition that was a mistake is taken back: reversed by a counter-entry, then on hold.

What was posted stays posted. Goods that left the house (scrapped, given away, at the supplier, sent
to the customer) cannot be taken back so; nor can what was sold meanwhile, which the stock refuses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, MovementKind, Transfer
from chalicelib.returns.closing import reopened_by_news
from chalicelib.returns.disposition_records import DisposedItem, DisposedUnits, DispositionRecord
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.lifecycle import fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import Disposition, Return, ReturnLine
from chalicelib.returns.reinspecting import ReinspectionReader, taken_back
from chalicelib.returns.selection import NamedQuantity, moved, too_few, totals
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import Where, units_where

REASONS = frozenset({"BY_MISTAKE", "WRONG_GRADE", "WRONG_QUANTITY", "NOT_SELLABLE", "OTHER"})
REOPENED_BY_REVERSAL = "disposition_reversed"
"""Why a completed return is open again: its goods are on hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverse:
    """`disposition_id`: only what this one decided. `lines` None: all that can be taken back."""

    reason: str
    disposition_id: str | None = None
    lines: tuple[NamedQuantity, ...] | None = None
    note: str | None = None


class ReversalReader(ReinspectionReader, Protocol):
    """Reads also a disposition that was decided before."""

    def disposition(self, return_id: str, disposition_id: str) -> DispositionRecord | None: ...


def reverse_disposition(
    reads: ReversalReader, return_id: str, command: Reverse, context: Context
) -> Decided[Return]:
    """Take units back on hold; raises Conflict `fewer_units_fit` where they went further since."""
    ret = found(reads.return_(return_id), return_id, context)
    check_reason(command.reason, command.note, REASONS)
    require(ret, Command.REVERSE_DISPOSITION)
    before = _before(reads, return_id, command)
    units = _units(ret, command.lines, before)
    transfers, lines = _entries(ret, units)
    movement = disposition_movement(ret, transfers, context, "reversal", MovementKind.REVERSAL)
    if movement is not None:
        known = before.movement_id if before is not None else None
        named = known or taken_back(movement, reads.movements_of(ret.subject))
        movement = replace(movement, reverses=named)
    ret = moved(ret, units, disposition=Disposition.HOLD, account=Account.QUARANTINE)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    record = _record(ret, units, command, movement.movement_id if movement else None, context)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.disposition_reversed",
        {
            **header(ret),
            "reason": command.reason,
            "disposition_id": record.disposition_id,
            "reverses": command.disposition_id,
            "movement_id": record.movement_id,
            "lines": lines,
        },
    )
    ret = reopened_by_news(ret, journal, REOPENED_BY_REVERSAL)
    records: list[Record] = [ret, record]
    if movement is not None:
        records.append(movement)
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes)


def _before(reads: ReversalReader, return_id: str, command: Reverse) -> DispositionRecord | None:
    if command.disposition_id is None:
        return None
    record = reads.disposition(return_id, command.disposition_id)
    if record is None:
        raise NotFound(
            "disposition_not_found", f"There is no disposition {command.disposition_id}."
        )
    return record


def _units(
    ret: Return, lines: Sequence[NamedQuantity] | None, before: DispositionRecord | None
) -> dict[str, Runs]:
    """So many of each line, or all that fit; of one disposition, only what it decided."""
    fit = {line.line_no: _fitting(line, before) for line in ret.lines}
    if lines is None:
        units = {line_no: part for line_no, part in fit.items() if part}
        if not units:
            raise too_few(ret.lines[0].line_no, possible=0, asked=1)
        return units
    named: dict[str, Runs] = {}
    for line_no, quantity in totals(ret, lines).items():
        possible = runs.size(fit[line_no])
        if possible < quantity:
            raise too_few(line_no, possible=possible, asked=quantity)
        named[line_no] = runs.lowest(fit[line_no], quantity)
    return named


def _fitting(line: ReturnLine, before: DispositionRecord | None) -> Runs:
    if before is None:
        return units_where(line, fitting(Command.REVERSE_DISPOSITION))
    there: Runs = ()
    for part in _decided_then(before, line):
        same = units_where(line, _of_way(part.disposition))
        there = runs.merged((*there, *runs.minus(runs.common(same, part.units), there)))
    return there


def _of_way(way: Disposition | None) -> Where:
    """Units that went this way and can be taken back."""
    fits = fitting(Command.REVERSE_DISPOSITION)
    return lambda group: group.disposition is way and fits(group)


def _decided_then(before: DispositionRecord, line: ReturnLine) -> list[DisposedUnits]:
    """Which units it was about; of records that did not keep them, any that went the same way."""
    if before.units:
        return [part for part in before.units if part.line_no == line.line_no]
    every = units_where(line, lambda _: True)
    return [
        DisposedUnits(line_no=item.line_no, units=every, disposition=item.disposition)
        for item in before.items
        if item.line_no == line.line_no
    ]


def _entries(ret: Return, units: dict[str, Runs]) -> tuple[list[Transfer], list[Json]]:
    """From wherever they lie to quarantine, and what is told, by what had been decided."""
    transfers: list[Transfer] = []
    told: list[Json] = []
    for line in ret.lines:
        wanted = units.get(line.line_no, ())
        if not wanted:
            continue
        transfers.extend(transfers_between(line, wanted, Account.QUARANTINE))
        for way in dict.fromkeys(group.disposition for group in line.groups):
            part = runs.common(wanted, units_where(line, _of_way(way)))
            if part and way is not None:
                told.append(line_facts(line, part, reversed=way.value))
    return transfers, told


def _record(
    ret: Return,
    units: dict[str, Runs],
    command: Reverse,
    movement_id: str | None,
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
                disposition=Disposition.HOLD,
                note=command.note,
            )
            for line_no, part in units.items()
        ),
        movement_id=movement_id,
        reason=command.reason,
        units=tuple(
            DisposedUnits(line_no=line_no, units=part, disposition=Disposition.HOLD)
            for line_no, part in units.items()
        ),
        reverses=command.disposition_id,
    )
