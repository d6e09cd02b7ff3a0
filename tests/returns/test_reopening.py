"""What had ended goes on: units stand where they stood, held anew, or not at all."""

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.model import (
    Authorization,
    Closure,
    DeadlineKind,
    Logistics,
    Return,
)
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.short_closing import GiveUp, short_close
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from chalicelib.tasks.model import TaskKind, TaskState
from tests.builders import Shop, delivery, item, line, order, passed, restock, wish
from tests.returns.undoing import closes, reopens, suspicions, task_of, told


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    return shop


def named(quantity: int, line_no: str = "1") -> NamedQuantity:
    return NamedQuantity(line_no=line_no, quantity=quantity)


def completed(shop: Shop) -> Return:
    ret = shop.accepts(shop.asks())
    shop.settles(ret)
    return shop.now_is(ret)


def closed_short(shop: Shop, ret: Return) -> Return:
    command = GiveUp(reason="NOT_SENT")
    return shop.do(lambda reads, context: short_close(reads, ret.return_id, command, context))


def test_a_request_cancelled_before_its_review_is_reviewed_again(shop: Shop) -> None:
    ret = shop.cancels(shop.asks(quantity=2))
    assert shop.returnable() == 5

    after = reopens(shop, ret)

    assert status_of(after) == "UNDER_REVIEW"
    assert shop.returnable() == 3
    task = task_of(shop, TaskKind.REVIEW, ret.subject, "1")
    assert (task.state, task.done_by) == (TaskState.OPEN, None)
    assert suspicions(shop) == []
    assert status_of(shop.approves(ret)) == "APPROVED"


def test_an_approved_request_is_waited_for_again(shop: Shop) -> None:
    ret = shop.cancels(shop.approves(shop.asks(quantity=2)))

    after = reopens(shop, ret)

    (group,) = after.lines[0].groups
    assert (group.authorization, group.logistics) == (Authorization.APPROVED, Logistics.AWAITING)
    assert group.ended_after_approval is False
    assert after.deadline is not None
    assert after.deadline.kind is DeadlineKind.SHIP
    assert suspicions(shop) == []


def test_an_expired_one_too(shop: Shop) -> None:
    ret = shop.expires(shop.approves(shop.asks()))

    assert status_of(reopens(shop, ret)) == "APPROVED"


def test_what_was_closed_short_is_waited_for_again(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item())
    closed_short(shop, ret)

    after = reopens(shop, ret, named(1))

    counts = quantities(after.lines[0])
    assert (counts.received, counts.awaiting, counts.short_closed) == (1, 1, 1)
    assert shop.returnable() == 3
    assert suspicions(shop) == []


def test_a_completed_return_is_open_again_and_keeps_what_was_posted(shop: Shop) -> None:
    ret = completed(shop)

    after = reopens(shop, ret)

    assert after.closure is Closure.REOPENED
    assert after.lines == ret.lines
    assert after.settlements == ret.settlements
    assert told(shop, ret.subject)[-1] == "return.reopened"


def test_it_may_be_closed_again_where_nothing_is_open(shop: Shop) -> None:
    ret = reopens(shop, completed(shop))

    assert closes(shop, ret).closure is Closure.COMPLETED


def test_closing_a_return_with_open_points_lists_them(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=2))

    with pytest.raises(Conflict, match="not_complete") as refused:
        closes(shop, ret)

    assert refused.value.details["open_points"] == [
        {"code": "goods_expected", "line_no": "1", "quantity": 2}
    ]


def test_units_of_a_completed_return_stand_again_with_it(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    shop.approves(ret, line_1=1)
    shop.cancels(ret, line_2=1)
    shop.receives(ret, item())
    shop.inspects(ret, passed())
    shop.disposes(ret, restock())
    shop.settles(ret)
    assert shop.now_is(ret).closure is Closure.COMPLETED

    after = reopens(shop, ret, named(1, "2"))

    assert after.closure is Closure.REOPENED
    assert quantities(after.lines[1]).pending == 1
    assert suspicions(shop) == []


def test_free_units_take_the_place_of_those_that_another_return_has_by_now(shop: Shop) -> None:
    ret = shop.cancels(shop.asks(quantity=2))
    shop.asks(quantity=2)

    after = reopens(shop, ret)

    assert quantities(after.lines[0]).requested == 2
    assert shop.returnable() == 1
    assert suspicions(shop) == []


def test_where_too_few_are_free_nothing_stands_again(shop: Shop) -> None:
    ret = shop.cancels(shop.asks(quantity=3))
    shop.asks(quantity=4)

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        reopens(shop, ret)

    assert refused.value.details["asked"] == 3
    assert status_of(shop.now_is(ret)) == "CANCELLED"


def test_a_unit_with_a_serial_number_is_no_other_unit(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=2, serials=("S1", "S2")), no="D-2")
    shop.sells(order(line(quantity=2), no="O-2", deliveries=(shipped,)))
    ret = shop.cancels(shop.asks("O-2", wish(1, serials=("S1",))))
    shop.asks("O-2", wish(1, serials=("S1",)))

    with pytest.raises(Conflict, match="not_returnable_quantity"):
        reopens(shop, ret)


def test_what_goes_on_is_not_reopened(shop: Shop) -> None:
    ret = shop.cancels(shop.approves(shop.asks()))
    reopens(shop, ret)

    with pytest.raises(Conflict, match="not_allowed_now"):
        reopens(shop, ret)


def test_of_a_return_that_goes_on_the_lines_are_named(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=3))
    shop.cancels(ret, line_1=1)

    with pytest.raises(Conflict, match="nothing_to_reopen"):
        reopens(shop, ret)

    assert quantities(reopens(shop, ret, named(1)).lines[0]).awaiting == 3


def test_a_draft_that_was_never_submitted_is_asked_for_anew(shop: Shop) -> None:
    ret = shop.cancels(shop.asks(submit=False))

    with pytest.raises(Conflict, match="never_submitted"):
        reopens(shop, ret)


def test_a_reason_is_one_of_the_list_and_its_note_is_in_no_event(shop: Shop) -> None:
    ret = shop.cancels(shop.asks())
    with pytest.raises(Invalid, match="unknown_reason"):
        reopens(shop, ret, reason="BECAUSE")

    reopens(shop, ret, reason="OTHER", note="Mr Smith called")

    assert "Smith" not in str([e.data for e in shop.store.reads().events(ret.subject)])
    assert shop.now_is(ret).review_note == "Mr Smith called"
