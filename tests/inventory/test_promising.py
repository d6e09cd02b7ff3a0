"""What a shop may promise, and what units are worth that leave."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.core.money import Money
from chalicelib.inventory.costing import Layer, first_of, layers_of, value_of
from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.promising import promisable
from tests.builders import eur


def balance(account: Account, quantity: int, value: dict[str, int] | None = None) -> Balance:
    return Balance(
        warehouse="A",
        sku="S",
        lot=None,
        account=account,
        quantity=quantity,
        value_minor=value or {},
    )


def test_what_is_kept_in_reserve_cannot_be_promised() -> None:
    plan = StockPlan(warehouse="A", sku="S", safety_stock=3)
    lying = [balance(Account.AVAILABLE, 10), balance(Account.RESERVED, 4)]

    found = promisable(plan, lying)

    assert (found.available, found.reserved, found.atp) == (10, 4, 7)
    assert found.incoming_returns is None


def test_of_what_is_on_its_way_back_only_whole_units_count() -> None:
    plan = StockPlan(warehouse="A", sku="S")

    found = promisable(plan, [], incoming=7, share=Decimal("0.5"))

    assert (found.incoming_returns, found.expected_returns, found.atp) == (7, 3, 3)


def test_less_than_nothing_is_never_promised() -> None:
    plan = StockPlan(warehouse="A", sku="S", safety_stock=30)

    assert promisable(plan, [balance(Account.AVAILABLE, 10)]).atp == 0


@pytest.mark.parametrize("quantity", range(1, 8))
def test_layers_and_what_stays_come_to_all_of_the_value(quantity: int) -> None:
    lying = balance(Account.AVAILABLE, 7, {"EUR": 1000})

    layers = layers_of(lying, quantity)

    assert sum(layer.quantity for layer in layers) == quantity
    worth = value_of(layers)["EUR"]
    assert abs(worth - 1000 * quantity / 7) <= 0.5
    if quantity == 7:
        assert worth == 1000


def test_goods_in_two_currencies_leave_with_both() -> None:
    lying = balance(Account.AVAILABLE, 3, {"EUR": 1000, "GBP": 500})

    assert value_of(layers_of(lying, 3)) == {"EUR": 1000, "GBP": 500}


def test_of_goods_that_are_not_there_no_cost_is_known() -> None:
    assert layers_of(None, 2) == (Layer(quantity=2, unit_cost=None),)
    assert layers_of(balance(Account.AVAILABLE, 2), 2) == (Layer(quantity=2, unit_cost=None),)


def test_layers_are_taken_from_the_front() -> None:
    layers = (Layer(quantity=2, unit_cost=eur(1)), Layer(quantity=1, unit_cost=eur(2)))

    first, rest = first_of(layers, 1)

    assert value_of(first) == {"EUR": 1}
    assert value_of(rest) == {"EUR": 3}
    assert first[0].unit_cost == Money(1, "EUR")


def test_goods_that_expired_on_the_shelf_are_not_promised() -> None:
    plan = StockPlan(warehouse="A", sku="S", safety_stock=1)
    lying = [
        replace(balance(Account.AVAILABLE, units), lot=lot)
        for lot, units in (("L1", 4), ("L2", 3), ("L3", 2))
    ]
    today = date(2026, 11, 21)
    lots = [
        Lot(sku="S", lot="L1", expires_on=date(2026, 11, 20)),
        Lot(sku="S", lot="L2", expires_on=today),
    ]

    found = promisable(plan, lying, lots=lots, today=today)

    assert (found.available, found.expired, found.atp) == (9, 4, 4)
