"""Withdrawals and blind returns on the real store and on the fake: both read the same."""

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.events import Context
from chalicelib.returns.blind import create_blind
from chalicelib.returns.model import Return
from chalicelib.returns.sale_found import MatchedLine, MatchLines, match
from chalicelib.returns.wishes import RequestedLine, RequestReturn
from chalicelib.store.execution import Commands
from chalicelib.withdrawals.model import WithdrawalState
from tests.builders import NOW, Shop, line, order
from tests.fake_reads import Reader
from tests.fakes import FakeStore
from tests.store.watched import WatchedTable
from tests.withdrawals.buyers import Counter, line_of


@pytest.fixture(params=["real", "fake"])
def shop(request: pytest.FixtureRequest) -> Shop:
    if request.param == "fake":
        return Shop(FakeStore(clock=lambda: NOW))
    table: WatchedTable = request.getfixturevalue("core")
    return Shop(Commands(table=table, clock=lambda: NOW, sleep=lambda _: None))


def test_a_withdrawal_is_read_back_with_who_declared_it(shop: Shop) -> None:
    counter = Counter(shop)
    shop.sells(order(line(quantity=2), region="DE"))

    done = counter.takes(line_of("1"))

    withdrawal, declarant = shop.store.reads().withdrawal(done.withdrawal_id)
    assert withdrawal == done
    assert declarant is not None
    assert declarant.contact_id == done.contact_ref
    assert shop.store.reads().withdrawal("wdr_nobody") == (None, None)


def test_the_returns_that_hold_an_order_are_read_together(shop: Shop) -> None:
    counter = Counter(shop)
    shop.sells(order(line(quantity=2), region="DE"))
    first = counter.takes()
    assert first.return_id is not None

    again = counter.takes()
    found = shop.store.reads().returns_of([first.return_id, "ret_nobody"])

    assert (again.state, again.repeats) == (WithdrawalState.REPEATED, first.withdrawal_id)
    assert [ret.return_id for ret in found] == [first.return_id]
    assert shop.store.reads().returns_of([]) == []


def test_what_asks_for_the_sale_of_a_blind_return_is_found_by_line(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    wishes = tuple(
        RequestedLine(sku=f"SKU-{number}", quantity=1, reason="CHANGED_MIND") for number in (1, 2)
    )
    ret = shop.do(lambda _, context: create_blind(RequestReturn(lines=wishes), context))

    def finding(reads: Reader, context: Context) -> Decided[Return]:
        sold = tuple(
            MatchedLine(line_no=line_no, order_no="O-1", order_line_no=line_no)
            for line_no in ("1", "2")
        )
        return match(reads, ret.return_id, MatchLines(lines=sold), context)

    asked = shop.store.reads().blind_exceptions(ret)
    found = shop.do(finding)

    assert {line_no: one.sku for line_no, one in asked.items()} == {"1": "SKU-1", "2": "SKU-2"}
    assert (found.open_exceptions, found.order_no) == (0, "O-1")
