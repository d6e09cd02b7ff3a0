"""Entries of one request for one line of the order: what is equal is one, all count together."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.model import Resolution
from tests.builders import Shop, delivery, line, order, wish


def test_entries_of_one_line_for_different_reasons_stay_apart(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))

    ret = shop.asks(
        "O-1",
        wish(1, reason="CHANGED_MIND"),
        wish(1, reason="QUALITY_DEFECT"),
        wish(1, reason="CHANGED_MIND"),
    )

    assert [(x.reason, x.groups[0].units) for x in ret.lines] == [
        ("CHANGED_MIND", (Run(1, 2),)),
        ("QUALITY_DEFECT", (Run(3, 1),)),
    ]
    assert shop.returnable() == 0


def test_entries_of_one_line_with_different_wishes_stay_apart(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    ret = shop.asks("O-1", wish(1), wish(1, resolution=Resolution.STORE_CREDIT))

    assert [x.resolution for x in ret.lines] == [Resolution.REFUND, Resolution.STORE_CREDIT]


def test_entries_of_one_line_are_counted_together_whatever_their_reasons(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        shop.asks("O-1", wish(2), wish(2, reason="QUALITY_DEFECT"))

    assert refused.value.details["asked"] == 4
    assert shop.returnable() == 3


def test_each_entry_gets_the_unit_of_its_own_serial(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=("a", "b", "c")))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))

    ret = shop.asks(
        "O-1", wish(1, serials=("b",)), wish(2, reason="QUALITY_DEFECT", serials=("a",))
    )

    assert [x.serials for x in ret.lines] == [{"2": "b"}, {"1": "a", "3": "c"}]


def test_a_serial_in_two_entries_is_refused(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("a", "b")))
    shop.sells(order(line(quantity=2), deliveries=(shipped,)))

    with pytest.raises(Conflict, match="serial_already_returned"):
        shop.asks("O-1", wish(1, serials=("a",)), wish(1, reason="OTHER", note="x", serials=("a",)))


def test_notes_of_merged_entries_are_all_kept(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    ret = shop.asks("O-1", wish(1, note="the left one"), wish(1, note="the right one"))

    assert [x.note for x in ret.lines] == ["the left one\nthe right one"]
