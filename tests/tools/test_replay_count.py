"""The count that a replay is held against: small files whose figures are plain to see."""

import ast
from pathlib import Path

import pytest

from tools.replay import count

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"


def figures_of(*rows: str) -> count.Figures:
    return count.count_text(HEADER + "".join(f"{row}\n" for row in rows))


def sale(
    invoice: str, sku: str, quantity: int, at: str, price: str = "1.00", who: str = "7"
) -> str:
    return f"{invoice},{sku},THING,{quantity},2010-{at},{price},{who},France"


def test_units_come_from_the_newest_earlier_line_at_the_price_paid() -> None:
    figures = figures_of(
        sale("1", "22065", 5, "01-01T09:00:00", "1.00"),
        sale("2", "22065", 5, "01-02T09:00:00", "2.00"),
        sale("3", "22065", 5, "01-09T09:00:00", "9.00"),
        sale("C4", "22065", -7, "01-05T09:00:00"),
    )

    assert figures.units_by_return == {("C4", "2"): 5, ("C4", "1"): 2}
    assert figures.refund_pence == 5 * 200 + 2 * 100
    assert (figures.orders, figures.goods_order_lines, figures.returns) == (3, 3, 2)


def test_at_one_time_the_later_line_of_the_file_gives_first() -> None:
    figures = figures_of(
        sale("1", "22065", 1, "01-01T09:00:00", "1.00"),
        sale("1", "22065", 1, "01-01T09:00:00", "2.00"),
        sale("C2", "22065", -1, "01-05T09:00:00"),
    )

    assert figures.refund_pence == 200


def test_a_sale_at_the_time_of_the_credit_is_not_earlier() -> None:
    figures = figures_of(
        sale("1", "22065", 1, "01-01T09:00:00"),
        sale("C2", "22065", -1, "01-01T09:00:00"),
    )

    assert (figures.units_matched, figures.units_unmatched) == (0, 1)


def test_credit_lines_are_taken_by_time_then_invoice_then_place() -> None:
    figures = figures_of(
        sale("C9", "22065", -1, "02-01T09:00:00"),
        sale("C8", "22065", -2, "02-01T09:00:00"),
        sale("1", "22065", 2, "01-01T09:00:00"),
    )

    assert figures.units_by_return == {("C8", "1"): 2}
    assert figures.units_unmatched_by_invoice == {"C9": 1}


def test_outcomes_of_credit_lines_are_full_partial_and_none() -> None:
    figures = figures_of(
        sale("1", "22065", 3, "01-01T09:00:00"),
        sale("C2", "22065", -2, "01-05T09:00:00"),
        sale("C2", "22065", -2, "01-05T09:00:00"),
        sale("C2", "22065", -1, "01-05T09:00:00"),
        sale("C3", "84406B", -4, "01-06T09:00:00"),
    )

    outcomes = (
        figures.credit_lines_full, figures.credit_lines_partial, figures.credit_lines_none,
    )  # fmt: skip
    assert outcomes == (1, 1, 2)
    assert (figures.units_matched, figures.units_unmatched) == (3, 6)
    assert (figures.returns, figures.blind_returns) == (1, 2)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(sale("1", "POST", 1, "01-01T09:00:00"), id="postage is not goods"),
        pytest.param(sale("1", "C2", 1, "01-01T09:00:00"), id="carriage is not goods"),
        pytest.param(sale("1", "2206", 1, "01-01T09:00:00"), id="four digits"),
        pytest.param(sale("1", "220651", 1, "01-01T09:00:00"), id="six digits"),
        pytest.param(sale("1", "22065", 1, "01-01T09:00:00", who=""), id="no customer"),
        pytest.param(sale("1", "22065", -1, "01-01T09:00:00"), id="negative without a C"),
    ],
)
def test_what_is_no_order_of_goods_is_not_counted(row: str) -> None:
    figures = figures_of(row)

    assert (figures.orders, figures.goods_order_lines) == (0, 0)


def test_a_credit_without_a_customer_finds_nothing_even_if_a_sale_has_none_either() -> None:
    figures = figures_of(
        sale("1", "22065", 1, "01-01T09:00:00", who=""),
        sale("C2", "22065", -1, "01-05T09:00:00", who=""),
    )

    assert (figures.credit_lines_none, figures.units_unmatched) == (1, 1)


def test_letters_of_a_stock_code_are_kept_as_they_are() -> None:
    figures = figures_of(
        sale("1", "85123a", 1, "01-01T09:00:00"),
        sale("C2", "85123A", -1, "01-05T09:00:00"),
    )

    assert figures.units_unmatched == 1


def test_spreadsheet_floats_and_a_foreign_encoding_are_read(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    text = HEADER.replace("\n", "\r\n") + (
        "489439.0,22065.0,CAFÉ,5.0,2010-01-01 09:00:00,1.5,12682.0,France\r\n"
        "C489440,22065 ,CAFÉ,-1,2010-02-01T09:00:00,1.5,12682,France\r\n"
    )
    file.write_bytes(text.encode("cp1252"))

    figures = count.count_file(file)

    assert figures.units_by_return == {("C489440", "489439"): 1}


def test_the_count_shares_no_code_with_the_loader() -> None:
    tree = ast.parse(Path(count.__file__).read_text(encoding="utf-8"))
    modules = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    modules |= {name.name for n in ast.walk(tree) if isinstance(n, ast.Import) for name in n.names}

    assert not [module for module in modules if module.startswith(("tools", "chalicelib"))]
