"""What is for sale and how it sells, from balances and lists: as a store in memory tells it."""

from datetime import datetime, timedelta

import pytest

from chalicelib import wiring
from chalicelib.inspection.demand import Demand, Sales
from chalicelib.store.execution import Commands
from chalicelib.store.projection import rebuild
from tests.builders import NOW, Shop, item, line, order, passed, restock
from tests.fakes import FakeStore, Store
from tests.stage import Stage


class Time:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def commands(stage: Stage, time: Time) -> Commands:
    return Commands(table=wiring.core_table(), views=wiring.views_table, clock=time)


def sold_and_restocked(store: Store) -> None:
    """Sold 3 + 2 within a season; one came back, and is for sale again."""
    shop = Shop(store, now=NOW - timedelta(days=60))
    shop.sells(order(line(quantity=3), no="O-1"))
    shop.now = NOW - timedelta(days=5)
    shop.sells(order(line(quantity=2), no="O-2"))
    ret = shop.approves(shop.asks("O-2"))
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())


def test_either_store_tells_the_same(commands: Commands, time: Time) -> None:
    told = []
    stores: tuple[Store, ...] = (FakeStore(clock=time), commands)
    for store in stores:
        sold_and_restocked(store)
        rebuild(wiring.core_table(), wiring.projector())
        told.append([store.reads().known_demand("A", "SKU-1", days) for days in (14, 90)])

    assert told[0] == told[1]
    assert told[0] == [
        Demand(on_hand=1, sales=Sales(units=2, days=14)),
        Demand(on_hand=1, sales=Sales(units=5, days=60)),
    ]


def test_goods_that_nobody_knows_are_not_there_and_have_no_rate(commands: Commands) -> None:
    assert commands.reads().known_demand("A", "SKU-9", 90) == Demand(on_hand=0)


def test_a_process_asks_again_after_half_a_minute(commands: Commands, time: Time) -> None:
    shop = Shop(commands)
    shop.counts({"SKU-1": 4})
    assert commands.reads().known_demand("A", "SKU-1", 90).on_hand == 4
    shop.counts({"SKU-1": 9})

    assert commands.reads().known_demand("A", "SKU-1", 90).on_hand == 4
    assert commands.reads().known_demand("B", "SKU-1", 90).on_hand == 0
    time.now += timedelta(seconds=30)
    assert commands.reads().known_demand("A", "SKU-1", 90).on_hand == 9
