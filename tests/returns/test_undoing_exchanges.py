"""What is promised in exchange follows the units: free when they go back, promised anew when they
stand again, and never promised for goods that nobody asked to exchange."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.exchanges.model import ExchangeState
from chalicelib.inventory.model import Account
from chalicelib.returns.exceptions import ResolutionKind
from chalicelib.returns.model import AppealAgainst, Disposition, FaultParty, Resolution, Return
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.units import quantities
from tests.builders import Shop, failed, goes, item, line, order
from tests.children import exchange_of, ships, swap
from tests.returns.undoing import (
    appeals,
    decides,
    reopens,
    resolves,
    ships_back,
    surplus,
    suspicions,
)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Four sold, and five blue ones to exchange them for."""
    shop.sells(order(line(quantity=4)))
    shop.counts({"BLUE": 5})
    return shop


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Two of them approved, for blue ones."""
    return shop.approves(shop.asks("O-1", swap(2, for_="BLUE")))


def promised(shop: Shop) -> int:
    return shop.on_hand("BLUE", Account.RESERVED)


def test_what_goes_back_is_not_exchanged(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))

    ships_back(shop, ret, 1)
    assert promised(shop) == 1
    ships_back(shop, ret, 1)

    assert promised(shop) == 0
    assert exchange_of(shop, ret).state is ExchangeState.CANCELLED
    assert suspicions(shop) == []


def test_nor_is_it_where_an_inspector_sends_it_back(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    shop.inspects(ret, failed(2, fault=FaultParty.CUSTOMER))

    shop.disposes(ret, goes(Disposition.SHIP_BACK, 2))

    assert promised(shop) == 0
    assert suspicions(shop) == []


def test_nobody_gets_both(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))
    ships(shop, exchange_of(shop, ret))

    with pytest.raises(Conflict):
        ships_back(shop, ret, 1)


def test_an_upheld_appeal_promises_the_replacement(shop: Shop) -> None:
    ret = shop.rejects(shop.asks("O-1", swap(2, for_="BLUE")))
    appeals(shop, ret, AppealAgainst.REJECTION)

    decides(shop, ret, uphold=True)

    assert promised(shop) == 2
    assert suspicions(shop) == []


def test_it_is_not_upheld_without_a_replacement(shop: Shop) -> None:
    ret = shop.rejects(shop.asks("O-1", swap(2, for_="BLUE")))
    appeals(shop, ret, AppealAgainst.REJECTION)
    shop.counts({"BLUE": 1})

    with pytest.raises(Conflict, match="replacement_out_of_stock"):
        decides(shop, ret, uphold=True)


def test_some_that_were_cancelled_and_stand_again_are_promised_again(
    shop: Shop, ret: Return
) -> None:
    shop.cancels(ret, line_1=1)
    assert promised(shop) == 1

    reopens(shop, ret, NamedQuantity(line_no="1", quantity=1))

    assert promised(shop) == 2
    assert suspicions(shop) == []


def test_a_line_that_was_cancelled_as_a_whole_is_one_of_money(shop: Shop, ret: Return) -> None:
    shop.cancels(ret)

    after = reopens(shop, ret)

    assert after.lines[0].resolution is Resolution.REFUND
    assert promised(shop) == 0


def test_surplus_of_an_exchange_is_paid_back_on_a_line_of_its_own(shop: Shop, ret: Return) -> None:
    shop.receives(ret, item(quantity=2))

    resolves(shop, surplus(shop, ret), ResolutionKind.LINE)

    exchanged, added = shop.now_is(ret).lines
    assert (exchanged.resolution, quantities(exchanged).received) == (Resolution.EXCHANGE, 2)
    assert (added.resolution, quantities(added).received) == (Resolution.REFUND, 1)
    assert added.order_line_no == exchanged.order_line_no
    assert promised(shop) == 2
    assert suspicions(shop) == []
