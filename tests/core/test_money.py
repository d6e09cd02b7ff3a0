"""Money: nothing is created or lost, whatever the currency, the split or the order of events."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import (
    CURRENCY_DIGITS,
    MINOR_MAX,
    Money,
    round_half_even,
    span_value,
    split_by_weight,
    unit_value,
)

amounts = st.integers(-(10**12), 10**12)
quantities = st.integers(1, 300)
currencies = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])


@given(amounts, quantities)
def test_the_units_of_a_line_sum_to_what_the_line_cost(total: int, units: int) -> None:
    assert sum(unit_value(total, units, i) for i in range(1, units + 1)) == total


@given(amounts, quantities, st.data())
def test_any_order_of_partial_returns_sums_exactly(
    total: int, units: int, data: st.DataObject
) -> None:
    ordinals = data.draw(st.permutations(range(1, units + 1)))
    cut = data.draw(st.integers(0, units))

    parts = [ordinals[:cut], ordinals[cut:]]

    assert sum(sum(unit_value(total, units, i) for i in part) for part in parts) == total


@given(amounts, quantities, st.data())
def test_a_span_is_worth_the_sum_of_its_units(total: int, units: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, units))
    last = data.draw(st.integers(first, units))

    together = span_value(total, units, first, last)

    assert together == sum(unit_value(total, units, i) for i in range(first, last + 1))


@given(st.integers(0, 10**12), quantities)
def test_no_unit_of_a_paid_line_is_negative_or_more_than_one_minor_unit_off(
    total: int, units: int
) -> None:
    values = [unit_value(total, units, i) for i in range(1, units + 1)]

    assert all(value >= 0 for value in values)
    assert all(abs(value - Fraction(total, units)) <= 1 for value in values)


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_a_split_sums_to_its_total(total: int, weights: list[int]) -> None:
    assert sum(split_by_weight(total, weights)) == total


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.data())
def test_no_line_gets_more_discount_than_it_costs(prices: list[int], data: st.DataObject) -> None:
    discount = data.draw(st.integers(0, sum(prices)))

    shares = split_by_weight(discount, prices)

    if any(prices):
        assert all(0 <= share <= price for share, price in zip(shares, prices, strict=True))


def test_weights_of_zero_split_evenly_and_no_weights_give_no_parts() -> None:
    assert split_by_weight(10, [0, 0, 0]) == [3, 4, 3]
    assert split_by_weight(10, []) == []


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6))
def test_rounding_is_to_the_nearest_and_halves_to_even(numerator: int, denominator: int) -> None:
    assert round_half_even(numerator, denominator) == round(Fraction(numerator, denominator))
    assert round_half_even(-numerator, -denominator) == round_half_even(numerator, denominator)


@given(st.integers(-MINOR_MAX, MINOR_MAX), currencies)
def test_an_amount_is_read_back_as_it_was_written(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.parse(money.amount, currency) == money
    assert len(money.amount.partition(".")[2]) == CURRENCY_DIGITS[currency]


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("96.67", "EUR", 9667),
        ("-0.05", "EUR", -5),
        ("7", "EUR", 700),
        ("1.500", "EUR", 150),
        ("1234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
    ],
)
def test_a_decimal_string_becomes_minor_units(amount: str, currency: str, minor: int) -> None:
    assert Money.parse(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("0.001", "EUR", "too_many_digits"),
        ("0.5", "JPY", "too_many_digits"),
        ("1.00000000000000000000000000001", "EUR", "too_many_digits"),
        ("1e-9999999", "EUR", "bad_amount"),
        ("1e3", "EUR", "bad_amount"),
        ("NaN", "EUR", "bad_amount"),
        ("Infinity", "EUR", "bad_amount"),
        ("", "EUR", "bad_amount"),
        (" 1", "EUR", "bad_amount"),
        ("1_000", "EUR", "bad_amount"),
        ("1,50", "EUR", "bad_amount"),
        ("١", "EUR", "bad_amount"),
        ("9" * 5000, "EUR", "bad_amount"),
        ("10000000000000.01", "EUR", "amount_too_large"),
        ("1", "XYZ", "unknown_currency"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(
    amount: str, currency: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        Money.parse(amount, currency)

    assert refused.value.code == code


@given(amounts, amounts, currencies)
def test_adding_and_taking_away_cancel(one: int, other: int, currency: str) -> None:
    first, second = Money(one, currency), Money(other, currency)

    assert first + second - second == first
    assert first + (-first) == Money.zero(currency)
    assert Money.total([first, second], currency) == first + second


def test_two_currencies_never_meet() -> None:
    euro, yen = Money(1, "EUR"), Money(1, "JPY")

    for act in (
        lambda: euro + yen,
        lambda: euro - yen,
        lambda: euro < yen,
        lambda: euro <= yen,
        lambda: Money.total([euro, yen], "EUR"),
    ):
        with pytest.raises(Invalid, match="currency_mismatch"):
            act()


@given(amounts, amounts, amounts)
def test_a_clamped_amount_lies_within_its_bounds(amount: int, one: int, other: int) -> None:
    low, high = sorted((Money(one, "EUR"), Money(other, "EUR")))

    clamped = Money(amount, "EUR").clamp(low, high)

    assert low <= clamped <= high
    assert clamped in (low, high, Money(amount, "EUR"))
