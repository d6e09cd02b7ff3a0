"""Approving and rejecting, fully or per line and quantity. What is rejected is free at once."""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import ApprovalReader, ReplacingReader
from chalicelib.exchanges.promising import promised
from chalicelib.orders.model import Order
from chalicelib.returns.asked_about import has_question
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.conversation import AnswerReader, open_answer
from chalicelib.returns.deadlines import continued, deadline_for, policy_of
from chalicelib.returns.documents import require_papers
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.lifecycle import fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import Authorization, Logistics, Return, ReturnLine, ReturnType
from chalicelib.returns.reasons import REJECTIONS
from chalicelib.returns.releasing import released
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import move, units_where
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedQuantity:
    """How many units of a line are approved; the rest of its pending units is rejected."""

    line_no: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """`lines` None approves all that is pending; lines that are not named stay pending.

    Lines in `without_replacement` were to be exchanged and are paid back instead.
    """

    lines: tuple[ApprovedQuantity, ...] | None = None
    reject_code: str = "QUANTITY_NOT_ACCEPTED"
    note: str | None = None
    without_replacement: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """Refuses all that is pending."""

    code: str
    note: str | None = None


class DecisionReader(ReplacingReader, AnswerReader, Protocol):
    """Reads what is decided about, what is promised for it, and the tasks that end with it."""


class ReviewReader(ApprovalReader, DecisionReader, Protocol):
    """Reads what an approval decides about, and what is promised already."""


def approve(
    reads: ReviewReader, return_id: str, command: Approve, context: Context
) -> Decided[Return]:
    """Approve quantities per line, and promise what they are exchanged for.

    Raises Conflict while papers are missing, or where there is too little to exchange them for.
    """
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.APPROVE)
    _check_code(command.reject_code)
    # What we sent by error was never sold: there is no sale to find.
    if ret.is_blind and ret.type is not ReturnType.STOCK_ERROR:
        raise Conflict(
            "sale_not_found_yet",
            "A return without an order is approved once its sale is found.",
        )
    require_papers(ret)
    wanted = _wanted(ret, command)
    yes: dict[str, Runs] = {}
    no: dict[str, Runs] = {}
    for line in ret.lines:
        if line.line_no in wanted:
            pending = _pending(line)
            yes[line.line_no] = runs.lowest(pending, wanted[line.line_no])
            no[line.line_no] = runs.minus(pending, yes[line.line_no])
    without = frozenset(command.without_replacement)
    paid_back = {
        line.line_no: units_where(line, lambda _: True)
        for line in ret.lines
        if line.line_no in without and yes.get(line.line_no)
    }
    # A line is exchanged or paid back: with these, what was promised for it earlier ends.
    freed = released_exchanges(reads, ret, unreplaced(reads, ret, paid_back), context)
    replaced = promised(reads, freed.ret, yes, context, without=without)
    about, code, note = (replaced.ret, order, task), command.reject_code, command.note
    decided = _decide(reads, about, yes, no, code, note, context)
    return replace(decided, changes=decided.changes + freed.changes + replaced.changes)


def reject(
    reads: DecisionReader, return_id: str, command: Reject, context: Context
) -> Decided[Return]:
    """Reject all that is pending and free its units."""
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.REJECT)
    _check_code(command.code)
    if command.code == "OTHER" and not command.note:
        raise Invalid("note_required", "OTHER needs a note.")
    no = {line.line_no: _pending(line) for line in ret.lines}
    return _decide(reads, (ret, order, task), {}, no, command.code, command.note, context)


def _pending(line: ReturnLine) -> Runs:
    return units_where(line, fitting(Command.APPROVE))


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
    if not any(_pending(line) for line in ret.lines if line.line_no in wanted):
        message = "None of these lines has pending units."
        fault = FieldError(pointer="/lines", code="quantity_not_pending", message=message)
        raise Invalid("quantity_not_pending", message, errors=[fault])
    return wanted


def _decide(
    reads: DecisionReader,
    about: tuple[Return, Order | None, Task | None],
    yes: dict[str, Runs],
    no: dict[str, Runs],
    code: str,
    note: str | None,
    context: Context,
) -> Decided[Return]:
    ret, order, task = about
    was_asked = has_question(ret)
    lines = tuple(
        _decided_line(line, yes.get(line.line_no, ()), no.get(line.line_no, ()), code)
        for line in ret.lines
    )
    ret = replace(
        ret,
        lines=lines,
        review_note=note or ret.review_note,
        reviewed_by=context.actor.id,
        reviewers=tuple(dict.fromkeys((*ret.reviewers, context.actor.id))),
        version=ret.version + 1,
        updated_at=context.now,
    )
    # Where the last unit that could still be promised something is refused, the others are paid.
    refused = {line_no: units for line_no, units in no.items() if not yes.get(line_no)}
    freed = released_exchanges(reads, ret, refused, context)
    ret = freed.ret
    ret = _waiting(ret, order, context, is_approval=any(yes.values()))
    journal = Journal(ret.subject, ret.chain, context)
    for event_type, units in (("return.approved", yes), ("return.rejected", no)):
        if any(units.values()):
            facts = _facts(ret, units, code if units is no else None)
            journal.record(event_type, facts)
    records: list[Record] = []
    if order is not None and any(no.values()):
        records.append(released(order, ret, no, context))
    if not any(_pending(line) for line in lines):
        search = reads.task(sale_task_id(ret.return_id)) if ret.is_blind else None
        records.extend(tasks_done((task, search), context))
    if was_asked and not has_question(ret):
        records.extend(tasks_done((open_answer(reads, ret.return_id),), context))
    ret = closed_if_complete(ret, journal)
    changes = Changes(records=(ret, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + freed.changes)


def _waiting(ret: Return, order: Order | None, context: Context, *, is_approval: bool) -> Return:
    """The return with its deadline: who was just approved has the whole time to send the goods."""
    policy = policy_of(order)
    if is_approval:
        return replace(ret, deadline=deadline_for(ret, policy, context.now))
    return continued(ret, policy, context.now)


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
