"""What each unit was paid for: sums to the order, whatever the discounts, taxes and splits."""

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.model import Order, TaxLine
from chalicelib.orders.validation import order_faults
from chalicelib.orders.value import order_total, paid_by_line, paid_for_units
from tests.builders import eur, line, order

currencies = st.sampled_from(["EUR", "JPY", "KWD"])


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Orders that add up, with line and order discounts, and tax in the price or on top."""
    currency = draw(currencies)
    lines = []
    for number in range(draw(st.integers(1, 6))):
        quantity, price = draw(st.integers(1, 20)), draw(st.integers(0, 5000))
        discount = draw(st.integers(0, quantity * price))
        tax = draw(st.integers(0, quantity * price))
        lines.append(
            line(
                str(number),
                quantity=quantity,
                price=price,
                currency=currency,
                discount=Money(discount, currency),
                taxes=(TaxLine(name="VAT", rate="0.2", amount=Money(tax, currency)),),
            )
        )
    goods = sum(x.unit_price.minor * x.quantity - x.discount.minor for x in lines)
    discount = draw(st.integers(0, goods))
    return order(*lines, discount=discount, tax_included=draw(st.booleans()))


@given(orders())
def test_the_lines_sum_to_what_the_order_cost(sold: Order) -> None:
    assert order_faults(sold) == []
    goods = sum(x.unit_price.minor * x.quantity - x.discount.minor for x in sold.lines)
    tax = sum(t.amount.minor for x in sold.lines for t in x.taxes)
    on_top = 0 if sold.tax_included else tax

    paid = sum(paid.total.minor for paid in paid_by_line(sold).values())

    assert paid == goods - sold.discount.minor + on_top == order_total(sold).minor


@given(orders(), st.data())
def test_any_order_of_partial_returns_sums_to_what_the_line_cost(
    sold: Order, data: st.DataObject
) -> None:
    bought = sold.lines[0]
    ordinals = data.draw(st.permutations(range(1, bought.quantity + 1)))
    cut = data.draw(st.integers(0, bought.quantity))
    whole = paid_by_line(sold)[bought.line_no]

    parts = [
        paid_for_units(sold, bought, runs.of_ordinals(part))
        for part in (ordinals[:cut], ordinals[cut:])
    ]

    assert parts[0].net + parts[1].net == whole.net
    assert parts[0].tax + parts[1].tax == whole.tax


@given(orders())
def test_no_unit_is_worth_less_than_nothing(sold: Order) -> None:
    for bought in sold.lines:
        for ordinal in range(1, bought.quantity + 1):
            paid = paid_for_units(sold, bought, runs.of_ordinals([ordinal]))
            assert paid.net.minor >= 0
            assert paid.tax.minor >= 0


def test_shipping_and_its_tax_belong_to_the_total_and_to_no_line() -> None:
    sold = order(
        line(price=1000),
        shipping=eur(500),
        shipping_tax=eur(100),
        tax_included=False,
        payments=(),
    )

    assert order_total(sold) == eur(1600)
    assert paid_by_line(sold)["1"].total == eur(1000)
