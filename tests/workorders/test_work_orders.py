"""Units of many returns are worked on together, and come back one way or another, or not at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotFound, Stale
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.model import (
    AppealAgainst,
    Closure,
    Disposition,
    FaultParty,
    Grade,
    InspectionResult,
    Return,
)
from chalicelib.tasks.model import Task, TaskKind, TaskState, task_id_for
from chalicelib.workorders import working
from chalicelib.workorders.model import WorkKind, WorkOrder, WorkOutcome, WorkState
from chalicelib.workorders.taking_back import WorkResult
from chalicelib.workorders.working import RETURNS_MAX, WantedUnits
from tests.builders import Shop, delivery, eur, failed, goes, item, line, order
from tests.fakes import FakeStore
from tests.returns.undoing import (
    appeals,
    decides,
    lying,
    reinspects,
    reverses,
    suspicions,
    told,
)
from tests.workorders.shop_floor import (
    at_work,
    cancels,
    comes,
    opens,
    sends,
    shelved,
    takes_back,
    waiting,
    wanted,
)

T = TypeVar("T")
Act = Callable[[Shop, Return, int], Return]


def task_of(shop: Shop, work: WorkOrder) -> Task:
    task = shop.store.reads().task(task_id_for(TaskKind.WORK_ORDER, work.subject, "sent"))
    assert task is not None, "sent work is looked after"
    return task


def found(shop: Shop, kind: type[T]) -> list[T]:
    assert isinstance(shop.store, FakeStore)
    return [one for one in shop.store.records.values() if isinstance(one, kind)]


def test_units_of_several_returns_go_into_one_order(shop: Shop) -> None:
    first, second = waiting(shop, 2, "O-1"), waiting(shop, 3, "O-2")

    work = opens(shop, wanted(first), wanted(second, 2))

    assert (work.state, work.size, work.waiting) == (WorkState.OPEN, 4, 4)
    assert [(one.line_no, one.return_id) for one in work.lines] == [
        ("1", first.return_id),
        ("2", second.return_id),
    ]
    held = [g.held_by for g in shop.now_is(second).groups()]
    assert held == [work.subject, None]
    assert told(shop, first.subject)[-1] == "return.work_ordered"
    assert told(shop, work.subject) == ["work_order.opened"]
    assert lying(shop) == {Account.REPAIR: 5}
    assert suspicions(shop) == []


def test_the_same_units_are_in_one_order_only(shop: Shop) -> None:
    ret = waiting(shop, 2)
    opens(shop, wanted(ret, 1))

    with pytest.raises(Conflict, match="not_waiting_for_work") as refused:
        opens(shop, wanted(ret, 2))

    assert refused.value.details["possible"] == 1
    with pytest.raises(Conflict, match="not_waiting_for_work"):
        opens(shop, wanted(ret, 1), wanted(ret, 1))


@pytest.mark.parametrize(
    "more",
    [{"kind": WorkKind.REPACK}, {"warehouse": "B"}],
    ids=["another work", "another warehouse"],
)
def test_only_what_waits_there_for_this_work_goes_in(shop: Shop, more: dict[str, Any]) -> None:
    ret = waiting(shop)

    with pytest.raises(Conflict, match="not_waiting_for_work"):
        opens(shop, wanted(ret), **more)


def test_a_repeated_command_opens_it_once(shop: Shop) -> None:
    ret = waiting(shop)
    command = working.OpenWorkOrder(
        kind=WorkKind.REFURBISH, warehouse="A", units=(wanted(ret),), workshop=None
    )
    context = shop.context()

    first = shop.do(lambda reads, c: working.open_work(reads, command, c), context)
    again = shop.do(lambda reads, c: working.open_work(reads, command, c), context)

    assert again == first
    assert len(found(shop, WorkOrder)) == 1


@pytest.mark.parametrize("act", [reinspects, reverses], ids=["inspect again", "reverse"])
def test_what_an_order_has_nothing_else_moves(shop: Shop, act: Act) -> None:
    ret = waiting(shop)
    opens(shop, wanted(ret))

    with pytest.raises(Conflict, match="not_allowed_now"):
        act(shop, ret, 1)


def test_sent_work_is_looked_after_when_it_is_due(shop: Shop) -> None:
    due_at = shop.now + timedelta(days=5)

    _, work = at_work(shop, due_at=due_at)

    task = task_of(shop, work)
    assert work.state is WorkState.SENT
    assert (task.due_at, task.state, task.warehouse) == (due_at, TaskState.OPEN, "A")
    with pytest.raises(Conflict, match="work_order_not_now"):
        sends(shop, work)


def test_what_comes_back_sellable_goes_on_the_shelf(shop: Shop) -> None:
    ret, work = at_work(shop, 2)

    after = takes_back(shop, work, shelved(1))

    assert (after.state, after.waiting) == (WorkState.PARTLY_BACK, 1)
    assert lying(shop) == {Account.REPAIR: 1, Account.AVAILABLE: 1}
    (done,) = [g for g in shop.now_is(ret).groups() if g.disposition is Disposition.RESTOCK]
    assert (done.grade, done.inspection, done.held_by) == (Grade.B, InspectionResult.PASSED, None)
    kinds = [one.kind for one in shop.store.reads().movements_of(ret.subject)]
    assert kinds.count(MovementKind.WORK_ORDER) == 1
    assert suspicions(shop) == []


def test_goods_that_expired_during_the_work_are_not_sold_again(shop: Shop) -> None:
    sent = DeliveredItem(line_no="1", quantity=1, lot="L1")
    shop.sells(order(line(), deliveries=(delivery(sent),)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item(lot="L1", expires_on=shop.now.date() + timedelta(days=3)))
    shop.inspects(ret, failed(1, grade=Grade.C))
    work = sends(shop, opens(shop, wanted(shop.disposes(ret, goes(Disposition.REFURBISH, 1)))))

    shop.now += timedelta(days=4)

    with pytest.raises(Conflict, match="lot_expired"):
        takes_back(shop, work, shelved(1))
    takes_back(shop, work, comes(WorkOutcome.SCRAP, 1))


def test_the_last_unit_back_ends_it(shop: Shop) -> None:
    _, work = at_work(shop, 2)
    takes_back(shop, work, shelved(1))

    after = takes_back(shop, work, comes(WorkOutcome.HOLD, grade=Grade.C))

    assert after.state is WorkState.DONE
    assert task_of(shop, work).state is TaskState.DONE
    assert told(shop, work.subject) == [
        "work_order.opened",
        "work_order.sent",
        "work_order.back",
        "work_order.back",
    ]
    with pytest.raises(Conflict, match="work_order_not_now"):
        takes_back(shop, work, shelved(1))


def test_each_unit_comes_back_its_own_way(shop: Shop) -> None:
    ret, work = at_work(shop, 4)

    takes_back(
        shop,
        work,
        shelved(1),
        comes(WorkOutcome.HOLD),
        comes(WorkOutcome.SCRAP),
        comes(WorkOutcome.LOST),
    )

    assert lying(shop) == {
        Account.AVAILABLE: 1,
        Account.QUARANTINE: 1,
        Account.SCRAPPED: 1,
        Account.MISSING: 1,
    }
    ways = [g.disposition for g in shop.now_is(ret).groups()]
    assert ways.count(Disposition.SCRAP) == 2
    assert suspicions(shop) == []


def test_what_it_costs_is_kept_and_the_goods_keep_their_value(shop: Shop) -> None:
    ret, work = at_work(shop, 2)

    takes_back(shop, work, shelved(1, cost=eur(250), work="NEW_BOX"), cost=eur(1000))
    after = takes_back(shop, work, shelved(1), cost=eur(500))

    assert after.cost == eur(1500)
    assert after.lines[0].back[0].cost == eur(250)
    last = max(shop.store.reads().movements_of(ret.subject), key=lambda one: one.posted_at)
    assert {entry.unit_cost for entry in last.entries} == {eur(400)}


def test_more_than_is_at_work_does_not_come_back(shop: Shop) -> None:
    _, work = at_work(shop, 2)
    takes_back(shop, work, shelved(1))

    with pytest.raises(Conflict, match="not_at_work") as refused:
        takes_back(shop, work, shelved(2))

    assert refused.value.details["possible"] == 1


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (shelved(1, "9"), "unknown_line"),
        (shelved(0), "not_positive"),
        (shelved(1, grade=Grade.C), "not_sellable"),
        (comes(WorkOutcome.RESTOCK), "not_sellable"),
        (comes(WorkOutcome.HOLD, serials=("a", "b")), "serial_count"),
        (comes(WorkOutcome.HOLD, claim=True), "nobody_to_claim_from"),
    ],
    ids=["line", "quantity", "grade", "no grade", "serials", "claim"],
)
def test_results_that_mean_nothing_are_refused(shop: Shop, result: WorkResult, code: str) -> None:
    _, work = at_work(shop)

    with pytest.raises(Invalid, match=code):
        takes_back(shop, work, result)


def test_units_are_known_by_their_serial_numbers(shop: Shop) -> None:
    sent = DeliveredItem(line_no="1", quantity=2, serials=("SN-1", "SN-2"))
    shop.sells(order(line(quantity=2), deliveries=(delivery(sent),)))
    ret = shop.approves(shop.asks(quantity=2))
    shop.receives(ret, item(quantity=2, serials=("SN-1", "SN-2")))
    shop.inspects(ret, failed(2))
    shop.disposes(ret, goes(Disposition.REFURBISH, 2))
    work = sends(shop, opens(shop, wanted(ret)))

    takes_back(shop, work, shelved(1, serials=("SN-2",)))

    last = max(shop.store.reads().movements_of(ret.subject), key=lambda one: one.posted_at)
    assert {entry.serials for entry in last.entries} == {("SN-2",)}
    with pytest.raises(Conflict, match="serial_not_at_work"):
        takes_back(shop, work, shelved(1, serials=("SN-2",)))


def test_what_is_called_off_is_on_hold(shop: Shop) -> None:
    ret, work = at_work(shop, 2)
    takes_back(shop, work, shelved(1))

    after = cancels(shop, work)

    assert (after.state, after.waiting) == (WorkState.CANCELLED, 0)
    assert lying(shop) == {Account.AVAILABLE: 1, Account.QUARANTINE: 1}
    (left,) = [g for g in shop.now_is(ret).groups() if g.disposition is Disposition.HOLD]
    assert left.held_by is None
    assert task_of(shop, work).state is TaskState.DONE
    shop.disposes(ret, goes(Disposition.RTV, 1, origin=Disposition.HOLD))
    assert suspicions(shop) == []


def test_work_that_did_not_begin_is_called_off_too(shop: Shop) -> None:
    ret = waiting(shop)

    after = cancels(shop, opens(shop, wanted(ret)))

    assert after.state is WorkState.CANCELLED
    with pytest.raises(Conflict, match="work_order_not_now"):
        cancels(shop, after)


def test_a_completed_return_is_open_again_when_work_leaves_goods_on_hold(shop: Shop) -> None:
    ret, work = at_work(shop, 2)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    takes_back(shop, work, comes(WorkOutcome.HOLD, 2))

    assert shop.now_is(ret).closure is Closure.REOPENED
    assert told(shop, ret.subject)[-1] == "return.reopened"


def test_a_grade_is_judged_again_only_once_the_work_is_over(shop: Shop) -> None:
    shop.sells(order(line(quantity=1)))
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())
    shop.inspects(ret, failed(1, fault=FaultParty.CUSTOMER))
    ret = shop.disposes(ret, goes(Disposition.REFURBISH, 1))
    work = opens(shop, wanted(ret))
    appeals(shop, ret, AppealAgainst.GRADE)

    with pytest.raises(Conflict, match="units_held") as refused:
        decides(shop, ret, uphold=True)

    assert refused.value.details["documents"] == [work.subject]
    cancels(shop, work)
    after = decides(shop, ret, uphold=True)
    assert after.groups()[0].inspection is InspectionResult.NEEDS_REINSPECTION
    assert suspicions(shop) == []


def test_who_looked_at_another_version_is_told(shop: Shop) -> None:
    _, work = at_work(shop)
    command = working.CancelWork(reason="OTHER", note="Wrong box.")

    with pytest.raises(Stale):
        shop.do(
            lambda reads, context: working.cancel_work(reads, work.work_order_id, command, context),
            shop.context(version=1),
        )
    with pytest.raises(NotFound, match="work_order_not_found"):
        shop.do(lambda reads, context: working.cancel_work(reads, "wo_none", command, context))


def test_an_order_of_too_many_returns_says_how_many_and_how_to_go_on(shop: Shop) -> None:
    units = [WantedUnits(return_id=f"ret_{n}", line_no="1") for n in range(RETURNS_MAX + 1)]

    with pytest.raises(Invalid, match="too_many_returns") as refused:
        opens(shop, *units)

    assert refused.value.details == {"possible": RETURNS_MAX, "asked": RETURNS_MAX + 1}
    assert "another order" in refused.value.message
