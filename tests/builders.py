"""Orders in one line, and a shop that drives the use cases through any store."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from chalicelib.core.commands import Answer, Decided, IdempotencyKey
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.inventory.counting import CountedItem, CountStock, StockCount, count_stock
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.orders import registration
from chalicelib.orders.kits import exploded
from chalicelib.orders.model import DeliveredItem, Delivery, Order, OrderLine, Payment
from chalicelib.orders.returnable import returnable_quantity
from chalicelib.orders.value import Paid, order_total
from chalicelib.returns import (
    disposing,
    inspecting,
    quoting,
    receiving,
    requesting,
    review,
    scanning,
)
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Grade,
    InspectionResult,
    Logistics,
    Method,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.returns.quote import Quote
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.settlement import booking
from chalicelib.settlement.model import Settlement
from chalicelib.settlement.payout import Payout
from chalicelib.settlement.ports import PaymentProvider
from tests.fake_reads import Reader
from tests.fakes import Store
from tests.request_side import RequestSide

T = TypeVar("T")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def line(line_no: str = "1", *, quantity: int = 1, price: int = 1000, **more: Any) -> OrderLine:
    """A line of goods; `price` in minor units. `more` are fields of OrderLine, as is."""
    currency = more.pop("currency", "EUR")
    fields: dict[str, Any] = {
        "sku": f"SKU-{line_no}",
        "name": "A thing",
        "unit_price": Money(price, currency),
        "discount": Money.zero(currency),
        "unit_cost": Money(400, currency),
    }
    return OrderLine(line_no=line_no, quantity=quantity, **(fields | more))


def payment(
    payment_id: str, captured: int, *, provider: str = "sandbox", currency: str = "EUR"
) -> Payment:
    nothing = Money.zero(currency)
    return Payment(
        payment_id=payment_id,
        method="card",
        provider=provider,
        captured=Money(captured, currency),
        refunded=nothing,
        refunded_by_us=nothing,
        pending=nothing,
    )


def delivery(
    *items: DeliveredItem,
    no: str = "D-1",
    warehouse: str = "A",
    shipped_at: datetime = NOW - timedelta(days=3),
    delivered_at: datetime | None = NOW - timedelta(days=2),
) -> Delivery:
    return Delivery(
        delivery_no=no,
        warehouse=warehouse,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
        items=items,
    )


def order(*lines: OrderLine, no: str = "O-1", discount: int = 0, **more: Any) -> Order:
    """An order that was paid by one card and delivered in full two days ago, unless `more` says."""
    currency = lines[0].unit_price.currency
    nothing = Money.zero(currency)
    fields: dict[str, Any] = {
        "customer_id": "cus-1",
        "placed_at": NOW - timedelta(days=5),
        "policy_version": "standard-30d",
        "payments": (),
        "discount": Money(discount, currency),
        "shipping": nothing,
        "shipping_tax": nothing,
        "tax_included": True,
        "created_at": NOW,
        "updated_at": NOW,
        "deliveries": (
            delivery(*(DeliveredItem(line_no=x.line_no, quantity=x.quantity) for x in lines)),
        ),
    }
    made = Order(order_no=no, currency=currency, lines=lines, **(fields | more))
    if "payments" not in more:
        card = payment("card", order_total(made).minor, currency=currency)
        made = replace(made, payments=(card,))
    return made


def said(ret: Return) -> Answer:
    """A short answer about a return."""
    settled = ",".join(s.state.value for s in ret.settlements)
    return Answer(status=201, body=f"v{ret.version} {settled}".encode())


@dataclass(slots=True)
class Shop(RequestSide):
    """Commands by people of the shop, each a second after the one before."""

    store: Store
    now: datetime = NOW
    providers: dict[str, PaymentProvider] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    def context(self, command_id: str | None = None, version: int | None = None) -> Context:
        self.now += timedelta(seconds=1)
        return Context(
            actor=Actor(id="someone", role="admin"),
            now=self.now,
            command_id=command_id or derived_id("cmd", "shop", str(next(self.numbers))),
            correlation_id="story",
            expected_version=version,
        )

    def do(
        self, decide: Callable[[Reader, Context], Decided[T]], context: Context | None = None
    ) -> T:
        """Run one use case."""
        context = context or self.context()
        return self.store.run(lambda reads: decide(reads, context), context=context)

    def counts(
        self, stock: Mapping[str, int], warehouse: str = "A", lot: str | None = None
    ) -> StockCount:
        items = tuple(CountedItem(sku=sku, quantity=n, lot=lot) for sku, n in stock.items())
        command = CountStock(warehouse=warehouse, items=items, kind=MovementKind.COUNT)
        return self.do(lambda reads, context: count_stock(reads, command, context))

    def registers(self, sold: Order) -> registration.Registered:
        command = registration.RegisterOrder(order=sold)
        return self.do(lambda reads, context: registration.register(reads, command, context))

    def sells(self, sold: Order) -> Order:
        """Puts exactly what the order ships on the shelf first, then registers it."""
        whole = exploded(sold)
        for shipped in whole.deliveries:
            for item in shipped.items:
                bought = whole.line(item.line_no)
                assert bought is not None, "a delivery names a line"
                lying = self.on_hand(bought.sku, warehouse=shipped.warehouse, lot=item.lot)
                counted = {bought.sku: lying + item.quantity}
                self.counts(counted, warehouse=shipped.warehouse, lot=item.lot)
        return self.registers(sold).order

    def quotes(self, order_no: str, *wishes: RequestedLine) -> Quote:
        command = RequestReturn(order_no=order_no, lines=wishes)
        return quoting.quote(self.store.reads(), command, self.context())

    def asks(
        self,
        order_no: str | None = "O-1",
        *wishes: RequestedLine,
        quantity: int = 1,
        submit: bool = True,
        **more: Any,
    ) -> Return:
        """`more` are fields of RequestReturn, as is; no order makes a blind return."""
        lines = wishes or (wish(quantity),)
        command = RequestReturn(order_no=order_no, lines=lines, submit=submit, **more)
        return self.do(lambda reads, context: requesting.create(reads, command, context))

    def submits(self, ret: Return) -> Return:
        return self.do(lambda reads, context: requesting.submit(reads, ret.return_id, context))

    def approves(self, ret: Return, **quantities: int) -> Return:
        """All that is pending, or `line_1=2` units of line 1 and so on."""
        lines = tuple(
            review.ApprovedQuantity(line_no=name.removeprefix("line_"), quantity=quantity)
            for name, quantity in quantities.items()
        )
        command = review.Approve(lines=lines or None)
        return self.do(
            lambda reads, context: review.approve(reads, ret.return_id, command, context)
        )

    def rejects(self, ret: Return) -> Return:
        command = review.Reject(code="NOT_ELIGIBLE")
        return self.do(lambda reads, context: review.reject(reads, ret.return_id, command, context))

    def receives(
        self, ret: Return, *items: receiving.ReceivedItem, warehouse: str = "A"
    ) -> receiving.Received:
        command = receiving.Receive(warehouse=warehouse, items=items)
        return self.do(
            lambda reads, context: receiving.receive(reads, ret.return_id, command, context)
        )

    def inspects(self, ret: Return, *groups: inspecting.InspectedGroup) -> Return:
        command = inspecting.Inspect(groups=groups)
        return self.do(
            lambda reads, context: inspecting.inspect(reads, ret.return_id, command, context)
        )

    def disposes(self, ret: Return, *items: disposing.DisposedItem) -> Return:
        command = disposing.Dispose(items=items)
        return self.do(
            lambda reads, context: disposing.dispose(reads, ret.return_id, command, context)
        )

    def scans(self, scan: scanning.Scan) -> scanning.ScanOutcome:
        return self.do(lambda reads, context: scanning.take_scan(reads, scan, context))

    def accepts(self, ret: Return, quantity: int = 1, line_no: str = "1") -> Return:
        """Approved, received, passed and put back on the shelf: only the money is missing."""
        self.approves(ret)
        wanted = ret.line(line_no)
        assert wanted is not None, "a line of the return"
        self.receives(ret, item(wanted.sku, quantity))
        self.inspects(ret, passed(quantity, line_no=line_no))
        return self.disposes(ret, restock(quantity, line_no=line_no))

    def payout(self, store: Store | None = None) -> Payout:
        return Payout(commands=store or self.store, providers=self.providers, clock=lambda: NOW)

    def settles(
        self,
        ret: Return,
        context: Context | None = None,
        *,
        key: str | None = None,
        store: Store | None = None,
    ) -> Answer:
        return self.payout(store).execute(
            ret.return_id,
            context or self.context(),
            render=said,
            idempotency=idempotency(key, f"settle {ret.return_id}"),
        )

    def retries(
        self, settlement: Settlement, context: Context | None = None, *, key: str | None = None
    ) -> Answer:
        return self.payout().retry(
            settlement.settlement_id,
            context or self.context(),
            render=said,
            idempotency=idempotency(key, "retry"),
        )

    def confirms(self, settlement: Settlement, payment_id: str, proof: str = "bank-1") -> Return:
        return self.do(
            lambda reads, context: booking.confirm(
                reads, settlement.settlement_id, payment_id, proof, context
            )
        )

    def now_is(self, ret: Return) -> Return:
        """The return as it is stored now."""
        stored = self.store.reads().return_(ret.return_id)
        assert stored is not None, "returns do not vanish"
        return stored

    def settlement(self, ret: Return) -> Settlement:
        """The latest settlement of a return."""
        return self.now_is(ret).settlements[-1]

    def sold(self, order_no: str = "O-1") -> Order:
        stored = self.store.reads().order(order_no)
        assert stored is not None, "orders do not vanish"
        return stored

    def returnable(self, order_no: str = "O-1", line_no: str = "1") -> int:
        sold = self.sold(order_no)
        bought = sold.line(line_no)
        assert bought is not None, "a line of the order"
        return returnable_quantity(sold, bought)

    def on_hand(
        self,
        sku: str,
        account: Account = Account.AVAILABLE,
        *,
        warehouse: str = "A",
        lot: str | None = None,
    ) -> int:
        return sum(
            balance.quantity
            for balance in self.store.reads().balances(warehouse, [sku])
            if balance.account is account and balance.lot == lot
        )


def owing(minor: int) -> Return:
    """A return with one accepted unit that was paid with so much."""
    nothing = Money.zero("EUR")
    group = UnitGroup(
        units=(Run(1, 1),),
        authorization=Authorization.APPROVED,
        logistics=Logistics.RECEIVED,
        credit=True,
    )
    one = ReturnLine(
        line_no="1",
        sku="S",
        name="n",
        reason="OTHER",
        groups=(group,),
        paid=Paid(net=eur(minor), tax=nothing),
        sold=1,
    )
    return _return_of(one)


def _return_of(one: ReturnLine) -> Return:
    return Return(
        return_id="ret_1",
        number="R1",
        type=ReturnType.CUSTOMER_RETURN,
        method=Method.STORE,
        currency="EUR",
        lines=(one,),
        requested_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        requested_by="a",
    )


def idempotency(key: str | None, fingerprint: str = "body") -> IdempotencyKey | None:
    if key is None:
        return None
    return IdempotencyKey(scope="someone", key=key, fingerprint=fingerprint)


def wish(quantity: int = 1, line_no: str = "1", **more: Any) -> RequestedLine:
    fields: dict[str, Any] = {"reason": "CHANGED_MIND"} | more
    return RequestedLine(order_line_no=line_no, quantity=quantity, **fields)


def item(sku: str = "SKU-1", quantity: int = 1, **more: Any) -> receiving.ReceivedItem:
    return receiving.ReceivedItem(sku=sku, quantity=quantity, **more)


def passed(quantity: int = 1, line_no: str = "1", **more: Any) -> inspecting.InspectedGroup:
    fields: dict[str, Any] = {"grade": Grade.A, "result": InspectionResult.PASSED} | more
    return inspecting.InspectedGroup(line_no=line_no, quantity=quantity, **fields)


def failed(quantity: int = 1, line_no: str = "1", **more: Any) -> inspecting.InspectedGroup:
    fields: dict[str, Any] = {"grade": Grade.C, "result": InspectionResult.FAILED} | more
    return inspecting.InspectedGroup(line_no=line_no, quantity=quantity, **fields)


def goes(
    disposition: Disposition, quantity: int = 1, line_no: str = "1", **more: Any
) -> disposing.DisposedItem:
    return disposing.DisposedItem(
        line_no=line_no, quantity=quantity, disposition=disposition, **more
    )


def restock(quantity: int = 1, line_no: str = "1", **more: Any) -> disposing.DisposedItem:
    return goes(Disposition.RESTOCK, quantity, line_no, **more)
