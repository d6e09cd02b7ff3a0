"""What a bank gave beyond what was owed when its dispute was lost: it settles what is owed later.

Pure. Whether a refund failed first or the dispute was lost first, the customer has the money, and
nobody is to pay it a second time.
"""

from dataclasses import replace

from chalicelib.core.events import Journal
from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.returns.model import Return
from chalicelib.settlement.disputed_legs import given_by_bank
from chalicelib.settlement.model import Leg, Settlement
from chalicelib.settlement.payments import with_legs, with_payments


def settled_by_banks(
    journal: Journal, ret: Return, order: Order, settlement: Settlement, leg: Leg | None = None
) -> tuple[Order, Settlement, Money]:
    """Settle what banks gave already of this leg, which is owed now, and of what no payment can
    carry; and how much that is. No bank gives more than it was asked for."""
    in_all = Money.zero(settlement.amount.currency)
    keys = set() if leg is None else {leg.key}
    for payment in order.payments:
        for dispute in payment.disputes:
            if not dispute.left:
                continue
            before = settlement
            settlement, given = given_by_bank(
                journal, ret, before, payment, dispute.dispute_id, dispute.left, keys=keys
            )
            keys |= {one.key for one in settlement.legs} - {one.key for one in before.legs}
            order = with_legs(order, before.legs, settlement.legs)
            order = _with_given(order, payment.payment_id, dispute.dispute_id, given)
            in_all = in_all + given
    return order, settlement, in_all


def _with_given(order: Order, payment_id: str, dispute_id: str, more: Money) -> Order:
    """The order whose dispute has settled so much more."""
    nothing = Money.zero(more.currency)
    return with_payments(
        order,
        lambda payment: replace(
            payment,
            disputes=tuple(
                replace(one, given=(one.given or nothing) + more)
                if (payment.payment_id, one.dispute_id) == (payment_id, dispute_id)
                else one
                for one in payment.disputes
            ),
        ),
    )
