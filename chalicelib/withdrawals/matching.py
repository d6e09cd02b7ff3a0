"""A person finds the sale that a declaration is about, or finds that there is none.

Everything is measured when the withdrawal was declared, however long the finding took. Units that
another return holds are not taken from it: the withdrawal joins that return, or the return is
ended first.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context, Event, Journal
from chalicelib.core.runs import Runs
from chalicelib.exchanges.ending import released_exchanges, unreplaced
from chalicelib.exchanges.promising import Promised
from chalicelib.orders import returnable
from chalicelib.orders.model import LineKind, Order
from chalicelib.returns.facts import header as return_header
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.model import Resolution, Return
from chalicelib.returns.units import units_where
from chalicelib.tasks.model import TaskKind, task_id_for
from chalicelib.withdrawals import law
from chalicelib.withdrawals.declaring import (
    MATCH_OCCASION,
    check_version,
    matched,
    not_found,
    told_of_match,
    with_return,
)
from chalicelib.withdrawals.facts import header
from chalicelib.withdrawals.model import StatedLine, Unmatched, Withdrawal, WithdrawalState
from chalicelib.withdrawals.ports import MatchingReader
from chalicelib.withdrawals.statement import UnitsOfOrder, wanted_of

_OPEN = frozenset({WithdrawalState.CONFIRMED, WithdrawalState.REPEATED, WithdrawalState.SET_ASIDE})


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSale:
    """It is about these lines of this order; `lines` empty: about those that were stated."""

    order_no: str
    lines: tuple[StatedLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinReturn:
    """Its units are on their way back already, in this return."""

    return_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSale:
    """No sale of ours was found that it could be about."""


Match = MatchSale | JoinReturn | NoSale
Written = tuple[Withdrawal, tuple[Record, ...], tuple[Event, ...]]


def match(
    reads: MatchingReader, withdrawal_id: str, command: Match, context: Context
) -> Decided[Withdrawal]:
    """Raises Conflict where it is not confirmed yet, has its return, or the units are not free."""
    withdrawal, _ = reads.withdrawal(withdrawal_id)
    if withdrawal is None:
        raise not_found(withdrawal_id)
    check_version(withdrawal, context)
    if withdrawal.state not in _OPEN:
        raise _not_open(withdrawal)
    withdrawal = replace(withdrawal, version=withdrawal.version + 1)
    journal = Journal(withdrawal.subject, withdrawal.chain, context)
    match command:
        case MatchSale():
            withdrawal, records, events = _sale(reads, withdrawal, command, journal, context)
        case JoinReturn():
            withdrawal, records, events = _joined(reads, withdrawal, command, journal, context)
        case NoSale():
            withdrawal, records, events = _set_aside(withdrawal, journal)
    withdrawal = replace(withdrawal, chain=journal.chain)
    task = reads.task(task_id_for(TaskKind.MATCH, withdrawal.subject, MATCH_OCCASION))
    done = tasks_done((task,), context)
    return Decided(
        result=withdrawal,
        changes=Changes(records=(withdrawal, *records, *done), events=(*journal.events, *events)),
    )


def _not_open(withdrawal: Withdrawal) -> Conflict:
    if withdrawal.state is WithdrawalState.STATED:
        return Conflict(
            "withdrawal_not_confirmed", "The withdrawal was stated, but is not confirmed yet."
        )
    return Conflict(
        "withdrawal_already_matched",
        f"Return {withdrawal.return_id} was made for this withdrawal.",
        order_no=withdrawal.order_no,
        return_id=withdrawal.return_id,
    )


def _sale(
    reads: MatchingReader,
    withdrawal: Withdrawal,
    command: MatchSale,
    journal: Journal,
    context: Context,
) -> Written:
    order = reads.order(command.order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {command.order_no}.")
    units = _units(order, command.lines or withdrawal.lines)
    return with_return(reads, withdrawal, order, units, journal, context, by_rule=False)


def _units(order: Order, lines: tuple[StatedLine, ...]) -> UnitsOfOrder:
    """The free units of these lines, or without lines all that are free."""
    if lines:
        return _named(order, lines)
    free = {
        line.line_no: units
        for line in order.lines
        if line.kind is LineKind.GOODS and (units := returnable.free(order, line))
    }
    if not free:
        raise Conflict(
            "nothing_left_to_return",
            f"Order {order.order_no} has nothing that is not in a return already.",
            order_no=order.order_no,
            holders=_holders(order),
        )
    return free


def _named(order: Order, lines: tuple[StatedLine, ...]) -> UnitsOfOrder:
    wanted = wanted_of(order, lines)
    if wanted is Unmatched.NOT_SHIPPED:
        raise Conflict(
            "units_not_shipped",
            "More units are named than were delivered: first stop what is still to go out.",
            order_no=order.order_no,
        )
    if not isinstance(wanted, dict):
        raise Invalid("lines_not_of_order", f"Order {order.order_no} has no such lines.")
    return {line_no: _chosen(order, line_no, wanted) for line_no in wanted}


def _chosen(order: Order, line_no: str, wanted: Mapping[str, int]) -> Runs:
    line = order.line(line_no)
    assert line is not None, "named by wanted_of"
    return returnable.choose(order, line, wanted[line_no])


def _holders(order: Order) -> list[str]:
    return sorted({one.holder_id for line in order.lines for one in line.reservations})


def _joined(
    reads: MatchingReader,
    withdrawal: Withdrawal,
    command: JoinReturn,
    journal: Journal,
    context: Context,
) -> Written:
    ret, order = reads.return_and_order(command.return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {command.return_id}.")
    if order is None:
        raise Conflict("sale_not_found_yet", "This return has no order yet.")
    units = _held_by(ret, order)
    if ret.withdrawal_id is not None or not units:
        raise Conflict(
            "return_not_joinable",
            "This return stands for a withdrawal already, or holds no units any more.",
            return_id=ret.return_id,
            withdrawal_id=ret.withdrawal_id,
        )
    withdrawal = matched(withdrawal, order, units, ret.return_id)
    told_of_match(withdrawal, journal, by_rule=False)
    paid_back = _paid_back(reads, ret, context)
    ret, events = _withdrawn(paid_back.ret, withdrawal, context)
    freed = paid_back.changes
    return withdrawal, (ret, *freed.records), (*events, *freed.events)


def _held_by(ret: Return, order: Order) -> dict[str, Runs]:
    held: dict[str, Runs] = {}
    for line in order.lines:
        own = [run for r in line.reservations if r.holder_id == ret.return_id for run in r.units]
        if own:
            held[line.line_no] = runs.merged(own)
    return held


def _paid_back(reads: MatchingReader, ret: Return, context: Context) -> Promised:
    """The return with money in place of other goods; what was promised is free, unless it left."""
    swapped = {
        line.line_no: units_where(line, lambda _: True)
        for line in ret.lines
        if line.resolution is Resolution.EXCHANGE
    }
    freed = released_exchanges(reads, ret, unreplaced(reads, ret, swapped), context)
    lines = tuple(
        replace(line, resolution=Resolution.REFUND) if line.line_no in swapped else line
        for line in freed.ret.lines
    )
    return replace(freed, ret=replace(freed.ret, lines=lines))


def _withdrawn(
    ret: Return, withdrawal: Withdrawal, context: Context
) -> tuple[Return, tuple[Event, ...]]:
    """The return, which now also stands for a withdrawal; its units stay where they are."""
    assert withdrawal.declared_at is not None, "confirmed before"
    ret = replace(
        ret,
        withdrawal_id=withdrawal.withdrawal_id,
        withdrawal_declared_at=withdrawal.declared_at,
        refund_due_at=law.refund_due_at(withdrawal.law, withdrawal.declared_at),
        deadline_terms=law.with_refund_days(withdrawal.law, ret.deadline_terms),
        version=ret.version + 1,
        updated_at=context.now,
    )
    own = Journal(ret.subject, ret.chain, context)
    # Goods that are back already: time that counts from them began with the declaration.
    ret = fallen_due(ret, withdrawal.declared_at, own)
    due_at = ret.refund_due_at
    own.record(
        "return.withdrawn",
        {
            **return_header(ret),
            "withdrawal_id": ret.withdrawal_id,
            "declared_at": rfc3339(withdrawal.declared_at),
            "refund_due_at": rfc3339(due_at) if due_at is not None else None,
        },
    )
    return replace(ret, chain=own.chain), tuple(own.events)


def _set_aside(withdrawal: Withdrawal, journal: Journal) -> Written:
    withdrawal = replace(withdrawal, state=WithdrawalState.SET_ASIDE, unmatched=None)
    journal.record("withdrawal.set_aside", header(withdrawal))
    return withdrawal, (), ()
