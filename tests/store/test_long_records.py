"""Records too long for a text attribute: kept packed, read and projected like any other."""

from dataclasses import replace

from chalicelib.core.commands import Answer, IdempotencyKey
from chalicelib.store import codec
from chalicelib.store.actions import item_of, put_answer
from chalicelib.store.reads import remembered
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


def test_a_long_answer_is_remembered_packed_and_told_again_as_it_was() -> None:
    key = IdempotencyKey(scope="usr-1", key="k", fingerprint="f")
    body = ("x" * 399_000 + "收" * 5_000).encode()
    answer = Answer(status=201, body=body, headers={"Content-Type": "application/json"})

    item = put_answer("core", key, answer, builders.NOW).request["Put"]["Item"]

    size = sum(
        len(value.get("S", "").encode()) + len(value.get("B", b"")) for value in item.values()
    )
    assert size < codec.BODY_MAX
    told = remembered(item, key, builders.NOW)
    assert told is not None
    assert (told.body, told.status, told.replayed) == (body, 201, True)
