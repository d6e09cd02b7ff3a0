"""What each unit of an order was really paid for: net and tax, after line and order discounts.

Pure. Value of unit i of n = r(total·i/n) − r(total·(i−1)/n) per component, halves to even, so
that any order of partial returns sums to exactly what was paid. A kit is worth its parts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.core.money import Money, span_value, split_by_weight
from chalicelib.core.runs import Run
from chalicelib.orders import kits
from chalicelib.orders.model import LineKind, Order, OrderLine, TaxLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was paid for some units: goods without tax, and tax.

    `taxes` says the tax by name and rate and sums to it; empty where that was not kept.
    """

    net: Money
    tax: Money
    taxes: tuple[TaxLine, ...] = ()

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

    if not whole.taxes:
        return Paid(net=part(whole.net), tax=part(whole.tax))
    return with_taxes(
        part(whole.net), (replace(tax, amount=part(tax.amount)) for tax in whole.taxes)
    )


def with_taxes(net: Money, taxes: Iterable[TaxLine]) -> Paid:
    """What was paid, with each tax as a component of its own."""
    stated = tuple(taxes)
    tax = Money.total((one.amount for one in stated), net.currency)
    return Paid(net=net, tax=tax, taxes=stated)


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
    taxes = [split_by_weight(tax.amount.minor, weights) for tax in whole.taxes]
    parts = {
        kits.part_line_no(kit, number): with_taxes(
            Money(net, currency),
            (
                replace(tax, amount=Money(shares[number - 1], currency))
                for tax, shares in zip(whole.taxes, taxes, strict=True)
            ),
        )
        for number, net in enumerate(nets, start=1)
    }
    nothing = Money.zero(currency)
    return {kit.line_no: Paid(net=nothing, tax=nothing), **parts}


def _price_after_line_discount(line: OrderLine) -> int:
    return line.unit_price.minor * line.quantity - line.discount.minor


def _components(order: Order, line: OrderLine, price_minor: int) -> Paid:
    price = Money(price_minor, order.currency)
    if not order.tax_included:
        return with_taxes(price, line.taxes)
    stated = [tax.amount.minor for tax in line.taxes]
    # Tax stated before a deep discount may exceed the price; no unit is worth less than nothing.
    within = stated if sum(stated) <= price_minor else split_by_weight(price_minor, stated)
    taxes = tuple(
        _of(tax, Money(minor, order.currency))
        for tax, minor in zip(line.taxes, within, strict=True)
    )
    return with_taxes(price - Money(sum(within), order.currency), taxes)


def _of(tax: TaxLine, amount: Money) -> TaxLine:
    return tax if tax.amount == amount else replace(tax, amount=amount)
