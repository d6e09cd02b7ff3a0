"""Commands of more than a hundred writes: seen as one, resumed by anybody, undone traceless."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import Conflict, DomainError, Invalid, TransientError
from chalicelib.inventory.model import Account
from chalicelib.orders.model import DeliveredItem, Order
from chalicelib.orders.registration import Registered, RegisterOrder, register
from chalicelib.returns.model import Return
from chalicelib.returns.receiving import Receive, receive
from chalicelib.returns.standing import status_of
from chalicelib.store.execution import Commands
from tests.builders import NOW, Shop, delivery, idempotency, item, line, order, said, wish
from tests.fakes import Killed
from tests.store.watched import WatchedTable

SKUS = 12
"""With room for ROOM writes: two transactions of stock, then the documents."""
ROOM = 20
IDEMPOTENCY = {"S": "IDEMPOTENCY"}
Stored = dict[tuple[str, str], dict[str, object]]


def large(no: str = "O-1", *, last: int = 2) -> Order:
    """An order of many SKUs, two of each; `last` of the last one."""
    numbers = [f"{n:03d}" for n in range(SKUS)]
    lines = [line(number, quantity=2) for number in numbers[:-1]]
    return order(*lines, line(numbers[-1], quantity=last), no=no)


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
def stocked(shop: Shop) -> Shop:
    """Five of every SKU on the shelf."""
    shop.counts({f"SKU-{n:03d}": 5 for n in range(SKUS)})
    return shop


def everything(core: WatchedTable) -> Stored:
    """All items, but for what differs by the moment: nothing does."""
    items = core._link.dispatch("Scan", {"TableName": core.name})["Items"]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def facts(core: WatchedTable) -> Stored:
    """Everything but refusals that are kept for their command, and counters of balances."""
    return {
        key: {name: value for name, value in stored.items() if name != "v"}
        for key, stored in everything(core).items()
        if stored["type"] != {"S": "PARTS"}
    }


def without_zeros(stored: Stored) -> Stored:
    """Balances of nothing worth nothing are as good as none."""
    return {
        key: {n: v for n, v in found.items() if not (n.startswith("value_") and v == {"N": "0"})}
        for key, found in stored.items()
        if not (found["type"] == {"S": "BALANCE"} and found["quantity"] == {"N": "0"})
    }


def register_large(shop: Shop, sold: Order, *, key: str | None = None) -> Answer:
    context = replace(shop.context(command_id=f"cmd_{sold.order_no}"), now=NOW)
    return shop.store.answer(
        lambda reads: register(reads, RegisterOrder(order=sold), context),
        context=context,
        render=_told,
        idempotency=idempotency(key),
    )


def _told(registered: Registered) -> Answer:
    return Answer(status=201 if registered.created else 200, body=b"registered")


def test_a_command_over_many_skus_is_one_document_and_one_change_of_each_balance(
    stocked: Shop, core: WatchedTable
) -> None:
    core.calls.clear()
    sold = stocked.registers(large()).order

    assert core.calls["transaction"] > 2
    assert stocked.sold() == sold
    assert all(stocked.on_hand(x.sku) == 3 for x in sold.lines)
    movements = stocked.store.reads().movements_of(sold.subject)
    assert len({movement.movement_id for movement in movements}) == 1
    assert [movement.part for movement in movements] == list(range(1, len(movements) + 1))
    assert {movement.parts for movement in movements} == {len(movements)}
    assert not [key for key in everything(core) if key[0].startswith("PARTS#")]


def test_nobody_sees_half_of_it(stocked: Shop, core: WatchedTable) -> None:
    seen: list[Order | None] = []
    core.script = ["well", "well", "dies before"]

    with pytest.raises(Killed):
        stocked.registers(large())
    seen.append(stocked.store.reads().order("O-1"))

    assert seen[0] is not None
    assert all(stocked.on_hand(x.sku) == 3 for x in seen[0].lines)


@pytest.fixture
def whole(stocked: Shop, core: WatchedTable) -> tuple[Stored, int]:
    """What an undisturbed command leaves, and how many transactions it takes; then forgotten."""
    before = everything(core)
    core.calls.clear()
    register_large(stocked, large(), key="key")
    after, transactions = facts(core), core.calls["transaction"]
    for key in everything(core):
        _delete(core, key)
    for stored in before.values():
        core.put(stored)  # type: ignore[arg-type]  # as it was read
    return after, transactions


def _delete(core: WatchedTable, key: tuple[str, str]) -> None:
    place = {"pk": {"S": key[0]}, "sk": {"S": key[1]}}
    core._link.dispatch("DeleteItem", {"TableName": core.name, "Key": place})


@pytest.mark.parametrize("when", ["dies before", "dies after"])
def test_killed_at_any_transaction_any_reader_brings_it_to_the_same_end(
    shop: Shop,
    whole: tuple[Stored, int],
    core: WatchedTable,
    process: Callable[[], Commands],
    when: str,
) -> None:
    undisturbed, transactions = whole
    start = everything(core)
    for step in range(transactions):
        core.script = ["well"] * step + [when]
        with pytest.raises(Killed):
            register_large(Shop(process()), large(), key="key")

        found = process().reads().order("O-1")

        assert (found is not None) == (step > 0 or when == "dies after")
        if found is not None:
            assert facts(core) == undisturbed
        for key in everything(core):
            _delete(core, key)
        for stored in start.values():
            core.put(stored)  # type: ignore[arg-type]  # as it was read


def test_the_same_request_after_a_kill_is_told_what_it_would_have_been(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    core.script = ["well", "dies after"]
    with pytest.raises(Killed):
        register_large(stocked, large(), key="key")

    again = register_large(Shop(process()), large(), key="key")

    assert (again.status, again.replayed) == (201, True)
    assert stocked.sold().version == 1
    assert stocked.on_hand("SKU-000") == 3


def test_a_killed_receipt_sent_again_is_booked_once(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    stocked.registers(large())
    ret = _approved(stocked)
    core.script = ["well", "dies after"]
    with pytest.raises(Killed):
        _receive_one_each(stocked, ret)

    again = _receive_one_each(Shop(process()), ret)

    assert again.replayed
    assert stocked.on_hand("SKU-000", Account.RECEIVING) == 1
    assert status_of(stocked.now_is(ret)) == "PARTLY_RECEIVED"


def _approved(shop: Shop) -> Return:
    ret = shop.asks("O-1", *(wish(2, f"{n:03d}") for n in range(SKUS)))
    return shop.approves(ret)


def _receive_one_each(shop: Shop, ret: Return) -> Answer:
    command = Receive(warehouse="A", items=tuple(item(f"SKU-{n:03d}", 1) for n in range(SKUS)))
    context = shop.context(command_id="cmd_receipt")
    return shop.store.answer(
        lambda reads: receive(reads, ret.return_id, command, context),
        context=context,
        render=lambda received: said(received.ret),
        idempotency=idempotency("receipt"),
    )


def test_a_refusal_in_the_middle_undoes_everything(stocked: Shop, core: WatchedTable) -> None:
    before = facts(core)

    with pytest.raises(Conflict, match="insufficient_stock") as refused:
        stocked.registers(large(last=6))

    assert refused.value.details["sku"] == f"SKU-{SKUS - 1:03d}"
    assert without_zeros(facts(core)) == without_zeros(before)


def test_what_was_refused_goes_through_under_the_same_key_once_there_is_stock(
    stocked: Shop,
) -> None:
    sold = large(last=6)
    with pytest.raises(Conflict, match="insufficient_stock"):
        register_large(stocked, sold, key="key")
    stocked.counts({f"SKU-{SKUS - 1:03d}": 6})

    told = register_large(stocked, sold, key="key")

    assert told.status == 201
    assert stocked.on_hand(f"SKU-{SKUS - 1:03d}") == 0


def test_a_count_that_loses_a_race_in_the_middle_counts_again(
    stocked: Shop, core: WatchedTable
) -> None:
    stock = {f"SKU-{n:03d}": 9 for n in range(SKUS)}
    last = f"SKU-{SKUS - 1:03d}"
    core.at(3, lambda: stocked.counts({last: 1}))

    stocked.counts(stock)

    assert {stocked.on_hand(sku) for sku in stock} == {9}


@pytest.mark.parametrize("step", ["busy", "conflict", "lost"])
def test_throttles_conflicts_and_lost_answers_are_ridden_out(
    stocked: Shop, core: WatchedTable, step: str
) -> None:
    core.script = [step, "well", step, "well", step, step, "well", step]

    stocked.registers(large())

    assert stocked.sold().version == 1
    assert stocked.on_hand("SKU-000") == 3
    assert stocked.on_hand(f"SKU-{SKUS - 1:03d}") == 3


def test_two_resumers_at_once_bring_it_to_the_same_end(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    core.script = ["well", "dies before"]
    with pytest.raises(Killed):
        stocked.registers(large())
    other = process()
    core.interference.append(lambda: other.reads().order("O-1"))

    found = process().reads().order("O-1")

    assert found == other.reads().order("O-1")
    assert found is not None
    assert {stocked.on_hand(x.sku) for x in found.lines} == {3}


def test_the_owner_hears_of_a_refusal_that_somebody_else_met(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    other = process()
    core.at(3, lambda: other.reads().order("O-1"))

    with pytest.raises(Conflict, match="insufficient_stock"):
        stocked.registers(large(last=6))

    assert stocked.store.reads().order("O-1") is None
    assert stocked.on_hand("SKU-000") == 5


def test_the_documents_of_another_command_that_holds_a_lock_are_finished_first(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    stocked.registers(large())
    ret = _approved(stocked)
    core.script = ["well", "dies before"]
    with pytest.raises(Killed):
        _receive_one_each(stocked, ret)

    received = Shop(process()).receives(ret, item("SKU-000", 1))

    assert not received.exceptions
    assert stocked.on_hand("SKU-000", Account.RECEIVING) == 2


def test_a_command_that_does_not_fit_into_a_plan_is_refused_before_anything_is_written(
    stocked: Shop, core: WatchedTable
) -> None:
    before = everything(core)
    parcels = tuple(
        delivery(DeliveredItem(line_no=f"{n:03d}", quantity=1), no=f"D-{n}") for n in range(SKUS)
    )
    more = tuple(replace(parcel, delivery_no=f"E-{parcel.delivery_no}") for parcel in parcels)

    with pytest.raises(DomainError, match="command_too_large"):
        stocked.registers(replace(large(), deliveries=parcels + more))

    assert everything(core) == before


def test_a_store_that_stays_busy_leaves_a_plan_that_the_next_reader_finishes(
    stocked: Shop, core: WatchedTable
) -> None:
    core.script = ["well", "well"] + ["busy"] * 40
    with pytest.raises(TransientError, match="store_busy"):
        stocked.registers(large())
    core.script = []

    assert stocked.sold().version == 1
    assert stocked.on_hand(f"SKU-{SKUS - 1:03d}") == 3


def test_fifty_skus_in_transactions_as_large_as_dynamodb_takes(core: WatchedTable) -> None:
    shop = Shop(Commands(table=core, clock=lambda: NOW, sleep=lambda _: None))
    skus = [f"SKU-{n}" for n in range(50)]
    shop.counts(dict.fromkeys(skus[:25], 3))
    shop.counts(dict.fromkeys(skus[25:], 3))
    core.calls.clear()

    shop.registers(order(*(line(str(n), quantity=2) for n in range(50))))

    assert core.calls["transaction"] == 4  # The plan, two of stock, the order.
    assert {shop.on_hand(sku) for sku in skus} == {1}


def test_a_small_command_never_overwrites_a_document_that_was_locked_meanwhile(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    stocked.registers(large())
    ret = _approved(stocked)

    def somebody_begins_and_dies() -> None:
        core.script = ["dies after"]
        with pytest.raises(Killed):
            _receive_one_each(Shop(process()), ret)

    core.interference.append(somebody_begins_and_dies)
    stocked.receives(ret, item("SKU-000", 1))

    assert stocked.on_hand("SKU-000", Account.RECEIVING) == 2
    assert stocked.on_hand("SKU-001", Account.RECEIVING) == 1


def test_a_refusal_of_the_last_part_takes_the_new_documents_back_too(
    stocked: Shop, core: WatchedTable, process: Callable[[], Commands]
) -> None:
    stocked.registers(large())
    ret = _approved(stocked)
    other = idempotency("receipt", "another body")

    def another_request_takes_the_key() -> None:
        process().answer(
            lambda reads: Decided(result=reads.order("O-9")),
            context=stocked.context(),
            render=lambda _: Answer(status=200, body=b"another"),
            idempotency=other,
        )

    before = facts(core)
    core.at(5, another_request_takes_the_key)
    with pytest.raises(Invalid, match="idempotency_key_reused"):
        _receive_one_each(stocked, ret)

    left = {key: item for key, item in facts(core).items() if item["type"] != IDEMPOTENCY}
    kept = {key: item for key, item in before.items() if item["type"] != IDEMPOTENCY}
    assert without_zeros(left) == without_zeros(kept)
    assert stocked.now_is(ret) == ret
