"""What the loader reads from a file and plans to return, held against the independent count."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.replay import count, forms, matching, source
from tools.replay.matching import PlannedReturn, SoldLine

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\r\n"


def sold_by(file: source.Source) -> list[SoldLine]:
    """The orders as a system that imported the file gives them back."""
    return [
        SoldLine(
            order_no=order.order_no, line_no=str(number), customer=order.customer, sku=line.sku,
            shipped=line.quantity, delivered_at=line.time, row=line.row,
        )
        for order in file.orders
        for number, line in enumerate(order.lines, start=1)
        if line.is_goods
    ]  # fmt: skip


def made_up(seed: int, rows: int) -> str:
    """A small shop: few customers, SKUs and minutes, so that everything meets everything."""
    dice = random.Random(seed)
    lines = []
    for number in range(rows):
        is_credit = dice.random() < 0.4
        invoice = 100 + number // 3
        of_invoice = random.Random(seed * 1000 + invoice)
        customer = of_invoice.choice(["12682", "12682.0", "12700", ""])
        at = datetime(2010, 3, 27, 9, tzinfo=UTC) + timedelta(minutes=dice.randrange(6))
        sku = dice.choice(["22065", "22065A", "22065a", "84406.0", "POST", "M", " 22065"])
        quantity = dice.randrange(1, 6)
        lines.append(
            f"{'C' if is_credit else ''}{invoice},{sku},X,{-quantity if is_credit else quantity},"
            f"{at:%Y-%m-%dT%H:%M:%S},{dice.choice(['1.25', '0', '0.001', '2.5'])},{customer},EIRE"
        )
    return HEADER + "\r\n".join(lines) + "\r\n"


@given(seed=st.integers(0, 10**6), rows=st.integers(0, 60))
@settings(max_examples=200, deadline=None)
def test_the_plan_agrees_with_the_count(seed: int, rows: int) -> None:
    text = made_up(seed, rows)

    file = source.parse(text)
    planned = matching.plan(sold_by(file), file.credit_lines)

    figures = count.count_text(text)
    prices = {
        (order.order_no, str(n)): line.pence
        for order in file.orders
        for n, line in enumerate(order.lines, start=1)
    }
    units, pence, blind = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[str]()
    for one in planned:
        if one.order_no is None:
            blind[one.invoice] += one.units
            continue
        units[one.invoice, one.order_no] += one.units
        for line in one.lines:
            assert line.line_no is not None
            pence[one.invoice, one.order_no] += line.units * prices[one.order_no, line.line_no]
    assert dict(units) == figures.units_by_return
    assert dict(pence) == figures.refund_pence_by_return
    assert dict(blind) == figures.units_unmatched_by_invoice
    assert figures.sold_units == sum(file.sold_by_sku().values())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=50, deadline=None)
def test_a_plan_made_again_is_the_same_and_its_keys_are_unique(seed: int) -> None:
    file = source.parse(made_up(seed, 40))
    sold = sold_by(file)
    shuffled = random.Random(seed).sample(sold, len(sold))

    first = matching.plan(sold, file.credit_lines)
    second = matching.plan(shuffled, file.credit_lines)

    assert first == second
    assert len({one.key for one in first}) == len(first)


def plan_of(*rows: str) -> list[PlannedReturn]:
    file = source.parse(HEADER + "\r\n".join(rows) + "\r\n")
    return matching.plan(sold_by(file), file.credit_lines)


def test_a_credit_invoice_that_reaches_two_orders_is_two_returns_and_a_rest() -> None:
    planned = plan_of(
        "1,22065,X,2,2010-01-01T09:00:00,1,7,France",
        "2,22065,X,2,2010-01-02T09:00:00,1,7,France",
        "C3,22065,X,-5,2010-01-03T09:00:00,1,7,France",
    )

    assert [(one.order_no, one.units) for one in planned] == [("2", 2), ("1", 2), (None, 1)]
    assert [line.line_no for one in planned for line in one.lines] == ["1", "1", None]


def test_two_credit_lines_on_one_order_line_are_one_line_that_names_both() -> None:
    (planned,) = plan_of(
        "1,22065,X,5,2010-01-01T09:00:00,1,7,France",
        "C3,22065,X,-1,2010-01-03T09:00:00,1,7,France",
        "C3,22065,X,-2,2010-01-03T09:00:00,1,7,France",
    )

    (line,) = planned.lines
    assert line.units == 3
    assert [(share.row, share.units) for share in line.shares] == [(3, 1), (4, 2)]


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        pytest.param("2010-01-15T09:28:00", "2010-01-15T09:28:00Z", id="winter"),
        pytest.param("2010-07-15 09:28:00", "2010-07-15T08:28:00Z", id="summer time"),
        pytest.param("2010-10-31T01:30:00", "2010-10-31T00:30:00Z", id="first of a double hour"),
    ],
)
def test_times_of_the_file_are_the_clock_of_a_shop_in_the_uk(local: str, utc: str) -> None:
    file = source.parse(HEADER + f"1,22065,X,5,{local},1,7,France\r\n")

    (row,) = forms.order_rows(file.orders[0], "LDN")

    assert row["placed_at"] == row["delivered_at"] == utc


@pytest.mark.parametrize(
    ("row", "named"),
    [
        pytest.param("1,22065,X,five,2010-01-01T09:00:00,1,7,UK", "Quantity", id="quantity"),
        pytest.param("1,22065,X,1.5,2010-01-01T09:00:00,1,7,UK", "Quantity", id="half a unit"),
        pytest.param("1,22065,X,1,1 Jan,1,7,UK", "InvoiceDate", id="time"),
        pytest.param("1,22065,X,1,2010-01-01T09:00:00,,7,UK", "Price", id="price"),
        pytest.param("1,22065,X,1,2010-01-01T09:00:00,1,7", "8 columns", id="short row"),
    ],
)
def test_what_cannot_be_read_is_refused_by_row_and_column(row: str, named: str) -> None:
    with pytest.raises(source.BadFile, match=f"row 2.*{named}"):
        source.parse(HEADER + row + "\r\n")


def test_a_file_without_its_columns_is_refused() -> None:
    with pytest.raises(source.BadFile, match="Customer ID"):
        source.parse("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Country\r\n")


def test_an_order_has_its_postage_as_a_service_and_is_paid_in_full() -> None:
    file = source.parse(
        HEADER + "1,22065,X,5,2010-01-01T09:00:00,1.25,7,EIRE\r\n"
        "1,POST,POSTAGE,1,2010-01-01T09:00:00,18,7,EIRE\r\n"
        "1,22066,Y,1,2010-01-01T09:01:00,0,7,EIRE\r\n"
    )

    rows = forms.order_rows(file.orders[0], "LDN")

    assert [row["kind"] for row in rows] == ["goods", "service", "goods"]
    assert {row["payment_captured"] for row in rows} == {"24.25"}
    assert [row.get("delivery_no") for row in rows] == ["1", None, "1-2"]
    assert rows[0]["region"] == "IE"


def test_files_hold_whole_orders_and_no_more_rows_than_an_import_takes() -> None:
    file = source.parse(made_up(1, 60))

    files = list(forms.order_files(file.orders, "LDN", rows_max=7))

    rows = [row.split(",")[0] for content in files for row in content.decode().split("\r\n")[1:-1]]
    assert all(content.count(b"\r\n") - 1 <= 7 for content in files)
    assert len(rows) == sum(len(order.lines) for order in file.orders)
    assert [key for place, key in enumerate(rows) if key != rows[place - 1] or not place] == [
        order.order_no for order in file.orders
    ]


@pytest.mark.parametrize(
    ("pence", "text"), [(0, "0.00"), (5, "0.05"), (12345, "123.45"), (-5, "-0.05")]
)
def test_money_is_written_and_read_exactly(pence: int, text: str) -> None:
    assert forms.pounds(pence) == text
    assert forms.pence_of({"amount": text, "currency": "GBP"}) == pence
