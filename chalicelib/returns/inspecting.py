"""Inspection: groups of received units get a grade, a result and a party at fault.

Append-only: units that were sent to another inspection (reinspecting.py) get another record. Passed
units stay in receiving until somebody decides where they go; failed ones move to quarantine,
damaged ones (grade D) to the damaged account, in the same write.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.inspection.findings import AgreedDeduction
from chalicelib.inspection.judging import JudgingReader, judged
from chalicelib.inspection.sampling import SamplingReader, sampled
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.inventory.posting import merged_transfers
from chalicelib.returns.carriers import carrier_facts
from chalicelib.returns.deducting import agreed_for, as_if_unseen
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.inspection_records import Inspect, InspectedGroup, Inspection
from chalicelib.returns.lifecycle import is_inspectable, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Grade, InspectionResult, Return, ReturnLine
from chalicelib.returns.seen_late import SeenLate
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import SettlementState

__all__ = ["Inspect", "InspectedGroup", "Inspection", "inspect"]
GROUPS_MAX = 100


class InspectingReader(ReplacingReader, JudgingReader, SamplingReader, Protocol):
    """Reads also what inspectors go by, and which inspections are repeated."""


@dataclass(slots=True)
class _Seeing:
    """What one inspection does, collected group by group."""

    ret: Return
    inspection_id: str
    late: SeenLate
    transfers: list[Transfer] = field(default_factory=list)
    facts: list[Json] = field(default_factory=list)
    groups: list[InspectedGroup] = field(default_factory=list)
    deductions: list[AgreedDeduction] = field(default_factory=list)
    denied: dict[str, Runs] = field(default_factory=dict)
    units: dict[str, Runs] = field(default_factory=dict)

    def take(
        self, group: InspectedGroup, named: set[str], near: frozenset[str] | None = None
    ) -> None:
        """`named`: the serials that any group of the inspection names; `near`: as of Inspect."""
        line = self.ret.line(group.line_no)
        assert line is not None, "checked before"
        units = _units(line, group, named, near)
        self.groups.append(replace(group, units=units))
        self.units[line.line_no] = runs.merged((*self.units.get(line.line_no, ()), *units))
        self.transfers.extend(_aside(line, units, group))
        self.late.add(line.line_no, units, is_credited=group.credit, fault=group.fault)
        for part, credit in _credited(line, units, group):
            line = _inspected(line, part, group, credit=credit)
            self.facts.append(_facts(line, part, group, credit=credit))
            if credit and (less := _deduction(self.ret, line, part, group, self.inspection_id)):
                self.deductions.append(less)
            if credit is False:
                before = self.denied.get(line.line_no, ())
                self.denied[line.line_no] = runs.merged((*before, *part))
        self.ret = self.ret.with_line(line)

    def seen(self, context: Context) -> Return:
        """The return at its next version, with what was found in place of what was before."""
        ret = replace(
            self.ret,
            inspected_by=context.actor.id,
            inspectors=tuple(dict.fromkeys((*self.ret.inspectors, context.actor.id))),
            version=self.ret.version + 1,
            updated_at=context.now,
        )
        ret = as_if_unseen(ret, self.units)
        kept = (*ret.findings.deductions, *self.deductions)
        return replace(ret, findings=replace(ret.findings, deductions=kept))


def inspect(
    reads: InspectingReader, return_id: str, command: Inspect, context: Context
) -> Decided[Return]:
    """Record an inspection; raises Conflict above what is received and not inspected.

    What was promised in exchange for units that are denied goes back on the shelf.
    """
    ret = found(reads.return_(return_id), return_id, context)
    require(ret, Command.INSPECT)
    _check(ret, command)
    told = judged(reads, ret, command, context.now)
    inspection_id = derived_id("ins", context.command_id)
    seeing = _Seeing(ret=ret, inspection_id=inspection_id, late=SeenLate(before=ret))
    named = {serial for group in command.groups for serial in group.serials}
    for group in told.groups:
        seeing.take(group, named, command.near)
    ret = seeing.seen(context)
    # A replacement that came back itself may be denied too: for it, nothing is promised.
    promises = released_exchanges(reads, ret, unreplaced(reads, ret, seeing.denied), context)
    ret = promises.ret
    movement = _movement(ret, seeing.transfers, context)
    again = sampled(reads, ret, inspection_id, seeing.units, told.checklists.values(), context)
    ret = again.ret
    record = Inspection(
        inspection_id=inspection_id,
        return_id=return_id,
        inspected_at=context.now,
        inspected_by=context.actor.id,
        groups=tuple(seeing.groups),
        movement_id=movement.movement_id if movement else None,
        checklist_version=told.versions,
        started_at=command.started_at,
        duration_s=told.duration_s,
        second_task=again.task.task_id if again.task else None,
    )
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {"inspection_id": inspection_id, "duration_s": told.duration_s}
    facts["carriers"] = carrier_facts(ret, seeing.units)
    journal.record("return.inspected", {**header(ret), **facts, "lines": seeing.facts})
    ret = fallen_due(ret, context.now, journal)
    tasks = seeing.late.told(ret, journal, context)
    ret = replace(ret, chain=journal.chain)
    records: tuple[Record, ...] = (
        ret,
        record,
        *tasks,
        *again.records,
        *((movement,) if movement else ()),
    )
    changes = Changes(records=records, events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _deduction(
    ret: Return, line: ReturnLine, units: Runs, group: InspectedGroup, inspection_id: str
) -> AgreedDeduction | None:
    return agreed_for(
        ret,
        line,
        units,
        inspection_id=inspection_id,
        grade=group.grade,
        fault=group.fault,
        defects=group.defects,
    )


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


def _units(
    line: ReturnLine,
    group: InspectedGroup,
    named_by_any: set[str],
    near: frozenset[str] | None = None,
) -> Runs:
    """The units of the serials, then the lowest that wait and that no group names: those near by
    before any others.
    """
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
    left, wanted = runs.minus(waiting, spoken_for), group.quantity - runs.size(named)
    nearby = units_where(line, lambda one: near is None or one.warehouse in near)
    here = runs.common(left, nearby)
    first = runs.lowest(here, min(wanted, runs.size(here)))
    rest = runs.lowest(runs.minus(left, first), wanted - runs.size(first))
    return runs.merged((*named, *first, *rest))


def _credited(
    line: ReturnLine, units: Runs, group: InspectedGroup
) -> list[tuple[Runs, bool | None]]:
    """The units, by whether they count for the refund; None: nobody bought them.

    What was lost and paid, and turned up after all, was accepted: no grade takes money back. Of
    replaced units it says whether what the replacement cost less is owed.
    """
    paid = units_where(line, lambda one: one.settlement not in _NOT_PAID)
    seen = group.credit if line.order_line_no is not None else None
    parts = ((runs.minus(units, paid), seen), (runs.common(units, paid), True))
    return [(part, credit) for part, credit in parts if part]


_NOT_PAID = frozenset({SettlementState.NONE, SettlementState.APPROVED})


def _inspected(
    line: ReturnLine, units: Runs, group: InspectedGroup, *, credit: bool | None
) -> ReturnLine:
    changes: dict[str, object] = {
        "inspection": group.result,
        "grade": group.grade,
        "fault": group.fault,
        "credit": credit,
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
                sku=line.goods,
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
    ret: Return,
    transfers: list[Transfer],
    context: Context,
    occasion: str,
    kind: MovementKind = MovementKind.DISPOSITION,
) -> Movement | None:
    """The one movement document of the command, or None where no unit moves."""
    if not transfers:
        return None
    return Movement(
        movement_id=derived_id("mov", context.command_id, occasion),
        kind=kind,
        source=ret.subject,
        entries=entries_for(merged_transfers(transfers)),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )


def _facts(line: ReturnLine, units: Runs, group: InspectedGroup, *, credit: bool | None) -> Json:
    return line_facts(
        line,
        units,
        grade=group.grade.value,
        result=group.result.value,
        fault=group.fault.value,
        credit=credit,
        photos=list(group.photos),
        defects=list(group.defects),
    )
