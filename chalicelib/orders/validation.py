"""Does an order add up? Every fault is found and named; nothing is corrected silently."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.orders.model import Delivery, Order, OrderLine

LINES_MAX = 1000


def order_faults(order: Order) -> list[FieldError]:
    """Every fault of an order, with JSON pointers into the request that states it."""
    return [
        *_line_faults(order),
        *_order_faults(order),
        *_payment_faults(order),
        *_delivery_faults(order),
    ]


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)


def _order_faults(order: Order) -> Iterator[FieldError]:
    if not order.lines:
        yield _fault("/lines", "no_lines", "An order has at least one line.")
    if len(order.lines) > LINES_MAX:
        yield _fault("/lines", "too_many_lines", f"An order has at most {LINES_MAX} lines.")
    for pointer, amount in (
        ("/discount", order.discount),
        ("/shipping", order.shipping),
        ("/shipping_tax", order.shipping_tax),
    ):
        yield from _amount_faults(pointer, amount, order.currency)
    goods = sum(line.unit_price.minor * line.quantity - line.discount.minor for line in order.lines)
    if order.discount.minor > goods:
        yield _fault("/discount", "discount_above_price", "The discount exceeds the lines.")


def _line_faults(order: Order) -> Iterator[FieldError]:
    numbers = Counter(line.line_no for line in order.lines)
    for place, line in enumerate(order.lines):
        at = f"/lines/{place}"
        if numbers[line.line_no] > 1:
            yield _fault(f"{at}/line_no", "duplicate_line", f"Line {line.line_no} comes twice.")
        if line.quantity < 1:
            yield _fault(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
        for name, amount in _amounts_of(line):
            yield from _amount_faults(f"{at}/{name}", amount, order.currency)
        price = line.unit_price.minor * line.quantity
        if line.discount.minor > price:
            yield _fault(f"{at}/discount", "discount_above_price", "The discount exceeds the line.")
        if order.tax_included and sum(tax.amount.minor for tax in line.taxes) > price:
            yield _fault(f"{at}/taxes", "tax_above_price", "The included tax exceeds the price.")


def _amounts_of(line: OrderLine) -> Iterator[tuple[str, Money]]:
    yield "unit_price", line.unit_price
    yield "discount", line.discount
    for place, tax in enumerate(line.taxes):
        yield f"taxes/{place}/amount", tax.amount
    if line.list_price is not None:
        yield "list_price", line.list_price


def _amount_faults(pointer: str, amount: Money, currency: str) -> Iterator[FieldError]:
    if amount.currency != currency:
        yield _fault(pointer, "wrong_currency", f"{amount.currency} in an order of {currency}.")
    if amount.minor < 0:
        yield _fault(pointer, "negative_amount", "An amount is not negative.")


def _payment_faults(order: Order) -> Iterator[FieldError]:
    ids = Counter(payment.payment_id for payment in order.payments)
    for place, payment in enumerate(order.payments):
        at = f"/payments/{place}"
        if ids[payment.payment_id] > 1:
            yield _fault(f"{at}/payment_id", "duplicate_payment", "A payment comes twice.")
        yield from _amount_faults(f"{at}/captured", payment.captured, order.currency)
        yield from _amount_faults(f"{at}/refunded", payment.refunded, order.currency)
        if payment.refunded.minor > payment.captured.minor:
            yield _fault(
                f"{at}/refunded", "refunded_above_captured", "More was refunded than captured."
            )


def _delivery_faults(order: Order) -> Iterator[FieldError]:
    delivered: Counter[str] = Counter()
    numbers = Counter(delivery.delivery_no for delivery in order.deliveries)
    for place, delivery in enumerate(order.deliveries):
        at = f"/deliveries/{place}"
        if numbers[delivery.delivery_no] > 1:
            yield _fault(f"{at}/delivery_no", "duplicate_delivery", "A delivery comes twice.")
        yield from _item_faults(order, delivery, at, delivered)
        if delivery.delivered_at and delivery.delivered_at < delivery.shipped_at:
            yield _fault(
                f"{at}/delivered_at", "delivered_before_shipped", "Delivered before shipped."
            )


def _item_faults(
    order: Order, delivery: Delivery, at: str, delivered: Counter[str]
) -> Iterator[FieldError]:
    if not delivery.items:
        yield _fault(f"{at}/items", "no_items", "A delivery has at least one item.")
    for place, item in enumerate(delivery.items):
        here = f"{at}/items/{place}"
        line = order.line(item.line_no)
        if line is None:
            yield _fault(f"{here}/line_no", "unknown_line", f"No line {item.line_no}.")
            continue
        if item.quantity < 1:
            yield _fault(f"{here}/quantity", "not_positive", "A quantity is at least 1.")
        delivered[item.line_no] += item.quantity
        if delivered[item.line_no] > line.quantity:
            yield _fault(
                f"{here}/quantity",
                "delivered_above_ordered",
                f"Line {item.line_no}: {delivered[item.line_no]} of {line.quantity} delivered.",
            )
        if item.serials and len(set(item.serials)) != item.quantity:
            yield _fault(f"{here}/serials", "serial_count", "One serial number per unit.")
