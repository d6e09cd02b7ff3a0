"""Paying by hand what the order's payment did not take, or cannot carry.

One command and one transaction: the leg becomes one that a person pays, and says so with its proof
(booking.confirm). Where its payment still has the money for it, it counts there, so that nobody
else spends it; else it counts on no payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.core.commands import Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context, Journal
from chalicelib.orders.model import Order
from chalicelib.returns.four_eyes import require_other_refunder
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, booked, heading, noted
from chalicelib.settlement.facts import is_sent, leg_facts
from chalicelib.settlement.legs import added, by_hand
from chalicelib.settlement.loading import SettlementReader, loaded
from chalicelib.settlement.model import BESIDE, FAILED_LATER, Leg, LegState, Settlement
from chalicelib.settlement.payments import is_disputed, is_kept, refundable, with_legs
from chalicelib.settlement.refusals import nothing_to, payment_disputed, require_open

_NOTHING = "nothing_to_pay_otherwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayOtherwise:
    """Which leg, by its payment; None: what no payment can carry."""

    payment_id: str | None = None


def pay_otherwise(
    reads: SettlementReader, settlement_id: str, command: PayOtherwise, context: Context
) -> Decided[Return]:
    """Have a person pay what was declined, what came back, or what was short."""
    ret, order, settlement = loaded(reads, settlement_id, context)
    require_other_refunder(ret, context.actor)
    require_open(ret, settlement)
    if command.payment_id is None:
        return _short(reads, ret, order, settlement, context)
    chosen = _chosen(order, settlement, command.payment_id)
    after = {leg.key: by_hand(leg, _counted_on(order, leg)) for leg in chosen}
    journal = Journal(ret.subject, ret.chain, context)
    for leg in chosen:
        order = with_legs(order, (leg,), (after[leg.key],))
        facts = {**heading(ret), **leg_facts(settlement, after[leg.key])}
        journal.record("refund.retried", {**facts, "instead_of": leg.provider})
    legs = tuple(after.get(leg.key, leg) for leg in settlement.legs)
    return booked(reads, ret, order, replace(settlement, legs=legs), journal, context)


def _short(
    reads: SettlementReader, ret: Return, order: Order, settlement: Settlement, context: Context
) -> Decided[Return]:
    if not settlement.shortfall:
        raise nothing_to(_NOTHING, "paid otherwise", settlement)
    leg = added(settlement, None, settlement.shortfall)
    nothing = settlement.shortfall - settlement.shortfall
    settlement = replace(settlement, legs=(*settlement.legs, leg), shortfall=nothing)
    settlement = noted(ret, settlement, STARTED)
    journal = Journal(ret.subject, ret.chain, context)
    event = "refund.retried" if is_sent(leg) else "refund.held"
    journal.record(event, {**heading(ret), **leg_facts(settlement, leg)})
    return booked(reads, ret, order, settlement, journal, context)


def _chosen(order: Order, settlement: Settlement, payment_id: str) -> Sequence[Leg]:
    of_payment = [leg for leg in settlement.legs if leg.payment_id == payment_id]
    if not of_payment:
        raise NotFound("leg_not_found", f"The settlement has no leg for {payment_id}.")
    if is_disputed(order, payment_id):
        raise payment_disputed(payment_id)
    chosen = [
        leg
        for leg in of_payment
        if leg.state is LegState.DECLINED
        or (leg.state is LegState.FROZEN and leg.reason == FAILED_LATER)
    ]
    if not chosen:
        raise nothing_to(_NOTHING, "paid otherwise", settlement)
    return chosen


def _counted_on(order: Order, leg: Leg) -> str:
    is_carried = is_kept(leg) or refundable(order, leg.payment_id) >= leg.amount
    return leg.payment_id if is_carried else BESIDE
