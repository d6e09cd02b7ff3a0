"""Promotions and coupons in an orders file, and what is wrong with them, in words."""

import pytest

from chalicelib.core.money import Money
from chalicelib.imports.promotions import COUPONS_MAX
from chalicelib.orders.promotions import PROMOTIONS_MAX, Promotion
from tests.bargains import bulk, coupon, gift, threshold
from tests.imports.files import as_csv, order_row
from tests.imports.test_orders import faults, read

PROMOTIONS = {
    "bulk": ("P 5|bulk|1|1=5.00, 5=3.00", bulk({1: 500, 5: 300}, promotion_id="P 5")),
    "threshold": ("OFF|threshold|1,2|10=1;", threshold({1000: 100}, "1", "2")),
    "gift": ("GIFT|gift|1|2@10.00=4.00", gift("2", above=1000, value=400)),
}


@pytest.mark.parametrize("kind", list(PROMOTIONS))
def test_a_promotion_is_read_from_its_cell(kind: str) -> None:
    cell, promotion = PROMOTIONS[kind]

    [made] = read(as_csv(order_row(promotions=cell), order_row(line_no="2", sku="S2")))

    assert made.command is not None
    assert made.command.order.promotions == (promotion,)


def test_several_promotions_and_coupons_stand_in_one_cell() -> None:
    cell = "A|bulk|1|1=5.00;B|threshold|1|5.00=1.00"

    [made] = read(as_csv(order_row(promotions=cell, coupons="WELCOME:5.00; B:2 : 0.50")))

    assert made.command is not None
    assert [one.promotion_id for one in made.command.order.promotions] == ["A", "B"]
    assert made.command.order.coupons == (coupon(), coupon("B:2", 50))


def test_amounts_in_a_cell_are_in_the_currency_of_the_row() -> None:
    row = order_row(
        currency="CLF", unit_price="0.0001", promotions="A|bulk|1|1=0.0003,2=0.0001", coupons="C:1"
    )

    [made] = read(as_csv(row))

    assert made.command is not None
    [promotion] = made.command.order.promotions
    assert promotion == Promotion(
        promotion_id="A",
        kind=promotion.kind,
        line_nos=("1",),
        bulk=bulk({1: 3, 2: 1}, currency="CLF").bulk,
    )
    assert made.command.order.coupons[0].amount == Money(10_000, "CLF")


WRONG = {
    "three of four": ("A|bulk|1", "it needs id|kind|lines|tiers"),
    "an id with a fence": ("A#|bulk|1|1=5", "'A#' is no id"),
    "an unknown kind": ("A|half|1|1=5", "the kind 'half' is none of bulk, threshold, gift"),
    "a line with a slash": ("A|bulk|1/2|1=5", "'1/2' is no line number"),
    "a tier without a price": ("A|bulk|1|5", "the tier '5' has no ="),
    "a quantity of none": ("A|bulk|1|0=5", "the quantity '0' is not from 1 to 1000000"),
    "a price in words": ("A|bulk|1|1=five", "'five' is not an amount such as 96.67"),
    "a negative price": ("A|bulk|1|1=-5", "'-5' is not an amount such as 96.67"),
    "a third of a cent": ("A|bulk|1|1=1.001", "EUR has 2 digits, '1.001' has more"),
    "a gift without its sum": ("A|gift|1|2=5", "'' is not an amount such as 96.67"),
    "a gift without its line": ("A|gift|1|@5=5", "'' is no line number"),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_a_promotion_that_cannot_be_read_is_told_in_words(case: str) -> None:
    cell, wrong = WRONG[case]

    [made] = read(as_csv(order_row(promotions=cell)))

    assert [(e.row, e.column, e.code, e.message) for e in made.errors] == [
        (2, "promotions", "bad_promotion", f"Part 1, {cell!r}: {wrong}.")
    ]


@pytest.mark.parametrize("cell", ["WELCOME", ":5.00", "W:x", "W:-1", "W#:1"])
def test_a_coupon_that_cannot_be_read_is_told_in_words(cell: str) -> None:
    [made] = read(as_csv(order_row(coupons=cell)))

    assert [(e.column, e.code) for e in made.errors] == [("coupons", "bad_coupon")]


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"promotions": "A|bulk|9|1=5"}, "promotions", "unknown_line"),
        ({"promotions": "A|bulk||1=5"}, "promotions", "no_lines"),
        ({"promotions": "A|bulk|1|2=5"}, "promotions", "no_single_price"),
        ({"promotions": "A|bulk|1|1=5,3=6"}, "promotions", "dearer_tier"),
        ({"promotions": "A|bulk|1|"}, "promotions", "wrong_tiers"),
        (
            {"promotions": ";".join(["A|bulk|1|1=5"] * (PROMOTIONS_MAX + 1))},
            "promotions",
            "too_many_items",
        ),
        ({"coupons": "A:1;A:1"}, "coupons", "duplicate_coupon"),
        ({"coupons": ";".join(["A:1"] * (COUPONS_MAX + 1))}, "coupons", "too_many_items"),
    ],
)
def test_a_promotion_that_does_not_add_up_is_named_by_its_cell(
    changed: dict[str, str], column: str, code: str
) -> None:
    assert (2, column, code) in faults(as_csv(order_row(**changed)))


def test_without_a_currency_only_that_is_wrong() -> None:
    row = order_row(currency="EURO", promotions="A|bulk|1|1=5", coupons="W:5")

    assert faults(as_csv(row)) == [(2, "currency", "unknown_currency")]
