"""Booking a settlement: before the provider is called, and when its answers are known.

Each function is one command and one transaction over the return and its order. A leg is counted on
the payment as pending before anything is sent, so that two returns cannot spend the same money.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.orders.model import Order, Payment
from chalicelib.returns.closing import closed_if_complete
from chalicelib.returns.facts import header, money
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import move
from chalicelib.settlement.facts import fees_facts, leg_facts, settled_lines, settlement_facts
from chalicelib.settlement.model import Leg, LegState, Settlement
from chalicelib.settlement.planning import new_leg, owed_now, planned
from chalicelib.settlement.ports import RefundOutcome, RefundState
from chalicelib.tasks.model import TaskKind, open_task

UNDECIDED = frozenset({LegState.PROCESSING, LegState.UNKNOWN})


class SettlementReader(Protocol):
    """Reads the return and its order together."""

    def return_and_order(self, return_id: str) -> tuple[Return | None, Order | None]: ...


def plan(reads: SettlementReader, return_id: str, context: Context) -> Settlement:
    """What would be paid now, leg by leg; the same function decides when it is executed."""
    ret, order = reads.return_and_order(return_id)
    ret = found(ret, return_id, context)
    _require_owed(ret, order)
    settlement_id = settlement_id_for(ret, context)
    return planned(ret, order, settlement_id, by=context.actor.id, now=context.now)


def _require_owed(ret: Return, order: Order | None) -> None:
    """Without an order there is no payment that money could go back to, only goods worth nothing.

    Accepted units that are owed nothing are settled all the same: then nothing is open any more.
    """
    owed = owed_now(ret)
    if not owed.lines or (order is None and owed.amount):
        raise Conflict(
            "nothing_to_settle",
            "No accepted unit waits for its money.",
            status=status_of(ret).value,
            allowed=list(allowed(ret)),
        )


def settlement_id_for(ret: Return, context: Context) -> str:
    """`stl_<the return's own part>_<command>`: leads back to its return without a look-up."""
    own = ret.return_id.removeprefix("ret_")
    return f"stl_{own}_{derived_id('x', context.command_id)[2:14]}"


def return_id_of(settlement_id: str) -> str:
    """The return that a settlement id belongs to; raises NotFound for another form."""
    parts = settlement_id.split("_")
    if len(parts) != 3 or parts[0] != "stl":
        raise NotFound("settlement_not_found", f"There is no settlement {settlement_id}.")
    return f"ret_{parts[1]}"


def settlement_of(ret: Return, settlement_id: str) -> Settlement | None:
    """The settlement of this id, or None."""
    return next((s for s in ret.settlements if s.settlement_id == settlement_id), None)


def start(reads: SettlementReader, return_id: str, context: Context) -> Decided[Return]:
    """Store the settlement and its keys. The same command again finds what it stored before."""
    ret, order = reads.return_and_order(return_id)
    if ret is not None and settlement_of(ret, settlement_id_for(ret, context)) is not None:
        return Decided(result=ret)
    ret = found(ret, return_id, context)
    require_other_refunder(ret, context.actor)
    _require_owed(ret, order)
    settlement_id = settlement_id_for(ret, context)
    settlement = planned(ret, order, settlement_id, by=context.actor.id, now=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    ret = replace(
        ret,
        settlements=(*ret.settlements, settlement),
        version=ret.version + 1,
        updated_at=context.now,
    )
    ret = _with_units(ret, settlement)
    journal.record("settlement.started", {**header(ret), **settlement_facts(ret, settlement)})
    ret = _finished(ret, settlement, journal)
    records: list[Record] = [ret]
    if order is not None:
        order = _with_pending(order, settlement.legs)
        records.append(replace(order, version=order.version + 1, updated_at=context.now))
    if settlement.shortfall or any(leg.state is LegState.MANUAL for leg in settlement.legs):
        records.append(_payment_task(ret, settlement, context, "started"))
    return Decided(
        result=ret, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def record_outcomes(
    reads: SettlementReader,
    settlement_id: str,
    outcomes: Mapping[str, RefundOutcome],
    context: Context,
) -> Decided[Return]:
    """Book what the provider said, by leg key. Legs that are decided already are left alone.

    Where nobody was asked, as for goods worth nothing, there is nothing to book.
    """
    if not outcomes:
        return_id = return_id_of(settlement_id)
        asked, _ = reads.return_and_order(return_id)
        return Decided(result=found(asked, return_id, context))
    ret, order, settlement = _load(reads, settlement_id, context)
    journal = Journal(ret.subject, ret.chain, context)
    legs = []
    for leg in settlement.legs:
        outcome = outcomes.get(leg.key)
        if outcome is None or leg.state not in UNDECIDED:
            legs.append(leg)
            continue
        after = _after(leg, outcome)
        legs.append(after)
        if after.state is not leg.state:
            order = _moved(order, leg, after)
            journal.record(_EVENT[after.state], {**header(ret), **leg_facts(settlement, after)})
    if tuple(legs) == settlement.legs:
        return Decided(result=ret)
    changed = [leg for leg in legs if leg not in settlement.legs]
    declined = next((leg for leg in changed if leg.state is LegState.DECLINED), None)
    settlement = replace(settlement, legs=tuple(legs))
    return _book(ret, order, settlement, journal, context, declined=declined)


def try_again(reads: SettlementReader, settlement_id: str, context: Context) -> Decided[Return]:
    """Give every declined leg a new attempt with a new key; undecided legs keep theirs.

    Where only undecided legs are left nothing is decided here, so no version is past: a retry that
    was cut off after its first step goes on when it is sent again.
    """
    ret, order, settlement = _loaded(reads, settlement_id)
    states = {leg.state for leg in settlement.legs}
    if LegState.DECLINED in states or not states & UNDECIDED:
        ret = found(ret, ret.return_id, context)
        require_other_refunder(ret, context.actor)
    if all(leg.state is LegState.PAID for leg in settlement.legs) and not settlement.shortfall:
        raise Conflict(
            "already_settled",
            "Every leg of this settlement is paid.",
            allowed=list(allowed(ret)),
        )
    journal = Journal(ret.subject, ret.chain, context)
    legs: list[Leg] = []
    for leg in settlement.legs:
        if leg.state is not LegState.DECLINED:
            legs.append(leg)
            continue
        payment = _payment(order, leg.payment_id)
        if payment.refundable < leg.amount:
            raise Conflict(
                "payment_exhausted",
                f"Payment {payment.payment_id} has {payment.refundable} left to refund.",
                payment_id=payment.payment_id,
            )
        fresh = new_leg(settlement_id, payment, leg.amount, attempt=leg.attempt + 1)
        legs.append(fresh)
        order = _with_pending(order, (fresh,))
        journal.record("refund.retried", {**header(ret), **leg_facts(settlement, fresh)})
    if tuple(legs) == settlement.legs:
        return Decided(result=ret)
    return _book(ret, order, replace(settlement, legs=tuple(legs)), journal, context)


def confirm(
    reads: SettlementReader,
    settlement_id: str,
    payment_id: str,
    proof: str,
    context: Context,
) -> Decided[Return]:
    """A person states that a manual leg was paid, with the proof's reference."""
    ret, order, settlement = _load(reads, settlement_id, context)
    require_other_refunder(ret, context.actor)
    leg = next((leg for leg in settlement.legs if leg.payment_id == payment_id), None)
    if leg is None:
        raise NotFound("leg_not_found", f"The settlement has no leg for {payment_id}.")
    if leg.state is LegState.PAID and leg.reference == proof:
        return Decided(result=ret)
    if leg.state is not LegState.MANUAL:
        raise Conflict(
            "leg_not_manual",
            f"The leg is {leg.state.value}; only a manual one is confirmed.",
            state=leg.state.value,
        )
    if not proof.strip():
        raise Invalid("proof_required", "A confirmation needs the reference of its proof.")
    after = replace(leg, state=LegState.PAID, reference=proof)
    order = _moved(order, leg, after)
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("refund.paid", {**header(ret), **leg_facts(settlement, after)})
    legs = tuple(after if old.payment_id == payment_id else old for old in settlement.legs)
    return _book(ret, order, replace(settlement, legs=legs), journal, context)


