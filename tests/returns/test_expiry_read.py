"""The expiry that was read on goods is told to the stock of their lot, and to no other."""

from datetime import date, timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.receiving import Receive, receive
from tests.builders import Shop, delivery, item, line, order, passed, restock, wish
from tests.returns.undoing import resolves, stray, surplus, suspicions

ENDS = date(2027, 1, 31)


@pytest.mark.parametrize(("read", "told"), [("L-1", ENDS), ("L-2", None), (None, None)])
def test_an_expiry_is_of_the_lot_that_it_was_read_with(
    shop: Shop, read: str | None, told: date | None
) -> None:
    shop.sells(
        order(
            line(quantity=1),
            deliveries=(delivery(DeliveredItem(line_no="1", quantity=1, lot="L-1")),),
        )
    )
    ret = shop.approves(shop.asks("O-1", wish(1)))
    command = Receive(warehouse="A", items=(item(lot=read, expires_on=ENDS),))

    shop.do(lambda reads, context: receive(reads, ret.return_id, command, context))

    arrived = [
        entry
        for movement in shop.store.reads().movements_of(ret.subject)
        for entry in movement.entries
        if entry.quantity > 0
    ]
    assert [(entry.lot, entry.expires_on) for entry in arrived] == [("L-1", told)]


def test_goods_that_nobody_waits_for_tell_it_too(shop: Shop) -> None:
    exception = stray(shop, lot="L-9", expires_on=ENDS)

    lot = shop.store.reads().lot("SKU-1", "L-9")
    assert lot is not None
    assert (lot.expires_on, exception.expires_on) == (ENDS, ENDS)


def test_without_a_lot_it_stays_with_the_exception(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.approves(shop.asks("O-1", wish(1)))
    received = shop.receives(ret, item(quantity=2, expires_on=ENDS))

    (exception,) = received.exceptions

    assert exception.expires_on == ENDS


def test_goods_of_an_exception_keep_lot_and_expiry_in_the_line_that_takes_them(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.approves(shop.asks("O-1", wish(1)))
    shop.receives(ret, item(quantity=1))
    yesterday = shop.now.date() - timedelta(days=1)
    extra = surplus(shop, ret, lot="L-9", expires_on=yesterday)

    resolves(shop, extra, ResolutionKind.LINE)

    taken = [group.lot for group in shop.now_is(ret).groups()]
    assert sorted(taken, key=str) == ["L-9", None]
    lying = {
        (one.account, one.lot): one.quantity for one in shop.store.reads().balances("A", ["SKU-1"])
    }
    assert (lying[Account.RECEIVING, "L-9"], lying[Account.QUARANTINE, "L-9"]) == (1, 0)
    assert (lying[Account.CUSTOMER, "L-9"], lying[Account.CUSTOMER, None]) == (0, 0)
    shop.inspects(ret, passed(2))
    with pytest.raises(Conflict, match="lot_expired"):
        shop.disposes(ret, restock(2))
    assert suspicions(shop) == []
