"""Does an order add up? Every fault is found and named; nothing is corrected silently."""

from collections import Counter
from collections.abc import Iterator

from chalicelib.core.errors import FieldError
from chalicelib.core.money import Money
from chalicelib.orders import kits
from chalicelib.orders.model import DeliveredItem, Delivery, LineKind, Order, OrderLine
from chalicelib.orders.promotions import promotion_faults

LINES_MAX = 1000
LINE_NO_LENGTH_MAX = 64
QUANTITY_MAX = 1_000_000


def told_faults(order: Order, undivided: frozenset[str] = frozenset()) -> list[FieldError]:
    """Every fault of an order as its owner states it: kits, without the lines of their parts."""
    own = [*_line_faults(order), *_order_faults(order), *_payment_faults(order)]
    own += [*_whole_order_faults(order), *_promotion_faults(order)]
    of_kits = list(_kit_faults(order, undivided))
    if of_kits:  # Nobody knows which lines a delivery may name.
        return [*own, *of_kits]
    return [*own, *_delivery_faults(kits.exploded(order, undivided), order.deliveries)]


def order_faults(order: Order) -> list[FieldError]:
    """Every fault of an order as it is kept, with the lines of the parts of its kits."""
    return [
        *_line_faults(order),
        *_order_faults(order),
        *_payment_faults(order),
        *_delivery_faults(order, order.deliveries),
    ]


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)


def _order_faults(order: Order) -> Iterator[FieldError]:
    if not order.lines:
        yield _fault("/lines", "no_lines", "An order has at least one line.")
    for pointer, amount in (
        ("/discount", order.discount),
        ("/shipping", order.shipping),
        ("/shipping_tax", order.shipping_tax),
    ):
        yield from _amount_faults(pointer, amount, order.currency)
    goods = sum(line.unit_price.minor * line.quantity - line.discount.minor for line in order.lines)
    if order.discount.minor > goods:
        yield _fault("/discount", "discount_above_price", "The discount exceeds the lines.")


def _whole_order_faults(order: Order) -> Iterator[FieldError]:
    """Of what belongs to no line, and is asked only of those who tell it now."""
    if order.standard_shipping is not None:
        yield from _amount_faults("/standard_shipping", order.standard_shipping, order.currency)
    if order.tax_included and order.shipping_tax.minor > order.shipping.minor:
        yield _fault("/shipping_tax", "tax_above_price", "The included tax exceeds the price.")
    if not order.exchange_rate.strip("0."):
        yield _fault("/exchange_rate", "zero_rate", "A rate is above zero.")
    codes = Counter(coupon.code for coupon in order.coupons)
    for place, coupon in enumerate(order.coupons):
        at = f"/coupons/{place}"
        if codes[coupon.code] > 1:
            yield _fault(f"{at}/code", "duplicate_coupon", f"Coupon {coupon.code} comes twice.")
        yield from _amount_faults(f"{at}/amount", coupon.amount, order.currency)


def _promotion_faults(order: Order) -> list[FieldError]:
    """They name kits, as these are sold, and not the lines of their parts."""
    sold = (line.line_no for line in order.lines if line.kit_of is None)
    return promotion_faults(order.promotions, sold, order.currency)


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


def _kit_faults(order: Order, undivided: frozenset[str]) -> Iterator[FieldError]:
    divided = [line for line in order.lines if line.kit and line.line_no not in undivided]
    if len(order.lines) + sum(len(line.kit) for line in divided) > LINES_MAX:
        message = f"An order has at most {LINES_MAX} lines, those of kits' parts included."
        yield _fault("/lines", "too_many_lines", message)
    kit_of = {
        kits.part_line_no(line, number): line.line_no
        for line in divided
        for number in range(1, len(line.kit) + 1)
    }
    for place, line in enumerate(order.lines):
        at = f"/lines/{place}"
        if line.kit_of is not None or line.line_no in kit_of:
            kit = line.kit_of or kit_of[line.line_no]
            message = f"{line.line_no} is the line of a part of kit {kit}; it is not told."
            yield _fault(f"{at}/line_no", "part_line_told", message)
        if line.kind is LineKind.KIT and not line.kit:
            yield _fault(f"{at}/kit", "kit_without_parts", "A kit names its parts.")
        if line.kind is LineKind.SERVICE and line.kit:
            yield _fault(f"{at}/kit", "service_with_parts", "A service has no parts.")
        if line.kit and len(kits.part_line_no(line, len(line.kit))) > LINE_NO_LENGTH_MAX:
            message = "With the numbers of its parts the line number is too long."
            yield _fault(f"{at}/line_no", "too_long", message)
        for number, part in enumerate(line.kit):
            if part.quantity < 1 or part.quantity * line.quantity > QUANTITY_MAX:
                message = f"At least 1, and all kits together at most {QUANTITY_MAX}."
                yield _fault(f"{at}/kit/{number}/quantity", "quantity_range", message)


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


def _delivery_faults(order: Order, deliveries: tuple[Delivery, ...]) -> Iterator[FieldError]:
    """Of deliveries that may name kits or parts, to an order that has the lines of all parts."""
    delivered: Counter[str] = Counter()
    numbers = Counter(delivery.delivery_no for delivery in deliveries)
    lines = {line.line_no: line for line in order.lines}
    for place, delivery in enumerate(deliveries):
        at = f"/deliveries/{place}"
        if numbers[delivery.delivery_no] > 1:
            yield _fault(f"{at}/delivery_no", "duplicate_delivery", "A delivery comes twice.")
        if not delivery.items:
            yield _fault(f"{at}/items", "no_items", "A delivery has at least one item.")
        for number, item in enumerate(delivery.items):
            yield from _item_faults(lines, item, f"{at}/items/{number}", delivered)
        if delivery.delivered_at and delivery.delivered_at < delivery.shipped_at:
            yield _fault(
                f"{at}/delivered_at", "delivered_before_shipped", "Delivered before shipped."
            )


def _item_faults(
    lines: dict[str, OrderLine], item: DeliveredItem, at: str, delivered: Counter[str]
) -> Iterator[FieldError]:
    line = lines.get(item.line_no)
    if line is None:
        yield _fault(f"{at}/line_no", "unknown_line", f"No line {item.line_no}.")
        return
    if item.quantity < 1:
        yield _fault(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
    for line_no, quantity in kits.units_of(line, item.quantity):
        delivered[line_no] += quantity
        if delivered[line_no] > lines[line_no].quantity:
            yield _fault(
                f"{at}/quantity",
                "delivered_above_ordered",
                f"Line {line_no}: {delivered[line_no]} of {lines[line_no].quantity} delivered.",
            )
    if line.kind is LineKind.KIT and (item.lot or item.serials):
        stated = "serials" if item.serials else "lot"
        message = f"Lots and serial numbers are of parts: name lines {item.line_no}.1 and on."
        yield _fault(f"{at}/{stated}", "kit_not_traced", message)
    elif item.serials and len(set(item.serials)) != item.quantity:
        yield _fault(f"{at}/serials", "serial_count", "One serial number per unit.")
