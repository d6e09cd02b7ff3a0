"""Whatever ends units of an exchange frees what was promised for them, and nothing else does."""

from collections.abc import Callable

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.exchanges.model import UNITS_ENDED, ExchangeState
from chalicelib.returns.model import Closure, Disposition, FaultParty, Resolution, Return
from chalicelib.returns.standing import open_points
from chalicelib.returns.units import quantities
from chalicelib.settlement.model import SettlementState
from tests.builders import Shop, failed, goes, item, passed, restock, wish
from tests.children import approves, exchange_of, ships, swap, unexchanges
from tests.returns.swaps import Act, denied, here, reserved, resolution_of, stocked, swapped
from tests.returns.undoing import reinspects, ships_back, suspicions
from tests.shipping.stories import gives_up, loses, turns_away


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return stocked(shop)


# --- what is given up --------------------------------------------------------------------------


@pytest.mark.parametrize("act", [gives_up, turns_away], ids=["short-close", "refuse"])
def test_a_promise_ends_with_the_units_that_nobody_waits_for(
    shop: Shop, act: Callable[..., Return]
) -> None:
    ret = swapped(shop, 3)

    act(shop, ret, 1)
    some_left = reserved(shop)
    after = act(shop, ret)

    exchange = exchange_of(shop, ret)
    assert some_left == 2
    assert (exchange.state, exchange.reason) == (ExchangeState.CANCELLED, UNITS_ENDED)
    assert (reserved(shop), shop.on_hand("BLUE")) == (0, 5)
    assert shop.returnable() == 5
    assert after.closure is Closure.COMPLETED
    assert suspicions(shop) == []


@pytest.mark.parametrize("act", [gives_up, turns_away], ids=["short-close", "refuse"])
def test_a_replacement_that_is_to_come_back_is_not_given_up(
    shop: Shop, act: Callable[..., Return]
) -> None:
    ret = approves(shop, shop.asks("O-1", swap(2, for_="BLUE"), wish(1, "2")))
    unexchanges(shop, ships(shop, exchange_of(shop, ret)))

    with pytest.raises(Conflict, match="replacement_shipped"):
        act(shop, ret, 1)
    after = act(shop, ret)

    assert [quantities(one).awaiting for one in after.lines] == [2, 0]
    with pytest.raises(Conflict, match="replacement_shipped"):
        act(shop, ret)
    assert (shop.returnable(), shop.returnable(line_no="2")) == (3, 2)


# --- what goes back to the customer ------------------------------------------------------------


def sent_back_as_disposed(shop: Shop, ret: Return) -> Return:
    shop.inspects(ret, passed(1, accept_credit=False), passed(1))
    return shop.disposes(ret, goes(Disposition.SHIP_BACK))


def sent_back_unseen(shop: Shop, ret: Return) -> Return:
    return ships_back(shop, ret)


@pytest.mark.parametrize("act", [sent_back_unseen, sent_back_as_disposed])
def test_a_promise_ends_with_the_units_that_go_back(shop: Shop, act: Act) -> None:
    ret = here(shop)

    act(shop, ret)

    exchange = exchange_of(shop, ret)
    assert (exchange.state, exchange.units) == (ExchangeState.RESERVED, (Run(2, 1),))
    assert (reserved(shop), shop.on_hand("BLUE")) == (1, 4)
    assert shop.returnable() == 4
    assert suspicions(shop) == []


@pytest.mark.parametrize("act", [sent_back_unseen, sent_back_as_disposed])
def test_a_replacement_that_came_back_stays_with_us(shop: Shop, act: Act) -> None:
    ret = swapped(shop)
    unexchanges(shop, ships(shop, exchange_of(shop, ret)))
    shop.receives(ret, item("BLUE", 2))

    with pytest.raises(Conflict, match="replacement_shipped"):
        act(shop, ret)

    assert shop.returnable() == 3


# --- what is denied ----------------------------------------------------------------------------


def test_a_promise_ends_with_the_units_that_are_denied_and_stays_for_the_accepted(
    shop: Shop,
) -> None:
    ret = here(shop)

    shop.inspects(ret, failed(1, fault=FaultParty.CUSTOMER), passed(1))

    exchange = exchange_of(shop, ret)
    assert (exchange.state, exchange.units) == (ExchangeState.RESERVED, (Run(2, 1),))
    assert reserved(shop) == 1
    assert resolution_of(shop, ret) is Resolution.EXCHANGE
    assert shop.returnable() == 3
    assert suspicions(shop) == []


