"""Orders as a shop or ERP states them: what was sold, paid and shipped."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.promotions import Promotions
from chalicelib.contracts.fields import (
    Code,
    Day,
    Gtin,
    Id,
    Label,
    Moment,
    Note,
    Price,
    Quantity,
    Rate,
    Strict,
)
from chalicelib.core.money import Money
from chalicelib.imports.cells import POINTS_MAX
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
from chalicelib.orders.terms_of_sale import UNDECIDED, TermsOfSale

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Serials = Annotated[tuple[Code, ...], Field(max_length=1000)]
Provider = Literal["sandbox", "manual", "stripe", "store_credit"]
Points = Annotated[int, Field(ge=0, le=POINTS_MAX)]


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
    """One part of a kit as sold: how many of it are in one kit, and its share of the price.

    Without a `unit_cost` of its own, a part has its share of the kit's.
    """

    sku: Code
    quantity: Quantity
    share: Rate = Field(examples=["0.5"])
    name: Label | None = None
    gtin: Gtin | None = None
    unit_cost: Price | None = None

    def to_domain(self) -> KitComponent:
        return KitComponent(
            sku=self.sku,
            quantity=self.quantity,
            share=self.share,
            name=self.name,
            gtin=self.gtin,
            unit_cost=self.unit_cost.to_domain() if self.unit_cost else None,
        )


class CouponBody(Strict):
    code: Code
    amount: Price

    def to_domain(self) -> Coupon:
        return Coupon(code=self.code, amount=self.amount.to_domain())


class OrderLineBody(Strict):
    """One sold position. Quantities are in base units, `unit_price` is per base unit.

    One with `kit` is a kit: its parts become lines `<line_no>.1`, `<line_no>.2` and so on.
    """

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
    invoice_date: Day | None = None

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
            invoice_date=self.invoice_date,
        )


class PaymentBody(Strict):
    """One payment; `refunded` is what others gave back, not what we did.

    `captured` is what was taken so far: it may grow, and never falls below what went back.
    """

    payment_id: Id
    method: Label
    provider: Provider
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
    items: Annotated[tuple[DeliveredItemBody, ...], Field(min_length=1, max_length=1000)]

    def to_domain(self) -> Delivery:
        return Delivery(
            delivery_no=self.delivery_no,
            warehouse=self.warehouse,
            shipped_at=self.shipped_at,
            delivered_at=self.delivered_at,
            items=tuple(item.to_domain() for item in self.items),
        )


class OrderBody(Strict):
    """The order as its owner states it now. Deliveries that are not named stay as they are.

    Of the terms it names the version that the customer was shown, or the policy whose version in
    force at `placed_at` they were shown, or neither: that is policy `standard`. What is recorded
    stays.

    `standard_shipping` is what the cheapest delivery would have cost, where a dearer one was
    chosen. `exchange_rate` is in units of the shop's own currency for one of the order's.
    """

    customer_id: Id
    customer_class: Label | None = None
    contact: ContactBody | None = None
    channel: Label | None = None
    region: Label | None = None
    currency: Currency = Field(examples=["GBP"])
    exchange_rate: Rate = "1"
    tax_included: bool = True
    placed_at: Moment
    policy_version: Id | None = None
    policy: Id | None = None
    contract_no: Code | None = None
    contract_clauses: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    sales_rep: Id | None = None
    shipping: Price | None = None
    shipping_tax: Price | None = None
    shipping_tax_rate: Rate | None = Field(default=None, examples=["0.20"])
    standard_shipping: Price | None = None
    discount: Price | None = None
    coupons: Annotated[tuple[CouponBody, ...], Field(max_length=20)] = ()
    points_spent: Points = 0
    points_earned: Points = 0
    promotions: Promotions = ()
    lines: Annotated[tuple[OrderLineBody, ...], Field(min_length=1, max_length=1000)]
    payments: Annotated[tuple[PaymentBody, ...], Field(max_length=20)] = ()
    deliveries: Annotated[tuple[DeliveryBody, ...], Field(max_length=100)] = ()

    @model_validator(mode="after")
    def _names_one_of_both(self) -> Self:
        if self.policy is not None and self.policy_version is not None:
            raise PydanticCustomError(
                "policy_or_version", "Give `policy` or `policy_version`, not both"
            )
        return self

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
            policy_version=self.policy_version or UNDECIDED,
            contract_no=self.contract_no,
            contract_clauses=self.contract_clauses,
            sales_rep=self.sales_rep,
            shipping=_or_zero(self.shipping, self.currency),
            shipping_tax=_or_zero(self.shipping_tax, self.currency),
            shipping_tax_rate=self.shipping_tax_rate,
            standard_shipping=self.standard_shipping.to_domain()
            if self.standard_shipping
            else None,
            discount=_or_zero(self.discount, self.currency),
            coupons=tuple(coupon.to_domain() for coupon in self.coupons),
            points_spent=self.points_spent,
            points_earned=self.points_earned,
            promotions=tuple(promotion.to_domain() for promotion in self.promotions),
            lines=tuple(line.to_domain(self.currency) for line in self.lines),
            payments=tuple(payment.to_domain() for payment in self.payments),
            deliveries=tuple(delivery.to_domain() for delivery in self.deliveries),
            created_at=now,
            updated_at=now,
        )
        return RegisterOrder(
            order=order,
            contact=self.contact.to_domain() if self.contact else None,
            terms=TermsOfSale(version=self.policy_version, policy=self.policy),
        )


def _or_zero(price: Price | None, currency: str) -> Money:
    return price.to_domain() if price is not None else Money.zero(currency)
