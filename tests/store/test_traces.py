"""What movements leave beside balances: positions of units, dates of lots; on the real store."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from pynamodb.connection import Connection

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer
from chalicelib.inventory.posting import movement
from chalicelib.inventory.stating_lots import StateLot, state_lot
from chalicelib.inventory.transfer_commands import SendStock, SentItem
from chalicelib.inventory.transferring import send
from chalicelib.store.execution import Commands
from chalicelib.store.key import Key
from chalicelib.store.promises import promisables
from chalicelib.store.stock_lists import StockLists
from chalicelib.store.table import Item, Table
from chalicelib.store.views import Views
from tests.builders import Shop, eur
from tests.fake_reads import Reader
from tests.store.watched import WatchedTable


class CountedTable(Table):
    """Counts what it is asked."""

    gets = 0
    queries = 0

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        self.gets += 1
        return super().get(keys)

    def query(self, pk: str, **how: Any) -> list[Item]:  # Any: as Table.query takes it
        self.queries += 1
        return super().query(pk, **how)


def moved(context: Context, *transfers: Transfer) -> Callable[[Reader], Decided[Movement]]:
    posted = movement(MovementKind.RECEIPT, "order/O-1", transfers, context, context.command_id)
    return lambda _: Decided(result=posted, changes=Changes(records=(posted,)))


def unit(serial: str, origin: Account, target: Account, sku: str = "S") -> Transfer:
    return Transfer(
        warehouse="A",
        sku=sku,
        lot=None,
        quantity=1,
        origin=origin,
        target=target,
        unit_cost=eur(1900),
        serials=(serial,),
    )


def read_on(lot: str, day: date) -> Transfer:
    return Transfer(
        warehouse="A",
        sku="S",
        lot=lot,
        quantity=1,
        origin=Account.CUSTOMER,
        target=Account.RECEIVING,
        expires_on=day,
    )


def test_a_position_is_written_with_its_movement(process: Callable[[], Commands]) -> None:
    shop, commands = Shop(process()), process()
    context = shop.context()
    posted = commands.run(
        moved(context, unit("N1", Account.CUSTOMER, Account.RECEIVING)), context=context
    )

    found = process().reads().serial("S", "N1")

    assert found is not None
    assert (found.warehouse, found.account) == ("A", Account.RECEIVING)
    assert (found.movement_id, found.unit_cost) == (posted.movement_id, eur(1900))
    assert process().reads().serial("S", "N9") is None


def test_a_refused_movement_leaves_no_position(process: Callable[[], Commands]) -> None:
    shop, commands = Shop(process()), process()
    context = shop.context()

    with pytest.raises(Exception, match="insufficient_stock"):
        commands.run(
            moved(context, unit("N1", Account.AVAILABLE, Account.CUSTOMER)), context=context
        )

    assert process().reads().serial("S", "N1") is None


def test_two_movements_of_one_command_name_a_unit_once_in_its_transaction(
    process: Callable[[], Commands],
) -> None:
    shop, commands = Shop(process()), process()
    first = shop.context()
    commands.run(moved(first, unit("N1", Account.CUSTOMER, Account.QUARANTINE)), context=first)
    context = shop.context()
    leaving = movement(
        MovementKind.REVERSAL,
        "exception/e",
        [unit("N1", Account.QUARANTINE, Account.CUSTOMER)],
        context,
        "leaving",
    )
    arriving = movement(
        MovementKind.RECEIPT,
        "return/r",
        [unit("N1", Account.CUSTOMER, Account.RECEIVING)],
        context,
        "arriving",
    )

    commands.run(
        lambda _: Decided(result=None, changes=Changes(records=(leaving, arriving))),
        context=context,
    )

    found = process().reads().serial("S", "N1")
    assert found is not None
    assert (found.account, found.movement_id) == (Account.RECEIVING, arriving.movement_id)


def test_a_movement_in_parts_tells_every_position_at_its_end(
    process: Callable[[], Commands], core: WatchedTable
) -> None:
    commands = process()
    commands.actions_max = 12
    shop = Shop(process())
    for number in range(12):
        context = shop.context()
        goods = unit(f"N{number}", Account.CUSTOMER, Account.AVAILABLE, sku=f"S{number}")
        process().run(moved(context, goods), context=context)
    items = tuple(SentItem(sku=f"S{n}", quantity=1, serials=(f"N{n}",)) for n in range(12))
    context = shop.context()

    command = SendStock(origin="A", target="B", items=items)
    commands.run(lambda reads: send(reads, command, context), context=context)

    for number in range(12):
        found = process().reads().serial(f"S{number}", f"N{number}")
        assert found is not None
        assert found.account is Account.IN_TRANSIT


def test_the_first_date_of_a_lot_stays_and_each_is_kept(process: Callable[[], Commands]) -> None:
    shop, commands = Shop(process()), process()
    days = [date(2027, 6, 30), date(2027, 1, 1), date(2027, 6, 30)]
    for day in days:
        context = shop.context()
        commands.run(moved(context, read_on("L1", day)), context=context)

    lot = process().reads().lot("S", "L1")

    assert lot is not None
    assert (lot.expires_on, lot.dates_read) == (days[0], (days[1], days[0]))
    assert lot.is_contradicted
    assert process().reads().lot("S", "L9") is None


def test_what_is_stated_goes_before_what_was_read(process: Callable[[], Commands]) -> None:
    shop, commands = Shop(process()), process()
    context = shop.context()
    commands.run(moved(context, read_on("L1", date(2027, 1, 1))), context=context)
    context = shop.context()
    command = StateLot(sku="S", lot="L1", expires_on=date(2027, 6, 30))
    commands.run(lambda reads: state_lot(reads, command, context), context=context)

    lot = process().reads().lot("S", "L1")

    assert lot is not None
    assert (lot.expires_on, lot.is_contradicted) == (date(2027, 6, 30), False)
    assert lot.first_seen is not None


def test_promises_of_a_hundred_skus_take_a_query_each_and_one_call_for_all_plans(
    core: WatchedTable, dynamodb: Connection
) -> None:
    table = CountedTable(core.name, dynamodb)
    skus = [f"S{number}" for number in range(100)]
    found = promisables(
        Commands(table=table).reads(),
        Views(table),
        StockLists(table),
        skus=skus,
        warehouse="A",
        within=None,
        share=None,
        today=date(2026, 11, 21),
    )

    assert [one.sku for one in found] == skus
    assert (table.gets, table.queries) == (1, 100)


def test_the_books_of_hundreds_of_goods_are_read_by_the_hundred(
    core: WatchedTable, dynamodb: Connection
) -> None:
    table = CountedTable(core.name, dynamodb)
    items = tuple(CountedItem(sku=f"S{number}", quantity=0) for number in range(300))
    command, context = CountStock(warehouse="A", items=items), Shop(Commands(table=core)).context()

    count_stock(Commands(table=table).reads(), command, context)

    # One look whether it was counted before, and the balances a hundred at a time.
    assert (table.gets, table.queries) == (2, 0)


def test_named_balances_are_read_and_no_others(process: Callable[[], Commands]) -> None:
    shop, commands = Shop(process()), process()
    context = shop.context()
    commands.run(moved(context, read_on("L1", date(2027, 1, 1))), context=context)

    places = [("S", "L1", account) for account in (Account.AVAILABLE, Account.RECEIVING)]
    found = process().reads().balances_at("A", [*places, ("S", None, Account.RECEIVING)])

    every = process().reads().balances("A", ["S"])
    assert found == [one for one in every if (one.sku, one.lot, one.account) in places]
    assert found
