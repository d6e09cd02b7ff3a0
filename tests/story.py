"""A short story told through the real use cases: stock, an order, a return on its way through."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from chalicelib import wiring
from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import MovementKind
from chalicelib.orders import registration
from chalicelib.orders.model import DeliveredItem, Delivery, Order, OrderLine, Payment
from chalicelib.returns import receiving, requesting, review, wishes
from chalicelib.returns.model import Return
from chalicelib.store.reads import Reads
from tests.stage import NOW, Stage

T = TypeVar("T")
ZERO = Money.zero("EUR")


@dataclass(slots=True)
class Story:
    """Commands with sensible contents; each returns what the use case returned."""

    stage: Stage

    def stock(self, *skus: str, warehouse: str = "W1", quantity: int = 20) -> None:
        context = self.stage.context("warehouse")
        items = tuple(CountedItem(sku=sku, quantity=quantity) for sku in skus)
        command = CountStock(warehouse=warehouse, items=items, kind=MovementKind.OPENING_COUNT)
        self._run(lambda reads: count_stock(reads, command, context), context)

    def order(self, order_no: str, *, customer_id: str = "c1", quantity: int = 5) -> None:
        """Two lines, SKUs S1 and S2, delivered from W1."""
        context = self.stage.context("machine")
        order = _order(order_no, customer_id, quantity)
        command = registration.RegisterOrder(order=order)
        self._run(lambda reads: registration.register(reads, command, context), context)

    def return_(self, order_no: str, *, warehouse: str | None = "W1", quantity: int = 2) -> Return:
        context = self.stage.context("customer")
        lines = (wishes.RequestedLine(order_line_no="1", quantity=quantity, reason="CHANGED_MIND"),)
        request = wishes.RequestReturn(order_no=order_no, warehouse=warehouse, lines=lines)
        return self._run(lambda reads: requesting.create(reads, request, context), context)

    def approve(self, return_id: str) -> Return:
        context = self.stage.context("reviewer")
        command = review.Approve()
        return self._run(lambda reads: review.approve(reads, return_id, command, context), context)

    def reject(self, return_id: str) -> Return:
        context = self.stage.context("reviewer")
        command = review.Reject(code="OUTSIDE_WINDOW")
        return self._run(lambda reads: review.reject(reads, return_id, command, context), context)

    def receive(self, return_id: str, quantity: int, *, sku: str = "S1") -> Return:
        context = self.stage.context("warehouse")
        item = receiving.ReceivedItem(sku=sku, quantity=quantity)
        command = receiving.Receive(warehouse="W1", items=(item,))
        received = self._run(
            lambda reads: receiving.receive(reads, return_id, command, context), context
        )
        return received.ret

    def _run(self, decide: Callable[[Reads], Decided[T]], context: Context) -> T:
        """Every command is seen by the stream on its own."""
        result = wiring.commands().run(decide, context=context)
        self.stage.observe()
        return result


def _order(order_no: str, customer_id: str, quantity: int) -> Order:
    lines = tuple(
        OrderLine(
            line_no=number,
            sku=f"S{number}",
            name="A thing",
            quantity=quantity,
            unit_price=Money(1000, "EUR"),
            discount=ZERO,
            unit_cost=Money(400, "EUR"),
        )
        for number in ("1", "2")
    )
    return Order(
        order_no=order_no,
        customer_id=customer_id,
        currency="EUR",
        placed_at=NOW,
        policy_version="standard-30d",
        lines=lines,
        payments=(
            Payment(
                payment_id=f"pay-{order_no}",
                method="card",
                provider="manual",
                captured=Money(2000 * quantity, "EUR"),
                refunded=ZERO,
                refunded_by_us=ZERO,
                pending=ZERO,
            ),
        ),
        discount=ZERO,
        shipping=ZERO,
        shipping_tax=ZERO,
        tax_included=True,
        created_at=NOW,
        updated_at=NOW,
        deliveries=(
            Delivery(
                delivery_no=f"d-{order_no}",
                warehouse="W1",
                shipped_at=NOW,
                delivered_at=NOW,
                items=tuple(
                    DeliveredItem(line_no=line.line_no, quantity=quantity) for line in lines
                ),
            ),
        ),
    )
