"""How goods sell where they lie, by the ledger of that warehouse."""

from datetime import timedelta

from chalicelib.core.events import Actor
from chalicelib.inspection.demand import Sales, sales_of
from chalicelib.inventory.model import Account, Entry, Movement, MovementKind
from tests.builders import NOW

DAY = timedelta(days=1)


def moved(
    quantity: int, ago: timedelta, kind: MovementKind = MovementKind.DELIVERY, warehouse: str = "A"
) -> Movement:
    """Units that left the shelf so long ago: for a customer, or for wherever this kind takes it."""
    target = Account.CUSTOMER if kind is MovementKind.DELIVERY else Account.ADJUSTMENT
    entries = tuple(
        Entry(warehouse=warehouse, sku="SKU-1", lot=None, account=account, quantity=number)
        for account, number in ((Account.AVAILABLE, -quantity), (target, quantity))
    )
    return Movement(
        movement_id=f"mov_{kind}_{ago.total_seconds()}",
        kind=kind,
        source="order/O-1",
        entries=entries,
        posted_at=NOW - ago,
        actor=Actor(id="someone", role="machine"),
        command_id="cmd",
    )


COUNTED = moved(1, 200 * DAY, MovementKind.COUNT)


def test_units_that_left_for_customers_within_the_days_are_counted() -> None:
    movements = [
        moved(3, DAY), moved(9, 2 * DAY, MovementKind.ADJUSTMENT), moved(2, 80 * DAY),
        moved(7, 91 * DAY), COUNTED,
    ]  # fmt: skip

    found = sales_of(movements, "A", NOW, days=90, is_all=True)

    assert found == Sales(units=5, days=90)


def test_goods_that_came_lately_are_measured_by_the_days_that_they_were_there() -> None:
    movements = [moved(3, DAY), moved(1, 20 * DAY, MovementKind.OPENING_COUNT)]

    assert sales_of(movements, "A", NOW, days=90, is_all=True) == Sales(units=3, days=20)


def test_goods_that_came_days_ago_have_no_rate_yet() -> None:
    movements = [moved(3, DAY), moved(1, 13 * DAY, MovementKind.OPENING_COUNT)]

    assert sales_of(movements, "A", NOW, days=90, is_all=True) is None


def test_goods_that_move_all_day_are_measured_by_what_was_looked_at() -> None:
    movements = [moved(1, number * DAY / 100) for number in range(200)]

    assert sales_of(movements, "A", NOW, days=90, is_all=False) == Sales(units=200, days=2)


def test_a_place_that_never_sold_any_says_nothing_of_demand() -> None:
    """Returns may go to a place that sends nothing to customers."""
    receipt = moved(1, 50 * DAY, MovementKind.RECEIPT)

    assert sales_of([receipt, COUNTED], "A", NOW, days=90, is_all=True) is None
    assert sales_of([], "A", NOW, days=90, is_all=True) is None


def test_what_sold_long_ago_and_not_since_sells_no_more() -> None:
    found = sales_of([moved(4, 100 * DAY), COUNTED], "A", NOW, days=90, is_all=True)

    assert found == Sales(units=0, days=90)
