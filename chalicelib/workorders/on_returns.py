"""What a work order does to the returns whose units it has: takes them, gives them back, ends them.

Each function is about one return and is written with the order, in one command. Units that came
back sellable have passed: what they were graded before the work stays in their inspections.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account, MovementKind, Transfer
from chalicelib.returns.closing import closed_if_complete, reopened_by_news
from chalicelib.returns.disposition_records import DisposedItem, DisposedUnits, DispositionRecord
from chalicelib.returns.facts import header, line_facts, money
from chalicelib.returns.inspecting import disposition_movement, transfers_between
from chalicelib.returns.model import Disposition, Grade, InspectionResult, Return
from chalicelib.returns.repairing import REPAIRED
from chalicelib.returns.scrap_proposals import ProposedUnits, ScrapProposal, proposed
from chalicelib.returns.scrapping import cost_facts, worth_of
from chalicelib.returns.selection import UnitsByLine, moved
from chalicelib.returns.units import customers_own, move, units_where
from chalicelib.settlement.model import SettlementState
from chalicelib.workorders.model import WRITTEN_OFF, WorkDone, WorkOutcome

REOPENED_BY_WORK = "work_came_back"
"""Why a completed return is open again: goods of it are on hold."""
SELLABLE = frozenset({Grade.A, Grade.B})
_WENT: dict[WorkOutcome, tuple[Disposition, Account]] = {
    WorkOutcome.RESTOCK: (Disposition.RESTOCK, Account.AVAILABLE),
    WorkOutcome.HOLD: (Disposition.HOLD, Account.QUARANTINE),
    WorkOutcome.SCRAP: (Disposition.SCRAP, Account.SCRAPPED),
    WorkOutcome.CUSTOMER: (Disposition.SHIP_BACK, Account.CUSTOMER),
    WorkOutcome.LOST: (Disposition.SCRAP, Account.MISSING),
}
"""What is decided for units by the outcome of the work, and where they lie then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """Units of one line of the return, with what came of the work."""

    line_no: str
    done: WorkDone


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A return after work came back: its writes, and its proposal to scrap, if it made one."""

    ret: Return
    to_customer: dict[str, Runs]
    changes: Changes
    proposal_id: str | None = None


def taken_into_work(
    ret: Return, units: UnitsByLine, context: Context, *, source: str
) -> Decided[Return]:
    """The return whose units nothing but the order of this subject moves from now on."""
    ret = moved(ret, units, held_by=source)
    return _told(ret, units, "return.work_ordered", source, context)


def given_back_undone(
    ret: Return, units: UnitsByLine, context: Context, *, source: str
) -> Decided[Return]:
    """The return whose units are on hold: the work on them is called off."""
    transfers = _transfers(ret, units, Account.QUARANTINE)
    movement = disposition_movement(
        ret, transfers, context, f"work {ret.return_id}", MovementKind.WORK_ORDER
    )
    assert movement is not None, "units at work lie in repair"
    ret = moved(ret, units, disposition=Disposition.HOLD, account=Account.QUARANTINE, held_by=None)
    told = _told(
        ret, units, "return.work_cancelled", source, context, movement_id=movement.movement_id
    )
    return replace(told, changes=told.changes + Changes(records=(movement,)))


def is_customers(ret: Return, line_no: str, units: Runs) -> bool:
    """Whether these units are repaired for the customer, who gets them back and no money."""
    line = ret.line(line_no)
    assert line is not None, "units are of a line"
    return bool(runs.common(customers_own(line), units))


@dataclass(slots=True)
class _Sheet:
    """What the outcomes of one return come to, filled in line by line."""

    transfers: list[Transfer] = field(default_factory=list)
    told: list[Json] = field(default_factory=list)
    repaired: list[Json] = field(default_factory=list)
    waiting: list[ProposedUnits] = field(default_factory=list)
    to_customer: dict[str, Runs] = field(default_factory=dict)
    went: list[DisposedUnits] = field(default_factory=list)


def back_from_work(
    ret: Return,
    parts: Sequence[Back],
    context: Context,
    *,
    source: str,
    origin: Disposition,
    takes_two: bool,
    shipped: tuple[str | None, str | None] = (None, None),
) -> Returned:
    """The return after its units came back. `takes_two`: scrap waits for a second person.

    `shipped` is by whom, and under which number, repaired goods travel to their customer.
    """
    sheet = _Sheet()
    for part in parts:
        ret = _entered(ret, part, sheet, origin, takes_two=takes_two)
    records: list[Record] = []
    events: list[Event] = []
    proposal_id = None
    if sheet.waiting:
        ret, transfers, records, events = proposed(ret, sheet.waiting, context, source=source)
        sheet.transfers.extend(transfers)
        proposal_id = next(r.proposal_id for r in records if isinstance(r, ScrapProposal))
    movement = disposition_movement(
        ret, sheet.transfers, context, f"work {ret.return_id}", MovementKind.WORK_ORDER
    )
    assert movement is not None, "units at work lie in repair"
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    record = _record(ret, sheet, movement.movement_id, proposal_id, shipped, context)
    ret, told = _journalled(ret, sheet, record, source, context)
    changes = Changes(records=(ret, record, movement, *records), events=(*told, *events))
    return Returned(
        ret=ret, to_customer=sheet.to_customer, changes=changes, proposal_id=proposal_id
    )


def _entered(
    ret: Return, part: Back, sheet: _Sheet, origin: Disposition, *, takes_two: bool
) -> Return:
    line, done = ret.line(part.line_no), part.done
    assert line is not None, "units are of a line"
    disposition, account = _WENT[done.outcome]
    told: dict[str, Json] = {
        "origin": origin.value,
        "outcome": done.outcome.value,
        "grade": done.grade.value if done.grade is not None else None,
        "cost": money(done.cost) if done.cost is not None else None,
        "work": done.work,
    }
    changes = _graded(done.grade)
    if changes:
        line = move(line, done.units, **changes)
        ret = ret.with_line(line)
    if done.outcome in WRITTEN_OFF and takes_two:
        sheet.waiting.append(
            ProposedUnits(
                line_no=line.line_no,
                units=done.units,
                disposition=disposition,
                worth=worth_of(line, done.units),
                is_lost=done.outcome is WorkOutcome.LOST,
            )
        )
        held = {"disposition": Disposition.HOLD.value, "proposed": disposition.value}
        sheet.told.append(line_facts(line, done.units, **{**told, **held}))
        return ret
    sheet.transfers.extend(transfers_between(line, done.units, account))
    sheet.went.append(
        DisposedUnits(line_no=line.line_no, units=done.units, disposition=disposition)
    )
    more = cost_facts(line, done.units, None) if disposition is Disposition.SCRAP else {}
    fact = line_facts(line, done.units, disposition=disposition.value, **told, **more)
    changes = {"disposition": disposition, "account": account, "held_by": None}
    if done.outcome is WorkOutcome.CUSTOMER:
        changes["settlement"] = SettlementState.SETTLED
        before = sheet.to_customer.get(line.line_no, ())
        sheet.to_customer[line.line_no] = runs.merged((*before, *done.units))
        sheet.repaired.append(fact)
    else:
        sheet.told.append(fact)
    return ret.with_line(move(line, done.units, **changes))


def _graded(grade: Grade | None) -> dict[str, object]:
    """What a new grade says about units: sellable ones passed, damaged ones did not."""
    if grade is None:
        return {}
    changes: dict[str, object] = {"grade": grade}
    if grade in SELLABLE:
        changes["inspection"] = InspectionResult.PASSED
    if grade is Grade.D:
        changes["inspection"] = InspectionResult.FAILED
    return changes


def _journalled(
    ret: Return, sheet: _Sheet, record: DispositionRecord, source: str, context: Context
) -> tuple[Return, tuple[Event, ...]]:
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {
        **header(ret),
        "disposition_id": record.disposition_id,
        "movement_id": record.movement_id,
        "document": source,
    }
    if sheet.told:
        more: dict[str, Json] = {"lines": sheet.told}
        if record.proposal_id is not None:
            more["proposal_id"] = record.proposal_id
        journal.record("return.dispositioned", {**facts, **more})
    if sheet.repaired:
        shipped: dict[str, Json] = {"carrier": record.carrier, "tracking_no": record.tracking_no}
        journal.record("return.repaired", {**facts, **shipped, "lines": sheet.repaired})
    if sheet.waiting or any(part.disposition is Disposition.HOLD for part in sheet.went):
        ret = reopened_by_news(ret, journal, REOPENED_BY_WORK)
    ret = closed_if_complete(ret, journal)
    return ret, tuple(journal.events)


def _record(
    ret: Return,
    sheet: _Sheet,
    movement_id: str,
    proposal_id: str | None,
    shipped: tuple[str | None, str | None],
    context: Context,
) -> DispositionRecord:
    units = [
        *sheet.went,
        *(
            DisposedUnits(line_no=p.line_no, units=p.units, disposition=p.disposition)
            for p in sheet.waiting
        ),
    ]
    carrier, tracking_no = shipped
    return DispositionRecord(
        disposition_id=derived_id("dsp", context.command_id, ret.return_id),
        return_id=ret.return_id,
        decided_at=context.now,
        decided_by=context.actor.id,
        items=tuple(
            DisposedItem(
                line_no=part.line_no,
                quantity=runs.size(part.units),
                disposition=part.disposition,
            )
            for part in units
        ),
        movement_id=movement_id,
        reason=REPAIRED if sheet.to_customer else None,
        carrier=carrier,
        tracking_no=tracking_no,
        units=tuple(units),
        proposal_id=proposal_id,
    )


def _told(
    ret: Return,
    units: UnitsByLine,
    event_type: str,
    source: str,
    context: Context,
    **facts: Json,
) -> Decided[Return]:
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    lines: list[Json] = [
        line_facts(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)
    ]
    journal.record(event_type, {**header(ret), "document": source, **facts, "lines": lines})
    if any(_is_on_hold(ret, line_no, part) for line_no, part in units.items()):
        ret = reopened_by_news(ret, journal, REOPENED_BY_WORK)
    ret = replace(ret, chain=journal.chain)
    changes = Changes(records=(ret,), events=tuple(journal.events))
    return Decided(result=ret, changes=changes)


def _is_on_hold(ret: Return, line_no: str, units: Runs) -> bool:
    line = ret.line(line_no)
    assert line is not None, "units are of a line"
    held = units_where(line, lambda group: group.disposition is Disposition.HOLD)
    return bool(runs.common(held, units))


def _transfers(ret: Return, units: UnitsByLine, account: Account) -> list[Transfer]:
    return [
        transfer
        for line in ret.lines
        if units.get(line.line_no)
        for transfer in transfers_between(line, units[line.line_no], account)
    ]
