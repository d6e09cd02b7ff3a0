"""Goods between two warehouses: what is sent arrives, is missing, or came on top."""

import pytest

from chalicelib.core.errors import Conflict, Invalid, Stale
from chalicelib.inventory.model import Account
from chalicelib.inventory.transferring import (
    Arrive,
    ArrivedItem,
    SendStock,
    SentItem,
    StockTransfer,
    TransferState,
    arrive,
    send,
)
from tests.builders import eur
from tests.inventory.stock import Stock


def sent(stock: Stock, *items: SentItem) -> StockTransfer:
    command = SendStock(origin="A", target="B", items=items)
    return stock.run(lambda reads, context: send(reads, command, context))


def arrived(
    stock: Stock, transfer: StockTransfer, *items: ArrivedItem, is_last: bool = False
) -> StockTransfer:
    command = Arrive(items=items, is_last=is_last)
    return stock.run(lambda reads, context: arrive(reads, transfer.transfer_id, command, context))


def test_goods_that_were_sent_are_underway_and_still_the_senders(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))

    transfer = sent(stock, SentItem(sku="S", quantity=4))

    assert transfer.state is TransferState.SENT
    assert stock.lies(Account.AVAILABLE) == 6
    assert stock.lies(Account.IN_TRANSIT) == 4
    assert stock.lies(Account.AVAILABLE, warehouse="B") == 0


def test_goods_that_arrived_can_be_sold_there_at_the_cost_they_left_with(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=4))

    assert transfer.state is TransferState.ARRIVED
    assert stock.lies(Account.AVAILABLE, warehouse="B") == 4
    assert stock.worth(Account.AVAILABLE, warehouse="B") == 1600
    assert stock.worth(Account.AVAILABLE) == 2400
    assert stock.worth(Account.IN_TRANSIT) == 0


def test_what_never_arrives_is_missing_where_it_was_sent(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=3), is_last=True)

    assert transfer.lines[0].missing == 1
    assert stock.lies(Account.MISSING) == 1
    assert stock.worth(Account.MISSING) == 400
    assert stock.lies(Account.IN_TRANSIT) == 0


def test_what_arrives_damaged_is_put_aside(stock: Stock) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    arrived(stock, transfer, ArrivedItem(line_no="1", quantity=4, damaged=1))

    assert stock.lies(Account.AVAILABLE, warehouse="B") == 3
    assert stock.lies(Account.DAMAGED, warehouse="B") == 1


def test_what_came_on_top_is_looked_at_first(stock: Stock) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=5))

    assert transfer.lines[0].over == 1
    assert stock.lies(Account.QUARANTINE, warehouse="B") == 1
    assert stock.lies(Account.ADJUSTMENT, warehouse="B") == -1


def test_goods_arrive_in_any_number_of_parts(stock: Stock) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=1))
    assert transfer.state is TransferState.PARTLY_ARRIVED
    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=3))

    assert transfer.state is TransferState.ARRIVED
    with pytest.raises(Conflict, match="transfer_ended"):
        arrived(stock, transfer, ArrivedItem(line_no="1", quantity=1))


def test_goods_arrive_under_the_lot_that_they_bear(stock: Stock) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    arrived(stock, transfer, ArrivedItem(line_no="1", quantity=4, lot="L1"))

    assert stock.lies(Account.AVAILABLE, lot="L1", warehouse="B") == 4


def test_serial_numbers_travel_with_their_units(stock: Stock) -> None:
    stock.has("S", 2)
    transfer = sent(stock, SentItem(sku="S", quantity=2, serials=("N1", "N2")))

    arrived(stock, transfer, ArrivedItem(line_no="1", quantity=1, serials=("N2",)), is_last=True)

    here, there = stock.store.reads().serial("S", "N1"), stock.store.reads().serial("S", "N2")
    assert here is not None
    assert there is not None
    assert (here.warehouse, here.account) == ("A", Account.MISSING)
    assert (there.warehouse, there.account) == ("B", Account.AVAILABLE)


def test_more_than_lies_there_cannot_be_sent(stock: Stock) -> None:
    stock.has("S", 3)

    with pytest.raises(Conflict, match="insufficient_stock"):
        sent(stock, SentItem(sku="S", quantity=4))


def test_cents_that_do_not_divide_travel_with_single_units(stock: Stock) -> None:
    stock.has("S", 1, cost=eur(334))
    stock.has("S", 3, cost=eur(333))
    assert stock.worth(Account.AVAILABLE) == 1000

    transfer = sent(stock, SentItem(sku="S", quantity=3))
    arrived(stock, transfer, ArrivedItem(line_no="1", quantity=3))

    assert stock.worth(Account.AVAILABLE) == 0
    assert stock.worth(Account.AVAILABLE, warehouse="B") == 1000


def test_the_same_command_again_changes_nothing(stock: Stock) -> None:
    stock.has("S", 10)
    context = stock.context()
    command = SendStock(origin="A", target="B", items=(SentItem(sku="S", quantity=4),))
    first = stock.store.run(lambda reads: send(reads, command, context), context=context)
    again = stock.store.run(lambda reads: send(reads, command, context), context=context)
    coming = stock.context()
    arriving = Arrive(items=(ArrivedItem(line_no="1", quantity=2),))
    for _ in range(2):
        stock.store.run(
            lambda reads: arrive(reads, first.transfer_id, arriving, coming), context=coming
        )

    assert first == again
    assert stock.lies(Account.AVAILABLE, warehouse="B") == 2


def test_an_arrival_names_the_version_that_was_looked_at(stock: Stock) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))
    context = stock.context(version=7)
    command = Arrive(items=(ArrivedItem(line_no="1", quantity=1),))

    with pytest.raises(Stale):
        stock.store.run(
            lambda reads: arrive(reads, transfer.transfer_id, command, context), context=context
        )


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((), id="nothing"),
        pytest.param((SentItem(sku="S", quantity=0),), id="no unit"),
        pytest.param((SentItem(sku="S", quantity=1, serials=("N1", "N2")),), id="many serials"),
        pytest.param((SentItem(sku="S", quantity=1),) * 2, id="twice"),
    ],
)
def test_a_transfer_with_faults_is_refused(stock: Stock, items: tuple[SentItem, ...]) -> None:
    with pytest.raises(Invalid, match="invalid_transfer"):
        sent(stock, *items)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(ArrivedItem(line_no="9", quantity=1), id="unknown line"),
        pytest.param(ArrivedItem(line_no="1", quantity=0), id="no unit"),
        pytest.param(ArrivedItem(line_no="1", quantity=1, damaged=2), id="more damaged"),
        pytest.param(ArrivedItem(line_no="1", quantity=1, serials=("N9",)), id="foreign serial"),
    ],
)
def test_an_arrival_with_faults_is_refused(stock: Stock, item: ArrivedItem) -> None:
    stock.has("S", 10)
    transfer = sent(stock, SentItem(sku="S", quantity=4))

    with pytest.raises(Invalid, match="invalid_arrival"):
        arrived(stock, transfer, item)
