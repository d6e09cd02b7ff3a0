"""Units that do not come back after all free the stock that was promised for them."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.exchanges.ending import replaced_units
from chalicelib.exchanges.model import UNITS_ENDED, ExchangeState
from chalicelib.inventory.model import Account
from chalicelib.returns.model import Resolution, Return
from tests.builders import Shop, line, order
from tests.children import approves, cancels, ends, exchange_of, ships, swap, unexchanges


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line(quantity=3)))
    shop.counts({"BLUE": 1})
    shop.counts({"BLUE": 4}, lot="L1")
    return shop


@pytest.fixture
def ret(shop: Shop) -> Return:
    return approves(shop, shop.asks("O-1", swap(3, for_="BLUE")))


def test_the_stock_of_some_units_is_free_and_the_rest_stays_promised(
    shop: Shop, ret: Return
) -> None:
    ends(shop, ret, (Run(2, 2),))

    exchange = exchange_of(shop, ret)
    assert (exchange.state, exchange.units) == (ExchangeState.RESERVED, (Run(1, 1),))
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", lot="L1")) == (0, 4)
    assert shop.on_hand("BLUE", Account.RESERVED) == 1
    assert shop.now_is(ret).lines[0].resolution is Resolution.EXCHANGE
    assert shop.store.reads().events(exchange.subject)[-1].type == "exchange.reduced"


def test_an_exchange_for_nothing_is_cancelled_and_the_line_is_one_of_money(
    shop: Shop, ret: Return
) -> None:
    ends(shop, ret, (Run(1, 1),))
    ends(shop, ret, (Run(2, 2),))

    exchange = exchange_of(shop, ret)
    assert (exchange.state, exchange.reason) == (ExchangeState.CANCELLED, UNITS_ENDED)
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", lot="L1")) == (1, 4)
    assert shop.now_is(ret).lines[0].resolution is Resolution.REFUND


def test_units_whose_replacement_left_cannot_be_taken_back(shop: Shop, ret: Return) -> None:
    sent = ships(shop, exchange_of(shop, ret))

    for _ in range(2):
        with pytest.raises(Conflict, match="replacement_shipped") as refused:
            ends(shop, ret, (Run(2, 1),))
        assert refused.value.details["units"] == "2"
        if not exchange_of(shop, ret).unexchanged:
            unexchanges(shop, sent)

    (asked,) = shop.now_is(ret).lines
    assert replaced_units(shop.store.reads(), asked) == (Run(1, 3),)


def test_units_without_a_promise_end_as_ever(shop: Shop, ret: Return) -> None:
    cancels(shop, exchange_of(shop, ret))

    ends(shop, ret, (Run(1, 3),))

    assert exchange_of(shop, ret).version == 2
