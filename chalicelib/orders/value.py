"""What each unit of an order was really paid for: net and tax, after line and order discounts.

Pure. Value of unit i of n = r(total·i/n) − r(total·(i−1)/n) per component, halves to even, so
that any order of partial returns sums to exactly what was paid. A kit is worth its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.core.money import Money, span_value, split_by_weight
from chalicelib.core.runs import Run
from chalicelib.orders import kits
from chalicelib.orders.model import LineKind, Order, OrderLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was paid for some units: goods without tax, and tax."""

    net: Money
    tax: Money

    @property
    def total(self) -> Money:
        return self.net + self.tax


def paid_by_line(order: Order) -> dict[str, Paid]:
    """What was paid for each whole line; the order discount is shared by the lines' prices.

    What was paid for a kit is on the lines of its parts, by their shares; nothing is left on it.
    """
    sold = [line for line in order.lines if line.kit_of is None]
    prices = [_price_after_line_discount(line) for line in sold]
    shares = split_by_weight(order.discount.minor, prices)
    paid: dict[str, Paid] = {}
    for line, price, share in zip(sold, prices, shares, strict=True):
        whole = _components(order, line, price - share)
        paid |= _by_part(line, whole) if line.kind is LineKind.KIT else {line.line_no: whole}
    return paid


def paid_for_units(order: Order, line: OrderLine, units: Iterable[Run]) -> Paid:
    """What was paid for these units of the line."""
    whole = paid_by_line(order)[line.line_no]
    return value_of_units(whole, line.quantity, units)


def value_of_units(whole: Paid, quantity: int, units: Iterable[Run]) -> Paid:
    """The part of a line's payment that these of its `quantity` units carry."""
    units = tuple(units)
    currency = whole.net.currency

    def part(total: Money) -> Money:
        minor = sum(span_value(total.minor, quantity, run.first, run.last) for run in units)
        return Money(minor, currency)

    return Paid(net=part(whole.net), tax=part(whole.tax))


def order_total(order: Order) -> Money:
    """All lines with tax, and shipping with its tax."""
    goods = Money.total((paid.total for paid in paid_by_line(order).values()), order.currency)
    shipping_tax = Money.zero(order.currency) if order.tax_included else order.shipping_tax
    return goods + order.shipping + shipping_tax


def _by_part(kit: OrderLine, whole: Paid) -> dict[str, Paid]:
    """The kit's payment on the lines of its parts, net and tax each split exactly."""
    currency = whole.net.currency
    weights = kits.weights(kit.kit)
    nets = split_by_weight(whole.net.minor, weights)
    taxes = split_by_weight(whole.tax.minor, weights)
    parts = {
        kits.part_line_no(kit, number): Paid(net=Money(net, currency), tax=Money(tax, currency))
        for number, (net, tax) in enumerate(zip(nets, taxes, strict=True), start=1)
    }
    nothing = Money.zero(currency)
    return {kit.line_no: Paid(net=nothing, tax=nothing), **parts}


def _price_after_line_discount(line: OrderLine) -> int:
    return line.unit_price.minor * line.quantity - line.discount.minor


def _components(order: Order, line: OrderLine, price_minor: int) -> Paid:
    tax = Money.total((tax.amount for tax in line.taxes), order.currency)
    price = Money(price_minor, order.currency)
    if not order.tax_included:
        return Paid(net=price, tax=tax)
    # Tax stated before a deep discount may exceed the price; no unit is worth less than nothing.
    tax = min(tax, price)
    return Paid(net=price - tax, tax=tax)
