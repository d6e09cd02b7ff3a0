"""Inspection: groups of received units get a grade, a result and a party at fault.

Append-only. Passed units stay in receiving until somebody decides where they go; failed ones move
to quarantine, damaged ones (grade D) to the damaged account, in the same write.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.lifecycle import Command, is_inspectable, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    FaultParty,
    Grade,
    InspectionResult,
    Return,
    ReturnLine,
)
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.receiving import merged_transfers
from chalicelib.returns.units import move, units_where

GROUPS_MAX = 100
_NOT_THE_CUSTOMER = frozenset({FaultParty.MAKER, FaultParty.CARRIER, FaultParty.US})


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedGroup:
    """Units of one line seen alike. `accept_credit` None: passed, or not the customer's fault."""

    line_no: str
    quantity: int
    grade: Grade
    result: InspectionResult
    fault: FaultParty = FaultParty.NONE
    accept_credit: bool | None = None
    checklist: dict[str, str] = field(default_factory=dict)
    notes: str | None = None
    photos: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()

    @property
    def credit(self) -> bool:
        """Whether these units count for the refund."""
        if self.accept_credit is not None:
            return self.accept_credit
        return self.result is InspectionResult.PASSED or self.fault in _NOT_THE_CUSTOMER


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspect:
    """What one inspector saw."""

    groups: tuple[InspectedGroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """The record of one inspection; never edited."""

    inspection_id: str
    return_id: str
    inspected_at: datetime
    inspected_by: str
    groups: tuple[InspectedGroup, ...]
    movement_id: str | None
    version: int = 1


def inspect(
    reads: ReturnReader, return_id: str, command: Inspect, context: Context
) -> Decided[Return]:
    """Record an inspection; raises Conflict above what is received and not inspected."""
    ret = found(reads.return_(return_id), return_id, context)
    require(ret, Command.INSPECT)
    _check(ret, command)
    inspection_id = derived_id("ins", context.command_id)
    transfers: list[Transfer] = []
    seen: list[Json] = []
    named = {serial for group in command.groups for serial in group.serials}
    for group in command.groups:
        line = ret.line(group.line_no)
        assert line is not None, "checked before"
        units = _units(line, group, named)
        transfers.extend(_aside(line, units, group))
        line = _inspected(line, units, group)
        lines = tuple(line if old.line_no == line.line_no else old for old in ret.lines)
        ret = replace(ret, lines=lines)
        seen.append(_facts(line, units, group))
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    movement = _movement(ret, transfers, context)
    record = Inspection(
        inspection_id=inspection_id,
        return_id=return_id,
        inspected_at=context.now,
        inspected_by=context.actor.id,
        groups=command.groups,
        movement_id=movement.movement_id if movement else None,
    )
    journal = Journal(ret.subject, ret.chain, context)
    journal.record(
        "return.inspected", {**header(ret), "inspection_id": inspection_id, "lines": seen}
    )
    ret = replace(ret, chain=journal.chain)
    records: tuple[Record, ...] = (ret, record, movement) if movement else (ret, record)
    return Decided(result=ret, changes=Changes(records=records, events=tuple(journal.events)))


def _check(ret: Return, command: Inspect) -> None:
    if not command.groups or len(command.groups) > GROUPS_MAX:
        raise Invalid("group_count", f"An inspection has 1 to {GROUPS_MAX} groups.")
    asked: Counter[str] = Counter()
    for place, group in enumerate(command.groups):
        at = f"/groups/{place}"
        if ret.line(group.line_no) is None:
            raise _invalid(f"{at}/line_no", "unknown_line", f"No line {group.line_no}.")
        if group.quantity < 1:
            raise _invalid(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
        if len(set(group.serials)) > group.quantity:
            raise _invalid(f"{at}/serials", "serial_count", "More serials than units.")
        if group.result not in (InspectionResult.PASSED, InspectionResult.FAILED):
            raise _invalid(f"{at}/result", "not_a_result", "A result is passed or failed.")
        if group.result is InspectionResult.PASSED and group.grade is Grade.D:
            raise _invalid(f"{at}/grade", "grade_contradicts", "Damaged goods do not pass.")
        asked[group.line_no] += group.quantity
    for line in ret.lines:
        waiting = runs.size(units_where(line, is_inspectable))
        if asked[line.line_no] > waiting:
            raise Conflict(
                "more_than_received",
                f"Line {line.line_no}: {waiting} wait for inspection, "
                f"{asked[line.line_no]} were given.",
                line_no=line.line_no,
                uninspected=waiting,
            )


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])


