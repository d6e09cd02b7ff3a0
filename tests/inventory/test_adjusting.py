"""Corrections of stock: their reasons, what they are worth, and who decides on large ones."""

from collections.abc import Mapping

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotAllowed
from chalicelib.inventory.adjusting import (
    AdjustedItem,
    AdjustmentReason,
    AdjustmentState,
    AdjustStock,
    StockAdjustment,
    adjust,
    decide,
)
from chalicelib.inventory.model import Account
from chalicelib.tasks.model import TaskKind, TaskState, task_id_for
from tests.builders import eur
from tests.inventory.stock import Stock


def is_large(value: Mapping[str, int]) -> bool:
    return value.get("EUR", 0) > 1000


def adjusted(
    stock: Stock,
    reason: AdjustmentReason,
    *items: AdjustedItem,
    note: str | None = None,
    by: str = "warehouse-1",
) -> StockAdjustment:
    command = AdjustStock(warehouse="A", reason=reason, items=items, note=note)
    return stock.run(
        lambda reads, context: adjust(reads, command, context, needs_second=is_large), by=by
    )


@pytest.mark.parametrize(
    ("reason", "change", "other"),
    [
        (AdjustmentReason.FOUND, 1, Account.ADJUSTMENT),
        (AdjustmentReason.LOST, -1, Account.MISSING),
        (AdjustmentReason.THEFT, -1, Account.MISSING),
        (AdjustmentReason.DAMAGED, -1, Account.DAMAGED),
        (AdjustmentReason.SAMPLE, -1, Account.ADJUSTMENT),
        (AdjustmentReason.DATA_ENTRY, -1, Account.ADJUSTMENT),
        (AdjustmentReason.DATA_ENTRY, 1, Account.ADJUSTMENT),
        (AdjustmentReason.OTHER, -1, Account.ADJUSTMENT),
    ],
)
def test_each_reason_has_its_other_side(
    stock: Stock, reason: AdjustmentReason, change: int, other: Account
) -> None:
    stock.has("S", 5, cost=eur(200))
    was = stock.lies(other)

    adjusted(stock, reason, AdjustedItem(sku="S", change=change), note="as told")

    assert stock.lies(Account.AVAILABLE) == 5 + change
    assert stock.lies(other) == was - change
    assert stock.worth(Account.AVAILABLE) == 1000 + 200 * change


def test_a_correction_above_the_limit_moves_nothing_before_a_second_person_agrees(
    stock: Stock,
) -> None:
    stock.has("S", 5, cost=eur(400))

    waiting = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-3))

    assert waiting.state is AdjustmentState.WAITING
    assert stock.lies(Account.AVAILABLE) == 5
    task = stock.store.reads().task(task_id_for(TaskKind.ADJUSTMENT, waiting.subject, "asked"))
    assert task is not None
    assert task.state is TaskState.OPEN


def test_who_asked_does_not_decide(stock: Stock) -> None:
    stock.has("S", 5, cost=eur(400))
    waiting = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-3))

    with pytest.raises(NotAllowed, match="second_person_needed"):
        stock.run(
            lambda reads, context: decide(
                reads, waiting.adjustment_id, approve=True, context=context
            )
        )


def test_a_second_person_posts_it(stock: Stock) -> None:
    stock.has("S", 5, cost=eur(400))
    waiting = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-3))

    done = stock.run(
        lambda reads, context: decide(reads, waiting.adjustment_id, approve=True, context=context),
        by="warehouse-2",
    )

    assert done.state is AdjustmentState.POSTED
    assert stock.lies(Account.MISSING) == 3
    task = stock.store.reads().task(task_id_for(TaskKind.ADJUSTMENT, waiting.subject, "asked"))
    assert task is not None
    assert task.state is TaskState.DONE


def test_a_second_person_may_refuse_it_for_good(stock: Stock) -> None:
    stock.has("S", 5, cost=eur(400))
    waiting = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-3))

    def by_second(*, approve: bool) -> StockAdjustment:
        return stock.run(
            lambda reads, context: decide(
                reads, waiting.adjustment_id, approve=approve, context=context
            ),
            by="warehouse-2",
        )

    assert by_second(approve=False).state is AdjustmentState.REJECTED
    assert stock.lies(Account.AVAILABLE) == 5
    with pytest.raises(Conflict, match="adjustment_decided"):
        by_second(approve=True)