def _load(
    reads: SettlementReader, settlement_id: str, context: Context
) -> tuple[Return, Order, Settlement]:
    ret, order, settlement = _loaded(reads, settlement_id)
    return found(ret, ret.return_id, context), order, settlement


def _loaded(reads: SettlementReader, settlement_id: str) -> tuple[Return, Order, Settlement]:
    ret, order = reads.return_and_order(return_id_of(settlement_id))
    settlement = settlement_of(ret, settlement_id) if ret else None
    if ret is None or settlement is None or order is None:
        raise NotFound("settlement_not_found", f"There is no settlement {settlement_id}.")
    return ret, order, settlement


def _book(
    ret: Return,
    order: Order,
    settlement: Settlement,
    journal: Journal,
    context: Context,
    *,
    declined: Leg | None = None,
) -> Decided[Return]:
    """Store the settlement as it is now. `declined` is a leg that this booking finds declined.

    An attempt is declined once, so its task is opened once.
    """
    settlements = tuple(
        settlement if old.settlement_id == settlement.settlement_id else old
        for old in ret.settlements
    )
    ret = replace(ret, settlements=settlements, version=ret.version + 1, updated_at=context.now)
    ret = _with_units(ret, settlement)
    ret = _finished(ret, settlement, journal)
    order = replace(order, version=order.version + 1, updated_at=context.now)
    records: list[Record] = [ret, order]
    if declined is not None:
        occasion = f"declined-{declined.payment_id}-{declined.attempt}"
        records.append(_payment_task(ret, settlement, context, occasion))
    return Decided(
        result=ret, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def _finished(ret: Return, settlement: Settlement, journal: Journal) -> Return:
    """Say once that a settlement is settled, and close the return where that was the last point."""
    all_paid = all(leg.state is LegState.PAID for leg in settlement.legs)
    if all_paid and not settlement.shortfall:
        journal.record(
            "settlement.settled",
            {
                **header(ret),
                "settlement_id": settlement.settlement_id,
                "amount": money(settlement.amount),
                "fees": fees_facts(settlement.fees),
                "lines": settled_lines(ret, settlement),
            },
        )
    return closed_if_complete(ret, journal)


def _with_units(ret: Return, settlement: Settlement) -> Return:
    by_line = {part.line_no: part.units for part in settlement.lines}
    lines = tuple(
        move(line, by_line[line.line_no], settlement=settlement.state)
        if line.line_no in by_line
        else line
        for line in ret.lines
    )
    return replace(ret, lines=lines)


_EVENT = {
    LegState.PAID: "refund.paid",
    LegState.DECLINED: "refund.declined",
    LegState.UNKNOWN: "refund.unanswered",
    LegState.MANUAL: "refund.manual",
}


def _after(leg: Leg, outcome: RefundOutcome) -> Leg:
    """What a leg is after an answer. NOT_FOUND and no answer keep the key: ask or send again."""
    if outcome.amount is not None and outcome.amount != leg.amount:
        return replace(leg, state=LegState.UNKNOWN, reason="amount_mismatch")
    match outcome.state:
        case RefundState.SUCCEEDED:
            return replace(leg, state=LegState.PAID, reference=outcome.refund_id, reason=None)
        case RefundState.DECLINED:
            return replace(leg, state=LegState.DECLINED, reason=outcome.reason)
        case _:
            return replace(leg, state=LegState.UNKNOWN, reason=outcome.reason)


def _with_pending(order: Order, legs: tuple[Leg, ...]) -> Order:
    amounts = {leg.payment_id: leg.amount for leg in legs}
    return _with_payments(
        order,
        lambda payment: (
            replace(payment, pending=payment.pending + amounts[payment.payment_id])
            if payment.payment_id in amounts
            else payment
        ),
    )


def _moved(order: Order, before: Leg, after: Leg) -> Order:
    """pending → refunded by us when paid; pending → free again when declined."""

    def change(payment: Payment) -> Payment:
        if payment.payment_id != after.payment_id or after.state not in _DECIDED:
            return payment
        paid = after.amount if after.state is LegState.PAID else Money.zero(order.currency)
        return replace(
            payment,
            pending=payment.pending - before.amount,
            refunded_by_us=payment.refunded_by_us + paid,
        )

    return _with_payments(order, change)


_DECIDED = frozenset({LegState.PAID, LegState.DECLINED})


def _with_payments(order: Order, change: Callable[[Payment], Payment]) -> Order:
    payments = tuple(change(payment) for payment in order.payments)
    for payment in payments:
        ours = payment.refunded_by_us + payment.pending + payment.refunded
        assert payment.pending.minor >= 0, "pending is never negative"
        assert ours <= payment.captured or payment.refunded, "never above captured"
    return replace(order, payments=payments)


def _payment(order: Order, payment_id: str) -> Payment:
    return next(payment for payment in order.payments if payment.payment_id == payment_id)


def _payment_task(ret: Return, settlement: Settlement, context: Context, occasion: str) -> Record:
    return open_task(
        TaskKind.PAYMENT,
        ret.subject,
        occasion=f"{settlement.settlement_id}-{occasion}",
        now=context.now,
        warehouse=ret.warehouse,
    )
