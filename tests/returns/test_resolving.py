"""Goods that fitted nothing go where a person says, all of them once, and the books agree."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.money import Money
from chalicelib.inventory.model import Account, MovementKind
from chalicelib.liability.model import LiabilityState
from chalicelib.returns.exceptions import ExceptionState, ResolutionKind
from chalicelib.returns.model import Closure, Return
from chalicelib.tasks.model import TaskKind, TaskState
from tests.builders import Shop, item, line, order, passed, restock
from tests.returns.undoing import (
    CARRIER,
    lying,
    reports,
    resolves,
    stray,
    surplus,
    suspicions,
    task_of,
    told,
)

LINE, SHIP_BACK = ResolutionKind.LINE, ResolutionKind.SHIP_BACK
CLAIM, WRITE_OFF, NO_GOODS = ResolutionKind.CLAIM, ResolutionKind.WRITE_OFF, ResolutionKind.NO_GOODS


@pytest.fixture
def ret(shop: Shop) -> Return:
    """Five mugs and two plates sold; two mugs asked back and received."""
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    asked = shop.approves(shop.asks(quantity=2))
    return shop.receives(asked, item(quantity=2)).ret


@pytest.fixture(autouse=True)
def books_agree(shop: Shop) -> Iterator[None]:
    """After whatever a test did."""
    yield
    assert suspicions(shop) == []


def test_resolving_in_parts_leaves_the_rest_open(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret, 3)

    first = resolves(shop, extra, LINE, quantity=1)
    second = resolves(shop, extra, SHIP_BACK, quantity=1)
    assert (first.open_quantity, second.open_quantity) == (2, 1)
    assert shop.now_is(ret).open_exceptions == 1
    last = resolves(shop, extra, WRITE_OFF, accountable="bo")

    assert last.state is ExceptionState.RESOLVED
    assert [one.resolution for one in last.resolutions] == [LINE, SHIP_BACK, WRITE_OFF]
    assert told(shop, extra.subject) == [
        "exception.opened",
        "exception.partly_resolved",
        "exception.partly_resolved",
        "replenishment.proposed",
        "exception.resolved",
    ]
    assert lying(shop) == {Account.RECEIVING: 3, Account.SCRAPPED: 1}


def test_more_than_is_open_is_refused(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)

    with pytest.raises(Conflict, match="more_than_open"):
        resolves(shop, extra, SHIP_BACK, quantity=2)
    resolves(shop, extra, SHIP_BACK)
    with pytest.raises(Conflict, match="already_resolved"):
        resolves(shop, extra, SHIP_BACK)


def test_the_task_is_done_with_the_last_unit(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret, 2)

    resolves(shop, extra, SHIP_BACK, quantity=1)
    assert task_of(shop, TaskKind.EXCEPTION, extra.subject, "opened").state is TaskState.OPEN
    resolves(shop, extra, SHIP_BACK)

    task = task_of(shop, TaskKind.EXCEPTION, extra.subject, "opened")
    assert (task.state, task.done_by) == (TaskState.DONE, "ann")


def test_goods_shipped_back_are_with_the_customer_again(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)

    done = resolves(shop, extra, SHIP_BACK, carrier="dhl", tracking_no="X1")

    assert (done.resolutions[0].carrier, done.resolutions[0].tracking_no) == ("dhl", "X1")
    assert done.resolutions[0].account is Account.CUSTOMER
    assert lying(shop) == {Account.RECEIVING: 2}


def test_a_claim_keeps_the_goods_as_evidence(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)

    done = resolves(shop, extra, CLAIM, claim=CARRIER)

    claim = shop.store.reads().liability_claim(str(done.resolutions[0].claim_id))
    assert claim is not None
    assert (claim.state, claim.party, claim.quantity) == (LiabilityState.OPEN, "dhl", 1)
    assert claim.unit_cost == Money(400, "EUR")
    assert lying(shop) == {Account.RECEIVING: 2, Account.DAMAGED: 1}
    with pytest.raises(Invalid, match="claim_required"):
        resolves(shop, surplus(shop, ret), CLAIM)


@pytest.mark.parametrize(
    ("is_missing", "account"), [(False, Account.SCRAPPED), (True, Account.MISSING)]
)
def test_a_write_off_names_who_answers_and_proposes_to_buy_again(
    shop: Shop, ret: Return, is_missing: bool, account: Account
) -> None:
    extra = surplus(shop, ret, 2)
    with pytest.raises(Invalid, match="accountable_required"):
        resolves(shop, extra, WRITE_OFF)

    done = resolves(shop, extra, WRITE_OFF, accountable="bo", cannot_be_found=is_missing)

    assert lying(shop) == {Account.RECEIVING: 2, account: 2}
    (proposed,) = [
        event.data
        for event in shop.store.reads().events(extra.subject)
        if event.type == "replenishment.proposed"
    ]
    assert (proposed["lines"], proposed["warehouse"]) == ([{"sku": "SKU-1", "quantity": 2}], "A")
    task = shop.store.reads().task(str(proposed["task_id"]))
    assert task is not None
    assert (task.kind, task.role) == (TaskKind.REPLENISHMENT, "warehouse")
    assert done.resolutions[0].accountable == "bo"


def test_quarantine_keeps_no_value_of_goods_that_left_it(shop: Shop, ret: Return) -> None:
    for kind, more in ((LINE, {}), (CLAIM, {"claim": CARRIER}), (WRITE_OFF, {"accountable": "b"})):
        resolves(shop, surplus(shop, ret), kind, **more)

    worth = {
        balance.account: balance.value_minor.get("EUR", 0)
        for balance in shop.store.reads().balances("A", ["SKU-1"])
    }
    assert worth[Account.QUARANTINE] == 0
    assert worth[Account.RECEIVING] == 3 * 400
    assert (worth[Account.DAMAGED], worth[Account.SCRAPPED]) == (400, 400)


def test_goods_that_nobody_sold_have_no_cost(shop: Shop, ret: Return) -> None:
    stranger = surplus(shop, ret, 1, "STRANGE")

    resolves(shop, stranger, WRITE_OFF, accountable="bo")

    (balance,) = [
        one
        for one in shop.store.reads().balances("A", ["STRANGE"])
        if one.account is Account.SCRAPPED
    ]
    assert (balance.quantity, balance.value_minor) == (1, {})


def test_the_movement_names_the_one_that_it_takes_back(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)

    resolves(shop, extra, LINE)

    (back,) = shop.store.reads().movements_of(extra.subject)
    assert (back.kind, back.reverses) == (MovementKind.REVERSAL, extra.movement_id)
    kinds = [one.kind for one in shop.store.reads().movements_of(ret.subject)]
    assert kinds.count(MovementKind.RECEIPT) == 3


@pytest.mark.parametrize("kind", [LINE, SHIP_BACK, WRITE_OFF])
def test_what_is_not_here_cannot_go_anywhere(shop: Shop, ret: Return, kind: ResolutionKind) -> None:
    empty = reports(shop, ret)

    with pytest.raises(Conflict, match="no_goods_here"):
        resolves(shop, empty, kind, accountable="bo")


def test_goods_that_are_here_have_to_go_somewhere(shop: Shop, ret: Return) -> None:
    with pytest.raises(Conflict, match="goods_are_here"):
        resolves(shop, surplus(shop, ret), NO_GOODS)


def test_news_without_goods_is_closed_without_goods_or_claimed(shop: Shop, ret: Return) -> None:
    closed = resolves(shop, reports(shop, ret), NO_GOODS)
    claimed = resolves(shop, reports(shop, ret), CLAIM, claim=CARRIER)

    assert {closed.state, claimed.state} == {ExceptionState.RESOLVED}
    assert claimed.resolutions[0].movement_id is None
    assert shop.now_is(ret).open_exceptions == 0


def test_a_surplus_opens_a_completed_return_and_its_resolution_closes_it(
    shop: Shop, ret: Return
) -> None:
    shop.inspects(ret, passed(2))
    shop.disposes(ret, restock(2))
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    late = stray(shop, return_number=ret.number)
    assert shop.now_is(ret).closure is Closure.REOPENED
    resolves(shop, late, SHIP_BACK)

    assert shop.now_is(ret).closure is Closure.COMPLETED
    assert told(shop, ret.subject)[-4:] == [
        "return.received",
        "return.reopened",
        "return.exception_resolved",
        "return.completed",
    ]


def test_events_say_who_answers_and_never_what_a_person_wrote(shop: Shop, ret: Return) -> None:
    extra = surplus(shop, ret)

    resolves(shop, extra, WRITE_OFF, accountable="bo", reason="Mr Smith broke it")

    said: Any = [event.data for event in shop.store.reads().events(extra.subject)]
    assert "Smith" not in str(said)
    assert said[-1]["resolutions"][0]["accountable"] == "bo"
