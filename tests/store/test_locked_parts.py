"""Large commands that change many documents beside their roots: all of them, or none."""

from collections.abc import Callable

import pytest

from chalicelib.core.events import Context
from chalicelib.exchanges.model import ExchangeState
from chalicelib.inventory.adjusting import (
    AdjustedItem,
    AdjustmentReason,
    AdjustmentState,
    AdjustStock,
    StockAdjustment,
    adjust,
)
from chalicelib.inventory.corrected_days import nobody_else
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, eur, line, order
from tests.children import approves, cancels, exchange_of, swap
from tests.fakes import Killed
from tests.store.watched import WatchedTable

LINES, ROOM = 12, 20
NUMBERS = [str(n) for n in range(1, LINES + 1)]


@pytest.fixture
def process(core: WatchedTable) -> Callable[[], Commands]:
    """Starts another process, with a fifth of DynamoDB's room: moto is slow with large ones."""

    def start() -> Commands:
        return Commands(
            table=core,
            clock=lambda: NOW,
            sleep=lambda _: None,
            chance=lambda: 0.0,
            actions_max=ROOM,
        )

    return start


@pytest.fixture
def promised(shop: Shop) -> Return:
    """A return of many lines, each with an exchange of its own."""
    shop.counts({"BLUE": LINES, **{f"SKU-{number}": 1 for number in NUMBERS}})
    shop.registers(order(*(line(number) for number in NUMBERS)))
    return approves(shop, shop.asks("O-1", *(swap(1, number, "BLUE") for number in NUMBERS)))


def states(shop: Shop, ret: Return) -> set[ExchangeState]:
    return {exchange_of(shop, ret, number).state for number in NUMBERS}


def is_locked(core: WatchedTable) -> bool:
    items = core._link.dispatch("Scan", {"TableName": core.name})["Items"]
    return any("part_of" in item or item["type"] == {"S": "PARTS"} for item in items)


def test_more_documents_change_than_one_transaction_holds(
    promised: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    shop = Shop(process())

    shop.cancels(promised)

    assert states(shop, promised) == {ExchangeState.CANCELLED}
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.RESERVED)) == (LINES, 0)
    assert not is_locked(core)


def test_the_stock_of_many_small_movements_goes_in_few_transactions(
    promised: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    """12 movements over the same two balances, room for 15 writes: one transaction."""
    shop = Shop(process())
    core.calls.clear()

    shop.cancels(promised)

    # The plan, the stock, the locks, the events of the exchanges, the return, the exchanges.
    assert core.calls["transaction"] == 6


@pytest.mark.parametrize("when", ["dies before", "dies after"])
@pytest.mark.parametrize("step", range(1, 6))
def test_killed_at_any_transaction_whoever_reads_a_changed_document_finishes_it(
    promised: Return, core: WatchedTable, process: Callable[[], Commands], step: int, when: str
) -> None:
    core.script = ["well"] * step + [when]
    with pytest.raises(Killed):
        Shop(process()).cancels(promised)

    after = Shop(process())
    status_of(after.now_is(promised))

    assert states(after, promised) == {ExchangeState.CANCELLED}
    assert status_of(after.now_is(promised)) == "CANCELLED"
    assert (after.on_hand("BLUE"), after.on_hand("BLUE", Account.RESERVED)) == (LINES, 0)
    assert not is_locked(core)


def test_one_who_reads_only_a_document_that_follows_finishes_the_command_too(
    promised: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    exchange_id = promised.lines[0].exchange_id
    assert exchange_id is not None
    core.script = ["well"] * 4 + ["dies after"]
    with pytest.raises(Killed):
        Shop(process()).cancels(promised)

    found = process().reads().exchange(exchange_id)

    assert found is not None
    assert found.state is ExchangeState.CANCELLED
    assert not is_locked(core)


def test_a_document_that_moved_on_meanwhile_undoes_the_locks_and_is_decided_anew(
    promised: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    shop, other = Shop(process()), Shop(process())
    last = exchange_of(other, promised, NUMBERS[-1])
    core.interference.append(lambda: cancels(other, last))

    shop.cancels(promised)

    assert states(shop, promised) == {ExchangeState.CANCELLED}
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.RESERVED)) == (LINES, 0)
    assert not is_locked(core)


@pytest.mark.parametrize("when", ["dies before", "dies after"])
@pytest.mark.parametrize("step", range(1, 7))
def test_large_corrections_of_a_day_are_each_counted_once(
    shop: Shop, core: WatchedTable, process: Callable[[], Commands], step: int, when: str
) -> None:
    counted = tuple(
        CountedItem(sku=f"SKU-{number}", quantity=2, unit_cost=eur(100)) for number in NUMBERS
    )
    count = CountStock(warehouse="A", items=counted, kind=MovementKind.OPENING_COUNT)
    shop.do(lambda reads, context: count_stock(reads, count, context))
    first = shop.context()
    loses(process(), first)
    second = shop.context()
    core.script = ["well"] * (step - 1) + [when]
    with pytest.raises(Killed):
        loses(process(), second)
    core.script = []

    again = loses(process(), second)

    assert again.state is AdjustmentState.POSTED
    reads = process().reads()
    assert reads.corrected_day(first.actor.id, NOW.date()).minor == {"EUR": 2 * 100 * LINES}
    assert {shop.on_hand(f"SKU-{number}") for number in NUMBERS} == {0}
    assert not is_locked(core)


def loses(commands: Commands, context: Context) -> StockAdjustment:
    """One unit of each SKU."""
    items = tuple(AdjustedItem(sku=f"SKU-{number}", change=-1) for number in NUMBERS)
    command = AdjustStock(warehouse="A", reason=AdjustmentReason.LOST, items=items)
    return commands.run(
        lambda reads: adjust(reads, command, context, needs_second=nobody_else), context=context
    )
