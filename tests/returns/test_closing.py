"""A return closes in the write that finishes its last open point, and never before."""

import pytest

from chalicelib.returns.model import Closure, Disposition
from chalicelib.returns.standing import status_of
from tests.builders import Shop, failed, goes, item, line, order, passed, restock, wish


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=3), line("2", quantity=2)))
    return shop


def events(shop: Shop, return_id: str) -> list[str]:
    return [event.type for event in shop.store.reads().events(f"return/{return_id}")]


def test_money_last_closes_it(shop: Shop) -> None:
    ret = shop.accepts(shop.asks())
    assert ret.closure is Closure.OPEN

    shop.settles(ret)

    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert events(shop, ret.return_id)[-1] == "return.completed"


def test_goods_last_closes_it(shop: Shop) -> None:
    ret = shop.asks()
    shop.approves(ret)
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.OPEN

    closed = shop.disposes(ret, restock())

    assert closed.closure is Closure.COMPLETED


def test_a_line_that_still_waits_for_review_keeps_it_open(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    shop.approves(ret, line_1=1)
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)

    assert shop.now_is(ret).closure is Closure.OPEN
    assert status_of(shop.now_is(ret)) == "UNDER_REVIEW"


def test_rejecting_the_last_open_line_closes_it(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    shop.approves(ret, line_1=1)
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)

    closed = shop.rejects(ret)

    assert status_of(closed) == "COMPLETED"
    assert events(shop, ret.return_id)[-2:] == ["return.rejected", "return.completed"]


def test_a_wholly_rejected_return_is_rejected_and_not_completed(shop: Shop) -> None:
    assert status_of(shop.rejects(shop.asks())) == "REJECTED"


def test_an_open_exception_keeps_it_open(shop: Shop) -> None:
    ret = shop.asks()
    shop.approves(ret)
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)

    assert shop.now_is(ret).open_exceptions == 1
    assert shop.now_is(ret).closure is Closure.OPEN


def test_units_on_hold_keep_it_open(shop: Shop) -> None:
    ret = shop.asks()
    shop.approves(ret)
    shop.receives(ret, item())
    shop.inspects(ret, failed())

    assert shop.disposes(ret, goes(Disposition.HOLD)).closure is Closure.OPEN
    scrap = goes(Disposition.SCRAP, origin=Disposition.HOLD)
    assert shop.disposes(ret, scrap).closure is Closure.COMPLETED


def test_units_that_are_still_on_their_way_keep_it_open(shop: Shop) -> None:
    ret = shop.asks(quantity=2)
    shop.accepts(ret, 1)
    shop.settles(ret)

    assert shop.now_is(ret).closure is Closure.OPEN
