"""A second inspector looks at sampled units without being told what the first one found.

It changes nothing about the return: grades, goods and money stay as the first inspection left them.
Where the two disagree a reviewer sees both and may order another inspection, which counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.inspection.comparing import compared
from chalicelib.inspection.findings import SecondLook
from chalicelib.inspection.judging import Judged, JudgingReader, judged
from chalicelib.inspection.second_records import Comparison, SecondInspection, SecondOutcome
from chalicelib.returns.facts import header
from chalicelib.returns.inspection_records import Inspect, InspectedGroup, Inspection
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Grounds, Task, TaskKind, finished, open_task

DISAGREES = "second_inspection_disagrees"
"""Why a reviewer looks at what two inspectors said about the same units."""


class SecondReader(JudgingReader, Protocol):
    """Reads a return, its first inspection and the task of the second."""

    def return_(self, return_id: str) -> Return | None: ...

    def inspection(self, return_id: str, inspection_id: str) -> Inspection | None: ...

    def task(self, task_id: str) -> Task | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectAgain:
    """What the second inspector saw of the units that wait; `gone_because`: nobody can see them."""

    inspection_id: str
    groups: tuple[InspectedGroup, ...] = ()
    started_at: datetime | None = None
    duration_s: int | None = None
    gone_because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTwice:
    """The return, unchanged in its units, what was recorded, and of which units, by line."""

    ret: Return
    second: SecondInspection
    units: Mapping[str, Runs]


def inspect_again(
    reads: SecondReader, return_id: str, command: InspectAgain, context: Context
) -> Decided[SeenTwice]:
    """Record a second look; raises NotAllowed for the first inspector, Conflict where none waits,
    Invalid for other units than those that wait. Repeated, it finds nothing open any more.
    """
    ret = found(reads.return_(return_id), return_id, context)
    look = ret.findings.second_look(command.inspection_id)
    if look is None:
        raise Conflict(
            "second_not_open",
            f"No second look at inspection {command.inspection_id} is open.",
            inspection_id=command.inspection_id,
        )
    if look.first_by == context.actor.id:
        raise NotAllowed("second_by_first", "Who inspected first does not look a second time.")
    first = reads.inspection(return_id, command.inspection_id)
    assert first is not None, "an open second look is at an inspection"
    told: Judged | None = None
    comparison = Comparison()
    if command.gone_because is None:
        _check_units(ret, look, command.groups)
        told = judged(reads, ret, _as_first(command), context.now)
        comparison = compared(ret, look.line_units, first.groups, told.groups)
    record = SecondInspection(
        inspection_id=look.inspection_id,
        return_id=return_id,
        seen_at=context.now,
        first_by=look.first_by,
        second_by=context.actor.id,
        outcome=_outcome(command, comparison),
        comparison=comparison,
        groups=told.groups if told else (),
        checklist_version=told.versions if told else {},
        duration_s=told.duration_s if told else None,
        reason=command.gone_because,
    )
    return _written(reads, ret, look, record, context)


def _as_first(command: InspectAgain) -> Inspect:
    return Inspect(
        groups=command.groups, started_at=command.started_at, duration_s=command.duration_s
    )


def _outcome(command: InspectAgain, comparison: Comparison) -> SecondOutcome:
    if command.gone_because is not None:
        return SecondOutcome.DROPPED
    return SecondOutcome.AGREED if comparison.is_agreed else SecondOutcome.DISAGREED


def _check_units(ret: Return, look: SecondLook, groups: Sequence[InspectedGroup]) -> None:
    """Exactly the units that wait, and serial numbers of no others."""
    errors: list[FieldError] = []
    asked: Counter[str] = Counter()
    named: Counter[str] = Counter()
    for place, group in enumerate(groups):
        at = f"/groups/{place}"
        line = ret.line(group.line_no)
        waiting = look.line_units.get(group.line_no, ())
        if line is None or not waiting:
            errors.append(_fault(f"{at}/line_no", "unknown_line", "Nothing of this line waits."))
            continue
        asked[group.line_no] += group.quantity
        by_serial = {serial: int(no) for no, serial in line.serials.items()}
        for number, serial in enumerate(group.serials):
            named[serial] += 1
            ordinal = by_serial.get(serial)
            if ordinal is None or not runs.holds(waiting, ordinal) or named[serial] > 1:
                message = f"{serial} does not wait for a second look."
                place_of = f"{at}/serials/{number}"
                errors.append(_fault(place_of, "serial_not_waiting", message))
        if len(set(group.serials)) > group.quantity:
            errors.append(_fault(f"{at}/serials", "serial_count", "More serials than units."))
    for line_no, units in look.line_units.items():
        if asked[line_no] != runs.size(units):
            message = f"Line {line_no}: {runs.size(units)} wait, {asked[line_no]} were given."
            errors.append(_fault("/groups", "quantity_differs", message))
    if errors:
        raise Invalid("second_incomplete", "These are not the units that wait.", errors=errors)


def _written(
    reads: SecondReader, ret: Return, look: SecondLook, record: SecondInspection, context: Context
) -> Decided[SeenTwice]:
    findings = ret.findings.seen_again(look.inspection_id)
    ret = replace(ret, findings=findings, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.second_inspected", {**header(ret), **_facts(record)})
    ret = replace(ret, chain=journal.chain)
    records: list[Record] = [ret, record, *ended(reads, [look], context)]
    if record.outcome is SecondOutcome.DISAGREED:
        records.append(_to_be_judged(ret, record, context))
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    seen = SeenTwice(ret=ret, second=record, units=look.line_units)
    return Decided(result=seen, changes=changes)


class TaskReader(Protocol):
    def task(self, task_id: str) -> Task | None: ...


def ended(reads: TaskReader, looks: Sequence[SecondLook], context: Context) -> list[Record]:
    """The tasks of second looks that are over, done."""
    tasks = (reads.task(look.task_id) for look in looks)
    return [
        finished(task, by=context.actor.id, now=context.now)
        for task in tasks
        if task is not None and task.done_at is None
    ]


def fallen_away(before: Return, after: Return) -> list[SecondLook]:
    """The second looks of which no unit is left to be seen."""
    left = {look.inspection_id for look in after.findings.second_looks}
    return [look for look in before.findings.second_looks if look.inspection_id not in left]


def _to_be_judged(ret: Return, record: SecondInspection, context: Context) -> Task:
    return open_task(
        TaskKind.GRADING,
        ret.subject,
        occasion=record.inspection_id,
        now=context.now,
        warehouse=ret.warehouse,
        grounds=Grounds(reasons=(DISAGREES,)),
    )


def _facts(record: SecondInspection) -> dict[str, Json]:
    """References and counts: by these the accuracy of inspectors is worked out."""
    whole = record.comparison
    return {
        "inspection_id": record.inspection_id,
        "outcome": record.outcome.value,
        "first_by": record.first_by,
        "second_by": record.second_by,
        "duration_s": record.duration_s,
        "units": whole.units,
        "agreed": {
            "all": whole.agreed,
            "grade": whole.grade,
            "result": whole.result,
            "fault": whole.fault,
            "defects": whole.defects,
        },
        "grades": [
            {"first": pair.first.value, "second": pair.second.value, "units": pair.units}
            for pair in whole.pairs
        ],
    }


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
