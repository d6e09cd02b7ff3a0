"""What a query finds: units of the asked lots and days, what holds them, what they are worth."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.campaigns.finding import Tally, found_in
from chalicelib.campaigns.model import Query
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders import kits, returnable
from chalicelib.orders.model import DeliveredItem, HolderKind, KitComponent, LineKind, Order
from tests.builders import NOW, delivery, eur, line, order

SKU = Query(skus=("SKU-1",))


def two_lots(**more: Any) -> Order:
    """Units 1-3 of lot L1 from A, 4-5 of lot L2 from B a day later."""
    first = delivery(
        DeliveredItem(line_no="1", quantity=3, lot="L1", serials=("S1", "S2", "S3")),
        delivered_at=NOW - timedelta(days=5),
    )
    second = delivery(
        DeliveredItem(line_no="1", quantity=2, lot="L2"),
        no="D-2",
        warehouse="B",
        delivered_at=NOW - timedelta(days=4),
    )
    return order(line(quantity=5), deliveries=(first, second), **more)


def held(sold: Order, *units: Run) -> Order:
    return returnable.reserve(sold, "1", holder_id="ret_x", kind=HolderKind.RETURN, units=units)


def test_only_the_units_of_the_asked_lot_are_found() -> None:
    (found,) = found_in(two_lots(), replace(SKU, lots=("L1",)))

    assert (found.line_no, found.lot, found.warehouse) == ("1", "L1", "A")
    assert found.shipped == found.left == (Run(1, 3),)
    assert found.serials == ("S1", "S2", "S3")
    assert found.value == eur(3000)


def test_without_lots_every_lot_is_found_by_itself() -> None:
    found = found_in(two_lots(), SKU)

    assert [(units.lot, units.left) for units in found] == [
        ("L1", (Run(1, 3),)),
        ("L2", (Run(4, 2),)),
    ]


def test_units_in_another_document_are_found_but_not_called_back() -> None:
    (found,) = found_in(held(two_lots(), Run(2, 1)), replace(SKU, lots=("L1",)))

    assert (found.held, found.left) == (1, (Run(1, 1), Run(3, 1)))
    assert found.serials == ("S1", "S3")
    assert found.value == eur(2000)


@pytest.mark.parametrize(
    ("query", "lots"),
    [
        (replace(SKU, delivered_from=NOW - timedelta(days=4)), ["L2"]),
        (replace(SKU, delivered_to=NOW - timedelta(days=4)), ["L1"]),
        (replace(SKU, delivered_from=NOW - timedelta(days=3)), []),
        (replace(SKU, channel="web"), ["L1", "L2"]),
        (replace(SKU, channel="shop"), []),
        (replace(SKU, region="DE"), ["L1", "L2"]),
        (replace(SKU, region="FR"), []),
        (replace(SKU, customer_class="gold"), ["L1", "L2"]),
        (replace(SKU, customer_class="silver"), []),
        (replace(SKU, lots=("L3",)), []),
        (Query(skus=("SKU-2",)), []),
    ],
)
def test_all_that_is_asked_must_fit(query: Query, lots: list[str]) -> None:
    sold = two_lots(channel="web", region="DE", customer_class="gold")

    assert [found.lot for found in found_in(sold, query)] == lots


def test_a_delivery_without_its_day_counts_by_when_it_was_shipped() -> None:
    item = DeliveredItem(line_no="1", quantity=1)
    sold = order(line(), deliveries=(delivery(item, delivered_at=None),))

    assert found_in(sold, replace(SKU, delivered_from=NOW - timedelta(days=3)))
    assert not found_in(sold, replace(SKU, delivered_from=NOW - timedelta(days=2)))


def test_what_was_not_shipped_and_what_is_no_goods_is_not_found() -> None:
    service = line("2", kind=LineKind.SERVICE, sku="SKU-1")
    sold = order(line(quantity=5), service, deliveries=())

    assert found_in(sold, SKU) == ()


@pytest.mark.parametrize("asked", ["KIT", "PART-A"])
def test_a_kit_is_found_by_its_name_and_by_its_parts(asked: str) -> None:
    parts = (
        KitComponent(sku="PART-A", quantity=2, share="0.5"),
        KitComponent(sku="PART-B", quantity=1, share="0.5"),
    )
    sold = kits.exploded(order(line(sku="KIT", kit=parts)))

    found = found_in(sold, Query(skus=(asked,)))

    expected = {"KIT": [("PART-A", 2), ("PART-B", 1)], "PART-A": [("PART-A", 2)]}
    assert [(units.sku, units.left[0].count) for units in found] == expected[asked]


def test_the_tally_counts_orders_lines_units_and_money_by_currency_and_warehouse() -> None:
    tally = Tally()
    yen = order(line(currency="JPY", price=500), no="O-2")
    for sold in (held(two_lots(), Run(1, 1)), yen, order(line("2"), no="O-3")):
        tally.take(found_in(sold, SKU))

    scope = tally.scope(customers=1)

    assert (scope.orders, scope.lines, scope.searched, scope.customers) == (2, 2, 3, 1)
    assert (scope.units, scope.held, scope.returnable) == (6, 1, 5)
    assert scope.value == (eur(4000), Money(500, "JPY"))
    assert scope.by_warehouse == {"A": 3, "B": 2}


def test_a_tally_goes_on_from_its_checkpoint() -> None:
    tally = Tally(unreadable=1)
    tally.take(found_in(two_lots(), SKU))

    assert Tally.of(tally.as_json()) == tally
    assert Tally.of(None) == Tally()
