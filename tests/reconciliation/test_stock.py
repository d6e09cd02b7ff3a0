"""Reconciling stock: transfers, corrections, lots, units; what is right and what was changed."""

from collections import Counter
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.core.commands import Changes, Decided
from chalicelib.inventory.adjusting import AdjustedItem, AdjustmentReason, AdjustStock, adjust
from chalicelib.inventory.alerting import look_after
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import Account, MovementKind, Transfer
from chalicelib.inventory.planning import SetLevel, set_level
from chalicelib.inventory.posting import movement, relabelled
from chalicelib.inventory.stating_lots import StateLot, state_lot
from chalicelib.inventory.transfer_commands import Arrive, ArrivedItem, SendStock, SentItem
from chalicelib.inventory.transferring import arrive, send
from chalicelib.reconciliation.moved import relabelled as as_sold
from chalicelib.store.execution import Commands
from tests.builders import Shop, line, order
from tests.reconciliation.drifts import Books
from tests.stage import Stage


@pytest.fixture
def books(stage: Stage) -> Books:
    """Goods that were sent and came in part, under another lot; corrections; a level; an alert."""
    commands = Commands(table=wiring.core_table())
    shop = Shop(commands)
    shop.sells(order(line(quantity=5)))
    _stock(shop, commands)

    context = shop.context()
    sending = SendStock(
        origin="A", target="B", items=(SentItem(sku="S", quantity=4, serials=("N1", "N2")),)
    )
    transfer = commands.run(lambda reads: send(reads, sending, context), context=context)
    coming = shop.context()
    arriving = Arrive(
        items=(ArrivedItem(line_no="1", quantity=2, damaged=1, lot="L1", serials=("N1",)),)
    )
    commands.run(
        lambda reads: arrive(reads, transfer.transfer_id, arriving, coming), context=coming
    )
    correcting = shop.context()
    correction = AdjustStock(
        warehouse="A",
        reason=AdjustmentReason.DAMAGED,
        items=(AdjustedItem(sku="S", change=-1),),
    )
    commands.run(
        lambda reads: adjust(reads, correction, correcting, needs_second=lambda _: False),
        context=correcting,
    )
    levelling = shop.context()
    level = SetLevel(warehouse="A", sku="S", reorder_point=100)
    commands.run(lambda reads: set_level(reads, level, levelling), context=levelling)
    looking = shop.context()
    commands.run(lambda reads: look_after(reads, "A", "S", looking), context=looking)
    stating = shop.context()
    stated = StateLot(sku="S", lot="L1", expires_on=None)
    commands.run(lambda reads: state_lot(reads, stated, stating), context=stating)
    ret = shop.asks("O-1")
    return Books(stage, shop, ret)


def _stock(shop: Shop, commands: Commands) -> None:
    context = shop.context()
    count = CountStock(
        warehouse="A",
        items=(CountedItem(sku="S", quantity=10),),
        kind=MovementKind.OPENING_COUNT,
    )
    commands.run(lambda reads: count_stock(reads, count, context), context=context)


def test_nothing_is_found_where_all_is_right(books: Books) -> None:
    job, findings = books.reconcile()

    assert findings == []
    checked: Any = job.result["checked"]
    assert checked["stock_transfers"] == 1
    assert checked["stock_adjustments"] == 1
    assert checked["stock_alerts"] == 1
    assert checked["serials"] == 2


def test_a_position_that_was_changed_by_hand_is_found(books: Books) -> None:
    item = books._item("SERIAL#S#N1", "SERIAL")
    books.stage.dynamodb.put_item(TableName="core", Item={**item, "account": {"S": "customer"}})

    assert books.found() == [("serial_position", "serial/S/N1")]


def test_more_units_with_numbers_than_units_are_found(books: Books) -> None:
    commands = Commands(table=wiring.core_table())
    context = books.shop.context()
    # Sold without its number being named: by the books it is still there.
    posted = movement(
        MovementKind.DELIVERY,
        "order/O-1",
        [
            Transfer(
                warehouse="B",
                sku="S",
                lot="L1",
                quantity=1,
                origin=Account.AVAILABLE,
                target=Account.CUSTOMER,
            )
        ],
        context,
        "unnamed",
    )
    commands.run(
        lambda _: Decided(result=None, changes=Changes(records=(posted,))), context=context
    )

    assert ("serials_exceed_balance", "stock/B/S/L1/available") in books.found()


def test_units_that_arrived_without_their_numbers_being_read_are_no_finding(books: Books) -> None:
    """One of two arrives unread and the other is missing: nobody knows which number is where."""
    commands = Commands(table=wiring.core_table())
    sending, arriving = books.shop.context(), books.shop.context()
    numbered = SentItem(sku="S", quantity=2, serials=("N8", "N9"))
    transfer = commands.run(
        lambda reads: send(reads, SendStock(origin="A", target="B", items=(numbered,)), sending),
        context=sending,
    )
    command = Arrive(items=(ArrivedItem(line_no="1", quantity=1),), is_last=True)
    commands.run(
        lambda reads: arrive(reads, transfer.transfer_id, command, arriving), context=arriving
    )

    assert books.found() == []


def test_a_transfer_that_was_changed_alone_is_found(books: Books) -> None:
    (pk,) = {
        item["pk"]["S"] for item in books.stage._all("core") if item["type"]["S"] == "STOCKTRANSFER"
    }

    def edit(body: Any) -> None:
        body["lines"][0]["arrived"] += 1

    books.change(pk, "STOCKTRANSFER", edit)

    assert {kind for kind, _ in books.found()} == {"stocktransfer_goods"}


def test_goods_of_a_return_under_another_lot_are_no_difference(books: Books) -> None:
    """What a receipt does whose goods bear a lot that the sale did not name."""
    moves = relabelled(
        Transfer(
            warehouse="A",
            sku="S",
            lot=None,
            quantity=2,
            origin=Account.CUSTOMER,
            target=Account.RECEIVING,
        ),
        "L1",
    )
    posted = movement(MovementKind.RECEIPT, "return/r", moves, books.shop.context(), "receipt")
    goods: Counter[Any] = Counter()
    for entry in posted.entries:
        goods[entry.warehouse, entry.sku, entry.lot, entry.account] += entry.quantity

    assert {place: units for place, units in as_sold(goods).items() if units} == {
        ("A", "S", "L1", Account.CUSTOMER): -2,
        ("A", "S", "L1", Account.RECEIVING): 2,
    }
