"""The expiry that was read on goods is told to the stock of their lot, and to no other."""

from datetime import date

import pytest

from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.receiving import Receive, receive
from tests.builders import Shop, delivery, item, line, order, wish

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
