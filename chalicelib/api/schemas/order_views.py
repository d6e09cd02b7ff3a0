"""Orders as they are shown: without personal data, and with what may still come back."""

from typing import Self

from chalicelib.contracts.fields import Count, MomentOut, MoneyOut, View
from chalicelib.core import runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Delivery, LineKind, Order, OrderLine, Payment


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
