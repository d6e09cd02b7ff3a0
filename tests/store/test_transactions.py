"""The real store: races, lost answers, throttles, and how few calls a command takes."""

from collections.abc import Callable

import pytest

from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import Conflict, TransientError
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns import receiving, review
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from chalicelib.store.execution import Commands
from tests.builders import (
    Shop,
    delivery,
    idempotency,
    item,
    line,
    order,
    passed,
    restock,
    said,
    wish,
)
from tests.fake_reads import Reader
from tests.fakes import Killed
from tests.store.watched import WatchedTable


@pytest.fixture
def ret(shop: Shop) -> Return:
    """A return of 3 of 4 units, under review."""
    shop.sells(order(line(quantity=4)))
    return shop.asks(quantity=3)


def test_a_warm_command_is_one_read_and_one_transaction(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.store.reads().return_and_order(ret.return_id)
    core.calls.clear()

    shop.approves(ret)

    assert core.calls == {"read": 1, "transaction": 1}


def test_a_cold_process_needs_one_read_more_to_learn_the_order_of_a_return(
    ret: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    cold = Shop(process())
    core.calls.clear()

    cold.approves(ret)

    assert core.calls == {"read": 2, "transaction": 1}


def test_each_step_of_a_return_is_one_read_and_one_transaction(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.approves(ret)
    # What inspectors go by is remembered for half a minute; the first inspection learns it.
    reads = shop.store.reads()
    reads.known_checklists()
    reads.known_inspection_rules()
    steps: list[Callable[[], object]] = [
        lambda: shop.receives(ret, item(quantity=3)),
        lambda: shop.inspects(ret, passed(3)),
        lambda: shop.disposes(ret, restock(3)),
        lambda: shop.asks(quantity=1),
    ]
    for step in steps:
        core.calls.clear()
        step()
        assert core.calls == {"read": 1, "transaction": 1}


def test_a_repeated_request_is_one_read(shop: Shop, ret: Return, core: WatchedTable) -> None:
    answer = approve_with_key(shop, ret)
    core.calls.clear()

    again = approve_with_key(shop, ret)

    assert core.calls == {"read": 1}
    assert (again.body, again.replayed) == (answer.body, True)


def approve_with_key(shop: Shop, ret: Return, key: str = "key") -> Answer:
    context = shop.context()
    return shop.store.answer(
        lambda reads: review.approve(reads, ret.return_id, review.Approve(), context),
        context=context,
        render=said,
        idempotency=idempotency(key),
    )


@pytest.mark.parametrize("step", ["busy", "conflict"])
def test_throttles_and_conflicts_are_ridden_out(
    shop: Shop, ret: Return, core: WatchedTable, step: str
) -> None:
    core.script = [step] * 5

    approved = shop.approves(ret)

    assert status_of(shop.now_is(ret)) == status_of(approved) == "APPROVED"


@pytest.mark.parametrize("step", ["busy", "conflict"])
def test_a_store_that_stays_busy_is_a_transient_error_and_nothing_is_written(
    shop: Shop, ret: Return, core: WatchedTable, step: str
) -> None:
    core.script = [step] * 50

    with pytest.raises(TransientError, match="store_busy"):
        shop.approves(ret)

    assert shop.now_is(ret) == ret


def test_a_lost_answer_of_the_store_is_not_a_second_write(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.approves(ret)
    core.script = ["lost", "lost"]

    shop.receives(ret, item())

    assert quantities(shop.now_is(ret).lines[0]).received == 1
    assert core.calls["transaction"] >= 3


def test_a_process_that_dies_after_the_write_has_written(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    core.script = ["dies after"]
    with pytest.raises(Killed):
        approve_with_key(shop, ret)

    again = approve_with_key(shop, ret)

    assert again.replayed
    assert status_of(shop.now_is(ret)) == "APPROVED"


def test_a_race_that_never_ends_is_a_conflict(shop: Shop, ret: Return, core: WatchedTable) -> None:
    context = shop.context()

    def decide(reads: Reader) -> Decided[Return]:
        decided = review.approve(reads, ret.return_id, review.Approve(), context)
        core.interference.append(lambda: _touched(core, ret))
        return decided

    with pytest.raises(Conflict, match="concurrent_change"):
        shop.store.run(decide, context=context)


def _touched(core: WatchedTable, ret: Return) -> None:
    """Somebody else writes the return: its version goes on."""
    core._link.dispatch(
        "UpdateItem",
        {
            "TableName": core.name,
            "Key": {"pk": {"S": f"RETURN#{ret.return_id}"}, "sk": {"S": "RETURN"}},
            "UpdateExpression": "ADD v :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        },
    )


def test_the_same_request_twice_at_once_never_hears_of_its_own_success_as_a_conflict(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.approves(ret)
    context = shop.context()

    def receive(between: Callable[[], object] = lambda: None) -> Answer:
        command = receiving.Receive(warehouse="A", items=(item(quantity=3),))

        def decide(reads: Reader) -> Decided[receiving.Received]:
            reads.order("O-1")  # The remembered answer is asked with the first read: none yet.
            between()
            return receiving.receive(reads, ret.return_id, command, context)

        return shop.store.answer(
            decide,
            context=context,
            render=lambda received: said(received.ret),
            idempotency=idempotency("receipt"),
        )

    told: list[Answer] = []

    def first() -> None:
        if not told:
            told.append(receive())

    second = receive(between=first)

    assert second.body == told[0].body
    assert second.replayed
    assert quantities(shop.now_is(ret).lines[0]).received == 3


def test_both_sides_of_a_return_are_read_as_of_one_moment(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.store.reads().return_and_order(ret.return_id)
    core.during_reads.append(lambda: shop.approves(ret, line_1=1))

    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.rejects(ret)

    assert shop.returnable() == 3


def test_an_order_with_two_deliveries_of_one_sku_is_registered_at_once(shop: Shop) -> None:
    parcels = tuple(
        delivery(DeliveredItem(line_no="1", quantity=quantity), no=f"D-{quantity}")
        for quantity in (1, 2)
    )

    shop.sells(order(line(quantity=3), no="O-2", deliveries=parcels))

    assert shop.returnable("O-2") == 3
    assert shop.on_hand("SKU-1") == 0


def test_insufficient_stock_names_warehouse_sku_and_account(shop: Shop) -> None:
    shop.counts({"SKU-1": 2})

    with pytest.raises(Conflict, match="insufficient_stock") as refused:
        shop.registers(order(line(quantity=3)))

    assert refused.value.details == {"warehouse": "A", "sku": "SKU-1", "account": "available"}
    assert shop.store.reads().order("O-1") is None
    assert shop.on_hand("SKU-1") == 2


def test_two_returns_of_one_order_race_for_the_last_unit(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    core.interference.append(lambda: shop.asks("O-1", wish(1)))

    with pytest.raises(Conflict, match="0 left to return"):
        shop.asks("O-1", wish(1))
