"""Kits are asked for and come back by their parts, for exactly what was paid for them."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.orders.model import DeliveredItem, KitComponent, OrderLine
from chalicelib.returns.model import Return
from chalicelib.returns.units import quantities
from tests.builders import NOW, Shop, delivery, item, line, order, passed, restock, wish
from tests.fakes import FakeProvider, FakeStore

FIVE = tuple(KitComponent(sku=f"PART-{n}", quantity=1, share="0.2") for n in range(1, 6))
OF_ONE = (KitComponent(sku="PART", quantity=5, share="1"),)


def kit(quantity: int = 5, parts: tuple[KitComponent, ...] = OF_ONE) -> OrderLine:
    return line("1", sku="KIT", quantity=quantity, price=10_01, kit=parts)


def comes_back(shop: Shop, ret: Return, sku: str = "PART") -> Return:
    """Approved, received, passed, on the shelf and paid."""
    shop.approves(ret)
    for asked in ret.lines:
        assert asked.sku.startswith(sku)
        shop.receives(ret, item(asked.sku, asked.requested))
    for asked in ret.lines:
        shop.inspects(ret, passed(asked.requested, line_no=asked.line_no))
        shop.disposes(ret, restock(asked.requested, line_no=asked.line_no))
    shop.settles(ret)
    return shop.now_is(ret)


def test_asking_for_a_kit_asks_for_its_parts(shop: Shop) -> None:
    shop.sells(order(kit(parts=FIVE)))

    ret = shop.asks("O-1", wish(2, "1"))

    assert [(x.order_line_no, x.sku, x.requested) for x in ret.lines] == [
        (f"1.{n}", f"PART-{n}", 2) for n in range(1, 6)
    ]


def test_a_quote_of_a_kit_equals_what_is_then_asked(shop: Shop) -> None:
    shop.sells(order(kit(parts=FIVE)))

    quote = shop.quotes("O-1", wish(1, "1"))
    ret = shop.asks("O-1", wish(1, "1"))

    worth = sum(x.value_of(g.units).minor for x in ret.lines for g in x.groups)
    assert quote.total.minor == worth


def test_a_kit_and_its_parts_in_one_request_count_together_and_it_says_which_is_short(
    shop: Shop,
) -> None:
    shop.sells(order(kit(parts=FIVE)))

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        shop.asks("O-1", wish(4, "1"), wish(2, "1.3"))

    assert refused.value.message == (
        "Line 1.3 (PART-3, part of kit 1) has 5 left to return, 6 were asked."
    )
    assert refused.value.details["returnable_quantity"] == 5
    assert shop.asks("O-1", wish(4, "1"), wish(1, "1.3")).lines[2].requested == 5


def test_a_draft_of_a_kit_is_a_draft_of_its_parts(shop: Shop) -> None:
    shop.sells(order(kit()))

    draft = shop.asks("O-1", wish(2, "1"), submit=False)
    submitted = shop.submits(draft)

    assert [x.requested for x in draft.lines] == [10]
    assert submitted.lines[0].order_line_no == "1.1"
    assert shop.returnable(line_no="1.1") == 15


def test_a_serial_number_named_with_a_kit_finds_its_part(shop: Shop) -> None:
    parts = (
        KitComponent(sku="PART-1", quantity=1, share="1"),
        KitComponent(sku="PART-2", quantity=1, share="1"),
    )
    shipped = delivery(
        DeliveredItem(line_no="1.1", quantity=2),
        DeliveredItem(line_no="1.2", quantity=2, serials=("S-1", "S-2")),
    )
    shop.sells(order(kit(2, parts), deliveries=(shipped,)))

    with pytest.raises(Conflict, match="serial_not_shipped"):
        shop.asks("O-1", wish(1, "1", serials=("S-9",)))
    ret = shop.asks("O-1", wish(1, "1", serials=("S-2",)))

    assert ret.lines[1].serials == {"2": "S-2"}


def test_a_request_for_kits_of_too_many_parts_is_refused(shop: Shop) -> None:
    many = tuple(KitComponent(sku=f"PART-{n}", quantity=1, share="1") for n in range(201))
    shop.sells(order(kit(1, many)))

    with pytest.raises(Invalid) as refused:
        shop.asks("O-1", wish(1, "1"))

    assert [error.code for error in refused.value.errors] == ["line_count"]


def test_the_parts_of_a_kit_pay_back_exactly_its_price(shop: Shop) -> None:
    shop.sells(order(kit(3, FIVE[:3]), discount=1_00))

    paid = [
        comes_back(shop, shop.asks("O-1", asked)).settlements[-1].paid.minor
        for asked in (wish(1, "1.2"), wish(2, "1"), wish(1, "1.1"), wish(1, "1.3"))
    ]

    assert sum(paid) == 3 * 10_01 - 1_00
    assert shop.sold().payments[0].refundable.minor == 0


@dataclass
class Asked:
    """One step: so many of the kit line, or of one of its parts."""

    line_no: str
    quantity: int


steps = st.lists(
    st.builds(Asked, st.sampled_from(["1", "1.1", "1.2"]), st.integers(1, 4)), max_size=8
)


@given(steps)
@settings(max_examples=40, deadline=None)
def test_whatever_is_asked_no_part_comes_back_that_did_not_go_out(asked: list[Asked]) -> None:
    provider = FakeProvider()
    shop = Shop(FakeStore(clock=lambda: NOW), providers={provider.name: provider})
    parts = (
        KitComponent(sku="PART-1", quantity=2, share="0.31"),
        KitComponent(sku="PART-2", quantity=1, share="0.7"),
    )
    shop.sells(order(kit(3, parts)))
    back = {"1.1": 0, "1.2": 0}

    for one in asked:
        try:
            ret = shop.asks("O-1", wish(one.quantity, one.line_no))
        except Conflict:
            continue
        for order_line_no, units in _counted(comes_back(shop, ret)):
            back[order_line_no] += units

    assert back["1.1"] <= 6
    assert back["1.2"] <= 3
    assert provider.paid_out("card") <= 3 * 10_01
    if back == {"1.1": 6, "1.2": 3}:
        assert provider.paid_out("card") == 3 * 10_01


def _counted(ret: Return) -> Iterator[tuple[str, int]]:
    for came in ret.lines:
        assert came.order_line_no is not None
        yield came.order_line_no, quantities(came).settled
