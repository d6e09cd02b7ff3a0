"""Taking a request back, and letting it run out: units end without coming, and are free at once.

What a carrier has scanned is past taking back: it comes, and may be sent back unseen.
"""

from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.ports import PromiseReader
from chalicelib.orders.model import Order
from chalicelib.reasons.built_in import cancellations
from chalicelib.returns.asked_about import has_question, needs_info
from chalicelib.returns.blind import sale_task_id
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.conversation import AnswerReader, MessageReader, open_answer
from chalicelib.returns.deadlines import AWAITED, after, continued
from chalicelib.returns.facts import header
from chalicelib.returns.falling_due import questioned, refunded_early
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.lifecycle import admits, allowed, fits, fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.model import (
    Authorization,
    Closure,
    DeadlineKind,
    Logistics,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.ports import ReturnReader
from chalicelib.returns.releasing import released
from chalicelib.returns.remarking import remark
from chalicelib.returns.selection import (
    NamedQuantity,
    UnitsByLine,
    all_that,
    facts_of,
    moved,
    too_few,
    totals,
)
from chalicelib.returns.standing import status_of
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import ON_THE_WAY, PENDING, units_where
from chalicelib.tasks.model import Task, TaskKind, open_task

_SCANNED = frozenset({Logistics.IN_TRANSIT, Logistics.ARRIVED})
_CHANGEABLE = frozenset({Authorization.DRAFT, Authorization.NEEDS_INFO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Why, and which units; `lines` None: all that may still be taken back.

    The note is said in the conversation.
    """

    reason: str
    lines: tuple[NamedQuantity, ...] | None = None
    note: str | None = None


class EndingReader(ReturnReader, PromiseReader, AnswerReader, Protocol):
    """What ending units reads: the work on the return, and what was promised for its units."""


class CancelReader(EndingReader, MessageReader, Protocol):
    """As ending, and the conversation for a note."""


def cancel(
    reads: CancelReader, return_id: str, command: Cancel, context: Context
) -> Decided[Return]:
    """Take units back that are not decided, or approved and not sent yet.

    Raises Conflict `already_shipped` for goods that are on their way.
    """
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    _check_reason(command)
    _require_unsent(ret)
    require(ret, Command.CANCEL)
    units = _to_cancel(reads, ret, command.lines)
    facts: dict[str, Json] = {"reason": command.reason}
    ended = _ended(reads, (ret, order, task), units, Authorization.CANCELLED, facts, context)
    said = remark(reads, return_id, command.note, context, answers=False)
    return replace(ended, changes=ended.changes + said)


def expire(
    reads: EndingReader, return_id: str, kind: DeadlineKind | None, context: Context
) -> Decided[Return]:
    """End what was waited for in vain; None: what the deadline is about, without one all that may.

    Whether it is time is not asked: see `expire_if_due`. Units that were paid or replaced stay:
    they are owed to us.
    """
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    require(ret, Command.EXPIRE)
    if kind is None and ret.deadline is not None:
        kind = ret.deadline.kind
    units = _to_expire(reads, ret, kind)
    if not any(units.values()):
        raise Conflict(
            "not_waited_for",
            f"Nothing that was waited for may end ({kind or 'all'}).",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )
    facts: dict[str, Json] = {"waited_for": None if kind is None else kind.value}
    return _ended(reads, (ret, order, task), units, Authorization.EXPIRED, facts, context)


def expire_if_due(reads: EndingReader, return_id: str, context: Context) -> Decided[Return]:
    """End what was waited for where its deadline has passed; else nothing changes.

    Decided on what is stored now, so an answer that arrived in time always wins, and asking twice
    is harmless. Goods that were paid or replaced and never sent, or sent without a tracking number
    and never came, become a task instead.
    """
    ret = found(reads.return_(return_id), return_id, context)
    running = after(ret).deadline
    is_declared = ret.withdrawal_id is not None
    if running is None or running.due_at > context.now or is_declared:
        return Decided(result=ret)
    if not any(_to_expire(reads, ret, running.kind).values()):
        is_answered = running.kind is DeadlineKind.ANSWER
        return Decided(result=ret) if is_answered else _overdue(ret, context)
    return expire(reads, return_id, running.kind, context)


def _to_expire(reads: EndingReader, ret: Return, kind: DeadlineKind | None) -> dict[str, Runs]:
    """What is waited for, but no replacement that is to come back: it is owed to us too.

    Nor what the customer has answered about in a message that nobody has dealt with yet.
    """
    is_answered = has_question(ret) and open_answer(reads, ret.return_id) is not None

    def ends(group: UnitGroup) -> bool:
        if not fits(Command.EXPIRE, group) or (is_answered and needs_info(group)):
            return False
        return kind is None or AWAITED[kind](group)

    waited_for = {line.line_no: units_where(line, ends) for line in ret.lines}
    return unreplaced(reads, ret, waited_for)


def _overdue(ret: Return, context: Context) -> Decided[Return]:
    """All that is left to come was paid or replaced already, or sent: a person asks where it is."""
    ret = replace(ret, deadline=None, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("return.overdue", header(ret))
    refunded = refunded_early(ret, all_that(ret, lambda group: group.logistics in ON_THE_WAY))
    tasks = questioned(ret, refunded, "overdue", journal, context)
    ret = replace(ret, chain=journal.chain)
    if not tasks:
        task = open_task(
            TaskKind.INVESTIGATION,
            ret.subject,
            occasion=f"overdue-{ret.version}",
            now=context.now,
            warehouse=ret.warehouse,
        )
        tasks = (task,)
    changes = Changes(records=(ret, *tasks), events=tuple(journal.events))
    return Decided(result=ret, changes=changes)


def _check_reason(command: Cancel) -> None:
    if command.reason not in cancellations():
        message = f"Known: {', '.join(sorted(cancellations()))}."
        raise Invalid(
            "unknown_cancellation",
            f"{command.reason} is not a reason to cancel.",
            errors=[FieldError(pointer="/reason", code="unknown_cancellation", message=message)],
        )
    if command.reason == "OTHER" and not command.note:
        raise Invalid("note_required", "OTHER needs a note.")


def _require_unsent(ret: Return) -> None:
    """Where nothing may be taken back because it was sent, the way out is to send it back."""
    if ret.closure is Closure.COMPLETED or admits(ret, Command.CANCEL):
        return
    if any(_is_under_way(group) for group in ret.groups()) or admits(ret, Command.SHIP_BACK):
        raise _already_shipped(ret)


def _already_shipped(ret: Return) -> Conflict:
    return Conflict(
        "already_shipped",
        "The goods are on their way or here; they may be sent back instead.",
        status=status_of(ret).value,
        allowed=list(allowed(ret)),
        instead=Command.SHIP_BACK.value,
    )


def _is_under_way(group: UnitGroup) -> bool:
    return group.authorization is Authorization.APPROVED and group.logistics in _SCANNED


def _to_cancel(
    reads: PromiseReader, ret: Return, lines: tuple[NamedQuantity, ...] | None
) -> dict[str, Runs]:
    """The named units, or all that may end; replacements that are to come back only if named.

    Nor where there is nothing else: that they cannot be taken back is what is said then.
    """
    may_end = {line.line_no: units_where(line, fitting(Command.CANCEL)) for line in ret.lines}
    if lines is None:
        return unreplaced(reads, ret, may_end) or may_end
    units: dict[str, Runs] = {}
    for line_no, quantity in totals(ret, lines).items():
        line = ret.line(line_no)
        assert line is not None, "checked by totals"
        units[line_no] = _last(ret, line, may_end[line_no], quantity)
    _require_undivided(ret, units)
    return units


def _last(ret: Return, line: ReturnLine, may_end: Runs, quantity: int) -> Runs:
    """The highest units, those that nobody decided about first."""
    possible = runs.size(may_end)
    if quantity > possible:
        if units_where(line, _is_under_way):
            raise _already_shipped(ret)
        raise too_few(line.line_no, possible=possible, asked=quantity)
    undecided = units_where(line, lambda group: group.authorization is not Authorization.APPROVED)
    open_ones = runs.common(may_end, undecided)
    first = runs.highest(open_ones, min(quantity, runs.size(open_ones)))
    rest = runs.highest(runs.minus(may_end, open_ones), quantity - runs.size(first))
    return runs.merged((*first, *rest))


def _require_undivided(ret: Return, units: UnitsByLine) -> None:
    """What may still be edited is cancelled whole or not at all: a smaller request is an edit."""
    if not admits(ret, Command.EDIT):
        return
    changeable = {
        line.line_no: units_where(line, lambda group: group.authorization in _CHANGEABLE)
        for line in ret.lines
    }
    ended = [runs.common(part, units.get(line_no, ())) for line_no, part in changeable.items()]
    left = [runs.minus(part, units.get(line_no, ())) for line_no, part in changeable.items()]
    if any(ended) and any(left):
        raise Conflict(
            "edit_instead",
            "This request can still be edited: change its lines, or cancel all of it.",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )


def _ended(
    reads: EndingReader,
    about: tuple[Return, Order | None, Task | None],
    units: UnitsByLine,
    how: Authorization,
    facts: dict[str, Json],
    context: Context,
) -> Decided[Return]:
    """These units cancelled or expired, free again, with the work on them done.

    Goods that were promised in exchange for them go back on the shelf.
    """
    ret, order, task = about
    approved = _of(ret, units, frozenset({Authorization.APPROVED}))
    held = _of(ret, units, PENDING | {Authorization.APPROVED})
    before = ret
    ret = moved(ret, approved, logistics=Logistics.NONE, ended_after_approval=True, credit=None)
    ret = moved(ret, units, authorization=how)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    promises = released_exchanges(reads, ret, units, context)
    ret = promises.ret
    ret = continued(ret, context.now)
    records: list[Record] = []
    if order is not None and any(held.values()):
        records.append(released(order, before, held, context))
    if has_question(before) and not has_question(ret):
        records.extend(tasks_done((open_answer(reads, ret.return_id),), context))
    if not any(group.authorization in PENDING for group in ret.groups()):
        search = reads.task(sale_task_id(ret.return_id)) if ret.is_blind else None
        records.extend(tasks_done((task, search), context))
    journal = Journal(ret.subject, ret.chain, context)
    said = {**header(ret), **facts, "lines": facts_of(ret, units)}
    journal.record(f"return.{how.value.lower()}", said)
    ret = closed_if_complete(ret, journal)
    changes = Changes(records=(ret, *records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _of(
    ret: Return, units: UnitsByLine, authorizations: frozenset[Authorization]
) -> dict[str, Runs]:
    """Those of the units that stand so."""
    return {
        line.line_no: runs.common(
            units.get(line.line_no, ()),
            units_where(line, lambda group: group.authorization in authorizations),
        )
        for line in ret.lines
    }
