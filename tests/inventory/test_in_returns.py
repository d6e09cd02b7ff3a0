"""What stock keeps of goods that come back: the unit that came, the lot it bears, its cost."""

from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ExceptionKind
from chalicelib.returns.receiving import ReceivedItem
from tests.builders import NOW, Shop, delivery, line, order, passed, restock, wish


def lies(shop: Shop, account: Account, lot: str | None = None) -> tuple[int, int]:
    """Units and what they are worth."""
    found = [
        one
        for one in shop.store.reads().balances("A", ["SKU-1"])
        if one.account is account and one.lot == lot
    ]
    return sum(one.quantity for one in found), sum(one.value_minor["EUR"] for one in found)


def sold_with_serials(shop: Shop, *serials: str) -> None:
    items = (DeliveredItem(line_no="1", quantity=len(serials), serials=serials),)
    shop.sells(order(line(quantity=len(serials)), deliveries=(delivery(*items),)))


def test_another_unit_than_was_sold_is_an_exception_and_lies_in_quarantine(shop: Shop) -> None:
    sold_with_serials(shop, "SN-1")
    ret = shop.asks("O-1")
    shop.approves(ret)

    received = shop.receives(ret, ReceivedItem(sku="SKU-1", quantity=1, serials=("SN-9",)))

    (exception,) = received.exceptions
    assert exception.kind is ExceptionKind.SERIAL_MISMATCH
    came, sold = (shop.store.reads().serial("SKU-1", serial) for serial in ("SN-9", "SN-1"))
    assert came is not None
    assert sold is not None
    assert (came.account, came.warehouse) == (Account.QUARANTINE, "A")
    assert sold.account is Account.CUSTOMER


def test_goods_sold_without_a_lot_go_back_on_the_shelf_under_the_lot_that_they_bear(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.asks("O-1", wish(2))
    shop.approves(ret, line_1=2)
    shop.receives(ret, ReceivedItem(sku="SKU-1", quantity=2, lot="L1"))
    shop.inspects(ret, passed(2))

    shop.disposes(ret, restock(2))

    assert lies(shop, Account.AVAILABLE, "L1") == (2, 800)
    assert lies(shop, Account.RECEIVING, "L1") == (0, 0)
    assert lies(shop, Account.ADJUSTMENT, "L1") == (-2, -800)


def test_goods_that_expired_on_their_way_are_not_restocked(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.asks("O-1")
    shop.approves(ret)
    yesterday = NOW.date() - timedelta(days=1)
    shop.receives(ret, ReceivedItem(sku="SKU-1", quantity=1, lot="L1", expires_on=yesterday))
    shop.inspects(ret, passed(1))

    with pytest.raises(Conflict, match="lot_expired"):
        shop.disposes(ret, restock(1))
