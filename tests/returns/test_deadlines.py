"""What is waited for and until when; the waiting ends with what was waited for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.policy.document import Deadlines
from chalicelib.returns import deadlines
from chalicelib.returns.model import (
    Authorization,
    Deadline,
    DeadlineKind,
    Logistics,
    Return,
    ReturnType,
)
from chalicelib.returns.wishes import RequestedLine
from tests import policies
from tests.builders import NOW, Shop, item, line, order, owing, wish

TERMS = Deadlines(draft_days=10, answer_days=5, ship_days=8, remind_days=2)


def standing(authorization: Authorization, logistics: Logistics = Logistics.NONE) -> Return:
    """A return whose one unit stands there."""
    ret = owing(100)
    group = replace(
        ret.lines[0].groups[0], authorization=authorization, logistics=logistics, credit=None
    )
    lines = (replace(ret.lines[0], groups=(group,)),)
    return replace(ret, lines=lines, deadline_terms=TERMS)


@pytest.mark.parametrize(
    ("ret", "kind", "days"),
    [
        (standing(Authorization.DRAFT), DeadlineKind.DRAFT, 10),
        (standing(Authorization.NEEDS_INFO), DeadlineKind.ANSWER, 5),
        (standing(Authorization.APPROVED, Logistics.AWAITING), DeadlineKind.SHIP, 8),
    ],
    ids=["draft", "question", "approved"],
)
def test_each_waiting_has_its_days_and_a_reminder_before_they_end(
    ret: Return, kind: DeadlineKind, days: int
) -> None:
    deadline = deadlines.deadline_for(ret, NOW)

    assert deadline == Deadline(
        kind=kind, due_at=NOW + timedelta(days=days), remind_at=NOW + timedelta(days=days - 2)
    )


@pytest.mark.parametrize(
    "ret",
    [
        standing(Authorization.UNDER_REVIEW),
        standing(Authorization.REJECTED),
        standing(Authorization.CANCELLED),
        *(
            standing(Authorization.APPROVED, logistics)
            for logistics in Logistics
            if logistics is not Logistics.AWAITING
        ),
    ],
    ids=lambda ret: f"{ret.groups()[0].authorization}-{ret.groups()[0].logistics}",
)
def test_where_nothing_is_waited_for_there_is_no_deadline(ret: Return) -> None:
    running = Deadline(kind=DeadlineKind.SHIP, due_at=NOW, remind_at=NOW)

    assert deadlines.deadline_for(ret, NOW) is None
    assert deadlines.after(replace(ret, deadline=running)).deadline is None
    assert deadlines.continued(replace(ret, deadline=running), NOW).deadline is None


def test_a_deadline_runs_on_while_something_is_still_to_be_sent() -> None:
    running = Deadline(kind=DeadlineKind.SHIP, due_at=NOW, remind_at=NOW, reminded_at=NOW)
    ret = replace(standing(Authorization.APPROVED, Logistics.AWAITING), deadline=running)

    later = NOW + timedelta(days=1)

    assert deadlines.after(ret).deadline == running
    assert deadlines.continued(ret, later).deadline == running


def test_another_waiting_has_a_deadline_of_its_own() -> None:
    running = Deadline(kind=DeadlineKind.ANSWER, due_at=NOW, remind_at=NOW)
    ret = replace(standing(Authorization.APPROVED, Logistics.AWAITING), deadline=running)

    assert deadlines.continued(ret, NOW).deadline == deadlines.deadline_for(ret, NOW)


def test_the_terms_are_those_of_the_sale(shop: Shop) -> None:
    terms = {"draft_days": 3, "answer_days": 4, "ship_days": 5, "remind_days": 1}
    sold_under = policies.publish(shop.store, policies.form("short", deadlines=terms))
    shop.sells(order(line(), policy_version=sold_under))

    ret = shop.asks(submit=False)

    assert ret.deadline is not None
    assert ret.deadline.due_at == ret.created_at + timedelta(days=3)
    assert ret.deadline.remind_at == ret.created_at + timedelta(days=2)


def test_a_draft_is_kept_for_30_days(shop: Shop) -> None:
    shop.sells(order(line()))

    draft = shop.asks(submit=False)

    assert draft.deadline is not None
    assert draft.deadline.kind is DeadlineKind.DRAFT
    assert draft.deadline.due_at == draft.created_at + timedelta(days=30)
    assert shop.submits(draft).deadline is None


def test_approved_goods_have_28_days_to_be_sent(shop: Shop) -> None:
    shop.sells(order(line()))

    ret = shop.approves(shop.asks())

    assert ret.deadline is not None
    assert ret.deadline.kind is DeadlineKind.SHIP
    assert ret.deadline.due_at == shop.now + timedelta(days=28)
    assert ret.deadline.remind_at == shop.now + timedelta(days=21)


def test_a_second_approval_gives_all_goods_its_whole_time(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)
    shop.now += timedelta(days=20)

    ret = shop.approves(ret)

    assert ret.deadline is not None
    assert ret.deadline.due_at == shop.now + timedelta(days=28)


def test_a_rejection_of_other_lines_gives_no_more_time(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.approves(shop.asks("O-1", wish(1, "1"), wish(1, "2")), line_1=1)

    assert shop.rejects(ret).deadline == ret.deadline


def test_a_rejected_return_waits_for_nothing(shop: Shop) -> None:
    shop.sells(order(line()))

    assert shop.rejects(shop.asks_customer(shop.asks())).deadline is None


def test_goods_that_are_all_here_end_the_waiting_for_them(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.approves(shop.asks(quantity=2))

    some = shop.receives(ret, item(quantity=1)).ret
    rest = shop.receives(ret, item(quantity=1)).ret

    assert some.deadline == ret.deadline
    assert rest.deadline is None


def test_what_was_sent_by_error_without_an_order_is_waited_for_too(shop: Shop) -> None:
    wished = RequestedLine(sku="S", quantity=1, reason="WRONG_ITEM")
    ret = shop.asks(
        None,
        wished,
        type=ReturnType.STOCK_ERROR,
    )
    shop.links(ret, "outbound_order")
    shop.links(ret, "application_form")
    shop.reports_cause(ret)

    approved = shop.approves(ret)

    assert approved.deadline is not None
    assert approved.deadline.kind is DeadlineKind.SHIP
