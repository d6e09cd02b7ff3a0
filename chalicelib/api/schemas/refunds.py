"""Refunds after they were started: a second yes, another way to pay, giving up, disputes."""

from typing import Literal, Self

from pydantic import Field

from chalicelib.api.schemas.common import ReasonBody
from chalicelib.api.schemas.order_money import PaymentView
from chalicelib.api.schemas.settlements import LegOf
from chalicelib.contracts.fields import Id, Note, Price, Strict, View
from chalicelib.orders.model import Order
from chalicelib.settlement.paying_otherwise import PayOtherwise
from chalicelib.settlement.payments import payment_of
from chalicelib.settlement.reversing import Reverse
from chalicelib.settlement.writing_off import WriteOff


class ReverseBody(ReasonBody):
    """Why nothing of it is to be paid."""

    def to_domain(self) -> Reverse:
        return Reverse(reason=self.reason)


class PayOtherwiseBody(Strict):
    """Which leg a person will pay, by its payment; null: what no payment can carry."""

    payment_id: LegOf | None

    def to_domain(self) -> PayOtherwise:
        return PayOtherwise(payment_id=self.payment_id)


class WriteOffRefundBody(Strict):
    """Which leg nobody pays any more, by its payment (null: what no payment can carry), and why."""

    payment_id: LegOf | None
    reason: Note

    def to_domain(self) -> WriteOff:
        return WriteOff(payment_id=self.payment_id, reason=self.reason)


class DisputeBody(Strict):
    """What the bank says: that the buyer disputes so much of the payment, or how that ended."""

    dispute_id: Id = Field(examples=["dp_1PgafmB7WZ01zgkW"])
    amount: Price
    state: Literal["opened", "won", "lost"]


class DisputedPaymentView(View):
    """The payment with its disputes; the version is that of its order."""

    order_no: str
    payment: PaymentView
    version: int

    @classmethod
    def of(cls, order: Order, payment_id: str) -> Self:
        payment = PaymentView.of(payment_of(order, payment_id), for_staff=True)
        return cls(order_no=order.order_no, payment=payment, version=order.version)
