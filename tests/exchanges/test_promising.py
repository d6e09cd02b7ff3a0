"""Approving an exchange promises stock in the same write; the order's units are held once."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import chain_fault
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.exchanges.model import ExchangeState, PromisedStock
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.returns.model import Authorization, Resolution
from tests.builders import NOW, Shop, eur, line, order, wish
from tests.children import approves, exchange_of, swap
from tests.fakes import FakeStore


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Three sold and delivered, five others on the shelf."""
    shop.sells(order(line(quantity=3)))
    shop.counts({"SKU-1": 5})
    return shop


def test_approving_reserves_the_same_goods_where_the_return_goes(sold: Shop) -> None:
    ret = approves(sold, sold.asks("O-1", swap(2)))

    exchange = exchange_of(sold, ret)
    assert (exchange.state, exchange.quantity) == (ExchangeState.RESERVED, 2)
    assert (exchange.original_sku, exchange.replacement_sku) == ("SKU-1", "SKU-1")
    assert (exchange.units, exchange.warehouse) == ((Run(1, 2),), "A")
    assert (exchange.return_id, exchange.order_line_no) == (ret.return_id, "1")
    assert (sold.on_hand("SKU-1"), sold.on_hand("SKU-1", Account.RESERVED)) == (3, 2)
    (posted,) = sold.store.reads().movements_of(exchange.subject)
    assert posted.kind is MovementKind.EXCHANGE
    events = sold.store.reads().events(exchange.subject)
    assert chain_fault(events) is None
    assert [event.type for event in events] == ["exchange.reserved"]


def test_other_goods_are_promised_where_they_are_named(sold: Shop) -> None:
    sold.counts({"BLUE": 4})

    ret = approves(sold, sold.asks("O-1", swap(1, for_="BLUE")))

    assert exchange_of(sold, ret).replacement_sku == "BLUE"
    assert (sold.on_hand("BLUE"), sold.on_hand("SKU-1")) == (3, 5)


def test_only_the_units_that_are_approved_are_promised(sold: Shop) -> None:
    ret = sold.approves(sold.asks("O-1", swap(3)), line_1=1)

    assert exchange_of(sold, ret).units == (Run(1, 1),)
    assert sold.on_hand("SKU-1", Account.RESERVED) == 1


def test_too_little_stock_refuses_the_approval_and_says_what_there_is(sold: Shop) -> None:
    ret = sold.asks("O-1", swap(2, for_="BLUE"))
    sold.counts({"BLUE": 1})

    with pytest.raises(Conflict, match="replacement_out_of_stock") as refused:
        approves(sold, ret)

    assert refused.value.details == {
        "warehouse": "A",
        "sku": "BLUE",
        "line_no": "1",
        "available": 1,
        "needed": 2,
    }
    assert sold.now_is(ret).lines[0].groups[0].authorization is Authorization.UNDER_REVIEW
    assert sold.on_hand("BLUE") == 1


def test_two_lines_that_want_the_same_goods_do_not_share_them(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    shop.counts({"BLUE": 1})
    ret = shop.asks("O-1", swap(1, "1", "BLUE"), swap(1, "2", "BLUE"))

    with pytest.raises(Conflict, match="replacement_out_of_stock") as refused:
        approves(shop, ret)

    assert refused.value.details["available"] == 0
    assert shop.on_hand("BLUE") == 1


def test_a_line_approved_without_replacement_is_paid_back(sold: Shop) -> None:
    ret = approves(sold, sold.asks("O-1", swap(2, for_="GONE")), "1")

    (asked,) = sold.now_is(ret).lines
    assert (asked.resolution, asked.exchange_id) == (Resolution.REFUND, None)


def test_only_lines_that_are_to_be_exchanged_go_without(sold: Shop) -> None:
    ret = sold.asks("O-1", wish(1))

    with pytest.raises(Invalid, match="not_exchanged"):
        approves(sold, ret, "1")
    with pytest.raises(Invalid, match="not_exchanged"):
        approves(sold, ret, "9")


def test_replacements_are_taken_lot_by_lot(sold: Shop) -> None:
    sold.counts({"BLUE": 1})
    sold.counts({"BLUE": 3}, lot="L2")

    ret = approves(sold, sold.asks("O-1", swap(3, for_="BLUE")))

    assert exchange_of(sold, ret).stock == (
        PromisedStock(lot=None, quantity=1),
        PromisedStock(lot="L2", quantity=2),
    )
    assert sold.on_hand("BLUE", lot="L2") == 1


def test_the_same_goods_leave_at_the_cost_of_those_that_come_back(sold: Shop) -> None:
    ret = approves(sold, sold.asks("O-1", swap(1)))

    assert exchange_of(sold, ret).stock[0].unit_cost == eur(400)


def test_other_goods_leave_at_what_they_cost_where_they_lie(sold: Shop) -> None:
    counted = CountStock(
        warehouse="A",
        items=(
            CountedItem(sku="BLUE", quantity=2, lot="L1", unit_cost=eur(100)),
            CountedItem(sku="BLUE", quantity=1, lot="L2", unit_cost=eur(250)),
        ),
    )
    sold.do(lambda reads, context: count_stock(reads, counted, context))

    ret = approves(sold, sold.asks("O-1", swap(1, for_="BLUE")))

    assert exchange_of(sold, ret).stock == (
        PromisedStock(lot="L1", quantity=1, unit_cost=Money(150, "EUR")),
    )


def test_a_race_for_the_last_replacement_is_lost_by_one() -> None:
    store = FakeStore(clock=lambda: NOW)
    shop = Shop(store)
    shop.sells(order(line(quantity=2)))
    shop.counts({"BLUE": 1})
    first = shop.asks("O-1", swap(1, for_="BLUE"))
    second = shop.asks("O-1", swap(1, for_="BLUE"))
    store.meanwhile(lambda: approves(shop, second))

    with pytest.raises(Conflict):
        approves(shop, first)

    assert shop.on_hand("BLUE", Account.RESERVED) == 1
