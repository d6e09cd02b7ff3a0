"""The file of rejected rows: complete, safe to open, and good to send again once corrected."""

from chalicelib.imports import counts, orders
from chalicelib.imports.rejects import rejects_file, spread
from chalicelib.imports.sheet import read_sheet
from tests.builders import NOW
from tests.imports.files import as_csv, count_row, order_row, read_csv


def rejects_of(text: str) -> bytes:
    sheet = read_sheet(text.encode(), orders.COLUMNS)
    groups = list(orders.grouped(sheet))
    rejected = {}
    for group in groups:
        read = orders.read_order(sheet, group, torn=frozenset(), now=NOW)
        if read.errors:
            rejected.update(spread(group.rows, read.errors))
    return rejects_file(sheet, rejected)


def test_the_whole_order_is_rejected_and_each_row_says_why() -> None:
    text = as_csv(
        order_row(quantity="x", sku="?"), order_row(line_no="2"), order_row(order_no="O2")
    )

    first, second = read_csv(rejects_of(text))

    assert first["error_code"] == "bad_code; not_a_whole_number"
    assert first["error_column"] == "sku; quantity"
    assert (second["line_no"], second["error_row"]) == ("2", "2")
    assert second["error_code"] == "order_has_bad_row"


def test_no_cell_is_a_formula() -> None:
    starts = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1")
    rows = [order_row(order_no=f"O{n}", name=cell, quantity="x") for n, cell in enumerate(starts)]

    names = [row["name"] for row in read_csv(rejects_of(as_csv(*rows)))]

    assert names == [f"'{cell}" for cell in starts]


def test_a_corrected_file_of_rejects_is_taken() -> None:
    content = rejects_of(as_csv(order_row(name="-10% off", quantity="x")))
    corrected = content.decode("utf-8-sig").replace(",x,", ",2,")

    sheet = read_sheet(corrected.encode("utf-8-sig"), orders.COLUMNS)
    [group] = orders.grouped(sheet)
    made = orders.read_order(sheet, group, torn=frozenset(), now=NOW)

    assert made.errors == ()
    assert made.command is not None
    assert made.command.order.lines[0].name == "-10% off"


def test_counts_are_batched_by_warehouse_and_never_twice() -> None:
    rows = [count_row(sku=f"S{n}", warehouse=f"W{n % 2}") for n in range(1100)]
    text = as_csv(*rows, count_row(sku="S7", warehouse="W1"), count_row(sku="S7", lot="L"))

    read = counts.read_counts(read_sheet(text.encode(), counts.COLUMNS))

    assert [(b.number, b.warehouse, len(b.items)) for b in read.batches] == [
        (1, "W0", 500), (2, "W0", 50), (3, "W1", 500), (4, "W1", 51),
    ]  # fmt: skip
    assert [(e.row, e.code) for e in read.errors] == [(1102, "duplicate_row")]


def test_bad_cells_of_counts_are_named() -> None:
    rows = [
        count_row(warehouse=""),
        count_row(sku=""),
        count_row(quantity="-1"),
        count_row(unit_cost="1.00"),
        count_row(unit_cost="1.001", currency="EUR", lot="L"),
        count_row(unit_cost="1.00", currency="EUR", quantity="0", lot="M"),
    ]

    read = counts.read_counts(read_sheet(as_csv(*rows).encode(), counts.COLUMNS))

    assert [(e.row, e.column, e.code) for e in read.errors] == [
        (2, "warehouse", "required"),
        (3, "sku", "required"),
        (4, "quantity", "quantity_range"),
        (5, "currency", "required"),
        (6, "unit_cost", "too_many_digits"),
    ]
    assert [item.quantity for batch in read.batches for item in batch.items] == [0]
