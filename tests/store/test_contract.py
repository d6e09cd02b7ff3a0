"""What the use cases may expect of any store: the real one on moto, and the fake."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from chalicelib.core.commands import Answer, Changes, Decided
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Chain, Context, Journal
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer, entries_for
from chalicelib.returns import requesting
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.store.execution import Commands
from chalicelib.tasks.model import Task, TaskKind, finished, open_task
from tests.builders import NOW, Shop, eur, idempotency, line, order, passed, restock, said, wish
from tests.builders import item as goods
from tests.fake_reads import Reader
from tests.fakes import FakeStore, Store
from tests.store.watched import WatchedTable


@dataclass(slots=True)
class Place:
    """A store, its clock, and a way to act between a decision and its write."""

    store: Store
    meanwhile: Callable[[Callable[[], object]], None]
    now: datetime = NOW

    def shop(self) -> Shop:
        return Shop(self.store)


@pytest.fixture(params=["real", "fake"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "fake":
        fake = FakeStore(clock=lambda: made.now)
        made = Place(fake, fake.meanwhile)
        return made
    table: WatchedTable = request.getfixturevalue("core")
    commands = Commands(
        table=table, clock=lambda: made.now, sleep=lambda _: None, chance=lambda: 0.0
    )
    made = Place(commands, table.interference.append)
    return made


def write(*records: object) -> Callable[[Reader], Decided[str]]:
    """A decision that stores these records, whatever it reads."""
    changes = Changes(records=records)  # type: ignore[arg-type]  # every record has a version
    return lambda reads: Decided(result="done", changes=changes)


def some_task(task_id: str = "1") -> Task:
    return open_task(TaskKind.REVIEW, f"return/{task_id}", occasion="1", now=NOW)


def transfer(quantity: int, origin: Account, target: Account, sku: str = "S") -> Transfer:
    return Transfer(
        warehouse="A",
        sku=sku,
        lot=None,
        quantity=quantity,
        origin=origin,
        target=target,
        unit_cost=eur(400),
    )


def movement(movement_id: str, context: Context, *transfers: Transfer) -> Movement:
    return Movement(
        movement_id=movement_id,
        kind=MovementKind.DELIVERY,
        source="order/O-1",
        entries=entries_for(transfers),
        posted_at=NOW,
        actor=context.actor,
        command_id=context.command_id,
    )


def test_a_record_is_read_back_as_it_was_written(place: Place) -> None:
    sold = place.shop().sells(order(line(quantity=3), line("2", quantity=1)))

    assert place.store.reads().order("O-1") == sold


def test_what_was_never_written_is_none(place: Place) -> None:
    reads = place.store.reads()

    assert reads.order("O-9") is None
    assert reads.return_("ret_9") is None
    assert reads.return_and_order("ret_9") == (None, None)
    assert reads.review_of("ret_9") == (None, None, None)
    assert reads.return_by_number("R26000000000") is None
    assert reads.scan_outcome("s") is None
    assert reads.balances("A", ["S"]) == []
    assert reads.events("order/O-9") == []


def test_a_version_is_written_only_over_the_one_before_it(place: Place) -> None:
    context = place.shop().context()
    task = some_task()
    place.store.run(write(task), context=context)

    with pytest.raises(Conflict, match="concurrent_change"):
        place.store.run(write(task), context=context)
    with pytest.raises(Conflict, match="concurrent_change"):
        place.store.run(write(replace(task, version=3)), context=context)
    place.store.run(write(finished(task, by="a", now=NOW)), context=context)

    stored = place.store.reads().task(task.task_id)
    assert stored is not None
    assert stored.version == 2


def test_a_number_is_claimed_once(place: Place) -> None:
    context = place.shop().context()
    place.store.run(write(NumberClaim(number="R1", return_id="ret_1")), context=context)

    with pytest.raises(Conflict, match="concurrent_change"):
        place.store.run(write(NumberClaim(number="R1", return_id="ret_2")), context=context)


def test_nothing_of_a_refused_command_is_written(place: Place) -> None:
    context = place.shop().context()
    out = movement("mov_1", context, transfer(1, Account.AVAILABLE, Account.CUSTOMER))

    with pytest.raises(Conflict, match="insufficient_stock") as refused:
        place.store.run(write(some_task(), out), context=context)

    assert refused.value.details == {"warehouse": "A", "sku": "S", "account": "available"}
    assert place.store.reads().task(some_task().task_id) is None
    assert place.store.reads().balances("A", ["S"]) == []


def test_a_lost_race_is_decided_again_on_what_is_true_now(place: Place) -> None:
    shop = place.shop()
    shop.sells(order(line(quantity=3)))
    seen: list[int] = []

    def decide(reads: Reader) -> Decided[int]:
        sold = reads.order("O-1")
        assert sold is not None
        seen.append(sold.version)
        changed = replace(sold, points_spent=sold.points_spent + 1, version=sold.version + 1)
        return Decided(result=changed.points_spent, changes=Changes(records=(changed,)))

    place.meanwhile(lambda: place.store.run(decide, context=shop.context()))
    result = place.store.run(decide, context=shop.context())

    assert seen == [1, 1, 2]
    assert result == 2
    assert shop.sold().points_spent == 2


def test_a_refusal_of_the_decision_is_what_the_caller_hears(place: Place) -> None:
    def decide(reads: Reader) -> Decided[str]:
        raise NotFound("order_not_found", "There is none.")

    with pytest.raises(NotFound, match="order_not_found"):
        place.store.run(decide, context=place.shop().context())


def test_balances_follow_movements_with_quantity_and_value(place: Place) -> None:
    context = place.shop().context()
    found = movement("mov_1", context, transfer(5, Account.ADJUSTMENT, Account.AVAILABLE))
    sold = movement("mov_2", context, transfer(2, Account.AVAILABLE, Account.CUSTOMER))
    place.store.run(write(found), context=context)
    place.store.run(write(sold), context=context)

    balances = {b.account: b for b in place.store.reads().balances("A", ["S"])}

    assert {a: b.quantity for a, b in balances.items()} == {
        Account.ADJUSTMENT: -5,
        Account.AVAILABLE: 3,
        Account.CUSTOMER: 2,
    }
    assert balances[Account.AVAILABLE].value_minor == {"EUR": 1200}
    assert [m.movement_id for m in place.store.reads().movements_of("order/O-1")] == [
        "mov_1",
        "mov_2",
    ]


def test_two_movements_of_one_command_may_touch_the_same_balance(place: Place) -> None:
    context = place.shop().context()
    first = movement("mov_1", context, transfer(5, Account.ADJUSTMENT, Account.AVAILABLE))
    second = movement("mov_2", context, transfer(2, Account.AVAILABLE, Account.CUSTOMER))

    place.store.run(write(first, second), context=context)

    balances = {b.account: b.quantity for b in place.store.reads().balances("A", ["S"])}
    assert balances[Account.AVAILABLE] == 3


def test_outside_accounts_go_below_zero_and_physical_ones_never(place: Place) -> None:
    context = place.shop().context()
    back = movement("mov_1", context, transfer(2, Account.CUSTOMER, Account.RECEIVING))
    place.store.run(write(back), context=context)

    too_much = movement("mov_2", context, transfer(3, Account.RECEIVING, Account.QUARANTINE))
    with pytest.raises(Conflict, match="insufficient_stock"):
        place.store.run(write(too_much), context=context)

    balances = {b.account: b.quantity for b in place.store.reads().balances("A", ["S"])}
    assert balances == {Account.CUSTOMER: -2, Account.RECEIVING: 2}


def test_a_count_that_lost_a_race_counts_from_the_new_balance(place: Place) -> None:
    shop = place.shop()
    shop.counts({"S": 5})
    place.meanwhile(lambda: shop.counts({"S": 9}))

    counted = shop.counts({"S": 7})

    assert shop.on_hand("S") == 7
    assert counted.differences[0].booked == 9


def test_events_are_read_in_order_of_their_numbers(place: Place) -> None:
    context = place.shop().context()
    journal = Journal("order/O-7", Chain(), context)
    for number in range(12):
        journal.record("order.updated", {"number": number})
    events = tuple(journal.events)

    place.store.run(
        lambda reads: Decided(result=None, changes=Changes(events=events)), context=context
    )

    assert place.store.reads().events("order/O-7") == list(events)


def test_a_repeated_request_is_told_the_same_bytes_and_changes_nothing(place: Place) -> None:
    shop = place.shop()
    shop.sells(order(line(quantity=3)))
    key = idempotency("key-1")

    def ask(quantity: int) -> Answer:
        context = shop.context()
        return place.store.answer(
            lambda reads: _request(reads, quantity, context),
            context=context,
            render=said,
            idempotency=key,
        )

    first, second = ask(1), ask(1)

    assert second.body == first.body
    assert second.status == first.status
    assert (first.replayed, second.replayed) == (False, True)
    assert shop.returnable() == 2


def _request(reads: Reader, quantity: int, context: Context) -> Decided[Return]:
    command = requesting.RequestReturn(order_no="O-1", lines=(wish(quantity),))
    return requesting.create(reads, command, context)


def test_a_repeated_request_whose_decision_reads_nothing_is_told_the_same(place: Place) -> None:
    context = place.shop().context()
    key = idempotency("key-1")
    answer = Answer(status=201, body=b"told")

    first, second = (
        place.store.answer(
            write(some_task()), context=context, render=lambda _: answer, idempotency=key
        )
        for _ in range(2)
    )

    assert (first.replayed, second.replayed) == (False, True)
    assert second.body == first.body


def test_the_same_request_twice_at_once_is_answered_once_for_both(place: Place) -> None:
    shop = place.shop()
    shop.sells(order(line(quantity=1)))
    key = idempotency("key-1")
    told: list[Answer] = []

    def ask() -> Answer:
        context = shop.context()
        answer = place.store.answer(
            lambda reads: _request(reads, 1, context),
            context=context,
            render=said,
            idempotency=key,
        )
        told.append(answer)
        return answer

    place.meanwhile(ask)
    ask()

    assert told[0].body == told[1].body
    assert [answer.replayed for answer in told] == [False, True]
    assert shop.returnable() == 0


def test_a_key_used_for_another_request_is_refused(place: Place) -> None:
    context = place.shop().context()
    key = idempotency("key-1", "one body")
    other = idempotency("key-1", "another body")
    answer = Answer(status=201, body=b"told")
    place.store.answer(
        write(some_task()), context=context, render=lambda _: answer, idempotency=key
    )

    with pytest.raises(Invalid, match="idempotency_key_reused"):
        place.store.answer(
            write(some_task()), context=context, render=lambda _: answer, idempotency=other
        )
    assert other is not None
    with pytest.raises(Invalid, match="idempotency_key_reused"):
        place.store.answered(other)


def _touching(reads: Reader) -> Decided[str]:
    """A decision that reads something first, as nearly every real one does."""
    reads.order("O-1")
    return Decided(result="done")


def test_an_answer_is_remembered_for_seven_days(place: Place) -> None:
    context = place.shop().context()
    key = idempotency("key-1")
    assert key is not None
    answer = Answer(status=200, body=b"told", headers={"ETag": '"v1"'})
    place.store.answer(_touching, context=context, render=lambda _: answer, idempotency=key)

    place.now = NOW + timedelta(days=7) - timedelta(seconds=1)
    assert place.store.answered(key) == replace(answer, replayed=True)
    place.now = NOW + timedelta(days=7)
    assert place.store.answered(key) is None


def test_a_refused_request_is_not_remembered(place: Place) -> None:
    shop = place.shop()
    shop.sells(order(line(quantity=1)))
    key = idempotency("key-1")
    context = shop.context()

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        place.store.answer(
            lambda reads: _request(reads, 2, context),
            context=context,
            render=said,
            idempotency=key,
        )

    assert key is not None
    assert place.store.answered(key) is None


def test_a_whole_return_reads_the_same_from_either_store(place: Place) -> None:
    shop = place.shop()
    shop.sells(order(line(quantity=3), line("2", quantity=2), discount=77))
    ret = shop.asks("O-1", wish(2), wish(1, "2"))
    shop.approves(ret)
    shop.receives(ret, goods(quantity=3), goods("SKU-2", 1))
    shop.inspects(ret, passed(2), passed(1, "2"))
    done = shop.disposes(ret, restock(2), restock(1, "2"))

    assert shop.now_is(ret) == done
    assert place.store.reads().return_by_number(ret.number) == done
    assert place.store.reads().return_and_order(ret.return_id) == (done, shop.sold())
    assert [event.type for event in place.store.reads().events(ret.subject)] == [
        "return.drafted",
        "return.submitted",
        "return.approved",
        "return.received",
        "return.inspected",
        "return.dispositioned",
    ]
    assert shop.on_hand("SKU-1") == 2
    assert shop.on_hand("SKU-1", Account.QUARANTINE) == 1
