"""A shop that takes withdrawals: both steps in one call, and what is stored afterwards."""

from dataclasses import dataclass
from typing import Any

from chalicelib.core.events import Context
from chalicelib.orders.model import Order
from chalicelib.orders.registration import ContactData, RegisterOrder, register
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.withdrawals import declaring, matching
from chalicelib.withdrawals.model import Declarant, StatedLine, Withdrawal
from tests.builders import Shop, line, order


def line_of(line_no: str, quantity: int = 1) -> StatedLine:
    return StatedLine(order_line_no=line_no, quantity=quantity)


def goods_of(sku: str, quantity: int = 1) -> StatedLine:
    return StatedLine(sku=sku, quantity=quantity)


def sale(*lines: Any, **more: Any) -> Order:
    """Delivered in Germany two days ago."""
    return order(*(lines or (line(quantity=3),)), **({"region": "DE"} | more))


@dataclass(slots=True)
class Counter:
    """Where withdrawals are declared, confirmed and matched."""

    shop: Shop

    def states(self, *lines: StatedLine, context: Context | None = None, **more: Any) -> Withdrawal:
        """The first step, by Anna, about order O-1, unless `more` says otherwise."""
        fields: dict[str, Any] = {
            "name": "Anna Smith",
            "order_stated": "O-1",
            "email": "anna@example.com",
            "customer_id": "cus-1",
        }
        command = declaring.Declare(lines=lines, **(fields | more))
        return self.shop.do(
            lambda reads, ctx: declaring.declare(reads, command, ctx), context=context
        )

    def confirms(self, withdrawal: Withdrawal, context: Context | None = None) -> Withdrawal:
        own = withdrawal.withdrawal_id
        return self.shop.do(lambda reads, ctx: declaring.confirm(reads, own, ctx), context=context)

    def takes(self, *lines: StatedLine, **more: Any) -> Withdrawal:
        """Both steps."""
        return self.confirms(self.states(*lines, **more))

    def matches(
        self, withdrawal: Withdrawal, command: matching.Match, context: Context | None = None
    ) -> Withdrawal:
        own = withdrawal.withdrawal_id
        return self.shop.do(
            lambda reads, ctx: matching.match(reads, own, command, ctx), context=context
        )

    def return_of(self, withdrawal: Withdrawal) -> Return:
        assert withdrawal.return_id is not None, "a return was made"
        ret = self.shop.store.reads().return_(withdrawal.return_id)
        assert ret is not None, "it is stored"
        return ret

    def declarant(self, withdrawal: Withdrawal) -> Declarant:
        _, personal = self.shop.store.reads().withdrawal(withdrawal.withdrawal_id)
        assert personal is not None, "nobody erased it"
        return personal

    def task(self, withdrawal: Withdrawal) -> Task | None:
        task_id = task_id_for(TaskKind.MATCH, withdrawal.subject, declaring.MATCH_OCCASION)
        return self.shop.store.reads().task(task_id)

    def review(self, ret: Return) -> Task | None:
        return self.shop.store.reads().task(task_id_for(TaskKind.REVIEW, ret.subject, "1"))

    def told(self, subject: str) -> list[str]:
        """The types of the events about a subject."""
        return [event.type for event in self.shop.store.reads().events(subject)]

    def introduces(self, sold: Any, email: str) -> None:
        """The order says to which address it was confirmed. Any: an Order, as told again."""
        command = RegisterOrder(order=sold, contact=ContactData(email=email))
        self.shop.do(lambda reads, ctx: register(reads, command, ctx))
