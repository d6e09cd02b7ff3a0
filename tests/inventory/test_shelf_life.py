"""Lots: what was read on goods, what was stated, and whether goods may be sold again."""

from datetime import date, timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.inventory.lots import Lot, expiry_of
from chalicelib.inventory.model import Account, Transfer
from chalicelib.inventory.shelf_life import require_shelf_life, set_shelf_lives, shelf_life
from chalicelib.inventory.stating_lots import StateLot, state_lot
from tests.builders import NOW
from tests.inventory.stock import Stock

TODAY = NOW.date()


def reads_on_goods(stock: Stock, expires_on: date) -> None:
    stock.moves(
        Transfer(
            warehouse="A",
            sku="S",
            lot="L1",
            quantity=1,
            origin=Account.CUSTOMER,
            target=Account.RECEIVING,
            expires_on=expires_on,
        )
    )


def states(stock: Stock, expires_on: date | None) -> Lot:
    command = StateLot(sku="S", lot="L1", expires_on=expires_on)
    return stock.run(lambda reads, context: state_lot(reads, command, context))


def restocks(stock: Stock, category: str | None = None) -> None:
    require_shelf_life(stock.store.reads(), sku="S", lot="L1", category=category, now=NOW)


@pytest.mark.parametrize(
    ("days", "days_min", "is_enough"),
    [(-1, 0, False), (0, 0, True), (1, 0, True), (29, 30, False), (30, 30, True)],
)
def test_goods_keep_long_enough_or_they_do_not(days: int, days_min: int, is_enough: bool) -> None:
    lot = Lot(sku="S", lot="L1", expires_on=TODAY + timedelta(days=days))

    judged = shelf_life(lot, TODAY, days_min=days_min)

    assert (judged.days_left, judged.is_enough) == (days, is_enough)


def test_a_date_that_nobody_read_refuses_nothing(stock: Stock) -> None:
    restocks(stock)
    assert shelf_life(None, TODAY, days_min=30).is_enough


def test_goods_of_an_expired_lot_do_not_go_back_on_the_shelf(stock: Stock) -> None:
    reads_on_goods(stock, TODAY - timedelta(days=1))

    with pytest.raises(Conflict, match="lot_expired") as refused:
        restocks(stock)
    assert refused.value.details["days_left"] == -1


def test_how_long_goods_must_keep_depends_on_their_category(stock: Stock) -> None:
    reads_on_goods(stock, TODAY + timedelta(days=20))
    stock.run(lambda reads, context: set_shelf_lives(reads, {"food": 30}, 0, context))

    restocks(stock, "tools")
    with pytest.raises(Conflict, match="lot_expired"):
        restocks(stock, "food")


def test_the_date_that_was_read_first_stays_and_a_contradiction_shows(stock: Stock) -> None:
    first, second = TODAY + timedelta(days=90), TODAY + timedelta(days=5)
    reads_on_goods(stock, first)
    reads_on_goods(stock, second)

    lot = stock.store.reads().lot("S", "L1")

    assert lot is not None
    assert lot.expires_on == first
    assert lot.dates_read == (second, first)
    assert lot.is_contradicted


def test_while_dates_contradict_goods_are_judged_by_the_earliest(stock: Stock) -> None:
    reads_on_goods(stock, TODAY + timedelta(days=90))
    reads_on_goods(stock, TODAY - timedelta(days=5))

    with pytest.raises(Conflict, match="lot_expired"):
        restocks(stock)
    states(stock, TODAY + timedelta(days=90))
    restocks(stock)


def test_what_is_stated_counts_whatever_is_read(stock: Stock) -> None:
    states(stock, TODAY + timedelta(days=60))
    reads_on_goods(stock, TODAY - timedelta(days=5))

    assert expiry_of(stock.store.reads(), "S", "L1") == TODAY + timedelta(days=60)
    assert expiry_of(stock.store.reads(), "S", None) is None


def test_stating_the_same_again_changes_nothing(stock: Stock) -> None:
    first = states(stock, None)

    assert states(stock, None) == first
    assert len(stock.store.reads().events("lot/S#L1")) == 1
