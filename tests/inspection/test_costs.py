"""What work on goods costs: the merchant's table, and that it does not contradict itself."""

from typing import Any

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.inspection.costs import WorkCost, cost_of
from chalicelib.inspection.rules import Thresholds
from tests.builders import Shop, eur
from tests.inspection.lists import samples

YUAN = Money(5_000, "CNY")
TABLE = (
    WorkCost(repair=eur(900), repack=eur(100)),
    WorkCost(category="Phones", repair=eur(700), refurbish=eur(300)),
    WorkCost(category="Phones", repair=YUAN),
    WorkCost(sku="SKU-1", repair=eur(500)),
)


@pytest.mark.parametrize(
    ("work", "goods", "currency", "cost"),
    [
        ("repair", ("SKU-1", "Phones"), "EUR", eur(500)),
        ("repair", ("SKU-2", "phones"), "EUR", eur(700)),
        ("repair", ("SKU-2", None), "EUR", eur(900)),
        ("repair", ("SKU-1", "Phones"), "CNY", YUAN),
        ("repair", ("SKU-1", None), "CNY", None),
        ("refurbish", ("SKU-1", "Phones"), "EUR", eur(300)),
        ("refurbish", ("SKU-1", "Shoes"), "EUR", None),
        ("repack", ("SKU-1", "Phones"), "EUR", eur(100)),
    ],
)
def test_the_nearest_entry_that_states_it_counts(
    work: str, goods: tuple[str, str | None], currency: str, cost: Money | None
) -> None:
    sku, category = goods

    assert cost_of(work, TABLE, sku=sku, category=category, currency=currency) == cost


@pytest.mark.parametrize(
    ("entries", "at", "code"),
    [
        ([{"repack": eur(1), "sku": "S", "category": "C"}], "/0", "sku_and_category"),
        ([{"sku": "S"}], "/0", "no_cost_stated"),
        ([{"repair": eur(-1)}], "/0/repair", "negative_cost"),
        (
            [{"category": "C", "repair": eur(1)}, {"category": "c", "repair": eur(2)}],
            "/1/repair",
            "cost_stated_twice",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_table_that_contradicts_itself_is_refused(
    shop: Shop, entries: list[dict[str, Any]], at: str, code: str
) -> None:
    table = Thresholds(work_costs=tuple(WorkCost(**one) for one in entries))

    with pytest.raises(Invalid) as refused:
        samples(shop, share=0, thresholds=table)

    (error,) = refused.value.errors
    assert (error.pointer, error.code) == (f"/proposals/work_costs{at}", code)


def test_the_same_cost_in_two_currencies_is_no_contradiction(shop: Shop) -> None:
    rules = samples(shop, share=0, thresholds=Thresholds(work_costs=TABLE))

    assert rules.thresholds.work_costs == TABLE
