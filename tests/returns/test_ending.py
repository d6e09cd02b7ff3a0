"""Taking a request back and letting it run out: units end, and are free in the same write."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.runs import Run
from chalicelib.inventory.model import Account
from chalicelib.returns.conversation import Message
from chalicelib.returns.ending import Cancel, cancel, expire_if_due
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import Authorization, DeadlineKind, Logistics, Return
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import quantities
from chalicelib.tasks.model import Task, TaskKind
from tests.builders import Shop, item, line, order, wish
from tests.children import exchange_of, ships, swap
from tests.fakes import FakeStore


@pytest.fixture
def shop(shop: Shop) -> Shop:
    shop.sells(order(line("1", quantity=5), line("2", quantity=2)))
    return shop


def in_transit(shop: Shop, quantity: int = 2) -> Return:
    """Approved, and seen by its carrier."""
    ret = shop.approves(shop.asks(quantity=quantity))
    assert isinstance(shop.store, FakeStore)
    [moving] = ret.lines
    group = replace(moving.groups[0], logistics=Logistics.IN_TRANSIT)
    moved = replace(ret, lines=(replace(moving, groups=(group,)),))
    for key, record in shop.store.records.items():
        if record == ret:
            shop.store.records[key] = moved
    return shop.now_is(ret)


def test_a_request_that_is_taken_back_is_free_at_once(shop: Shop) -> None:
    ret = shop.asks(quantity=3)

    cancelled = shop.cancels(ret)

    assert status_of(cancelled) == "CANCELLED"
    assert shop.returnable() == 5
    assert quantities(cancelled.lines[0]).ended_after_approval == 0
    assert not cancelled.lines[0].groups[0].ended_after_approval


def test_the_review_of_what_is_taken_back_is_done(shop: Shop) -> None:
    ret = shop.cancels(shop.asks())

    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None
    assert task.state == "done"


def test_a_draft_is_cancelled_and_frees_nothing_that_others_hold(shop: Shop) -> None:
    draft = shop.asks(quantity=5, submit=False)
    shop.asks(quantity=5)

    cancelled = shop.cancels(draft)

    assert status_of(cancelled) == "CANCELLED"
    assert cancelled.deadline is None
    assert shop.returnable() == 0


def test_approved_units_that_are_not_sent_yet_are_taken_back(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=2))

    cancelled = shop.cancels(ret)

    [group] = cancelled.lines[0].groups
    assert (group.authorization, group.logistics) == (Authorization.CANCELLED, Logistics.NONE)
    assert group.ended_after_approval
    assert cancelled.deadline is None
    assert shop.returnable() == 5
    assert status_of(cancelled) == "CANCELLED"


def test_some_of_a_line_are_taken_back_those_undecided_first(shop: Shop) -> None:
    ret = shop.approves(shop.asks("O-1", wish(3, "1"), wish(2, "2")), line_1=3)

    cancelled = shop.cancels(ret, line_1=1, line_2=1)

    assert [quantities(x).cancelled for x in cancelled.lines] == [1, 1]
    assert [quantities(x).ended_after_approval for x in cancelled.lines] == [1, 0]
    assert cancelled.lines[0].groups[-1].units == (Run(3, 1),), "the last units go first"
    assert (shop.returnable(line_no="1"), shop.returnable(line_no="2")) == (3, 1)
    assert cancelled.deadline is not None
    assert cancelled.deadline.kind is DeadlineKind.SHIP
    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None
    assert task.state == "open", "line 2 still waits for a decision"


def test_what_a_carrier_scanned_is_not_taken_back_but_may_be_sent_back(shop: Shop) -> None:
    ret = in_transit(shop)

    with pytest.raises(Conflict, match="already_shipped") as refused:
        shop.cancels(ret)

    assert refused.value.details == {
        "status": "IN_TRANSIT",
        "allowed": list(allowed(ret)),
        "instead": "ship-back",
    }
    assert shop.now_is(ret) == ret


def test_what_is_here_unseen_is_sent_back_instead(shop: Shop) -> None:
    ret = shop.approves(shop.asks())
    shop.receives(ret, item())

    with pytest.raises(Conflict, match="already_shipped") as refused:
        shop.cancels(ret)

    details = refused.value.details
    assert "ship-back" in details["allowed"]  # type: ignore[operator]  # a list, by its maker


def test_the_rest_of_a_return_that_is_partly_here_is_taken_back(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=3))
    shop.receives(ret, item(quantity=1))

    cancelled = shop.cancels(ret)

    assert quantities(cancelled.lines[0]).received == 1
    assert quantities(cancelled.lines[0]).cancelled == 2
    assert shop.returnable() == 4
    assert cancelled.deadline is None, "no unit is to be sent any more"


def test_more_than_may_be_taken_back_is_refused_with_what_may(shop: Shop) -> None:
    ret = shop.approves(shop.asks(quantity=2))

    with pytest.raises(Conflict, match="fewer_units_fit") as refused:
        shop.cancels(ret, line_1=3)

    assert refused.value.details["possible"] == 2


def test_named_units_that_were_sent_are_refused_as_shipped(shop: Shop) -> None:
    shop.asks("O-1", wish(1, "2"))
    ret = in_transit(shop)

    with pytest.raises(Conflict, match="already_shipped"):
        shop.cancels(ret, line_1=1)


def test_a_cancellation_names_a_known_reason(shop: Shop) -> None:
    ret = shop.asks()

    with pytest.raises(Invalid, match="unknown_cancellation") as refused:
        shop.cancels(ret, reason="WHY_NOT")
    with pytest.raises(Invalid, match="note_required"):
        shop.cancels(ret, reason="OTHER")

    assert [e.pointer for e in refused.value.errors] == ["/reason"]


@pytest.mark.parametrize("is_draft", [True, False], ids=["draft", "open question"])
def test_a_part_of_what_can_be_edited_is_edited_away_not_cancelled(
    shop: Shop, is_draft: bool
) -> None:
    ret = shop.asks(quantity=3, submit=not is_draft)
    ret = ret if is_draft else shop.asks_customer(ret)

    with pytest.raises(Conflict, match="edit_instead"):
        shop.cancels(ret, line_1=1)

    assert status_of(shop.cancels(ret, line_1=3)) == "CANCELLED"


def test_the_reason_is_in_the_event_and_the_note_in_the_conversation_only(shop: Shop) -> None:
    ret = shop.asks()
    command = Cancel(reason="OTHER", note="My neighbour wants it.")

    shop.do(lambda reads, context: cancel(reads, ret.return_id, command, context))

    assert isinstance(shop.store, FakeStore)
    said = [r.text for r in shop.store.records.values() if isinstance(r, Message)]
    event = shop.store.reads().events(ret.subject)[-1]
    assert said == ["My neighbour wants it."]
    assert (event.type, event.data["reason"]) == ("return.cancelled", "OTHER")
    assert "neighbour" not in json.dumps(event.data)


def test_what_was_taken_back_may_be_asked_for_in_another_return(shop: Shop) -> None:
    shop.cancels(shop.asks(quantity=5))

    assert shop.asks(quantity=5).lines[0].groups[0].units == (Run(1, 5),)


def test_taking_back_the_last_open_units_closes_what_is_settled(shop: Shop) -> None:
    ret = shop.asks(quantity=2)
    shop.accepts(ret, 1)
    shop.settles(ret)

    assert status_of(shop.cancels(ret)) == "COMPLETED"


def test_a_cancelled_return_is_not_cancelled_again(shop: Shop) -> None:
    ret = shop.cancels(shop.asks())

    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.cancels(ret)


def test_a_cancellation_that_meets_an_approval_takes_back_what_was_approved(shop: Shop) -> None:
    ret = shop.asks()
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: shop.approves(ret))

    cancelled = shop.cancels(ret)

    assert cancelled.lines[0].groups[0].ended_after_approval
    assert shop.returnable() == 5


def test_units_of_two_lines_of_one_order_line_are_released_apart(shop: Shop) -> None:
    ret = shop.asks("O-1", wish(2, "1"), wish(1, "1", reason="QUALITY_DEFECT"))

    shop.cancels(ret, line_2=1)

    assert shop.returnable() == 3
    assert shop.asks(quantity=3).lines[0].groups[0].units == (Run(3, 3),)


def test_a_draft_expires(shop: Shop) -> None:
    expired = shop.expires(shop.asks(submit=False))

    assert status_of(expired) == "EXPIRED"
    assert expired.deadline is None


def test_an_unanswered_question_expires_and_frees_its_units(shop: Shop) -> None:
    expired = shop.expires(shop.asks_customer(shop.asks(quantity=5)))

    assert status_of(expired) == "EXPIRED"
    assert shop.returnable() == 5
    assert not expired.lines[0].groups[0].ended_after_approval


def test_goods_that_are_never_sent_expire_and_are_free(shop: Shop) -> None:
    expired = shop.expires(shop.approves(shop.asks(quantity=5)))

    [group] = expired.lines[0].groups
    assert (group.authorization, group.logistics) == (Authorization.EXPIRED, Logistics.NONE)
    assert group.ended_after_approval
    assert shop.returnable() == 5
    event = shop.store.reads().events(expired.subject)[-1]
    assert (event.type, event.data["waited_for"]) == ("return.expired", "ship")


def test_an_unanswered_question_does_not_take_what_is_approved_with_it(shop: Shop) -> None:
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)
    ret = shop.asks_customer(ret)

    expired = shop.expires(ret)

    assert [x.groups[0].authorization for x in expired.lines] == [
        Authorization.APPROVED,
        Authorization.EXPIRED,
    ]
    assert expired.deadline is not None
    assert expired.deadline.kind is DeadlineKind.SHIP


def test_what_is_not_waited_for_does_not_expire(shop: Shop) -> None:
    ret = shop.approves(shop.asks())

    with pytest.raises(Conflict, match="not_waited_for"):
        shop.expires(ret, DeadlineKind.ANSWER)
    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.expires(shop.asks())


def test_a_deadline_ends_what_it_is_about_when_it_is_due_and_not_before(shop: Shop) -> None:
    ret = shop.approves(shop.asks())
    assert ret.deadline is not None
    shop.now = ret.deadline.due_at - timedelta(seconds=2)

    early = shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))
    due = shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))
    again = shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))

    assert early == ret
    assert status_of(due) == "EXPIRED"
    assert again == due


def test_goods_that_are_sent_while_their_deadline_is_decided_win(shop: Shop) -> None:
    ret = shop.approves(shop.asks())
    assert ret.deadline is not None
    shop.now = ret.deadline.due_at
    assert isinstance(shop.store, FakeStore)
    shop.store.meanwhile(lambda: shop.receives(ret, item()))

    after = shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))

    assert quantities(after.lines[0]).received == 1
    assert quantities(after.lines[0]).expired == 0


def test_cancelled_lines_name_lines_of_the_return(shop: Shop) -> None:
    ret = shop.asks()
    command = Cancel(reason="KEEPS_IT", lines=(NamedQuantity(line_no="9", quantity=1),))

    with pytest.raises(Invalid, match="unknown_line"):
        shop.do(lambda reads, context: cancel(reads, ret.return_id, command, context))


def test_what_was_promised_for_units_that_are_taken_back_is_on_the_shelf_again(
    shop: Shop,
) -> None:
    shop.counts({"BLUE": 3})
    ret = shop.approves(shop.asks("O-1", swap(3, for_="BLUE")))

    shop.cancels(ret, line_1=1)
    some_left = shop.on_hand("BLUE", Account.RESERVED)
    shop.expires(ret)

    assert some_left == 2
    assert (shop.on_hand("BLUE"), shop.on_hand("BLUE", Account.RESERVED)) == (3, 0)
    assert shop.returnable() == 5


def test_units_whose_replacement_left_are_not_taken_back(shop: Shop) -> None:
    shop.counts({"BLUE": 1})
    ret = shop.approves(shop.asks("O-1", swap(1, for_="BLUE")))
    ships(shop, exchange_of(shop, ret))

    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.cancels(ret)


def test_a_replaced_unit_that_is_never_sent_becomes_work_for_a_person(shop: Shop) -> None:
    shop.counts({"BLUE": 1})
    ret = shop.approves(shop.asks("O-1", swap(1, for_="BLUE"), wish(1, "2")))
    ships(shop, exchange_of(shop, ret))
    assert ret.deadline is not None
    shop.now = ret.deadline.due_at

    def chase() -> Return:
        return shop.do(lambda reads, context: expire_if_due(reads, ret.return_id, context))

    first, second, third = chase(), chase(), chase()

    assert [x.groups[0].authorization for x in first.lines] == [
        Authorization.APPROVED,
        Authorization.EXPIRED,
    ]
    assert (second.deadline, third) == (None, second)
    assert isinstance(shop.store, FakeStore)
    tasks = [r for r in shop.store.records.values() if isinstance(r, Task)]
    assert [task.state for task in tasks if task.kind is TaskKind.INVESTIGATION] == ["open"]
    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.expires(ret)
