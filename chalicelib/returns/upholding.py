"""What an upheld appeal changes: rejected units are approved after all, units are inspected again,
or money is awarded. Nothing that was posted is taken back by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Event, Json
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ports import PromisingReader
from chalicelib.exchanges.pricing import Stated
from chalicelib.exchanges.promising import of_line, promised, settled_without
from chalicelib.inspection.second import ended, fallen_away
from chalicelib.orders.model import Order
from chalicelib.returns import deadlines
from chalicelib.returns.awards import all_lines, left_to_award
from chalicelib.returns.deducting import as_if_unseen
from chalicelib.returns.documents import require_papers
from chalicelib.returns.holding import held_again
from chalicelib.returns.model import (
    Appeal,
    AppealAgainst,
    Authorization,
    Logistics,
    Return,
    ReturnType,
)
from chalicelib.returns.reinspecting import ReinspectionReader, decided_facts, looked_at_again
from chalicelib.returns.selection import facts_of, moved, require_free
from chalicelib.returns.transitions import TRANSITIONS, Axis, Command, Transition
from chalicelib.returns.units import units_where
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.tasks.model import TaskKind, open_task

_AXES = {
    AppealAgainst.REJECTION: Axis.AUTHORIZATION,
    AppealAgainst.GRADE: Axis.CREDIT,
    AppealAgainst.AMOUNT: Axis.SETTLEMENT,
}
"""The axis on which the table of transitions says which units each appeal is about."""


class UpholdingReader(ReinspectionReader, PromisingReader, Protocol):
    """Reads also what there is to exchange approved units for."""


@dataclass(slots=True)
class Upheld:
    """The return as it is now, what else is written, and the units that were changed."""

    ret: Return
    lines: list[Json] = field(default_factory=list)
    movement_id: str | None = None
    events: list[Event] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def contested(ret: Return, against: AppealAgainst, line_nos: Sequence[str]) -> dict[str, Runs]:
    """The units that such a decision was made about, by line; of all lines where none is named."""
    row = _row(Command.APPEAL, _AXES[against])
    return {
        line.line_no: units
        for line in ret.lines
        if (not line_nos or line.line_no in line_nos) and (units := units_where(line, row.fits))
    }


def upheld(
    reads: UpholdingReader,
    ret: Return,
    order: Order | None,
    appeal: Appeal,
    context: Context,
    *,
    stated: Stated,
) -> Upheld:
    """Raises Conflict where the units are no longer as they were contested.

    `stated` is what replacements cost, for rejected units that are exchanged after all.
    """
    units = contested(ret, appeal.against, appeal.line_nos)
    if not units:
        raise Conflict(
            "nothing_to_appeal",
            f"There is no {appeal.against.value} to appeal against.",
            against=appeal.against.value,
            line_nos=[],
        )
    match appeal.against:
        case AppealAgainst.REJECTION:
            return _approved(reads, ret, order, units, stated, context)
        case AppealAgainst.GRADE:
            return _judged_again(reads, ret, units, context)
        case AppealAgainst.AMOUNT:
            return _awarded(ret, order, appeal, units, context)


def _row(command: Command, axis: Axis) -> Transition:
    return next(row for row in TRANSITIONS if row.command is command and row.axis is axis)


def _approved(
    reads: PromisingReader,
    ret: Return,
    order: Order | None,
    units: dict[str, Runs],
    stated: Stated,
    context: Context,
) -> Upheld:
    """The rejected units are held again and may be sent; their replacements are promised.

    What an approval needs is needed here as well: the sale, and the papers.
    """
    if ret.is_blind and ret.type is not ReturnType.STOCK_ERROR:
        raise Conflict(
            "sale_not_found_yet",
            "A return without an order is approved once its sale is found.",
        )
    require_papers(ret)
    changes = {
        "authorization": Authorization.APPROVED,
        "logistics": Logistics.AWAITING,
        "refusal_code": None,
    }
    now: dict[str, Runs] = {}
    held = order
    for line_no, part in units.items():
        line = ret.line(line_no)
        assert line is not None, "contested lines are the return's"
        if held is None or line.order_line_no is None:
            ret, now[line_no] = moved(ret, {line_no: part}, **changes), part
        else:
            held, ret, now[line_no] = held_again(held, ret, line_no, part, **changes)
    replaced = promised(reads, ret, now, context, stated=stated)
    ret = with_agreed(replaced.ret, held)
    ret = replace(ret, deadline=deadlines.deadline_for(ret, context.now))
    done = Upheld(ret, facts_of(ret, now))
    done.records.extend(replaced.changes.records)
    done.events.extend(replaced.changes.events)
    if held is not None and held is not order:
        done.records.append(replace(held, version=held.version + 1, updated_at=context.now))
    return done


def _judged_again(
    reads: UpholdingReader, ret: Return, units: dict[str, Runs], context: Context
) -> Upheld:
    """Units are inspected again; those that are gone cannot be, and the customer is believed.

    Raises Conflict `units_held` for what is at work, or waits to be scrapped: that is ended first.
    """
    gone = {line_no: runs.common(part, _gone(ret, line_no)) for line_no, part in units.items()}
    here = {line_no: runs.minus(part, gone[line_no]) for line_no, part in units.items()}
    require_free(ret, here)
    lines = decided_facts(ret, here, reads.inspections(ret.return_id))
    before = ret
    ret, movement = looked_at_again(reads, ret, here, context)
    # What was taken off units that are gone is believed to be wrong, too.
    ret = as_if_unseen(moved(ret, gone, credit=True), gone)
    for line in ret.lines:
        if gone.get(line.line_no):
            # What was promised for them ended when they were denied: they are paid back.
            ret = ret.with_line(settled_without(line, list(of_line(reads, line))))
    done = Upheld(ret, [*lines, *facts_of(ret, gone)])
    done.records.extend(ended(reads, fallen_away(before, ret), context))
    if movement is not None:
        done.movement_id = movement.movement_id
        done.records.append(movement)
    return done


def _gone(ret: Return, line_no: str) -> Runs:
    line = ret.line(line_no)
    assert line is not None, "contested lines are the return's"
    return units_where(line, _row(Command.DECIDE_APPEAL, Axis.CREDIT).fits)


def _awarded(
    ret: Return, order: Order | None, appeal: Appeal, units: dict[str, Runs], context: Context
) -> Upheld:
    """More money, up to what the lines were paid and did not get back; finance pays it."""
    assert appeal.award is not None, "checked with the decision"
    before = replace(
        ret, appeals=tuple(one for one in ret.appeals if one.appeal_id != appeal.appeal_id)
    )
    most = left_to_award(before, order, appeal.line_nos or all_lines(ret))
    if appeal.award.currency != ret.currency:
        raise _invalid("currency_differs", f"The return is in {ret.currency}.")
    if not Money.zero(ret.currency) < appeal.award <= most:
        raise _invalid("award_too_large", f"From 0.01 to {most} can be awarded.")
    task = open_task(
        TaskKind.PAYMENT,
        ret.subject,
        occasion=appeal.appeal_id,
        now=context.now,
        warehouse=ret.warehouse,
    )
    return Upheld(ret, facts_of(ret, units), records=[task])


def _invalid(code: str, message: str) -> Invalid:
    fault = FieldError(pointer="/award", code=code, message=message)
    return Invalid(code, message, errors=[fault])