def test_goods_that_were_found_are_worth_what_those_beside_them_are(stock: Stock) -> None:
    stock.has("S", 2, cost=eur(400))

    adjusted(stock, AdjustmentReason.FOUND, AdjustedItem(sku="S", change=1))

    assert stock.worth(Account.AVAILABLE) == 1200


@pytest.mark.parametrize(
    ("reason", "item"),
    [
        pytest.param(AdjustmentReason.FOUND, AdjustedItem(sku="S", change=-1), id="found less"),
        pytest.param(AdjustmentReason.LOST, AdjustedItem(sku="S", change=1), id="lost more"),
        pytest.param(AdjustmentReason.DATA_ENTRY, AdjustedItem(sku="S", change=0), id="nothing"),
        pytest.param(AdjustmentReason.OTHER, AdjustedItem(sku="S", change=1), id="no words"),
        pytest.param(
            AdjustmentReason.LOST,
            AdjustedItem(sku="S", change=-1, account=Account.CUSTOMER),
            id="not ours",
        ),
        pytest.param(
            AdjustmentReason.LOST,
            AdjustedItem(sku="S", change=-1, account=Account.IN_TRANSIT),
            id="underway",
        ),
        pytest.param(
            AdjustmentReason.DAMAGED,
            AdjustedItem(sku="S", change=-1, account=Account.DAMAGED),
            id="there already",
        ),
        pytest.param(
            AdjustmentReason.FOUND,
            AdjustedItem(sku="S", change=1, serials=("N1", "N2")),
            id="many serials",
        ),
    ],
)
def test_a_correction_with_faults_is_refused(
    stock: Stock, reason: AdjustmentReason, item: AdjustedItem
) -> None:
    stock.has("S", 5)

    with pytest.raises(Invalid, match="invalid_adjustment"):
        adjusted(stock, reason, item)


def test_a_unit_that_is_lost_is_missing_under_its_number(stock: Stock) -> None:
    stock.has("S", 5)

    adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-1, serials=("N1",)))

    found = stock.store.reads().serial("S", "N1")
    assert found is not None
    assert found.account is Account.MISSING


def test_a_correction_is_worth_what_the_books_say_when_it_is_posted(stock: Stock) -> None:
    stock.has("S", 5, cost=eur(400))
    waiting = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-3))
    stock.has("S", 10, cost=eur(1000))

    done = stock.run(
        lambda reads, context: decide(reads, waiting.adjustment_id, approve=True, context=context),
        by="warehouse-2",
    )

    assert done.value_minor == {"EUR": stock.worth(Account.MISSING)} == {"EUR": 2100}
    (told,) = [
        one for one in stock.store.reads().events(done.subject) if one.type == "stock.adjusted"
    ]
    assert told.data["value_minor"] == {"EUR": 2100}


def test_goods_are_written_off_at_what_they_are_worth_though_others_move_them_meanwhile(
    stock: Stock,
) -> None:
    stock.has("S", 2, cost=eur(100))
    stock.store.meanwhile(lambda: stock.has("S", 4, cost=eur(500)))

    gone = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-2))

    assert gone.value_minor == {"EUR": 600}
    assert (stock.worth(Account.MISSING), stock.worth(Account.AVAILABLE)) == (600, 600)


def test_a_large_correction_in_small_pieces_takes_two_as_well(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))

    states = [
        adjusted(stock, AdjustmentReason.THEFT, AdjustedItem(sku="S", change=-1)).state
        for _ in range(3)
    ]

    assert states == [AdjustmentState.POSTED, AdjustmentState.POSTED, AdjustmentState.WAITING]


def test_what_another_corrected_that_day_does_not_count(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))
    adjusted(stock, AdjustmentReason.THEFT, AdjustedItem(sku="S", change=-2))

    other = adjusted(stock, AdjustmentReason.THEFT, AdjustedItem(sku="S", change=-2), by="bo")

    assert other.state is AdjustmentState.POSTED


def test_nobody_is_asked_to_agree_to_more_than_is_there(stock: Stock) -> None:
    stock.has("S", 7, cost=eur(400))

    with pytest.raises(Conflict, match="has less of S"):
        adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-8))

    whole = adjusted(stock, AdjustmentReason.LOST, AdjustedItem(sku="S", change=-7))
    assert whole.state is AdjustmentState.WAITING
