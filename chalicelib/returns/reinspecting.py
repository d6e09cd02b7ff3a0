"""Inspected units are looked at again: back to receiving by a counter-entry, with nothing decided.

What was inspected stays on record; the next inspection adds to it. Only units that are unpaid and
still with us can be sent for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.inspection.second import ended, fallen_away
from chalicelib.inventory.model import Account, Entry, Movement, MovementKind, Transfer
from chalicelib.returns.deducting import as_if_unseen
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.inspection_records import Inspection
from chalicelib.returns.loading import found
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import FaultParty, InspectionResult, Return
from chalicelib.returns.selection import NamedQuantity, chosen, moved
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import Where, units_where
from chalicelib.tasks.model import Task

REASONS = frozenset({"WRONG_GRADE", "INCOMPLETE", "CUSTOMER_OBJECTS", "SPOT_CHECK", "OTHER"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reinspect:
    """So many units of some lines, and why; `lines` None: all that may be looked at again."""

    reason: str
    lines: tuple[NamedQuantity, ...] | None = None
    note: str | None = None


class ReinspectionReader(ReplacingReader, Protocol):
    """Reads also what the return moved before, to name the entry that is taken back."""

    def movements_of(self, subject: str) -> list[Movement]: ...

    def inspections(self, return_id: str) -> list[Inspection]: ...

    def task(self, task_id: str) -> Task | None: ...


def reinspect(
    reads: ReinspectionReader, return_id: str, command: Reinspect, context: Context
) -> Decided[Return]:
    """Send units back to inspection; raises Conflict for what is paid, gone or not inspected."""
    ret = found(reads.return_(return_id), return_id, context)
    check_reason(command.reason, command.note, REASONS)
    units = chosen(ret, command.lines, Command.REINSPECT)
    before = ret
    ret = replace(
        ret,
        review_note=command.note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    lines = decided_facts(ret, units, reads.inspections(return_id))
    ret, movement = looked_at_again(reads, ret, units, context)
    journal.record(
        "return.reinspection_ordered",
        {
            **header(ret),
            "reason": command.reason,
            "movement_id": movement.movement_id if movement else None,
            "lines": lines,
        },
    )
    ret = replace(ret, chain=journal.chain)
    records: tuple[Record, ...] = (ret, movement) if movement else (ret,)
    records = (*records, *ended(reads, fallen_away(before, ret), context))
    return Decided(result=ret, changes=Changes(records=records, events=tuple(journal.events)))


def decided_facts(
    ret: Return, units: Mapping[str, Runs], inspections: Sequence[Inspection]
) -> list[Json]:
    """These units as events tell of them, by what their last inspection had decided and found."""
    facts: list[Json] = []
    for line in ret.lines:
        wanted = units.get(line.line_no, ())
        for credit, fault in dict.fromkeys((group.credit, group.fault) for group in line.groups):
            part = runs.common(wanted, units_where(line, _decided(credit, fault)))
            by = fault.value if fault is not None else None
            for alike, defects in _by_defects(line.line_no, part, inspections):
                more: dict[str, Json] = {"decided_credit": credit, "decided_fault": by}
                facts.append(line_facts(line, alike, **more, decided_defects=[*defects]))
    return facts


def _by_defects(
    line_no: str, units: Runs, inspections: Sequence[Inspection]
) -> Iterator[tuple[Runs, tuple[str, ...]]]:
    """The units by the defects that were seen of them last."""
    left = units
    for inspection in reversed(inspections):
        for group in inspection.groups:
            part = runs.common(left, group.units) if group.line_no == line_no else ()
            if part:
                yield part, group.defects
                left = runs.minus(left, part)
    if left:
        yield left, ()


def _decided(credit: bool | None, fault: FaultParty | None) -> Where:
    return lambda group: group.credit is credit and group.fault is fault


def looked_at_again(
    reads: ReinspectionReader, ret: Return, units: Mapping[str, Runs], context: Context
) -> tuple[Return, Movement | None]:
    """The return with these units waiting for another inspection, and the counter-entry.

    None where every unit lies in receiving already.
    """
    transfers: list[Transfer] = []
    for line in ret.lines:
        part = units.get(line.line_no, ())
        if part:
            transfers.extend(transfers_between(line, part, Account.RECEIVING))
    movement = disposition_movement(ret, transfers, context, "reinspection", MovementKind.REVERSAL)
    if movement is not None:
        before = reads.movements_of(ret.subject)
        movement = replace(movement, reverses=taken_back(movement, before))
    ret = moved(
        ret,
        units,
        inspection=InspectionResult.NEEDS_REINSPECTION,
        disposition=None,
        account=Account.RECEIVING,
        grade=None,
        fault=None,
        credit=None,
    )
    return as_if_unseen(ret, units), movement


def taken_back(movement: Movement, before: Sequence[Movement]) -> str | None:
    """The one movement that brought goods to where these come from; None where there were more."""
    origins = {_place(entry) for entry in movement.entries if entry.quantity < 0}
    meant = {
        earlier.movement_id
        for earlier in before
        if earlier.kind is MovementKind.DISPOSITION
        for entry in earlier.entries
        if entry.quantity > 0 and _place(entry) in origins
    }
    return meant.pop() if len(meant) == 1 else None


def _place(entry: Entry) -> tuple[str, str, str | None, Account]:
    return entry.warehouse, entry.sku, entry.lot, entry.account
