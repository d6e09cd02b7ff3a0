"""Booking what became of a settlement's legs, and what people state of them with a proof.

One command and one transaction over the return and its order. What ends with the last leg ends in
that write: the settlement, the tasks that its life opened, and the return. What providers say is
outcomes.py's business.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.returns.closing import closed_if_complete, reopened_by_news
from chalicelib.returns.facts import header, money
from chalicelib.returns.falling_due import fallen_due
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.handover import tasks_done
from chalicelib.returns.model import Return
from chalicelib.returns.units import move
from chalicelib.settlement.beside import with_replaced_units
from chalicelib.settlement.facts import fees_facts, leg_facts, settled_lines
from chalicelib.settlement.loading import (
    SettlementReader,
    loaded,
    with_settlement,
)
from chalicelib.settlement.model import (
    Leg,
    LegState,
    Settlement,
    SettlementState,
)
from chalicelib.settlement.payments import with_legs
from chalicelib.tasks.model import Grounds, Task, TaskKind, open_task, task_id_for
from chalicelib.tasks.working import TaskReader

_NOTHING = Changes()
UNDECIDED = frozenset({LegState.PROCESSING, LegState.UNKNOWN})
STARTED = "started"
"""The occasion of the task that a settlement opens when it starts, where it needs a person."""
REFUND_FAILED = "refund_failed"
"""Why a completed return is open again: its money came back."""


def confirm(
    reads: SettlementReader,
    settlement_id: str,
    payment_id: str,
    proof: str,
    context: Context,
) -> Decided[Return]:
    """A person states that a manual leg was paid, with the proof's reference."""
    ret, order, settlement = loaded(reads, settlement_id, context)
    require_other_refunder(ret, context.actor)
    of_payment = [leg for leg in settlement.legs if leg.payment_id == payment_id]
    if not of_payment:
        raise NotFound("leg_not_found", f"The settlement has no leg for {payment_id}.")
    if any(leg.state is LegState.PAID and leg.reference == proof for leg in of_payment):
        return Decided(result=ret)
    leg = next((one for one in of_payment if one.state is LegState.MANUAL), of_payment[-1])
    if leg.state is not LegState.MANUAL:
        raise Conflict(
            "leg_not_manual",
            f"The leg is {leg.state.value}; only a manual one is confirmed.",
            state=leg.state.value,
        )
    if not proof.strip():
        raise Invalid("proof_required", "A confirmation needs the reference of its proof.")
    after = replace(leg, state=LegState.PAID, reference=proof, reason=None)
    order = with_legs(order, (leg,), (after,))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("refund.paid", {**heading(ret), **leg_facts(settlement, after)})
    legs = tuple(after if old.key == leg.key else old for old in settlement.legs)
    settlement = noted(ret, replace(settlement, legs=legs), STARTED)
    return booked(reads, ret, order, settlement, journal, context)


def heading(ret: Return) -> dict[str, Json]:
    """The header of events that are told before the return of this command is made."""
    return {**header(ret), "version": ret.version + 1}


def booked(
    reads: TaskReader,
    ret: Return,
    order: Order,
    settlement: Settlement,
    journal: Journal,
    context: Context,
    *,
    tasks: Iterable[Task] = (),
    also: Changes = _NOTHING,
) -> Decided[Return]:
    """Store the settlement as it is now and the `tasks` that this opens; `also` is written beside.

    Where that was the last open point the return is closed, and where money is open again it is
    opened again.
    """
    opened = tuple(tasks)
    settlement = replace(settlement, tasks=(*settlement.tasks, *(task.task_id for task in opened)))
    ret, done = changed(reads, ret, (settlement,), journal, context)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    changes = Changes(records=(ret, order, *opened, *done), events=tuple(journal.events))
    return Decided(result=ret, changes=changes + also)


