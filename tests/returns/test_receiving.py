"""Whatever arrives, in whatever order: no unit is lost, none is counted twice."""

from collections import Counter
from random import Random
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.receiving import ReceivedItem
from chalicelib.returns.units import quantities
from tests.builders import NOW, Shop, delivery, item, line, order, wish
from tests.fakes import FakeStore

SERIALS = ("SN-1", "SN-2", "SN-3", "SN-9")


@st.composite
def arrivals(draw: st.DrawFn) -> ReceivedItem:
    sku = draw(st.sampled_from(["SKU-1", "SKU-2", "SKU-3", "STRANGE"]))
    quantity = draw(st.integers(1, 5))
    serials = draw(st.lists(st.sampled_from(SERIALS), max_size=quantity))
    lot = draw(st.none() | st.sampled_from(["L1", "L2"]))
    return ReceivedItem(sku=sku, quantity=quantity, serials=tuple(serials), lot=lot)


def a_shop() -> Shop:
    """Line 1 with serials, line 2 from two lots, line 3 of the same SKU as line 2."""
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=3, serials=("SN-1", "SN-2", "SN-3")),
        DeliveredItem(line_no="2", quantity=2, lot="L1"),
        DeliveredItem(line_no="2", quantity=2, lot="L2"),
        DeliveredItem(line_no="3", quantity=1),
    )
    shop = Shop(FakeStore(clock=lambda: NOW))
    shop.sells(
        order(
            line("1", quantity=3),
            line("2", quantity=4),
            line("3", sku="SKU-2", quantity=1),
            deliveries=(shipped,),
        )
    )
    return shop


@given(st.lists(st.lists(arrivals(), min_size=1, max_size=4), min_size=1, max_size=3))
@settings(max_examples=60)
def test_received_and_exceptions_make_what_was_counted(
    receipts: list[list[ReceivedItem]],
) -> None:
    shop = a_shop()
    ret = shop.asks("O-1", wish(3, "1"), wish(3, "2"), wish(1, "3"))
    ret = shop.approves(ret)
    counted = strange = 0
    for items in receipts:
        if not any(g.logistics == "AWAITING" for g in ret.groups()):
            break
        received = shop.receives(ret, *items)
        ret = received.ret
        counted += sum(one.quantity for one in items)
        strange += sum(exception.quantity for exception in received.exceptions)

    booked = sum(quantities(x).received for x in ret.lines)
    assert booked + strange == counted
    assert all(quantities(x).received <= quantities(x).approved for x in ret.lines)
    skus = ["SKU-1", "SKU-2", "SKU-3", "STRANGE"]
    lying: Counter[Account] = Counter()
    for balance in shop.store.reads().balances("A", skus):
        lying[balance.account] += balance.quantity
    assert lying[Account.RECEIVING] == booked
    assert lying[Account.QUARANTINE] == strange
    assert sum(lying[a] for a in lying if a is not Account.ADJUSTMENT) == 8


@given(st.permutations(["L1", "L1", "L2", "L2"]), st.integers(1, 4))
@settings(max_examples=30)
def test_units_are_booked_under_the_lot_that_was_read(lots: list[str], parcels: int) -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(4, "2")))

    for lot in lots[:parcels]:
        shop.receives(ret, item("SKU-2", lot=lot))

    for lot in ("L1", "L2"):
        assert shop.on_hand("SKU-2", Account.RECEIVING, lot=lot) == lots[:parcels].count(lot)


def test_a_unit_without_a_serial_leaves_the_named_ones_their_place() -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(2, "1", serials=("SN-1", "SN-3"))))

    received = shop.receives(ret, item("SKU-1"), item("SKU-1", serials=("SN-1",)))

    assert not received.exceptions
    assert quantities(received.ret.lines[0]).received == 2


def test_the_same_serial_twice_is_one_unit_and_one_too_many() -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(2, "1", serials=("SN-1", "SN-3"))))
    shop.receives(ret, item("SKU-1", serials=("SN-1",)))

    again = shop.receives(ret, item("SKU-1", serials=("SN-1",)))

    assert [e.kind for e in again.exceptions] == [ExceptionKind.OVER]
    assert quantities(again.ret.lines[0]).received == 1


def test_a_serial_of_the_order_that_was_not_asked_back_is_a_mismatch() -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(1, "1", serials=("SN-1",))))

    received = shop.receives(ret, item("SKU-1", serials=("SN-2",)))

    assert [e.kind for e in received.exceptions] == [ExceptionKind.SERIAL_MISMATCH]


def test_thousands_of_serials_of_one_line_are_received_in_a_moment() -> None:
    shop, serials = Shop(FakeStore(clock=lambda: NOW)), [f"SN-{no}" for no in range(3000)]
    sold = DeliveredItem(line_no="1", quantity=3000, serials=tuple(serials))
    shop.sells(order(line(quantity=3000), deliveries=(delivery(sold),)))
    ret = shop.approves(shop.asks(quantity=3000))
    Random(1).shuffle(serials)
    began = process_time()

    shop.receives(ret, item(quantity=1500, serials=tuple(serials[:1500])))
    ret = shop.receives(ret, item(quantity=1500, serials=tuple(serials[1500:]))).ret

    assert process_time() - began < 2
    assert quantities(ret.lines[0]).received == 3000
    assert shop.on_hand("SKU-1", Account.RECEIVING) == 3000


def test_a_serial_that_is_counted_twice_is_one_unit_and_a_surplus() -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(1, "1", serials=("SN-1",))))

    received = shop.receives(ret, item("SKU-1", 2, serials=("SN-1", "SN-1")))

    assert [e.kind for e in received.exceptions] == [ExceptionKind.OVER]
    assert quantities(received.ret.lines[0]).received == 1


def test_goods_of_another_sku_are_kept_as_what_they_are() -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(1, "1")))

    received = shop.receives(ret, item("STRANGE", 2))

    (exception,) = received.exceptions
    assert (exception.kind, exception.sku) == (ExceptionKind.WRONG_SKU, "STRANGE")
    assert shop.on_hand("STRANGE", Account.QUARANTINE) == 2
    assert received.ret.open_exceptions == 1


def test_a_gtin_finds_its_line() -> None:
    shop = Shop(FakeStore(clock=lambda: NOW))
    shop.sells(order(line(gtin="4006381333931")))
    ret = shop.approves(shop.asks())

    received = shop.receives(ret, ReceivedItem(gtin="4006381333931", quantity=1))

    assert quantities(received.ret.lines[0]).received == 1


@pytest.mark.parametrize(
    "items",
    [(), (ReceivedItem(quantity=1),), (item(quantity=0),), (item(serials=("a", "b")),)],
    ids=["nothing", "no name", "no unit", "more serials than units"],
)
def test_what_cannot_have_been_counted_is_refused(items: tuple[ReceivedItem, ...]) -> None:
    shop = a_shop()
    ret = shop.approves(shop.asks("O-1", wish(1, "1")))

    with pytest.raises(Invalid):
        shop.receives(ret, *items)
