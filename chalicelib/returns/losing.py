"""Units that will not come: lost, with who answers for it and whether the customer is paid.

No stock of theirs moves, for the goods never came into ours. What is lost is proposed to be bought
again. What was promised in exchange for them is still sent where the credit is accepted, and goes
back on the shelf where it is not.
A unit that turns up after all is received like any other (receiving.py). Until money moves for it,
who answers for a loss, and whether it is paid, may be decided anew.
"""

from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import ReplacingReader
from chalicelib.returns import deadlines
from chalicelib.returns.carriers import carrier_facts
from chalicelib.returns.charging import NOT_THE_CUSTOMER
from chalicelib.returns.closing import closed_if_complete, reopened_by_news
from chalicelib.returns.facts import header
from chalicelib.returns.falling_due import fallen_due, questioned, refunded_early
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import fits, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import FaultParty, Logistics, Return, ShipmentState, UnitGroup
from chalicelib.returns.replenishing import PROPOSED, proposed
from chalicelib.returns.selection import (
    IN_MOTION,
    NamedQuantity,
    UnitsByLine,
    all_that,
    chosen,
    facts_of,
    moved,
)
from chalicelib.returns.shipments import ON_THE_ROAD, units_in
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where

REASONS = frozenset(
    {
        "LOST_IN_TRANSIT",
        "LOST_AFTER_ARRIVAL",
        "NEVER_HANDED_OVER",
        "STOLEN",
        "DESTROYED_IN_TRANSIT",
        "OTHER",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkLost:
    """`lines` None: all that a carrier has or brought; where that is nothing, the units that were
    lost before and are decided otherwise now. What was never sent is lost only when it is named.
    `accept_credit` None: unless it is the customer's fault, or nobody knows whose."""

    reason: str
    fault: FaultParty
    lines: tuple[NamedQuantity, ...] | None = None
    accept_credit: bool | None = None
    note: str | None = None

    @property
    def credit(self) -> bool:
        """Whether the lost units are paid back."""
        if self.accept_credit is not None:
            return self.accept_credit
        return self.fault in NOT_THE_CUSTOMER

    def changes(self, group: UnitGroup) -> bool:
        """Whether these units are not lost yet, or lost with another decision about them."""
        return not is_lost(group) or (group.fault, group.credit) != (self.fault, self.credit)


def mark_lost(
    reads: ReplacingReader, return_id: str, command: MarkLost, context: Context
) -> Decided[Return]:
    """Give units up as lost; paid where the credit is accepted, and proposed to be replaced."""
    ret = found(reads.return_(return_id), return_id, context)
    check_reason(command.reason, command.note, REASONS)
    units = _units(ret, command)
    before = {line.line_no: units_where(line, is_lost) for line in ret.lines}
    refunded = refunded_early(ret, units)
    ret = moved(ret, units, logistics=Logistics.LOST, fault=command.fault, credit=command.credit)
    ret = moved(ret, refunded, credit=True)
    ret = deadlines.after(_with_shipments(ret))
    ret = replace(
        ret,
        review_note=command.note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    denied = {} if command.credit else unreplaced(reads, ret, units)
    promises = released_exchanges(reads, ret, denied, context)
    ret = promises.ret
    journal = Journal(ret.subject, ret.chain, context)
    again = {no: runs.common(part, before[no]) for no, part in units.items()}
    anew = {no: runs.minus(part, before[no]) for no, part in units.items()}
    for event_type, told in (("return.loss_revised", again), ("return.lost", anew)):
        if any(told.values()):
            journal.record(event_type, _facts(ret, command, told))
    tasks = _replenished(ret, anew, journal, context)
    if not command.credit:
        tasks = (*tasks, *questioned(ret, refunded, "lost", journal, context))
    ret = fallen_due(ret, context.now, journal)
    ret = closed_if_complete(reopened_by_news(ret, journal, "loss_revised"), journal)
    changes = Changes(records=(ret, *tasks), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _units(ret: Return, command: MarkLost) -> dict[str, Runs]:
    """The named units, or all in motion; lost ones come last, and only to be decided otherwise.

    Raises Conflict `nothing_in_motion` where units would have to be named.
    """
    if command.lines is not None:
        return chosen(ret, command.lines, Command.MARK_LOST, command.changes)
    require(ret, Command.MARK_LOST)

    def is_meant(group: UnitGroup) -> bool:
        return fits(Command.MARK_LOST, group) and command.changes(group)

    moving = all_that(ret, lambda group: is_meant(group) and group.logistics in IN_MOTION)
    units = moving or all_that(ret, lambda group: is_meant(group) and is_lost(group))
    if not units:
        raise Conflict(
            "nothing_in_motion",
            "Nothing is on its way or at the door: name the units that are lost.",
        )
    return units


def _facts(ret: Return, command: MarkLost, units: UnitsByLine) -> dict[str, Json]:
    return {
        **header(ret),
        "reason": command.reason,
        "fault": command.fault.value,
        "credit": command.credit,
        "carriers": carrier_facts(ret, units),
        "lines": facts_of(ret, units),
    }


def check_reason(reason: str, note: str | None, known: frozenset[str]) -> None:
    """Raises Invalid for a reason that is not on the list, and for OTHER without a note."""
    if reason not in known:
        message = f"Known: {', '.join(sorted(known))}."
        fault = FieldError(pointer="/reason", code="unknown_reason", message=message)
        raise Invalid("unknown_reason", f"{reason} is no reason for this.", errors=[fault])
    if reason == "OTHER" and not note:
        message = "OTHER needs a note."
        fault = FieldError(pointer="/note", code="note_required", message=message)
        raise Invalid("note_required", message, errors=[fault])


def _replenished(
    ret: Return, units: UnitsByLine, journal: Journal, context: Context
) -> tuple[Record, ...]:
    """One proposal of all that is missing now."""
    missing: dict[str, int] = {}
    for line in ret.lines:
        lost = runs.size(units.get(line.line_no, ()))
        if lost:
            missing[line.goods] = missing.get(line.goods, 0) + lost
    if not missing:
        return ()
    task, facts = proposed(ret.subject, missing, ret.warehouse, context)
    journal.record(PROPOSED, {**header(ret), **facts})
    return (task,)


def _with_shipments(ret: Return) -> Return:
    """Parcels of which everything is lost are lost."""
    lost = {line.line_no: units_where(line, is_lost) for line in ret.lines}
    shipments = tuple(
        replace(shipment, state=ShipmentState.LOST)
        if shipment.state in ON_THE_ROAD
        and shipment.units
        and not any(
            runs.minus(units, lost.get(line_no, ()))
            for line_no, units in units_in(shipment).items()
        )
        else shipment
        for shipment in ret.shipments
    )
    return replace(ret, shipments=shipments)
