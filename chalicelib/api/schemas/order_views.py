"""Orders as they are shown: without personal data, and with what may still come back."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from chalicelib.api.schemas.order_money import GivenView, PaymentView
from chalicelib.api.schemas.promotions import PromotionView
from chalicelib.contracts.fields import Count, MomentOut, MoneyOut, View
from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders import kits, returnable
from chalicelib.orders.model import (
    Delivery,
    KitComponent,
    LineKind,
    Order,
    OrderLine,
)
from chalicelib.orders.value import Paid, paid_by_line


class TaxView(View):
    name: str
    rate: str
    amount: MoneyOut


class KitPartView(View):
    """One part of a kit as sold; its line is `<line_no of the kit>.<n>`."""

    sku: str
    quantity: int
    share: str
    name: str | None
    gtin: str | None
    unit_cost: MoneyOut | None


class CouponView(View):
    code: str
    amount: MoneyOut


class OrderLineView(View):
    """`shipped` units were posted out, `reserved` ones are held by documents, the rest is free.

    Of a kit these count whole kits; its parts are lines with `kit_of`. `paid` is what was paid
    for the whole line after discounts, with tax: for a part its share of the kit, for a kit all.
    """

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
    kit_of: str | None
    paid: MoneyOut
    warranty_end: str | None
    invoice_no: str | None
    invoice_date: date | None
    shipped: Count
    reserved: Count
    returnable_quantity: Count

    @classmethod
    def of(
        cls, order: Order, line: OrderLine, paid: Mapping[str, Paid], *, with_cost: bool
    ) -> Self:
        shipped, reserved, free = _counted(order, line)
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
            kit=tuple(_part(part, with_cost=with_cost) for part in line.kit),
            kit_of=line.kit_of,
            paid=_paid(order, line, paid),
            warranty_end=line.warranty_end.isoformat() if line.warranty_end else None,
            invoice_no=line.invoice_no,
            invoice_date=line.invoice_date,
            shipped=shipped,
            reserved=reserved,
            returnable_quantity=free,
        )


def _counted(order: Order, line: OrderLine) -> tuple[int, int, int]:
    """Units shipped, held and free; of a kit, how many whole ones its parts make."""
    if line.kind is not LineKind.KIT:
        free = returnable.returnable_quantity(order, line)
        return order.shipped(line.line_no), runs.size(returnable.held(line)), free
    parts = [part for part in order.lines if part.kit_of == line.line_no]
    shipped = {part.line_no: order.shipped(part.line_no) for part in parts}
    left = {part.line_no: returnable.returnable_quantity(order, part) for part in parts}
    out, back = kits.whole_kits(line, shipped), kits.whole_kits(line, left)
    return out, out - back, back


def _paid(order: Order, line: OrderLine, paid: Mapping[str, Paid]) -> Money:
    on = [line_no for line_no, _ in kits.units_of(line, 1)]
    return Money.total((paid[line_no].total for line_no in on), order.currency)


def _part(part: KitComponent, *, with_cost: bool) -> KitPartView:
    return KitPartView(
        sku=part.sku,
        quantity=part.quantity,
        share=part.share,
        name=part.name,
        gtin=part.gtin,
        unit_cost=part.unit_cost if with_cost else None,
    )


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
    """An order with what of each line may still come back. Holds no personal data.

    `given` is what went back of it so far, beside the money of payments; shown to staff.
    """

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
    contract_clauses: tuple[str, ...]
    sales_rep: str | None
    shipping: MoneyOut
    shipping_tax: MoneyOut
    shipping_tax_rate: str | None
    standard_shipping: MoneyOut | None
    discount: MoneyOut
    coupons: tuple[CouponView, ...]
    points_spent: int
    points_earned: int
    promotions: tuple[PromotionView, ...]
    lines: tuple[OrderLineView, ...]
    payments: tuple[PaymentView, ...]
    deliveries: tuple[DeliveryView, ...]
    given: GivenView | None
    version: int
    created_at: MomentOut
    updated_at: MomentOut

    @classmethod
    def of(cls, order: Order, *, with_cost: bool = True) -> Self:
        """`with_cost` is for staff: a customer sees no cost, no supplier, no books."""
        paid = paid_by_line(order)
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
            contract_clauses=order.contract_clauses,
            sales_rep=order.sales_rep,
            shipping=order.shipping,
            shipping_tax=order.shipping_tax,
            shipping_tax_rate=order.shipping_tax_rate,
            standard_shipping=order.standard_shipping,
            discount=order.discount,
            coupons=tuple(CouponView(code=c.code, amount=c.amount) for c in order.coupons),
            points_spent=order.points_spent,
            points_earned=order.points_earned,
            promotions=tuple(PromotionView.of(promotion) for promotion in order.promotions),
            lines=tuple(
                OrderLineView.of(order, line, paid, with_cost=with_cost) for line in order.lines
            ),
            payments=tuple(
                PaymentView.of(payment, for_staff=with_cost) for payment in order.payments
            ),
            deliveries=tuple(DeliveryView.of(delivery) for delivery in order.deliveries),
            given=GivenView.of(order) if with_cost else None,
            version=order.version,
            created_at=order.created_at,
            updated_at=order.updated_at,
        )