def _units(line: ReturnLine, group: InspectedGroup, named_by_any: set[str]) -> Runs:
    """The units of the serials, then the lowest that wait and that no group names."""
    waiting = units_where(line, is_inspectable)
    by_serial = {serial: int(ordinal) for ordinal, serial in line.serials.items()}
    named = runs.of_ordinals(
        sorted({by_serial[serial] for serial in group.serials if serial in by_serial})
    )
    unknown = [serial for serial in group.serials if serial not in by_serial]
    if unknown or runs.size(runs.common(named, waiting)) != len(set(group.serials)):
        raise Conflict(
            "serial_not_waiting",
            f"A serial number of line {line.line_no} does not wait for inspection.",
            line_no=line.line_no,
            serials=list(group.serials),
        )
    spoken_for = runs.of_ordinals(
        sorted(ordinal for serial, ordinal in by_serial.items() if serial in named_by_any)
    )
    rest = runs.lowest(runs.minus(waiting, spoken_for), group.quantity - runs.size(named))
    return runs.merged((*named, *rest))


def _inspected(line: ReturnLine, units: Runs, group: InspectedGroup) -> ReturnLine:
    changes: dict[str, object] = {
        "inspection": group.result,
        "grade": group.grade,
        "fault": group.fault,
        "credit": group.credit,
    }
    if group.result is InspectionResult.FAILED:
        changes["account"] = _account_for(group)
    return move(line, units, **changes)


def _account_for(group: InspectedGroup) -> Account:
    return Account.DAMAGED if group.grade is Grade.D else Account.QUARANTINE


def _aside(line: ReturnLine, units: Runs, group: InspectedGroup) -> list[Transfer]:
    """Failed units leave receiving at once, so that nobody puts them on a shelf."""
    if group.result is not InspectionResult.FAILED:
        return []
    return transfers_between(line, units, _account_for(group))


def transfers_between(line: ReturnLine, units: Runs, target: Account) -> list[Transfer]:
    """From wherever each of these units lies now to `target`, in its own warehouse."""
    transfers = []
    for group in line.groups:
        part = runs.common(group.units, units)
        if not part or group.account is target:
            continue
        assert group.account is not None, "received units lie somewhere"
        assert group.warehouse is not None, "received units lie somewhere"
        transfers.append(
            Transfer(
                warehouse=group.warehouse,
                sku=line.sku,
                lot=group.lot,
                quantity=runs.size(part),
                origin=group.account,
                target=target,
                unit_cost=line.unit_cost,
                serials=tuple(
                    serial
                    for ordinal, serial in line.serials.items()
                    if runs.common(part, runs.of_ordinals([int(ordinal)]))
                ),
            )
        )
    return transfers


def _movement(ret: Return, transfers: list[Transfer], context: Context) -> Movement | None:
    return disposition_movement(ret, transfers, context, "inspection")


def disposition_movement(
    ret: Return, transfers: list[Transfer], context: Context, occasion: str
) -> Movement | None:
    """The one movement document of the command, or None where no unit moves."""
    if not transfers:
        return None
    return Movement(
        movement_id=derived_id("mov", context.command_id, occasion),
        kind=MovementKind.DISPOSITION,
        source=ret.subject,
        entries=entries_for(merged_transfers(transfers)),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )


def _facts(line: ReturnLine, units: Runs, group: InspectedGroup) -> Json:
    return line_facts(
        line,
        units,
        grade=group.grade.value,
        result=group.result.value,
        fault=group.fault.value,
        credit=group.credit,
        photos=list(group.photos),
    )
