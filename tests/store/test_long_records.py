"""Records too long for a text attribute: kept packed, read and projected like any other."""

from dataclasses import replace

from chalicelib.store import codec
from chalicelib.store.actions import item_of
from chalicelib.store.rows import rows_of
from tests import builders


def test_a_long_order_is_packed_and_comes_back_whole_from_reads_and_from_the_stream() -> None:
    order = builders.order(builders.line())
    line = order.lines[0]
    long = replace(
        order,
        lines=tuple(replace(line, line_no=str(no), name="n" * 60) for no in range(1, 1001)),
    )

    item = item_of(long)

    assert "body" not in item
    assert len(item["packed"]["B"]) < codec.BODY_MAX
    assert codec.record_in(item, type(long)) == long
    assert len(rows_of(item)) == len(["of all", "of its customer", "of its only SKU"])
