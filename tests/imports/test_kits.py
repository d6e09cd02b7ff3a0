"""Kits in an orders file: the column `kit`, and what is wrong with it, in words."""

import pytest

from chalicelib.contracts import fields
from chalicelib.imports.kits import SHARE, SHARE_MAX
from chalicelib.orders.model import KitComponent
from tests.imports.files import as_csv, order_row
from tests.imports.test_orders import faults, read


def test_a_row_with_parts_is_a_kit_and_pays_for_itself() -> None:
    [made] = read(as_csv(order_row(kit="CUP:4:0.6; POT:1:0.4")))

    assert made.command is not None
    [sold] = made.command.order.lines
    assert sold.kit == (
        KitComponent(sku="CUP", quantity=4, share="0.6"),
        KitComponent(sku="POT", quantity=1, share="0.4"),
    )
    assert made.command.order.payments[0].captured.amount == "20.00"
    assert made.command.order.deliveries[0].items[0].line_no == "1"


def test_a_sku_may_contain_colons() -> None:
    [made] = read(as_csv(order_row(kit="A:B:2:1")))

    assert made.command is not None
    assert made.command.order.lines[0].kit[0].sku == "A:B"


WRONG = {
    "no share": ("CUP:4", "Part 1, 'CUP:4': it needs SKU:quantity:share."),
    "no quantity": ("CUP:x:1", "Part 1, 'CUP:x:1': the quantity 'x' is not a whole number."),
    "none of it": ("CUP:0:1", "Part 1, 'CUP:0:1': the quantity is from 1 to 1000000."),
    "no SKU": ("C#P:1:1", "Part 1, 'C#P:1:1': 'C#P' is no SKU."),
    "a share in per cent": (
        "CUP:1:1;POT:1:40%",
        "Part 2, 'POT:1:40%': the share '40%' is not a decimal such as 0.25.",
    ),
    "a share beyond measure": (
        "CUP:1:1000001",
        "Part 1, 'CUP:1:1000001': the share '1000001' is not a decimal such as 0.25.",
    ),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_a_part_that_cannot_be_read_is_told_in_words(case: str) -> None:
    cell, message = WRONG[case]

    [made] = read(as_csv(order_row(kit=cell)))

    assert [(e.row, e.column, e.code, e.message) for e in made.errors] == [
        (2, "kit", "bad_kit", message)
    ]


@pytest.mark.parametrize(
    ("changed", "column", "code"),
    [
        ({"kit": ";".join(["A:1:1"] * 101)}, "kit", "too_many_items"),
        ({"kit": "A:1:1", "kind": "service"}, "kit", "service_with_parts"),
        ({"kit": "A:600000:1"}, "kit", "quantity_range"),
        ({"kit": "A:1:1", "lot": "L1"}, "lot", "kit_not_traced"),
        ({"kit": "A:1:1", "serials": "S1;S2"}, "serials", "kit_not_traced"),
    ],
    ids=["too many parts", "a service", "too many of a part", "a lot", "serials"],
)
def test_a_kit_that_cannot_be_sold_is_named_by_its_cell(
    changed: dict[str, str], column: str, code: str
) -> None:
    assert faults(as_csv(order_row(**changed))) == [(2, column, code)]


def test_a_share_in_a_file_is_what_a_request_takes() -> None:
    rate = next(m.pattern for m in fields.Rate.__metadata__ if hasattr(m, "pattern"))  # type: ignore[attr-defined]  # of Annotated
    assert f"^{SHARE.pattern}$" == rate
    assert SHARE_MAX == 1_000_000
