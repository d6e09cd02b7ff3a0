"""Approving and rejecting, fully or per line and quantity. What is rejected is free at once."""

from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Order
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.lifecycle import GUARDS, Command, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Authorization, Logistics, Return, ReturnLine
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.reasons import REJECTIONS
from chalicelib.returns.units import move, units_where
from chalicelib.tasks.model import Task, TaskState, finished


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedQuantity:
    """How many units of a line are approved; the rest of its pending units is rejected."""

    line_no: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """`lines` None approves all that is pending; lines that are not named stay pending."""

    lines: tuple[ApprovedQuantity, ...] | None = None
    reject_code: str = "QUANTITY_NOT_ACCEPTED"
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Refuses all that is pending."""

    code: str
    note: str | None = None


def approve(
    reads: ReturnReader, return_id: str, command: Approve, context: Context
) -> Decided[Return]:
    """Approve quantities per line; raises Conflict above what is pending."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.APPROVE)
    _check_code(command.reject_code)
    if ret.is_blind:
        raise Conflict(
            "sale_not_found_yet",
            "A return without an order is approved once its sale is found.",
        )
    wanted = _wanted(ret, command)
    yes: dict[str, Runs] = {}
    no: dict[str, Runs] = {}
    for line in ret.lines:
        if line.line_no in wanted:
            pending = _pending(line)
            yes[line.line_no] = runs.lowest(pending, wanted[line.line_no])
            no[line.line_no] = runs.minus(pending, yes[line.line_no])
    return _decide(ret, order, task, yes, no, command.reject_code, command.note, context)


def reject(
    reads: ReturnReader, return_id: str, command: Reject, context: Context
) -> Decided[Return]:
    """Reject all that is pending and free its units."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.REJECT)
    _check_code(command.code)
    if command.code == "OTHER" and not command.note:
        raise Invalid("note_required", "OTHER needs a note.")
    no = {line.line_no: _pending(line) for line in ret.lines}
    return _decide(ret, order, task, {}, no, command.code, command.note, context)


def _pending(line: ReturnLine) -> Runs:
    return units_where(line, GUARDS[Command.APPROVE])


def _check_code(code: str) -> None:
    if code not in REJECTIONS:
        message = f"Known: {', '.join(sorted(REJECTIONS))}."
        raise Invalid(
            "unknown_rejection",
            f"{code} is not a reason to reject.",
            errors=[FieldError(pointer="/code", code="unknown_rejection", message=message)],
        )


def _wanted(ret: Return, command: Approve) -> dict[str, int]:
    if command.lines is None:
        return {line.line_no: runs.size(_pending(line)) for line in ret.lines}
    if not command.lines:
        raise Invalid("no_lines", "Name at least one line, or none to approve all that is pending.")
    wanted: dict[str, int] = {}
    for place, entry in enumerate(command.lines):
        line = ret.line(entry.line_no)
        pending = runs.size(_pending(line)) if line else 0
        if line is None or entry.line_no in wanted or not 0 <= entry.quantity <= pending:
            message = f"Line {entry.line_no} has {pending} pending."
            raise Invalid(
                "quantity_not_pending",
                message,
                errors=[
                    FieldError(
                        pointer=f"/lines/{place}", code="quantity_not_pending", message=message
                    )
                ],
            )
        wanted[entry.line_no] = entry.quantity
    return wanted


def _decide(
    ret: Return,
    order: Order | None,
    task: Task | None,
    yes: dict[str, Runs],
    no: dict[str, Runs],
    code: str,
    note: str | None,
    context: Context,
) -> Decided[Return]:
    lines = tuple(
        _decided_line(line, yes.get(line.line_no, ()), no.get(line.line_no, ()), code)
        for line in ret.lines
    )
    ret = replace(
        ret,
        lines=lines,
        review_note=note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    journal = Journal(ret.subject, ret.chain, context)
    for event_type, units in (("return.approved", yes), ("return.rejected", no)):
        if any(units.values()):
            facts = _facts(ret, units, code if units is no else None)
            journal.record(event_type, facts)
    records: list[Record] = []
    if order is not None and any(no.values()):
        records.append(_released(order, ret, no, context))
    has_pending = any(_pending(line) for line in lines)
    if task is not None and task.state is not TaskState.DONE and not has_pending:
        records.append(finished(task, by=context.actor.id, now=context.now))
    ret = closed_if_complete(ret, journal)
    return Decided(
        result=ret, changes=Changes(records=(ret, *records), events=tuple(journal.events))
    )


def _decided_line(line: ReturnLine, yes: Runs, no: Runs, code: str) -> ReturnLine:
    if yes:
        line = move(line, yes, authorization=Authorization.APPROVED, logistics=Logistics.AWAITING)
    if no:
        line = move(line, no, authorization=Authorization.REJECTED, refusal_code=code)
    return line


def _facts(ret: Return, units: dict[str, Runs], code: str | None) -> dict[str, Json]:
    return {
        **header(ret),
        "code": code,
        "lines": [
            line_facts(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)
        ],
    }


def _released(order: Order, ret: Return, no: dict[str, Runs], context: Context) -> Order:
    for line in ret.lines:
        units = no.get(line.line_no, ())
        if units and line.order_line_no is not None:
            order = returnable.release(
                order, line.order_line_no, holder_id=ret.return_id, units=units
            )
    return replace(order, version=order.version + 1, updated_at=context.now)
