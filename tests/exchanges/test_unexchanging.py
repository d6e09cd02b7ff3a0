"""The customer keeps what was sold and sends the replacement back: one unit, paid back once."""

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run
from chalicelib.exchanges.model import Exchange
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.model import Closure, Resolution, Return
from chalicelib.returns.units import quantities
from tests.builders import Shop, delivery, eur, item, line, order, passed, restock
from tests.children import approves, exchange_of, fulfils, ships, swap, unexchanges


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """Two sold with serial numbers, blue ones of two lots on the shelf."""
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("S-1", "S-2")))
    shop.sells(order(line(quantity=2), deliveries=(shipped,)))
    shop.counts({"BLUE": 1}, lot="L1")
    shop.counts({"BLUE": 1}, lot="L2")
    return shop


@pytest.fixture
def ret(shop: Shop) -> Return:
    return approves(shop, shop.asks("O-1", swap(2, for_="BLUE")))


@pytest.fixture
def sent(shop: Shop, ret: Return) -> Exchange:
    return ships(shop, exchange_of(shop, ret))


def test_the_replacement_is_expected_and_the_old_unit_is_not(
    shop: Shop, ret: Return, sent: Exchange
) -> None:
    after = unexchanges(shop, sent)

    (expected,) = shop.now_is(ret).lines
    assert after.unexchanged
    assert (expected.goods, expected.resolution) == ("BLUE", Resolution.REFUND)
    assert (expected.serials, expected.gtin) == ({}, None)
    received = shop.receives(ret, item("SKU-1"))
    assert [exception.kind for exception in received.exceptions] == ["WRONG_SKU"]


def test_what_comes_back_is_booked_as_what_left(shop: Shop, ret: Return, sent: Exchange) -> None:
    unexchanges(shop, sent)

    shop.receives(ret, item("BLUE", 2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))

    assert [shop.on_hand("BLUE", lot=lot) for lot in ("L1", "L2")] == [1, 1]
    assert [shop.on_hand("BLUE", Account.CUSTOMER, lot=lot) for lot in ("L1", "L2")] == [0, 0]
    assert shop.on_hand("SKU-1", Account.CUSTOMER) == 2


def test_the_money_of_the_units_goes_back_and_nothing_is_counted_twice(
    shop: Shop, ret: Return, sent: Exchange
) -> None:
    unexchanges(shop, fulfils(shop, sent))
    shop.receives(ret, item("BLUE", 2))
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))

    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(2000)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert shop.returnable() == 0


def test_one_of_two_comes_back_and_the_other_stays_exchanged(
    shop: Shop, ret: Return, sent: Exchange
) -> None:
    unexchanges(shop, sent, 1)

    kept, expected = shop.now_is(ret).lines
    assert (kept.line_no, kept.goods, kept.resolution) == ("1", "SKU-1", Resolution.EXCHANGE)
    assert (kept.groups[0].units, kept.serials) == ((Run(1, 1),), {"1": "S-1"})
    assert (expected.line_no, expected.goods, expected.order_line_no) == ("2", "BLUE", "1")
    assert (expected.groups[0].units, expected.groups[0].lot) == ((Run(2, 1),), "L2")
    assert (quantities(kept).settled, quantities(expected).settled) == (1, 0)

    shop.receives(ret, item("SKU-1"), item("BLUE"))
    shop.inspects(ret, passed(1, "1"), passed(1, "2"))
    shop.disposes(ret, restock(1, "1"), restock(1, "2"))
    shop.settles(ret)

    assert shop.settlement(ret).paid == eur(1000)
    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert shop.returnable() == 0


def test_an_old_unit_that_is_back_stays_exchanged(shop: Shop, ret: Return, sent: Exchange) -> None:
    shop.receives(ret, item("SKU-1", serials=("S-2",)))

    unexchanges(shop, sent)

    kept, expected = shop.now_is(ret).lines
    assert (kept.groups[0].units, expected.groups[0].units) == ((Run(2, 1),), (Run(1, 1),))


@pytest.mark.parametrize("quantity", [0, 3])
def test_no_more_comes_back_than_is_still_expected(
    shop: Shop, sent: Exchange, quantity: int
) -> None:
    with pytest.raises(Conflict, match="not_to_unexchange") as refused:
        unexchanges(shop, sent, quantity)

    assert refused.value.details["expected"] == 2


def test_what_is_unexchanged_is_not_unexchanged_again(shop: Shop, sent: Exchange) -> None:
    after = unexchanges(shop, sent)

    with pytest.raises(Conflict, match="not_to_unexchange"):
        unexchanges(shop, after)


def test_it_comes_back_at_the_cost_at_which_it_left(shop: Shop) -> None:
    shop.sells(order(line(), no="O-2"))
    shop.counts({"SKU-1": 1})
    ret = approves(shop, shop.asks("O-2", swap(1)))

    unexchanges(shop, ships(shop, exchange_of(shop, ret)))
    shop.receives(ret, item("SKU-1"))

    (lying,) = [
        balance
        for balance in shop.store.reads().balances("A", ["SKU-1"])
        if balance.account is Account.RECEIVING
    ]
    assert lying.value_minor == {"EUR": 400}
