"""Goods between two warehouses: what is sent arrives, is missing, or came on top."""

from dataclasses import replace

import pytest

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, Invalid, NotAllowed, Stale
from chalicelib.core.events import Context
from chalicelib.inventory.model import Account
from chalicelib.inventory.transfer_commands import Arrive, ArrivedItem, SendStock, SentItem
from chalicelib.inventory.transferring import (
    ARRIVALS_KEPT,
    StockTransfer,
    TransferState,
    arrive,
    send,
)
from chalicelib.store.keys import key_of
from tests.builders import eur
from tests.fake_reads import Reader
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


def test_goods_leave_at_what_they_are_worth_though_dearer_ones_come_meanwhile(
    stock: Stock,
) -> None:
    stock.has("S", 2, cost=eur(100))
    stock.store.meanwhile(lambda: stock.has("S", 4, cost=eur(500)))

    sent(stock, SentItem(sku="S", quantity=2))

    assert stock.worth(Account.IN_TRANSIT) == 600
    assert stock.worth(Account.AVAILABLE) == 600


def test_more_than_lies_there_is_not_sent(stock: Stock) -> None:
    stock.has("S", 2, cost=eur(100))

    with pytest.raises(Conflict, match="insufficient_stock") as refused:
        sent(stock, SentItem(sku="S", quantity=3))

    assert refused.value.details == {"warehouse": "A", "sku": "S", "account": "available"}


def test_of_units_that_came_unread_nobody_says_which_one_is_missing(stock: Stock) -> None:
    stock.has("S", 3)
    transfer = sent(stock, SentItem(sku="S", quantity=3, serials=("N1", "N2", "N3")))

    arrived(stock, transfer, ArrivedItem(line_no="1", quantity=2), is_last=True)

    places = [stock.store.reads().serial("S", one) for one in ("N1", "N2", "N3")]
    assert [one.account for one in places if one] == [Account.IN_TRANSIT] * 3
    assert stock.lies(Account.MISSING) == 1


def test_where_all_others_were_read_the_missing_one_is_named(stock: Stock) -> None:
    stock.has("S", 3)
    transfer = sent(stock, SentItem(sku="S", quantity=3, serials=("N1", "N2", "N3")))

    read = ArrivedItem(line_no="1", quantity=2, serials=("N1", "N3"))
    arrived(stock, transfer, read, is_last=True)

    lost = stock.store.reads().serial("S", "N2")
    assert lost is not None
    assert lost.account is Account.MISSING


def test_a_transfer_in_very_many_parts_remembers_the_last_of_them(stock: Stock) -> None:
    stock.has("S", ARRIVALS_KEPT + 5)
    transfer = sent(stock, SentItem(sku="S", quantity=ARRIVALS_KEPT + 5))

    for _ in range(ARRIVALS_KEPT + 2):
        transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=1))

    assert len(transfer.arrivals) == ARRIVALS_KEPT
    assert transfer.arrivals[-1] == f"cmd-{stock.commands}"


def lost(stock: Stock, transfer: StockTransfer, *, by: str) -> StockTransfer:
    """Nothing came; 10.00 is what one person may say alone."""
    return stock.run(
        lambda reads, context: arrive(
            reads,
            transfer.transfer_id,
            Arrive(items=(), is_last=True),
            context,
            needs_second=lambda value: value.get("EUR", 0) > 1000,
        ),
        by=by,
    )


def test_who_sent_much_does_not_say_alone_that_it_is_missing(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))
    transfer = sent(stock, SentItem(sku="S", quantity=3))

    with pytest.raises(NotAllowed, match="second_person_needed"):
        lost(stock, transfer, by="warehouse-1")

    assert lost(stock, transfer, by="warehouse-2").lines[0].missing == 3


def test_little_that_went_missing_again_and_again_is_much(stock: Stock) -> None:
    stock.has("S", 10, cost=eur(400))
    transfers = [sent(stock, SentItem(sku="S", quantity=1)) for _ in range(3)]

    for transfer in transfers[:2]:
        lost(stock, transfer, by="warehouse-1")
    with pytest.raises(NotAllowed, match="second_person_needed"):
        lost(stock, transfers[2], by="warehouse-1")


def test_a_transfer_of_before_that_did_not_note_what_came_unread_names_nobody(
    stock: Stock,
) -> None:
    stock.has("S", 3)
    transfer = sent(stock, SentItem(sku="S", quantity=3, serials=("N1", "N2", "N3")))
    transfer = arrived(stock, transfer, ArrivedItem(line_no="1", quantity=2))
    before = replace(transfer, lines=(replace(transfer.lines[0], unread=0),))
    stock.store.records[key_of(transfer)] = before

    arrived(stock, before, is_last=True)

    places = [stock.store.reads().serial("S", one) for one in ("N1", "N2", "N3")]
    assert [one.account for one in places if one] == [Account.IN_TRANSIT] * 3


def test_goods_that_cost_nothing_known_are_sent_by_many_at_once(stock: Stock) -> None:
    stock.has("S", 5)
    tries: list[int] = []

    def counted(reads: Reader, context: Context) -> Decided[StockTransfer]:
        tries.append(1)
        command = SendStock(origin="A", target="B", items=(SentItem(sku="S", quantity=2),))
        return send(reads, command, context)

    stock.store.meanwhile(lambda: sent(stock, SentItem(sku="S", quantity=3)))
    stock.run(counted)

    assert (len(tries), stock.lies(Account.AVAILABLE)) == (1, 0)
