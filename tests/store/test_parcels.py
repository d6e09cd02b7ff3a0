"""A box with more in it than a transaction holds, on the real store: still one command."""

import pytest

from chalicelib import wiring
from chalicelib.inventory.model import Account
from chalicelib.returns.parcels import group
from chalicelib.returns.receiving import Receive
from chalicelib.returns.units import quantities
from chalicelib.returns.unpacking import unpack
from chalicelib.store.execution import Commands
from tests.builders import Shop, item, line, order, wish
from tests.stage import Stage


@pytest.fixture
def shop(stage: Stage) -> Shop:
    assert stage.queue_urls, "the stage is there"
    return Shop(Commands(table=wiring.core_table(), actions_max=20))


def test_a_box_that_is_too_large_for_a_transaction_is_booked_as_one(shop: Shop) -> None:
    places = ["1", "2", "3", "4"]
    shop.sells(order(*(line(place, quantity=2) for place in places)))
    returns = [shop.approves(shop.asks("O-1", wish(2, place))) for place in places]
    names = [ret.number for ret in returns]
    shop.do(lambda reads, context: group(reads, "BOX-1", names, context))
    command = Receive(warehouse="A", items=tuple(item(f"SKU-{place}", 3) for place in places))

    done = shop.do(lambda reads, context: unpack(reads, "BOX-1", command, context))

    assert len(done.received) == 4
    for ret in returns:
        (one,) = shop.now_is(ret).lines
        assert quantities(one).received == 2
        assert shop.on_hand(one.sku, Account.RECEIVING) == 2
        assert shop.on_hand(one.sku, Account.QUARANTINE) == 1
        events = [event.type for event in shop.store.reads().events(ret.subject)]
        assert events.count("return.received") == 1
