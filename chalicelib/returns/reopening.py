"""A return that had ended goes on: what was cancelled, expired or closed short stands again.

Units stand where they stood when they ended: under review, or to be sent where they were approved.
They are held anew, so others may have been faster. Nothing that was posted or paid is taken back.
"""

from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ports import ApprovalReader
from chalicelib.exchanges.promising import promised
from chalicelib.orders.model import Order
from chalicelib.returns import deadlines
from chalicelib.returns.facts import header
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.handover import grounds_of
from chalicelib.returns.holding import held_again, names_units
from chalicelib.returns.lifecycle import allowed, fitting, require
from chalicelib.returns.loading import found
from chalicelib.returns.losing import check_reason
from chalicelib.returns.model import Authorization, Closure, Logistics, Return, UnitGroup
from chalicelib.returns.selection import NamedQuantity, UnitsByLine, chosen, facts_of, moved
from chalicelib.returns.standing import status_of
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import units_where
from chalicelib.settlement.agreeing import with_agreed
from chalicelib.tasks.model import Task, TaskKind, TaskState, open_task

REASONS = frozenset(
    {"ENDED_BY_MISTAKE", "CUSTOMER_ASKED", "GOODS_TURNED_UP", "DECISION_CHANGED", "OTHER"}
)
_ENDED = frozenset({Authorization.CANCELLED, Authorization.EXPIRED, Authorization.REJECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen:
    """Why, and which units; `lines` None: all, where the whole return was cancelled or expired."""

    reason: str
    lines: tuple[NamedQuantity, ...] | None = None
    note: str | None = None


def reopen(
    reads: ApprovalReader, return_id: str, command: Reopen, context: Context
) -> Decided[Return]:
    """Open a completed return again, or let ended units stand again; or both.

    Raises Conflict where nothing had ended, or the units are in another document by now.
    """
    ret, order, task = reads.review_of(return_id)
    ret = found(ret, return_id, context)
    check_reason(command.reason, command.note, REASONS)
    require(ret, Command.REOPEN)
    units = _units(ret, command)
    was_closed = ret.closure is Closure.COMPLETED
    ret = replace(
        ret,
        review_note=command.note or ret.review_note,
        version=ret.version + 1,
        updated_at=context.now,
    )
    ret, held, stands = _standing_again(ret, order, units)
    promises = promised(reads, ret, _to_be_sent_now(ret, stands), context)
    ret = with_agreed(promises.ret, held)
    ret = replace(ret, closure=Closure.REOPENED if was_closed else ret.closure)
    ret = deadlines.continued(ret, context.now)
    journal = Journal(ret.subject, ret.chain, context)
    facts: dict[str, Json] = {
        **header(ret),
        "reason": command.reason,
        "by_rule": False,
        "lines": facts_of(ret, stands),
    }
    journal.record("return.reopened", facts)
    ret = replace(fallen_due(ret, context.now, journal), chain=journal.chain)
    records: list[Record] = [ret]
    if held is not None and held is not order:
        records.append(replace(held, version=held.version + 1, updated_at=context.now))
    if any(group.authorization is Authorization.UNDER_REVIEW for group in ret.groups()):
        records.extend(_review(ret, task, context))
    changes = Changes(records=tuple(records), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + promises.changes)


def _units(ret: Return, command: Reopen) -> dict[str, Runs]:
    """The units that stand again; none where only the return as a whole is opened."""
    if command.lines is not None:
        units = chosen(ret, command.lines, Command.REOPEN)
    elif all(group.authorization in _ENDED for group in ret.groups()):
        units = {line.line_no: units_where(line, fitting(Command.REOPEN)) for line in ret.lines}
        units = {line_no: part for line_no, part in units.items() if part}
    else:
        units = {}
    if not units and ret.closure is not Closure.COMPLETED:
        raise Conflict(
            "nothing_to_reopen",
            "The return goes on: name the lines whose units are to stand again.",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )
    if units and not names_units(ret):
        raise Conflict(
            "never_submitted",
            "It was never submitted as it stands, so nothing was held: ask anew.",
            status=status_of(ret).value,
        )
    return units


def _standing_again(
    ret: Return, order: Order | None, units: UnitsByLine
) -> tuple[Return, Order | None, dict[str, Runs]]:
    """The return with the units where they stood when they ended, held on the order again."""
    now: dict[str, Runs] = {}
    for line_no, part in units.items():
        line = ret.line(line_no)
        assert line is not None, "chosen of lines of the return"
        approved = runs.common(part, units_where(line, _had_been_approved))
        for some, changes in (
            (approved, _TO_BE_SENT),
            (runs.minus(part, approved), _TO_BE_REVIEWED),
        ):
            if not some:
                continue
            if order is None or line.order_line_no is None:
                ret = moved(ret, {line_no: some}, **changes)
            else:
                order, ret, some = held_again(order, ret, line_no, some, **changes)
            now[line_no] = runs.merged((*now.get(line_no, ()), *some))
    return ret, order, now


_TO_BE_SENT: dict[str, object] = {
    "authorization": Authorization.APPROVED,
    "logistics": Logistics.AWAITING,
    "ended_after_approval": False,
}
_TO_BE_REVIEWED: dict[str, object] = {"authorization": Authorization.UNDER_REVIEW}


def _had_been_approved(group: UnitGroup) -> bool:
    return group.ended_after_approval or group.logistics is Logistics.SHORT_CLOSED


def _to_be_sent_now(ret: Return, stands: UnitsByLine) -> dict[str, Runs]:
    """Those that need no review: what they are exchanged for is promised anew."""
    return {
        line.line_no: runs.common(
            stands.get(line.line_no, ()),
            units_where(line, lambda group: group.authorization is Authorization.APPROVED),
        )
        for line in ret.lines
    }


def _review(ret: Return, task: Task | None, context: Context) -> list[Record]:
    """The review that was done or given up is work again; one that is still open stays as it is."""
    if task is None:
        occasion = str(max(1, ret.submissions))
        return [
            open_task(
                TaskKind.REVIEW,
                ret.subject,
                occasion=occasion,
                now=context.now,
                warehouse=ret.warehouse,
                grounds=grounds_of(ret),
            )
        ]
    if task.state is not TaskState.DONE:
        return []
    fresh = open_task(
        TaskKind.REVIEW,
        ret.subject,
        occasion="again",
        now=context.now,
        warehouse=ret.warehouse,
        grounds=grounds_of(ret),
    )
    again = replace(
        fresh,
        task_id=task.task_id,
        version=task.version + 1,
        chain=task.chain,
        opened_at=task.opened_at,
    )
    return [again]
