"""Orders: what a shop or ERP states was sold, paid and shipped, and what of it may come back."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.contracts.fields import (
    Code,
    Count,
    Day,
    Gtin,
    Id,
    Label,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Quantity,
    Rate,
    Strict,
    View,
)
from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders import returnable
from chalicelib.orders.model import (
    Coupon,
    DeliveredItem,
    Delivery,
    KitComponent,
    LineKind,
    Order,
    OrderLine,
    Payment,
    TaxLine,
)
from chalicelib.orders.registration import ContactData, RegisterOrder

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Serials = Annotated[tuple[Code, ...], Field(max_length=1000)]
Points = Annotated[int, Field(ge=0, le=10**9)]


class ContactBody(Strict):
    """Personal data; kept apart from the order and never logged."""

    name: Label | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]{1,64}@[^@\s]{1,190}$")] | None = None
    phone: Annotated[str, StringConstraints(pattern=r"^[0-9+() ./-]{3,32}$")] | None = None
    address: Note | None = None

    def to_domain(self) -> ContactData:
        return ContactData(name=self.name, email=self.email, phone=self.phone, address=self.address)


class TaxBody(Strict):
    """Tax of the whole line at the original rate."""

    name: Label
    rate: Rate = Field(examples=["0.20"])
    amount: Price

    def to_domain(self) -> TaxLine:
        return TaxLine(name=self.name, rate=self.rate, amount=self.amount.to_domain())


class KitPartBody(Strict):
    """One part of a kit as sold."""

    sku: Code
    quantity: Quantity
    share: Rate = Field(examples=["0.5"])

    def to_domain(self) -> KitComponent:
        return KitComponent(sku=self.sku, quantity=self.quantity, share=self.share)


class CouponBody(Strict):
    code: Code
    amount: Price

    def to_domain(self) -> Coupon:
        return Coupon(code=self.code, amount=self.amount.to_domain())


class OrderLineBody(Strict):
    """One sold position. Quantities are in base units, `unit_price` is per base unit."""

    line_no: Id
    sku: Code
    gtin: Gtin | None = None
    name: Label
    spec: Label | None = None
    category: Label | None = None
    tags: Annotated[tuple[Label, ...], Field(max_length=50)] = ()
    kind: LineKind = LineKind.GOODS
    final_sale: bool = False
    supplier_id: Id | None = None
    quantity: Quantity
    sales_unit: Label = "each"
    unit_factor: Quantity = 1
    list_price: Price | None = None
    unit_price: Price
    discount: Price | None = None
    promotion: Code | None = None
    taxes: Annotated[tuple[TaxBody, ...], Field(max_length=10)] = ()
    unit_cost: Price | None = None
    kit: Annotated[tuple[KitPartBody, ...], Field(max_length=100)] = ()
    warranty_end: Day | None = None
    invoice_no: Code | None = None

    def to_domain(self, currency: str) -> OrderLine:
        return OrderLine(
            line_no=self.line_no,
            sku=self.sku,
            gtin=self.gtin,
            name=self.name,
            spec=self.spec,
            category=self.category,
            tags=self.tags,
            kind=self.kind,
            final_sale=self.final_sale,
            supplier_id=self.supplier_id,
            quantity=self.quantity,
            sales_unit=self.sales_unit,
            unit_factor=self.unit_factor,
            list_price=self.list_price.to_domain() if self.list_price else None,
            unit_price=self.unit_price.to_domain(),
            discount=_or_zero(self.discount, currency),
            promotion=self.promotion,
            taxes=tuple(tax.to_domain() for tax in self.taxes),
            unit_cost=self.unit_cost.to_domain() if self.unit_cost else None,
            kit=tuple(part.to_domain() for part in self.kit),
            warranty_end=self.warranty_end,
            invoice_no=self.invoice_no,
        )


class PaymentBody(Strict):
    """One payment; `refunded` is what others gave back, not what we did."""

    payment_id: Id
    method: Label
    provider: Literal["sandbox", "manual"]
    provider_ref: Code | None = None
    captured: Price
    refunded: Price | None = None

    def to_domain(self) -> Payment:
        captured = self.captured.to_domain()
        return Payment(
            payment_id=self.payment_id,
            method=self.method,
            provider=self.provider,
            provider_ref=self.provider_ref,
            captured=captured,
            refunded=_or_zero(self.refunded, captured.currency),
            refunded_by_us=Money.zero(captured.currency),
            pending=Money.zero(captured.currency),
        )


class DeliveredItemBody(Strict):
    line_no: Id
    quantity: Quantity
    lot: Code | None = None
    serials: Serials = ()

    def to_domain(self) -> DeliveredItem:
        return DeliveredItem(
            line_no=self.line_no, quantity=self.quantity, lot=self.lot, serials=self.serials
        )


class DeliveryBody(Strict):
    """One outbound delivery. Sent again with the same content it changes nothing."""

    delivery_no: Id
    warehouse: Id
    shipped_at: Moment
    delivered_at: Moment | None = None
    items: Annotated[tuple[DeliveredItemBody, ...], Field(min_length=1, max_length=500)]

    def to_domain(self) -> Delivery:
        return Delivery(
            delivery_no=self.delivery_no,
            warehouse=self.warehouse,
            shipped_at=self.shipped_at,
            delivered_at=self.delivered_at,
            items=tuple(item.to_domain() for item in self.items),
        )


class OrderBody(Strict):
    """The order as its owner states it now. Deliveries that are not named stay as they are."""

    customer_id: Id
    customer_class: Label | None = None
    contact: ContactBody | None = None
    channel: Label | None = None
    region: Label | None = None
    currency: Currency = Field(examples=["GBP"])
    exchange_rate: Rate = "1"
    tax_included: bool = True
    placed_at: Moment
    policy_version: Id = "standard-30d"
    contract_no: Code | None = None
    sales_rep: Id | None = None
    shipping: Price | None = None
    shipping_tax: Price | None = None
    discount: Price | None = None
    coupons: Annotated[tuple[CouponBody, ...], Field(max_length=20)] = ()
    points_spent: Points = 0
    points_earned: Points = 0
    lines: Annotated[tuple[OrderLineBody, ...], Field(min_length=1, max_length=500)]
    payments: Annotated[tuple[PaymentBody, ...], Field(max_length=20)] = ()
    deliveries: Annotated[tuple[DeliveryBody, ...], Field(max_length=100)] = ()

    def to_domain(self, order_no: str, now: datetime) -> RegisterOrder:
        order = Order(
            order_no=order_no,
            customer_id=self.customer_id,
            customer_class=self.customer_class,
            channel=self.channel,
            region=self.region,
            currency=self.currency,
            exchange_rate=self.exchange_rate,
            tax_included=self.tax_included,
            placed_at=self.placed_at,
            policy_version=self.policy_version,
            contract_no=self.contract_no,
            sales_rep=self.sales_rep,
            shipping=_or_zero(self.shipping, self.currency),
            shipping_tax=_or_zero(self.shipping_tax, self.currency),
            discount=_or_zero(self.discount, self.currency),
            coupons=tuple(coupon.to_domain() for coupon in self.coupons),
            points_spent=self.points_spent,
            points_earned=self.points_earned,
            lines=tuple(line.to_domain(self.currency) for line in self.lines),
            payments=tuple(payment.to_domain() for payment in self.payments),
            deliveries=tuple(delivery.to_domain() for delivery in self.deliveries),
            created_at=now,
            updated_at=now,
        )
        return RegisterOrder(
            order=order, contact=self.contact.to_domain() if self.contact else None
        )


def _or_zero(price: Price | None, currency: str) -> Money:
    return price.to_domain() if price is not None else Money.zero(currency)


class TaxView(View):
    name: str
    rate: str
    amount: MoneyOut


class KitPartView(View):
    sku: str
    quantity: int
    share: str


class CouponView(View):
    code: str
    amount: MoneyOut


class OrderLineView(View):
    """`shipped` units were posted out, `reserved` ones are held by returns, the rest is free."""

    line_no: str
    sku: str
    gtin: str | None
    name: str
    spec: str | None
    category: str | None
    tags: tuple[str, ...]
    kind: LineKind
    final_sale: bool
    supplier_id: str | None
    quantity: Count
    sales_unit: str
    unit_factor: int
    list_price: MoneyOut | None
    unit_price: MoneyOut
    discount: MoneyOut
    promotion: str | None
    taxes: tuple[TaxView, ...]
    unit_cost: MoneyOut | None
    kit: tuple[KitPartView, ...]
    warranty_end: str | None
    invoice_no: str | None
    shipped: Count
    reserved: Count
    returnable_quantity: Count

    @classmethod
    def of(cls, order: Order, line: OrderLine, *, with_cost: bool) -> Self:
        return cls(
            line_no=line.line_no,
            sku=line.sku,
            gtin=line.gtin,
            name=line.name,
            spec=line.spec,
            category=line.category,
            tags=line.tags,
            kind=line.kind,
            final_sale=line.final_sale,
            supplier_id=line.supplier_id if with_cost else None,
            quantity=line.quantity,
            sales_unit=line.sales_unit,
            unit_factor=line.unit_factor,
            list_price=line.list_price,
            unit_price=line.unit_price,
            discount=line.discount,
            promotion=line.promotion,
            taxes=tuple(TaxView(name=t.name, rate=t.rate, amount=t.amount) for t in line.taxes),
            unit_cost=line.unit_cost if with_cost else None,
            kit=tuple(
                KitPartView(sku=part.sku, quantity=part.quantity, share=part.share)
                for part in line.kit
            ),
            warranty_end=line.warranty_end.isoformat() if line.warranty_end else None,
            invoice_no=line.invoice_no,
            shipped=order.shipped(line.line_no),
            reserved=runs.size(returnable.held(line)),
            returnable_quantity=returnable.returnable_quantity(order, line),
        )


class PaymentView(View):
    """`pending` is under way: its outcome is not known yet, so it counts as given back."""

    payment_id: str
    method: str
    provider: str
    captured: MoneyOut
    refunded: MoneyOut
    refunded_by_us: MoneyOut
    pending: MoneyOut


class DeliveredItemView(View):
    line_no: str
    quantity: int
    lot: str | None
    serials: tuple[str, ...]


class DeliveryView(View):
    delivery_no: str
    warehouse: str
    shipped_at: MomentOut
    delivered_at: MomentOut | None
    items: tuple[DeliveredItemView, ...]

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            delivery_no=delivery.delivery_no,
            warehouse=delivery.warehouse,
            shipped_at=delivery.shipped_at,
            delivered_at=delivery.delivered_at,
            items=tuple(
                DeliveredItemView(
                    line_no=item.line_no, quantity=item.quantity, lot=item.lot, serials=item.serials
                )
                for item in delivery.items
            ),
        )


class OrderView(View):
    """An order with what of each line may still come back. Holds no personal data."""

    order_no: str
    customer_id: str
    customer_class: str | None
    contact_ref: str | None
    channel: str | None
    region: str | None
    currency: str
    exchange_rate: str
    tax_included: bool
    placed_at: MomentOut
    policy_version: str
    contract_no: str | None
    sales_rep: str | None
    shipping: MoneyOut
    shipping_tax: MoneyOut
    discount: MoneyOut
    coupons: tuple[CouponView, ...]
    points_spent: int
    points_earned: int
    lines: tuple[OrderLineView, ...]
    payments: tuple[PaymentView, ...]
    deliveries: tuple[DeliveryView, ...]
    version: int
    created_at: MomentOut
    updated_at: MomentOut

    @classmethod
    def of(cls, order: Order, *, with_cost: bool = True) -> Self:
        """`with_cost` is for staff: a customer sees neither our cost nor our supplier."""
        return cls(
            order_no=order.order_no,
            customer_id=order.customer_id,
            customer_class=order.customer_class if with_cost else None,
            contact_ref=order.contact_ref,
            channel=order.channel,
            region=order.region,
            currency=order.currency,
            exchange_rate=order.exchange_rate,
            tax_included=order.tax_included,
            placed_at=order.placed_at,
            policy_version=order.policy_version,
            contract_no=order.contract_no,
            sales_rep=order.sales_rep,
            shipping=order.shipping,
            shipping_tax=order.shipping_tax,
            discount=order.discount,
            coupons=tuple(CouponView(code=c.code, amount=c.amount) for c in order.coupons),
            points_spent=order.points_spent,
            points_earned=order.points_earned,
            lines=tuple(OrderLineView.of(order, line, with_cost=with_cost) for line in order.lines),
            payments=tuple(_payment(payment) for payment in order.payments),
            deliveries=tuple(DeliveryView.of(delivery) for delivery in order.deliveries),
            version=order.version,
            created_at=order.created_at,
            updated_at=order.updated_at,
        )


def _payment(payment: Payment) -> PaymentView:
    return PaymentView(
        payment_id=payment.payment_id,
        method=payment.method,
        provider=payment.provider,
        captured=payment.captured,
        refunded=payment.refunded,
        refunded_by_us=payment.refunded_by_us,
        pending=payment.pending,
    )
