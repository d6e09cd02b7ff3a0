"""Reads of the truth: one call where keys allow, links remembered, answers asked with them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.core.errors import TransientError
from chalicelib.returns import requesting
from chalicelib.returns.model import Return
from chalicelib.store import keys
from chalicelib.store.codec import body_of
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, idempotency, line, order, said, wish
from tests.store.watched import WatchedTable


@pytest.fixture
def ret(shop: Shop) -> Return:
    shop.sells(order(line(quantity=4)))
    return shop.asks(quantity=1)


def test_a_return_and_its_order_are_one_read_once_the_link_is_known(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    shop.store.reads().return_(ret.return_id)
    core.calls.clear()

    found, sold = shop.store.reads().return_and_order(ret.return_id)

    assert (found, sold) == (ret, shop.sold())
    assert core.calls["read"] == 2  # The one asked for, and shop.sold().


def test_a_number_is_looked_up_once_a_process(
    ret: Return, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    commands = process()
    commands.reads().return_by_number(ret.number)
    core.calls.clear()

    assert commands.reads().return_by_number(ret.number) == ret
    assert core.calls == {"read": 1}


def test_a_cold_process_reads_the_review_of_a_return_whole(
    ret: Return, process: Callable[[], Commands]
) -> None:
    found, sold, task = process().reads().review_of(ret.return_id)

    assert found == ret
    assert sold is not None
    assert task is not None
    assert task.subject == ret.subject


def test_events_are_read_from_a_number_on_and_in_portions(shop: Shop, ret: Return) -> None:
    commands = shop.store
    assert isinstance(commands, Commands)

    events = commands.reads().events(ret.subject)

    assert [e.seq for e in commands.reads().events(ret.subject, after=1)] == [2]
    assert commands.reads().events(ret.subject, limit=1) == events[:1]


def test_a_record_that_cannot_be_read_is_not_taken_for_none(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    place = keys.return_(ret.return_id)
    (item,) = core.get([place])
    assert item is not None
    core.put({**item, "body": {"S": "{}"}})

    with pytest.raises(TransientError, match="unreadable_record"):
        shop.store.reads().return_(ret.return_id)


def test_an_order_of_a_thousand_lines_is_kept_and_read_back(shop: Shop, core: WatchedTable) -> None:
    many = order(
        *(line(str(n), name="A thing with quite a long name", category="all") for n in range(1000)),
        deliveries=(),
    )

    registered = shop.registers(many).order

    assert shop.sold() == registered
    (item,) = core.get([keys.order("O-1")])
    assert item is not None
    assert "packed" in item
    assert len(item["packed"]["B"]) < len(body_of(item) or "") / 5


def test_answers_expire_by_the_clock_of_the_command(core: WatchedTable) -> None:
    now = [NOW]
    commands = Commands(table=core, clock=lambda: now[0], sleep=lambda _: None)
    shop = Shop(commands)
    shop.sells(order(line(quantity=4)))
    key = idempotency("key")

    def ask() -> bool:
        context = shop.context()
        command = requesting.RequestReturn(order_no="O-1", lines=(wish(),))
        return commands.answer(
            lambda reads: requesting.create(reads, command, context),
            context=context,
            render=said,
            idempotency=key,
        ).replayed

    assert [ask(), ask()] == [False, True]
    now[0] = NOW + timedelta(days=8)
    assert not ask()
    assert shop.returnable() == 2


def test_a_return_without_an_order_has_none(shop: Shop, process: Callable[[], Commands]) -> None:
    wished = requesting.RequestedLine(sku="S", quantity=1, reason="CHANGED_MIND")
    command = requesting.RequestReturn(lines=(wished,), customer_id="c")
    ret = shop.do(lambda reads, context: requesting.create(reads, command, context))

    assert process().reads().return_and_order(ret.return_id) == (ret, None)


def test_a_lock_whose_plan_is_lost_is_told_and_not_waited_for(
    shop: Shop, ret: Return, core: WatchedTable
) -> None:
    (item,) = core.get([keys.return_(ret.return_id)])
    assert item is not None
    core.put({**item, "part_of": {"S": "cmd_lost"}})

    with pytest.raises(TransientError, match="command_unfinished"):
        shop.store.reads().return_(ret.return_id)