def test_a_return_does_not_close_while_a_replacement_is_promised(shop: Shop) -> None:
    ret = here(shop)
    shop.inspects(ret, failed(1, fault=FaultParty.CUSTOMER), passed(1))

    after = shop.disposes(ret, goes(Disposition.SCRAP), restock(1))

    assert [point.code for point in open_points(after)] == ["money_owed"]
    ships(shop, exchange_of(shop, ret))
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert reserved(shop) == 0


def test_a_return_of_which_all_is_denied_closes_with_its_promise_ended(shop: Shop) -> None:
    ret = here(shop, 1)
    denied(shop, ret)

    after = shop.disposes(ret, goes(Disposition.SCRAP))

    assert after.closure is Closure.COMPLETED
    assert exchange_of(shop, ret).state is ExchangeState.CANCELLED
    assert reserved(shop) == 0


def test_units_denied_and_then_accepted_after_all_are_paid_back(shop: Shop) -> None:
    ret = here(shop, 1)
    denied(shop, ret)
    reinspects(shop, ret)
    shop.inspects(ret, passed(1))
    shop.disposes(ret, restock(1))

    shop.settles(ret)

    assert shop.settlement(ret).amount.minor == 1000
    assert shop.now_is(ret).closure is Closure.COMPLETED


def test_looking_again_keeps_the_promise_until_it_is_decided(shop: Shop) -> None:
    ret = here(shop, 1)
    shop.inspects(ret, passed(1))

    reinspects(shop, ret)

    assert reserved(shop) == 1
    denied(shop, ret)
    assert reserved(shop) == 0


def test_a_replacement_that_comes_back_spoilt_is_denied_like_other_goods(shop: Shop) -> None:
    ret = swapped(shop)
    unexchanges(shop, ships(shop, exchange_of(shop, ret)))
    shop.receives(ret, item("BLUE", 2))

    after = denied(shop, ret, 2)

    assert quantities(after.lines[0]).denied == 2
    assert exchange_of(shop, ret).state is ExchangeState.SHIPPED
    assert suspicions(shop) == []


def test_goods_that_come_back_after_their_replacement_left_are_accepted_as_they_are(
    shop: Shop,
) -> None:
    ret = swapped(shop, 1)
    ships(shop, exchange_of(shop, ret))
    shop.receives(ret, item())

    after = denied(shop, ret)

    assert quantities(after.lines[0]).accepted == 1
    assert after.lines[0].groups[0].settlement is SettlementState.SETTLED


# --- what is lost ------------------------------------------------------------------------------


def test_what_is_lost_and_accepted_keeps_its_promise_and_the_return_stays_open(shop: Shop) -> None:
    ret = swapped(shop)

    after = loses(shop, ret, accept_credit=True)

    assert (reserved(shop), after.closure) == (2, Closure.OPEN)
    ships(shop, exchange_of(shop, ret))
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert suspicions(shop) == []


def test_what_is_lost_without_credit_is_not_replaced(shop: Shop) -> None:
    ret = swapped(shop)

    loses(shop, ret, 1, accept_credit=False)
    some_left = reserved(shop)
    after = loses(shop, ret, accept_credit=False)

    assert some_left == 1
    assert exchange_of(shop, ret).state is ExchangeState.CANCELLED
    assert (reserved(shop), shop.on_hand("BLUE")) == (0, 5)
    assert after.closure is Closure.COMPLETED
    assert shop.returnable() == 3, "what is lost is not given up"
    assert suspicions(shop) == []


def test_what_was_lost_without_credit_and_turns_up_is_paid_back(shop: Shop) -> None:
    ret = swapped(shop, 1)
    loses(shop, ret, accept_credit=False)
    shop.receives(ret, item())
    shop.inspects(ret, passed(1))
    shop.disposes(ret, restock(1))

    shop.settles(ret)

    assert shop.settlement(ret).amount.minor == 1000


@pytest.mark.parametrize("is_unexchanged", [False, True], ids=["replaced", "unexchanged"])
def test_goods_may_be_lost_after_their_replacement_left(shop: Shop, is_unexchanged: bool) -> None:
    ret = swapped(shop)
    sent = ships(shop, exchange_of(shop, ret))
    if is_unexchanged:
        unexchanges(shop, sent)

    after = loses(shop, ret, accept_credit=False)

    assert quantities(after.lines[0]).lost == 2
    assert exchange_of(shop, ret).state is ExchangeState.SHIPPED
    assert shop.returnable() == 3
    assert suspicions(shop) == []
