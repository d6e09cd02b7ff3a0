"""Amounts of an order in every currency, with tax in the price and on top, at the sale's rate."""

from dataclasses import replace

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.orders.model import Order, TaxLine
from chalicelib.orders.value import order_total, paid_by_line
from tests.bargains import bulk, coupon
from tests.builders import Shop, line, order

MINOR = {"JPY": "1234", "EUR": "12.34", "KWD": "1.234", "CLF": "0.1234"}
"""1,234 of the smallest unit, in currencies of 0, 2, 3 and 4 digits."""


def tax(name: str, rate: str, minor: int, currency: str = "EUR") -> TaxLine:
    return TaxLine(name=name, rate=rate, amount=Money(minor, currency))


def codes(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in refused.value.errors]


@pytest.mark.parametrize("currency", list(MINOR))
def test_an_order_is_kept_to_the_smallest_unit_of_its_currency(shop: Shop, currency: str) -> None:
    told = order(
        line(quantity=3, price=1234, currency=currency, taxes=(tax("VAT", "0.1", 336, currency),)),
        discount=1,
        shipping=Money(7, currency),
        shipping_tax=Money(1, currency),
        standard_shipping=Money(5, currency),
        coupons=(coupon(amount=3, currency=currency),),
        promotions=(bulk({1: 2000, 3: 1234}, currency=currency),),
    )

    kept = shop.sells(told)

    assert kept.lines[0].unit_price.amount == MINOR[currency]
    assert order_total(kept) == Money(3 * 1234 - 1 + 7, currency)
    assert kept.payments[0].captured == order_total(kept)


@pytest.mark.parametrize("field", ["discount", "shipping", "shipping_tax", "standard_shipping"])
def test_an_amount_of_the_order_is_in_its_currency(shop: Shop, field: str) -> None:
    told = replace(order(line()), **{field: Money(0, "KWD")})  # type: ignore[arg-type]  # as is

    with pytest.raises(Invalid) as refused:
        shop.registers(told)

    assert (f"/{field}", "wrong_currency") in codes(refused)


def test_taxes_of_a_line_are_in_its_currency_and_not_negative(shop: Shop) -> None:
    taxes = (tax("VAT", "0.19", 1), tax("A", "0.02", 1, "JPY"), tax("B", "0.02", -1))

    with pytest.raises(Invalid) as refused:
        shop.registers(order(line(taxes=taxes)))

    assert codes(refused) == [
        ("/lines/0/taxes/1/amount", "wrong_currency"),
        ("/lines/0/taxes/2/amount", "negative_amount"),
    ]


def taxed(*, is_included: bool) -> Order:
    """Three at 11.90 with two taxes on them."""
    taxes = (tax("VAT", "0.19", 5_70), tax("eco", "0.01", 30))
    return order(line(quantity=3, price=11_90, taxes=taxes), tax_included=is_included)


def test_included_taxes_are_part_of_the_price(shop: Shop) -> None:
    sold = shop.sells(taxed(is_included=True))

    paid = paid_by_line(sold)["1"]
    assert (paid.net.minor, paid.tax.minor, paid.total.minor) == (29_70, 6_00, 35_70)
    assert [(one.name, one.rate, one.amount.minor) for one in paid.taxes] == [
        ("VAT", "0.19", 5_70),
        ("eco", "0.01", 30),
    ]


def test_taxes_on_top_are_paid_beside_the_price(shop: Shop) -> None:
    sold = shop.sells(taxed(is_included=False))

    paid = paid_by_line(sold)["1"]
    assert (paid.net.minor, paid.tax.minor, paid.total.minor) == (35_70, 6_00, 41_70)


def test_included_taxes_do_not_exceed_the_price_but_those_on_top_may(shop: Shop) -> None:
    dear = line(price=100, taxes=(tax("duty", "2.5", 250),))

    with pytest.raises(Invalid) as refused:
        shop.registers(order(dear))
    shop.sells(order(dear, tax_included=False))

    assert codes(refused) == [("/lines/0/taxes", "tax_above_price")]


def test_the_rate_of_the_sale_is_kept_as_it_was_told(shop: Shop) -> None:
    sold = shop.sells(order(line(currency="USD"), exchange_rate="0.9174"))
    shop.settles(shop.accepts(shop.asks()))

    again = shop.registers(sold)

    assert not again.changed
    assert shop.sold().exchange_rate == "0.9174"
