"""A refund that failed days after it was paid: the money came back, and is owed again.

One command and one transaction. The same news again, also after the leg was sent anew, change
nothing.
"""

from dataclasses import replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import booked, heading, occasion_of, payment_task
from chalicelib.settlement.facts import leg_facts
from chalicelib.settlement.legs import frozen
from chalicelib.settlement.loading import SettlementReader, loaded
from chalicelib.settlement.lost_disputes import settled_by_banks
from chalicelib.settlement.model import (
    FAILED_LATER,
    STORE_CREDIT,
    Leg,
    LegState,
    Settlement,
    SettlementState,
)
from chalicelib.settlement.payments import with_legs
from chalicelib.settlement.refusals import given_as_credit


def failed_later(
    reads: SettlementReader,
    settlement_id: str,
    key: str,
    provider_reference: str,
    context: Context,
) -> Decided[Return]:
    """Freeze the leg that was paid under this key, with its money kept for it on the payment; what
    of it a bank gave the customer already is not owed again.

    Raises Conflict `refund_differs` where the provider's id is not the one that we know, and
    `leg_not_paid` where it was never paid: that is a decline, and booked as one.
    """
    ret, order, settlement = loaded(reads, settlement_id, context)
    leg = next((one for one in settlement.legs if one.key == key), None)
    if leg is None:
        if _was_sent_again(settlement, key):
            return Decided(result=ret)
        raise NotFound("leg_not_found", f"The settlement has no leg of the key {key}.")
    if leg.provider == STORE_CREDIT:
        raise given_as_credit()
    if leg.state is LegState.CANCELLED or leg.reason == FAILED_LATER:
        return Decided(result=ret)
    if leg.reference not in (None, provider_reference):
        raise Conflict("refund_differs", "The provider's refund is not the one of this leg.")
    if leg.state is not LegState.PAID:
        raise Conflict("leg_not_paid", f"The leg is {leg.state.value}.", state=leg.state.value)
    after = replace(frozen(leg, FAILED_LATER), came_back=True)
    if settlement.state is SettlementState.SETTLED and settlement.settled_at is None:
        # Settled before that was kept; so it is not said to be settled a second time.
        settlement = replace(settlement, settled_at=settlement.created_at)
    settlement = replace(
        settlement, legs=tuple(after if one.key == key else one for one in settlement.legs)
    )
    order = with_legs(order, (leg,), (after,))
    journal = Journal(ret.subject, ret.chain, context)
    journal.record("refund.failed_later", {**heading(ret), **leg_facts(settlement, after)})
    order, settlement, given = settled_by_banks(journal, ret, order, settlement, after)
    left, occasion = leg.amount - given, occasion_of("failed-later", leg)
    task = payment_task(ret, settlement, context, occasion, FAILED_LATER, amount=left)
    tasks = [task] if left else []
    return booked(reads, ret, order, settlement, journal, context, tasks=tasks)


def _was_sent_again(settlement: Settlement, key: str) -> bool:
    """Whether the key is of an earlier attempt of one of the legs."""
    stem, _, attempt = key.rpartition(":")
    return attempt.isdecimal() and any(
        _stem(leg) == stem and int(attempt) < leg.attempt for leg in settlement.legs
    )


def _stem(leg: Leg) -> str:
    return leg.key.rpartition(":")[0]
