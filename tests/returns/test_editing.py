"""Changing a request and asking again: what is held follows in the same write."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.core.errors import Conflict, Invalid, NotAllowed, NotFound, PolicyRefused
from chalicelib.core.runs import Run
from chalicelib.orders.model import DeliveredItem
from chalicelib.returns.conversation import Message
from chalicelib.returns.model import (
    Appeal,
    AppealAgainst,
    Authorization,
    LinkedDocument,
    Method,
    Return,
    ReturnType,
)
from chalicelib.returns.standing import status_of
from chalicelib.tasks.model import Task, TaskKind, TaskState, task_id_for
from tests.builders import NOW, Shop, delivery, line, order, wish
from tests.fakes import FakeStore


def reviews(shop: Shop, ret: Return) -> list[TaskState]:
    """The state of the review of each submission."""
    found = []
    for submission in range(1, ret.submissions + 1):
        task = shop.store.reads().task(task_id_for(TaskKind.REVIEW, ret.subject, str(submission)))
        assert task is not None, f"review {submission}"
        found.append(task.state)
    return found


def said(shop: Shop) -> list[str]:
    assert isinstance(shop.store, FakeStore)
    return [record.text for record in shop.store.records.values() if isinstance(record, Message)]


def test_the_lines_of_a_draft_are_replaced_whole_and_hold_nothing(shop: Shop) -> None:
    shop.sells(order(line("1", quantity=3), line("2", quantity=1)))
    draft = shop.asks("O-1", wish(1, "1"), submit=False)

    edited = shop.edits(draft, wish(2, "1", reason="SIZE_TOO_LARGE"), wish(1, "2"))

    assert status_of(edited) == "DRAFT"
    assert [(x.order_line_no, x.requested, x.reason) for x in edited.lines] == [
        ("1", 2, "SIZE_TOO_LARGE"),
        ("2", 1, "CHANGED_MIND"),
    ]
    assert shop.returnable(line_no="1") == 3
    assert edited.deadline == draft.deadline, "editing a draft gives it no more time"


def test_what_an_edit_does_not_name_stays(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    draft = shop.asks(submit=False, documents=(LinkedDocument(kind="invoice", ref="I-1"),))

    edited = shop.edits(draft, method=Method.STORE)

    assert edited.lines == draft.lines
    assert edited.documents == draft.documents
    assert (edited.method, edited.warehouse) == (Method.STORE, draft.warehouse)
    event = shop.store.reads().events(draft.subject)[-1]
    assert (event.type, event.data["changed"]) == ("return.edited", ["method"])


def test_documents_are_replaced_but_the_outbound_order_is_there_by_itself(shop: Shop) -> None:
    shop.sells(order(line()))
    draft = shop.asks(submit=False, documents=(LinkedDocument(kind="invoice", ref="I-1"),))

    edited = shop.edits(draft, documents=(LinkedDocument(kind="photo", ref="P-1"),))

    assert [(d.kind, d.ref) for d in edited.documents] == [
        ("photo", "P-1"),
        ("outbound_order", "D-1"),
    ]


def test_an_edit_that_names_nothing_is_refused(shop: Shop) -> None:
    shop.sells(order(line()))
    draft = shop.asks(submit=False)

    with pytest.raises(Invalid, match="nothing_to_change"):
        shop.edits(draft)


@pytest.mark.parametrize(
    ("wished", "error"),
    [
        (wish(0), "invalid_request"),
        (wish(1, "9"), "order_line_not_found"),
        (wish(1, reason="NO_SUCH"), "invalid_request"),
    ],
    ids=["no quantity", "unknown line", "unknown reason"],
)
def test_a_faulty_edit_changes_nothing(shop: Shop, wished: object, error: str) -> None:
    shop.sells(order(line()))
    draft = shop.asks(submit=False)

    with pytest.raises((Invalid, NotFound), match=error):
        shop.edits(draft, wished)  # type: ignore[arg-type]  # a wish, from the table above

    assert shop.now_is(draft) == draft


def test_while_a_question_is_open_new_lines_are_held_in_place_of_the_old(shop: Shop) -> None:
    shop.sells(order(line("1", quantity=3), line("2", quantity=2)))
    ret = shop.asks_customer(shop.asks("O-1", wish(3, "1")))

    edited = shop.edits(ret, wish(1, "1"), wish(2, "2"))

    assert status_of(edited) == "NEEDS_INFO"
    assert (shop.returnable(line_no="1"), shop.returnable(line_no="2")) == (2, 0)
    assert edited.deadline == ret.deadline


def test_own_units_are_free_for_an_edit_of_a_request_with_an_open_question(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    ret = shop.asks_customer(shop.asks(quantity=3))

    edited = shop.edits(ret, wish(3, reason="STYLE_COLOR"))

    assert edited.lines[0].groups[0].units == (Run(1, 3),)
    assert shop.returnable() == 0


def test_an_edit_that_does_not_fit_is_refused_and_holds_what_it_held(shop: Shop) -> None:
    shop.sells(order(line(quantity=3)))
    shop.asks(quantity=1)
    ret = shop.asks_customer(shop.asks(quantity=2))

    with pytest.raises(Conflict, match="not_returnable_quantity") as refused:
        shop.edits(ret, wish(3))

    assert refused.value.details["returnable_quantity"] == 2
    assert shop.now_is(ret) == ret
    assert shop.returnable() == 0


def test_an_edit_with_an_open_question_is_decided_by_policy(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2", final_sale=True)))
    ret = shop.asks_customer(shop.asks("O-1", wish(1, "1")))

    with pytest.raises(PolicyRefused, match="final_sale"):
        shop.edits(ret, wish(1, "2"))

    assert shop.returnable(line_no="1") == 0


def test_other_fields_change_while_a_question_is_open_and_the_units_stay(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    shop.asks(quantity=1)
    ret = shop.asks_customer(shop.asks(quantity=1))

    edited = shop.edits(ret, warehouse="B")

    assert edited.lines == ret.lines
    assert edited.warehouse == "B"


def test_a_rejected_return_becomes_a_draft_that_holds_nothing(shop: Shop) -> None:
    shipped = delivery(DeliveredItem(line_no="1", quantity=3, serials=("a", "b", "c")))
    shop.sells(order(line(quantity=3), deliveries=(shipped,)))
    ret = shop.rejects(shop.asks("O-1", wish(1, serials=("c",))))

    edited = shop.edits(ret, method=Method.PICKUP)

    assert status_of(edited) == "DRAFT"
    assert edited.decision is None
    assert edited.lines[0].groups[0].units == (Run(1, 1),)
    assert edited.lines[0].groups[0].refusal_code is None
    assert shop.returnable() == 3
    assert edited.deadline is not None
    assert edited.deadline.due_at == shop.now + timedelta(days=30)
    again = shop.submits(edited)
    assert again.lines[0].serials == {"3": "c"}


def test_2_asked_and_rejected_are_edited_and_asked_again(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.rejects(shop.asks(quantity=2))

    again = shop.submits(shop.edits(ret, wish(1)))

    assert status_of(again) == "UNDER_REVIEW"
    assert shop.returnable() == 1
    assert again.submissions == 2


def test_a_rejected_return_is_asked_again_as_it_is(shop: Shop) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.rejects(shop.asks(quantity=2))

    again = shop.submits(ret)

    assert status_of(again) == "UNDER_REVIEW"
    assert shop.returnable() == 0
    assert [e.type for e in shop.store.reads().events(ret.subject)] == [
        "return.drafted",
        "return.submitted",
        "return.rejected",
        "return.resubmitted",
    ]


def test_every_submission_has_a_review_of_its_own(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.submits(shop.rejects(shop.asks()))

    assert reviews(shop, ret) == [TaskState.DONE, TaskState.OPEN]
    assert reviews(shop, shop.approves(ret)) == [TaskState.DONE, TaskState.DONE]


def test_a_review_that_is_still_open_is_done_when_the_request_is_sent_again(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.rejects(shop.asks())
    assert isinstance(shop.store, FakeStore)
    for key, record in shop.store.records.items():
        if isinstance(record, Task):
            shop.store.records[key] = replace(record, state=TaskState.OPEN)

    assert reviews(shop, shop.submits(ret)) == [TaskState.DONE, TaskState.OPEN]


def delivered_days_ago(shop: Shop, days: int) -> None:
    """One unit, delivered so long before NOW and sold with a window of 30 days."""
    delivered = NOW - timedelta(days=days)
    shipped = delivery(
        DeliveredItem(line_no="1", quantity=1),
        shipped_at=delivered - timedelta(days=1),
        delivered_at=delivered,
    )
    shop.sells(order(line(), deliveries=(shipped,)))


def test_who_asked_on_day_20_may_ask_again_on_day_31(shop: Shop) -> None:
    delivered_days_ago(shop, 20)
    ret = shop.rejects(shop.asks())
    shop.now = NOW + timedelta(days=11)

    again = shop.submits(shop.edits(ret, wish(1, reason="STYLE_COLOR")))

    assert again.requested_at == ret.requested_at
    assert status_of(again) == "UNDER_REVIEW"


def test_a_draft_of_day_20_is_too_late_on_day_31(shop: Shop) -> None:
    delivered_days_ago(shop, 20)
    draft = shop.asks(submit=False)
    shop.now = NOW + timedelta(days=11)

    with pytest.raises(PolicyRefused, match="outside_window"):
        shop.submits(draft)


def test_a_draft_counts_as_asked_for_when_it_is_submitted(shop: Shop) -> None:
    shop.sells(order(line()))
    draft = shop.asks(submit=False)
    shop.now += timedelta(days=3)

    assert shop.submits(draft).requested_at == shop.now


def test_a_time_that_a_machine_stated_stays(shop: Shop) -> None:
    shop.sells(order(line()))
    stated = NOW - timedelta(days=1)
    draft = shop.asks(submit=False, requested_at=stated)

    assert shop.submits(draft).requested_at == stated


def test_an_open_appeal_against_the_rejection_is_decided_first(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.rejects(shop.asks())
    appeal = Appeal(
        appeal_id="app_1",
        against=AppealAgainst.REJECTION,
        line_nos=(),
        grounds="it was new",
        opened_at=shop.now,
        opened_by="someone",
    )
    assert isinstance(shop.store, FakeStore)
    for key, record in shop.store.records.items():
        if isinstance(record, Return):
            shop.store.records[key] = replace(record, appeals=(appeal,))

    with pytest.raises(Conflict, match="appeal_open"):
        shop.submits(ret)
    with pytest.raises(Conflict, match="appeal_open"):
        shop.edits(ret, method=Method.STORE)


def test_a_line_that_was_refused_is_not_asked_again_by_answering_about_another(
    shop: Shop,
) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    ret = shop.asks_customer(shop.approves(ret, line_1=0))

    again = shop.submits(ret)

    assert [x.groups[0].authorization for x in again.lines] == [
        Authorization.REJECTED,
        Authorization.UNDER_REVIEW,
    ]
    assert (shop.returnable(line_no="1"), shop.returnable(line_no="2")) == (1, 0)


def test_a_note_is_said_in_the_conversation_and_in_no_event(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks_customer(shop.asks())

    edited = shop.edits(ret, note="The seal is whole.")

    assert "The seal is whole." in said(shop)
    events = shop.store.reads().events(edited.subject)
    assert "seal" not in json.dumps([event.data for event in events])


def test_a_rejected_return_is_asked_again_without_what_was_taken_back(shop: Shop) -> None:
    shop.sells(order(line("1"), line("2")))
    ret = shop.asks("O-1", wish(1, "1"), wish(1, "2"))
    ret = shop.rejects(shop.cancels(ret, line_1=1))

    edited = shop.edits(ret, wish(1, "2", reason="STYLE_COLOR"))
    asked = shop.submits(edited)

    assert status_of(edited) == "DRAFT"
    assert [(x.line_no, x.groups[0].authorization) for x in asked.lines] == [
        ("1", Authorization.CANCELLED),
        ("2", Authorization.UNDER_REVIEW),
    ]
    assert (shop.returnable(line_no="1"), shop.returnable(line_no="2")) == (1, 0)


@pytest.mark.parametrize("is_edited", [True, False])
def test_units_that_ended_keep_their_line_when_the_rest_of_it_is_asked_again(
    shop: Shop, is_edited: bool
) -> None:
    shop.sells(order(line(quantity=2)))
    ret = shop.rejects(shop.cancels(shop.asks(quantity=2), line_1=1))
    shop.asks(quantity=1)  # Another return has the rejected unit now: only the other is left.

    asked = shop.submits(shop.edits(ret, note="It was sealed.") if is_edited else ret)
    ended = shop.cancels(asked)

    assert [(x.line_no, x.requested, x.groups[0].authorization) for x in asked.lines] == [
        ("1", 1, Authorization.CANCELLED),
        ("2", 1, Authorization.UNDER_REVIEW),
    ]
    assert status_of(ended) == "CANCELLED"
    assert shop.returnable() == 1


def test_customers_only_make_smaller_what_they_may_not_file(shop: Shop) -> None:
    shop.sells(order(line("1", quantity=2), line("2", final_sale=True)))
    ret = shop.asks("O-1", wish(2, "1"), type=ReturnType.RECALL, submit=False)

    for wishes in ((wish(1, "2"),), (wish(3, "1"),), (wish(2, "1"), wish(1, "2"))):
        with pytest.raises(NotAllowed, match="type_not_yours"):
            shop.edits(ret, *wishes, by_customer=True)
    smaller = shop.edits(ret, wish(1, "1"), by_customer=True)

    assert [(x.order_line_no, x.requested) for x in smaller.lines] == [("1", 1)]


def test_customers_replace_their_own_papers_and_leave_those_of_staff(shop: Shop) -> None:
    shop.sells(order(line()))
    papers = (
        LinkedDocument(kind="external_ref", ref="ERP-7"),
        LinkedDocument(kind="photo", ref="ours"),
        LinkedDocument(kind="photo", ref="theirs", by_customer=True),
    )
    ret = shop.asks(submit=False, documents=papers)

    new = (LinkedDocument(kind="invoice", ref="I-1"),)
    edited = shop.edits(ret, documents=new, by_customer=True)

    assert {(d.kind, d.ref) for d in edited.documents} == {
        ("external_ref", "ERP-7"),
        ("photo", "ours"),
        ("invoice", "I-1"),
        ("outbound_order", "D-1"),
    }


def test_customers_link_no_papers_that_staff_state(shop: Shop) -> None:
    shop.sells(order(line()))
    ret = shop.asks(submit=False)

    with pytest.raises(NotAllowed, match="document_kind_not_yours"):
        shop.edits(ret, documents=(LinkedDocument(kind="qc_report", ref="Q"),), by_customer=True)
