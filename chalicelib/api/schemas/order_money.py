"""Payments of an order, and what went back of it so far."""

from typing import Self

from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.given import Withheld
from chalicelib.orders.model import Dispute, DisputeState, Order, Payment


class DisputeView(View):
    """The buyer asked the bank for the money back; until it is WON nobody is refunded of it."""

    dispute_id: str
    amount: MoneyOut
    state: DisputeState
    opened_at: MomentOut

    @classmethod
    def of(cls, dispute: Dispute) -> Self:
        return cls(
            dispute_id=dispute.dispute_id,
            amount=dispute.amount,
            state=dispute.state,
            opened_at=dispute.opened_at,
        )


class PaymentView(View):
    """`captured` is what was taken so far. Of it `refunded` was given back by others and
    `refunded_by_us` by us; `pending` is under way, so it counts as given back; `disputed` the bank
    took back or may take. `refundable` is what is left.

    `disputes` are shown to staff.
    """

    payment_id: str
    method: str
    provider: str
    captured: MoneyOut
    refunded: MoneyOut
    refunded_by_us: MoneyOut
    pending: MoneyOut
    disputed: MoneyOut
    refundable: MoneyOut
    disputes: tuple[DisputeView, ...]

    @classmethod
    def of(cls, payment: Payment, *, for_staff: bool) -> Self:
        return cls(
            payment_id=payment.payment_id,
            method=payment.method,
            provider=payment.provider,
            captured=payment.captured,
            refunded=payment.refunded,
            refunded_by_us=payment.refunded_by_us,
            pending=payment.pending,
            disputed=payment.disputed,
            refundable=payment.refundable,
            disputes=tuple(DisputeView.of(one) for one in payment.disputes) if for_staff else (),
        )


class GivenUnitsView(View):
    """Units of an order line that money was given back for, such as "1-3"."""

    line_no: str
    units: str
    quantity: int


class WithheldView(View):
    """What a promotion keeps of a line's refund at present; `amount` contains the taxes."""

    promotion_id: str
    line_no: str
    amount: MoneyOut

    @classmethod
    def of(cls, part: Withheld) -> Self:
        return cls(promotion_id=part.promotion_id, line_no=part.line_no, amount=part.total)


class GivenView(View):
    """What went back of the order so far, over all of its returns, beside the money of payments.

    `shipping` contains `shipping_tax`. `coupons` are valid again; points were credited
    (`points_back`) and taken off (`points_taken`).
    """

    units: tuple[GivenUnitsView, ...]
    shipping: MoneyOut
    shipping_tax: MoneyOut
    points_back: int
    points_taken: int
    coupons: tuple[str, ...]
    withheld: tuple[WithheldView, ...]

    @classmethod
    def of(cls, order: Order) -> Self:
        given, nothing = order.given, Money.zero(order.currency)
        tax = given.shipping_tax or nothing
        return cls(
            units=tuple(
                GivenUnitsView(
                    line_no=one.line_no,
                    units=runs.as_text(one.units),
                    quantity=runs.size(one.units),
                )
                for one in given.units
            ),
            shipping=(given.shipping_net or nothing) + tax,
            shipping_tax=tax,
            points_back=given.points_back,
            points_taken=given.points_taken,
            coupons=given.coupons,
            withheld=tuple(WithheldView.of(part) for part in given.withheld),
        )