def changed(
    reads: TaskReader,
    ret: Return,
    settlements: Iterable[Settlement],
    journal: Journal,
    context: Context,
) -> tuple[Return, tuple[Record, ...]]:
    """The return with these settlements as they are now, and the tasks that end with them."""
    done: list[Record] = []
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    for settlement in settlements:
        if settlement.is_finished:
            ended = (reads.task(task_id) for task_id in dict.fromkeys(settlement.tasks))
            done += tasks_done(tuple(ended), context)
            settlement = replace(settlement, tasks=())
        ret = with_units(with_settlement(ret, settlement), settlement)
        if settlement.reversed_at is not None:
            # Its units are unpaid again: where they are now says whether they are payable.
            ret = fallen_due(ret, context.now, journal)
        ret = finished(ret, settlement, journal)
    return reopened_by_news(ret, journal, REFUND_FAILED), tuple(done)


def finished(ret: Return, settlement: Settlement, journal: Journal) -> Return:
    """Say once that a settlement is settled, and close the return where that was the last point."""
    if settlement.state is SettlementState.SETTLED and settlement.settled_at is None:
        nothing = Money.zero(settlement.amount.currency)
        journal.record(
            "settlement.settled",
            {
                **header(ret),
                "settlement_id": settlement.settlement_id,
                "amount": money(settlement.amount),
                "paid": money(settlement.paid),
                "written_off": money(settlement.written_off or nothing),
                "fees": fees_facts(settlement.fees),
                "lines": settled_lines(ret, settlement),
            },
        )
        ret = with_settlement(ret, replace(settlement, settled_at=journal.context.now))
    return closed_if_complete(ret, journal)


def with_units(ret: Return, settlement: Settlement) -> Return:
    """The return whose units are as settled as the settlement; reversed, they are in none."""
    ret = with_replaced_units(ret, settlement)
    state = settlement.state
    if state is SettlementState.REVERSED:
        state = SettlementState.NONE
    by_line = {part.line_no: part.units for part in settlement.lines}
    lines = tuple(
        move(line, by_line[line.line_no], settlement=state) if line.line_no in by_line else line
        for line in ret.lines
    )
    return replace(ret, lines=lines)


def payment_task(
    ret: Return,
    settlement: Settlement,
    context: Context,
    occasion: str,
    *reasons: str,
    amount: Money | None = None,
) -> Task:
    """A task for finance. Without more it is about all that is open of the settlement."""
    return open_task(
        TaskKind.PAYMENT,
        ret.subject,
        occasion=f"{settlement.settlement_id}-{occasion}",
        now=context.now,
        warehouse=ret.warehouse,
        grounds=Grounds(
            reasons=reasons or open_reasons(settlement), amount=amount or open_amount(settlement)
        ),
    )


def task_id_of(ret: Return, settlement: Settlement, occasion: str) -> str:
    """The task of finance that a settlement has, or may have, from this occasion."""
    return task_id_for(TaskKind.PAYMENT, ret.subject, f"{settlement.settlement_id}-{occasion}")


def noted(ret: Return, settlement: Settlement, occasion: str) -> Settlement:
    """The settlement that knows of the task of this occasion, to end it when it is finished."""
    task_id = task_id_of(ret, settlement, occasion)
    if task_id in settlement.tasks:
        return settlement
    return replace(settlement, tasks=(*settlement.tasks, task_id))


def occasion_of(what: str, leg: Leg) -> str:
    """`what` happened to this attempt of this leg: once, whatever else happens to it."""
    stem, _, attempt = leg.key.partition(":")[2].rpartition(":")
    return f"{what}-{stem}-{attempt}"


_REASONS = {
    LegState.HELD: "held_for_second_person",
    LegState.MANUAL: "manual",
    LegState.DECLINED: "declined",
}


def open_reasons(settlement: Settlement) -> tuple[str, ...]:
    """Why a person has to look at it, in codes."""
    reasons = ["short"] if settlement.shortfall else []
    for leg in settlement.legs:
        reason = leg.reason if leg.state is LegState.FROZEN else _REASONS.get(leg.state)
        reasons += [reason] if reason is not None else []
    return tuple(dict.fromkeys(reasons))


def open_amount(settlement: Settlement) -> Money:
    """What is neither paid nor given up."""
    waiting = [leg.amount for leg in settlement.legs if leg.state not in _OVER]
    return Money.total((*waiting, settlement.shortfall), settlement.amount.currency)


_OVER = frozenset({LegState.PAID, LegState.CANCELLED})
