"""What is under way and given back of an order's payments, as legs of settlements move."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from chalicelib.core.money import Money
from chalicelib.orders.model import DisputeState, Order, Payment
from chalicelib.settlement.model import Leg, LegState

_KEPT = frozenset({LegState.HELD, LegState.PROCESSING, LegState.UNKNOWN, LegState.MANUAL})
"""Legs that their payment keeps the money for."""


def is_kept(leg: Leg) -> bool:
    """Whether its payment counts it as under way.

    So it is while the leg is frozen, too, but for one that was declined before: what it would take
    may be another leg's by then.
    """
    if leg.state is LegState.FROZEN:
        return leg.was is not LegState.DECLINED
    return leg.state in _KEPT


def with_legs(order: Order, before: Iterable[Leg], after: Iterable[Leg]) -> Order:
    """The order whose payments count the legs as they are `after`, in place of those `before`.

    A leg that goes back to no payment of the order counts on none.
    """
    pending: dict[str, int] = {}
    refunded: dict[str, int] = {}
    for legs, sign in ((before, -1), (after, 1)):
        for leg in legs:
            minor = sign * leg.amount.minor
            if is_kept(leg):
                pending[leg.payment_id] = pending.get(leg.payment_id, 0) + minor
            if leg.state is LegState.PAID:
                refunded[leg.payment_id] = refunded.get(leg.payment_id, 0) + minor
    return with_payments(
        order,
        lambda payment: replace(
            payment,
            pending=payment.pending + _money(order, pending.get(payment.payment_id, 0)),
            refunded_by_us=payment.refunded_by_us
            + _money(order, refunded.get(payment.payment_id, 0)),
        ),
    )


def with_pending(order: Order, legs: Iterable[Leg]) -> Order:
    """The order whose payments count these new legs, too."""
    return with_legs(order, (), legs)


def with_payments(order: Order, change: Callable[[Payment], Payment]) -> Order:
    payments = tuple(change(payment) for payment in order.payments)
    for payment in payments:
        ours = payment.refunded_by_us + payment.pending + payment.refunded
        assert payment.pending.minor >= 0, "pending is never negative"
        assert payment.refunded_by_us.minor >= 0, "what went back is never negative"
        assert ours <= payment.captured or payment.refunded, "never above captured"
    return replace(order, payments=payments)


def payment_of(order: Order, payment_id: str) -> Payment:
    return next(payment for payment in order.payments if payment.payment_id == payment_id)


def known_payment(order: Order, payment_id: str) -> Payment | None:
    """The payment of this id, or None where the order has none."""
    return next((one for one in order.payments if one.payment_id == payment_id), None)


def is_disputed(order: Order, payment_id: str) -> bool:
    """Whether nobody knows yet who keeps the money of this payment."""
    payment = known_payment(order, payment_id)
    return payment is not None and _is_open(payment)


def refundable(order: Order, payment_id: str) -> Money:
    """What may go back to this payment now; nothing while it is disputed."""
    payment = known_payment(order, payment_id)
    return Money.zero(order.currency) if payment is None else carried_by(payment)


def carried_by(payment: Payment) -> Money:
    """What a settlement may send to this payment now; nothing while it is disputed."""
    return Money.zero(payment.captured.currency) if _is_open(payment) else payment.refundable


def _is_open(payment: Payment) -> bool:
    return any(dispute.state is DisputeState.OPEN for dispute in payment.disputes)


def _money(order: Order, minor: int) -> Money:
    return Money(minor, order.currency)
