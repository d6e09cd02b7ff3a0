"""A count is what lies there afterwards; the ledger sums to zero whatever is counted."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.inventory.counting import ITEMS_MAX, CountedItem, CountStock, count_stock
from chalicelib.inventory.model import (
    Account,
    Entry,
    Movement,
    MovementKind,
    Transfer,
    entries_for,
)
from tests.builders import NOW, Shop, line, order
from tests.fakes import FakeStore

stocks = st.dictionaries(st.sampled_from(["S1", "S2", "S3"]), st.integers(0, 50), min_size=1)


@given(st.lists(stocks, min_size=1, max_size=4))
@settings(max_examples=40)
def test_the_last_count_is_what_lies_there_and_the_ledger_sums_to_zero(
    counts: list[dict[str, int]],
) -> None:
    shop = Shop(FakeStore(clock=lambda: NOW))
    expected: dict[str, int] = {}
    for stock in counts:
        shop.counts(stock)
        expected |= stock

    assert {sku: shop.on_hand(sku) for sku in expected} == expected
    balances = shop.store.reads().balances("A", list(expected))
    assert sum(balance.quantity for balance in balances) == 0


def test_a_repeated_command_counts_once(shop: Shop) -> None:
    context = shop.context()
    command = CountStock(warehouse="A", items=(CountedItem(sku="S", quantity=5),))
    first = shop.do(lambda reads, context: count_stock(reads, command, context), context)
    shop.counts({"S": 2})

    again = shop.do(lambda reads, context: count_stock(reads, command, context), context)

    assert again == first
    assert shop.on_hand("S") == 2


def test_a_count_that_agrees_posts_nothing(shop: Shop) -> None:
    shop.counts({"S": 5})

    count = shop.counts({"S": 5})

    assert count.movement_id is None


def test_lots_are_counted_apart(shop: Shop) -> None:
    shop.counts({"S": 5}, lot="L1")
    shop.counts({"S": 3}, lot="L2")

    assert (shop.on_hand("S", lot="L1"), shop.on_hand("S", lot="L2")) == (5, 3)


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ((CountedItem(sku="S", quantity=1),) * 2, "duplicate_item"),
        ((CountedItem(sku="S", quantity=-1),), "negative_quantity"),
        (
            tuple(CountedItem(sku=f"S{n}", quantity=1) for n in range(ITEMS_MAX + 1)),
            "too_many_items",
        ),
    ],
    ids=["twice", "negative", "too many"],
)
def test_what_cannot_be_counted_is_refused(
    shop: Shop, items: tuple[CountedItem, ...], code: str
) -> None:
    command = CountStock(warehouse="A", items=items)

    with pytest.raises(Invalid) as refused:
        shop.do(lambda reads, context: count_stock(reads, command, context))

    assert [error.code for error in refused.value.errors] == [code]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["S1", "S2"]),
            st.sampled_from([None, "L"]),
            st.integers(1, 9),
            st.permutations(list(Account)),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_transfers_become_entries_that_sum_to_zero(
    rows: list[tuple[str, str | None, int, list[Account]]],
) -> None:
    transfers = [
        Transfer(
            warehouse="A", sku=sku, lot=lot, quantity=n, origin=accounts[0], target=accounts[1]
        )
        for sku, lot, n, accounts in rows
    ]

    sums: Counter[tuple[str, str | None]] = Counter()
    for entry in entries_for(transfers):
        sums[entry.sku, entry.lot] += entry.quantity

    assert not any(sums.values())


def test_a_movement_that_loses_a_unit_cannot_be_made(shop: Shop) -> None:
    one = Entry(warehouse="A", sku="S", lot=None, account=Account.AVAILABLE, quantity=1)
    context = shop.context()

    for entries in ((), (one,)):
        with pytest.raises(AssertionError):
            Movement(
                movement_id="m",
                kind=MovementKind.COUNT,
                source="count/1",
                entries=entries,
                posted_at=NOW,
                actor=context.actor,
                command_id="c",
            )


def test_every_movement_of_a_whole_return_sums_to_zero_and_nothing_stays_in_between(
    shop: Shop,
) -> None:
    shop.sells(order(line(quantity=3)))
    shop.accepts(shop.asks(quantity=2), 2)

    balances = {b.account: b for b in shop.store.reads().balances("A", ["SKU-1"])}

    assert sum(b.quantity for b in balances.values()) == 0
    assert balances[Account.RECEIVING].quantity == 0
    assert balances[Account.RECEIVING].value_minor == {"EUR": 0}
    assert balances[Account.CUSTOMER].value_minor == {"EUR": 400}
