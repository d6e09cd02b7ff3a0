"""Asking the customer: the units stay held, the review is done, and the answer has a deadline."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Actor
from chalicelib.core.runs import Run
from chalicelib.orders.model import Reservation
from chalicelib.returns import ending, sale_found
from chalicelib.returns.conversation import Message, PostMessage, post
from chalicelib.returns.model import Authorization, DeadlineKind, Return
from chalicelib.returns.reminding import Outcome, chase
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from tests.builders import Shop, line, order, wish
from tests.fakes import FakeStore


def test_a_question_holds_the_units_until_it_is_answered(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))

    ret = shop.asks_customer(shop.asks(quantity=2))

    assert status_of(ret) == "NEEDS_INFO"
    assert shop.returnable() == 0
    assert ret.reviewed_by == "someone"


def test_the_review_is_done_when_the_question_is_asked(shop: Shop) -> None:
    shop.sells(order(line()))

    ret = shop.asks_customer(shop.asks())

    _, _, task = shop.store.reads().review_of(ret.return_id)
    assert task is not None
    assert task.state == "done"


def test_an_answer_is_waited_for_14_days_and_reminded_of_after_7(shop: Shop) -> None:
    shop.sells(order(line()))

    ret = shop.asks_customer(shop.asks())

    assert ret.deadline is not None
    assert ret.deadline.kind is DeadlineKind.ANSWER
    assert ret.deadline.due_at == shop.now + timedelta(days=14)
    assert ret.deadline.remind_at == shop.now + timedelta(days=7)


def test_an_answer_ends_the_waiting(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks_customer(shop.asks())

    answered = shop.submits(ret)

    assert answered.deadline is None
    assert status_of(answered) == "UNDER_REVIEW"


def test_the_question_is_said_in_the_conversation_and_in_no_event(shop: Shop) -> None:
    shop.sells(order(line()))

    ret = shop.asks_customer(shop.asks(), question="Which side is scratched?")

    assert isinstance(shop.store, FakeStore)
    said = [r.text for r in shop.store.records.values() if isinstance(r, Message)]
    assert said == ["Which side is scratched?"]
    events = shop.store.reads().events(ret.subject)
    assert events[-1].type == "return.info_requested"
    assert "scratched" not in json.dumps([event.data for event in events])


def test_only_what_is_under_review_is_asked_about(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)

    asked = shop.asks_customer(ret)

    assert [x.groups[0].authorization for x in asked.lines] == [
        Authorization.APPROVED,
        Authorization.NEEDS_INFO,
    ]
    assert asked.deadline is not None
    assert asked.deadline.kind is DeadlineKind.ANSWER


def test_after_the_answer_the_goods_are_waited_for_again(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)
    ret = shop.rejects(shop.asks_customer(ret))

    assert ret.deadline is not None
    assert ret.deadline.kind is DeadlineKind.SHIP


def test_a_reviewer_may_decide_without_an_answer(shop: Shop) -> None:
    shop.sells(order(line()))

    approved = shop.approves(shop.asks_customer(shop.asks()))

    assert status_of(approved) == "APPROVED"


def test_what_is_decided_is_not_asked_about(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.approves(shop.asks())

    with pytest.raises(Conflict, match="not_allowed_now"):
        shop.asks_customer(ret)


def test_a_question_about_one_line_is_answered_while_the_other_is_approved(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)
    asked = shop.asks_customer(ret)

    answered = shop.submits(asked)

    assert authorizations(answered) == {"1": ["APPROVED"], "2": ["UNDER_REVIEW"]}
    assert answered.lines[0] == asked.lines[0]
    assert (shop.returnable(line_no="1"), shop.returnable(line_no="2")) == (0, 0)


def test_a_question_is_answered_after_other_units_of_the_line_were_decided(shop: Shop) -> None:
    shop.sells(order(line(quantity=4)))
    ret = shop.cancels(shop.asks(quantity=4), line_1=1)
    asked = shop.asks_customer(ret)

    answered = shop.submits(asked)

    (only,) = answered.lines
    assert [(g.units, g.authorization) for g in only.groups] == [
        ((Run(1, 3),), Authorization.UNDER_REVIEW),
        ((Run(4, 1),), Authorization.CANCELLED),
    ]
    assert shop.returnable() == 1


def test_an_answer_keeps_its_own_units_and_takes_none_that_were_freed(shop: Shop) -> None:
    shop.sells(order(line("1", quantity=3), line("2")))
    ret = shop.cancels(shop.asks("O-1", wish(3, "1"), wish(1, "2")), line_1=1)
    ret = shop.asks_customer(shop.approves(ret, line_2=1))
    other = shop.asks(quantity=1)

    answered = shop.submits(ret)

    held = {reservation.holder_id: reservation.units for reservation in reservations(shop)}
    assert held == {other.return_id: (Run(3, 1),), ret.return_id: (Run(1, 2),)}
    assert answered.lines[1].groups[0].authorization is Authorization.APPROVED


def test_other_lines_are_asked_for_while_the_decided_ones_stay(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2", quantity=2), line("3")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(2, "2")), line_1=1)
    asked = shop.asks_customer(ret)

    edited = shop.edits(asked, wish(1, "2"), wish(1, "3"))

    assert [(x.line_no, x.order_line_no, x.requested) for x in edited.lines] == [
        ("1", "1", 1),
        ("2", "2", 1),
        ("3", "3", 1),
    ]
    assert edited.lines[0] == asked.lines[0]
    assert authorizations(edited)["3"] == ["NEEDS_INFO"]
    assert [shop.returnable(line_no=no) for no in ("1", "2", "3")] == [0, 1, 0]


def test_the_approved_part_is_taken_back_while_a_question_about_the_rest_is_open(
    shop: Shop,
) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)

    ended = shop.cancels(shop.asks_customer(ret), line_1=1)

    assert authorizations(ended) == {"1": ["CANCELLED"], "2": ["NEEDS_INFO"]}


def test_an_answer_is_never_refused_by_policy_and_goes_to_a_person(shop: Shop) -> None:
    shop.sells(order(line("1", final_sale=True)))
    ret = shop.asks(None, RequestedLine(sku="SKU-1", quantity=1, reason="CHANGED_MIND"))
    found = sale_found.MatchLines(
        lines=(sale_found.MatchedLine(line_no="1", order_no="O-1", order_line_no="1"),)
    )
    ret = shop.do(lambda reads, context: sale_found.match(reads, ret.return_id, found, context))

    answered = shop.submits(shop.asks_customer(ret))

    assert status_of(answered) == "UNDER_REVIEW"
    assert answered.decision is not None
    assert answered.decision.lines[0].trace[-1].code == "asked_about"


def test_what_was_answered_in_a_message_does_not_expire_until_somebody_saw_it(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)
    ret = shop.asks_customer(ret)
    answers(shop, ret)
    shop.now += timedelta(days=15)

    outcome = shop.do(lambda reads, context: chase(reads, ret.return_id, context))

    assert outcome is not Outcome.EXPIRED
    with pytest.raises(Conflict, match="not_waited_for"):
        shop.expires(ret)


@pytest.mark.parametrize("end", ["submits", "approves", "rejects", "cancels", "asks_customer"])
def test_the_work_on_an_answer_is_done_by_what_follows_it(shop: Shop, end: str) -> None:
    shop.sells(order(line()))
    ret = shop.asks_customer(shop.asks())
    answers(shop, ret)
    task = answer_task(shop, ret)
    assert task is not None
    assert task.state == "open"

    if end == "asks_customer":
        ret = shop.submits(ret)
    getattr(shop, end)(ret)

    task = answer_task(shop, ret)
    assert task is not None
    assert task.state == "done"


def test_a_note_on_taking_it_back_is_no_answer(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks_customer(shop.asks())
    command = ending.Cancel(reason="KEEPS_IT", note="never mind")
    customer = replace(shop.context(), actor=Actor(id="cus-1", role="customer"))

    shop.do(lambda reads, context: ending.cancel(reads, ret.return_id, command, context), customer)

    assert answer_task(shop, ret) is None


def authorizations(ret: Return) -> dict[str, list[str]]:
    return {x.line_no: [group.authorization.value for group in x.groups] for x in ret.lines}


def reservations(shop: Shop) -> tuple[Reservation, ...]:
    return shop.sold().lines[0].reservations


def answers(shop: Shop, ret: Return) -> None:
    """The customer answers in the conversation."""
    said = PostMessage(text="yes", by_customer=True)
    shop.do(lambda reads, context: post(reads, ret.return_id, said, context))


def answer_task(shop: Shop, ret: Return) -> Task | None:
    return shop.store.reads().task(task_id_for(TaskKind.ANSWER, ret.subject, "question-1"))
