"""Booking what providers say became of legs, whether they were asked or told it by themselves.

One command and one transaction over the return and its order.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context, Journal
from chalicelib.returns.loading import found
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import (
    UNDECIDED,
    booked,
    heading,
    occasion_of,
    payment_task,
)
from chalicelib.settlement.facts import leg_facts
from chalicelib.settlement.loading import SettlementReader, loaded, return_id_of
from chalicelib.settlement.lost_disputes import settled_by_banks
from chalicelib.settlement.model import CHARGED_BACK, DISPUTED, Leg, LegState
from chalicelib.settlement.payments import with_legs
from chalicelib.settlement.ports import RefundOutcome, RefundState
from chalicelib.tasks.model import Task

_NOT_SENT = frozenset({DISPUTED, CHARGED_BACK})
"""Reasons of undecided legs that are only asked about: nothing is sent to a disputed payment."""


def record_outcomes(
    reads: SettlementReader,
    settlement_id: str,
    outcomes: Mapping[str, RefundOutcome],
    context: Context,
) -> Decided[Return]:
    """Book what the provider said, by leg key. Legs that are decided already are left alone.

    What was under way when a bank gave the customer its money, and did not go through, is settled
    by that. Where nobody was asked, as for goods worth nothing, there is nothing to book.
    """
    if not outcomes:
        return_id = return_id_of(settlement_id)
        asked, _ = reads.return_and_order(return_id)
        return Decided(result=found(asked, return_id, context))
    ret, order, settlement = loaded(reads, settlement_id, context)
    journal = Journal(ret.subject, ret.chain, context)
    legs: list[Leg] = []
    declined: list[Leg] = []
    for leg in settlement.legs:
        outcome = outcomes.get(leg.key)
        if outcome is None or leg.state not in UNDECIDED:
            legs.append(leg)
            continue
        after = _after(leg, outcome)
        legs.append(after)
        if after.state is not leg.state:
            journal.record(_EVENT[after.state], {**heading(ret), **leg_facts(settlement, after)})
        if after.state is LegState.DECLINED:
            declined.append(after)
    if tuple(legs) == settlement.legs:
        return Decided(result=ret)
    order = with_legs(order, settlement.legs, legs)
    before, settlement = settlement, replace(settlement, legs=tuple(legs))
    charged_back = {leg.key for leg in before.legs if leg.reason == CHARGED_BACK}
    # An attempt is declined once, so its task is opened once.
    tasks: list[Task] = []
    for leg in declined:
        left = leg.amount
        if leg.key in charged_back:
            order, settlement, given = settled_by_banks(journal, ret, order, settlement, leg)
            left = leg.amount - given
        if left:
            occasion = occasion_of("declined", leg)
            task = payment_task(ret, settlement, context, occasion, "declined", amount=left)
            tasks.append(task)
    return booked(reads, ret, order, settlement, journal, context, tasks=tasks)


_EVENT = {
    LegState.PAID: "refund.paid",
    LegState.DECLINED: "refund.declined",
    LegState.UNKNOWN: "refund.unanswered",
    LegState.MANUAL: "refund.manual",
}


def _after(leg: Leg, outcome: RefundOutcome) -> Leg:
    """What a leg is after an answer. NOT_FOUND and no answer keep the key: ask or send again."""
    if outcome.amount is not None and outcome.amount != leg.amount:
        return _unanswered(leg, "amount_mismatch")
    match outcome.state:
        case RefundState.SUCCEEDED:
            return replace(leg, state=LegState.PAID, reference=outcome.refund_id, reason=None)
        case RefundState.DECLINED:
            return replace(leg, state=LegState.DECLINED, reason=outcome.reason)
        case _:
            return _unanswered(leg, outcome.reason)


def _unanswered(leg: Leg, reason: str | None) -> Leg:
    """What may not be sent now is not sent, whatever the provider could not say of it."""
    reason = leg.reason if leg.reason in _NOT_SENT else reason
    return replace(leg, state=LegState.UNKNOWN, reason=reason)
