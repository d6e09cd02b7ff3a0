"""Two steps, an acknowledgement whatever is known, and a return where nobody has to be asked."""

import json
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.errors import Invalid, NotFound, Stale
from chalicelib.core.events import chain_fault
from chalicelib.orders.model import DeliveredItem, KitComponent
from chalicelib.policy.document import Review
from chalicelib.returns.model import Authorization, DeadlineKind, Logistics, ReturnType
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.units import quantities
from chalicelib.tasks.model import TaskState
from chalicelib.withdrawals import declaring
from chalicelib.withdrawals.model import Law, WithdrawalState
from tests.builders import delivery, line
from tests.withdrawals.buyers import Counter, goods_of, line_of, sale

# --- the two steps ----------------------------------------------------------------------------


def test_what_is_only_stated_has_no_effect(counter: Counter) -> None:
    counter.shop.sells(sale())

    stated = counter.states()

    assert stated.state is WithdrawalState.STATED
    assert (stated.declared_at, stated.receipt, stated.return_id) == (None, None, None)
    assert counter.shop.returnable() == 3
    assert counter.task(stated) is None


def test_confirming_declares_and_acknowledges_in_the_same_moment(counter: Counter) -> None:
    counter.shop.sells(sale())

    done = counter.takes()

    assert done.declared_at == counter.shop.now
    assert done.receipt is not None
    assert done.receipt.issued_at == done.declared_at
    assert set(done.receipt.sha256) == {"en", "zh-CN"}
    assert counter.told(done.subject) == [
        "withdrawal.stated", "withdrawal.confirmed", "withdrawal.matched",
    ]  # fmt: skip


def test_confirming_again_changes_nothing_whatever_version_was_looked_at(
    counter: Counter,
) -> None:
    counter.shop.sells(sale())
    first = counter.takes()

    again = counter.confirms(first, counter.shop.context(version=1))

    assert again == first
    assert len(counter.told(first.subject)) == 3
    assert len(counter.shop.sold().lines[0].reservations) == 1


def test_stating_again_under_the_same_command_is_one_withdrawal(counter: Counter) -> None:
    context = counter.shop.context()

    assert counter.states(context=context) == counter.states(context=context)


def test_a_version_that_was_never_there_is_not_confirmed(counter: Counter) -> None:
    stated = counter.states()

    with pytest.raises(Stale):
        counter.confirms(stated, counter.shop.context(version=7))


def test_nobody_confirms_what_was_never_stated(counter: Counter) -> None:
    ghost = replace(counter.states(), withdrawal_id="wdr_nobody")

    with pytest.raises(NotFound, match="withdrawal_not_found"):
        counter.confirms(ghost)


@pytest.mark.parametrize(
    ("lines", "more", "codes"),
    [
        ((), {"email": None}, ["reply_address_required"]),
        ((line_of("1", 0),), {}, ["not_positive"]),
        ((replace(line_of("1"), sku="SKU-1"),), {}, ["line_reference"]),
        ((line_of("1"),) * (declaring.LINES_MAX + 1), {}, ["line_count"]),
    ],
    ids=["no address", "no unit", "line and goods", "too many lines"],
)
def test_a_statement_that_cannot_mean_anything_is_refused(
    counter: Counter, lines: Any, more: dict[str, Any], codes: list[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        counter.states(*lines, **more)

    assert [error.code for error in refused.value.errors] == codes


def test_a_postal_address_is_enough_to_answer_to(counter: Counter) -> None:
    assert counter.states(email=None, address="Hauptstr. 1, Berlin").version == 1


# --- the return that follows ------------------------------------------------------------------


def test_a_withdrawal_is_a_return_that_nobody_approves(counter: Counter) -> None:
    counter.shop.sells(sale())

    done = counter.takes()

    ret = counter.return_of(done)
    assert done.state is WithdrawalState.MATCHED
    assert (done.law, done.order_no) == (Law.EU_14, "O-1")
    assert (ret.type, ret.withdrawal_id) == (ReturnType.WITHDRAWAL, done.withdrawal_id)
    assert status_of(ret) is Status.APPROVED
    assert (quantities(ret.lines[0]).approved, quantities(ret.lines[0]).awaiting) == (3, 3)
    assert ret.requested_at == ret.withdrawal_declared_at == done.declared_at
    assert counter.review(ret) is None
    assert counter.task(done) is None
    assert counter.shop.returnable() == 0
    assert counter.told(ret.subject) == ["return.submitted", "return.approved"]


def test_the_european_refund_is_due_in_two_weeks_with_the_shipping_of_a_whole_order(
    counter: Counter,
) -> None:
    counter.shop.sells(sale())

    done = counter.takes()

    assert done.declared_at is not None
    due_at = done.declared_at + timedelta(days=14)
    assert done.refund_due_at == counter.return_of(done).refund_due_at == due_at
    assert done.include_shipping


def test_a_part_of_an_order_brings_no_shipping_back(counter: Counter) -> None:
    counter.shop.sells(sale())

    done = counter.takes(line_of("1", 2))

    assert not done.include_shipping
    assert counter.shop.returnable() == 1


def test_all_lines_by_number_are_the_whole_order(counter: Counter) -> None:
    counter.shop.sells(sale(line("1"), line("2", quantity=2)))

    assert counter.takes(line_of("1"), goods_of("SKU-2", 2)).include_shipping


def test_the_chinese_refund_is_due_seven_days_after_the_goods(counter: Counter) -> None:
    counter.shop.sells(sale(region="CN"))

    done = counter.takes()

    assert done.law is Law.CN_7
    assert (done.refund_due_at, done.refund_days_after_goods) == (None, 7)
    assert not done.include_shipping
    assert counter.return_of(done).refund_due_at is None


def test_the_goods_are_to_be_sent_within_two_weeks(counter: Counter) -> None:
    counter.shop.sells(sale())

    deadline = counter.return_of(counter.takes()).deadline

    assert deadline is not None
    assert deadline.kind is DeadlineKind.SHIP
    assert deadline.due_at == counter.shop.now + timedelta(days=14)
    assert deadline.remind_at == counter.shop.now + timedelta(days=7)


def test_the_decision_keeps_the_rules_of_the_law_and_the_moment(counter: Counter) -> None:
    counter.shop.sells(sale())

    decision = counter.return_of(counter.takes()).decision

    assert decision is not None
    assert (decision.policy_version, decision.review) == ("EU_14", Review.AUTOMATIC)
    assert [step.rule for step in decision.lines[0].trace] == [
        "withdrawal_law", "withdrawal_goods", "withdrawal_exemption", "withdrawal_window",
    ]  # fmt: skip


def test_a_line_that_the_law_may_except_is_reviewed_and_the_others_are_not(
    counter: Counter,
) -> None:
    counter.shop.sells(sale(line("1"), line("2", tags=("custom-made",))))

    done = counter.takes()

    ret = counter.return_of(done)
    plain, engraved = (one.groups[0] for one in ret.lines)
    assert (plain.authorization, plain.logistics) == (Authorization.APPROVED, Logistics.AWAITING)
    assert engraved.authorization is Authorization.UNDER_REVIEW
    assert engraved.logistics is Logistics.NONE
    assert counter.shop.returnable(line_no="2") == 0
    assert counter.review(ret) is not None
    assert done.receipt is not None


@pytest.mark.parametrize(
    "more",
    [
        {"region": "GB"},
        {"deliveries": (
            delivery(
                DeliveredItem(line_no="1", quantity=3),
                shipped_at=sale().deliveries[0].shipped_at - timedelta(days=90),
                delivered_at=sale().deliveries[0].shipped_at - timedelta(days=80),
            ),
        )},
    ],
    ids=["no law is known", "long ago"],
)  # fmt: skip
def test_too_late_or_without_a_law_it_is_acknowledged_all_the_same(
    counter: Counter, more: dict[str, Any]
) -> None:
    counter.shop.sells(sale(**more))

    done = counter.takes()

    ret = counter.return_of(done)
    assert done.receipt is not None
    assert status_of(ret) is Status.UNDER_REVIEW
    assert counter.told(ret.subject) == ["return.submitted"]
    review = counter.review(ret)
    assert review is not None
    assert review.state is TaskState.OPEN


def test_a_reviewed_withdrawal_can_be_approved_or_rejected(counter: Counter) -> None:
    counter.shop.sells(sale(region="GB"))
    ret = counter.return_of(counter.takes())

    assert status_of(counter.shop.approves(ret)) is Status.APPROVED

    counter.shop.sells(sale(no="O-2", region="GB"))
    other = counter.return_of(counter.takes(order_stated="O-2"))
    assert status_of(counter.shop.rejects(other)) is Status.REJECTED
    assert counter.shop.returnable("O-2") == 3


def test_a_rejected_withdrawal_resubmitted_goes_to_a_person_whatever_the_policy_says(
    counter: Counter,
) -> None:
    shop = counter.shop
    long_ago = delivery(
        DeliveredItem(line_no="1", quantity=3),
        shipped_at=sale().deliveries[0].shipped_at - timedelta(days=90),
        delivered_at=sale().deliveries[0].shipped_at - timedelta(days=80),
    )
    shop.sells(sale(deliveries=(long_ago,)))
    ret = shop.rejects(counter.return_of(counter.takes()))

    again = shop.submits(ret)

    assert status_of(again) is Status.UNDER_REVIEW
    assert again.decision is not None
    steps = {step.rule: step.code for step in again.decision.lines[0].trace}
    assert (steps["window"], steps["withdrawal"]) == ("outside_window", "declared")


def test_a_kit_is_withdrawn_from_part_by_part(counter: Counter) -> None:
    kit = line(
        kit=(
            KitComponent(sku="CUP", quantity=2, share="0.5"),
            KitComponent(sku="POT", quantity=1, share="0.5"),
        ),
        sku="SET",
    )
    counter.shop.sells(sale(kit))

    ret = counter.return_of(counter.takes(goods_of("SET")))

    assert {one.sku: one.requested for one in ret.lines} == {"CUP": 2, "POT": 1}


def test_the_return_names_the_outbound_order_of_its_goods(counter: Counter) -> None:
    counter.shop.sells(sale())

    (paper,) = counter.return_of(counter.takes()).documents

    assert (paper.kind, paper.ref) == ("outbound_order", "D-1")


# --- what is told -----------------------------------------------------------------------------


def test_events_hold_nothing_that_a_person_typed(counter: Counter) -> None:
    counter.shop.sells(sale())
    typed = {
        "name": "Anna Smith",
        "order_stated": "Anna's order",
        "email": "anna@example.com",
        "address": "Hauptstr. 1",
        "statement": "It scratches.",
    }

    done = counter.takes(goods_of("ANNAS-GIFT"), **typed)

    events = counter.shop.store.reads().events(done.subject)
    told = json.dumps([asdict(event) for event in events], default=str)
    stored = json.dumps(asdict(done), default=str)
    assert chain_fault(events) is None
    assert not [text for text in (*typed.values(), "ANNAS-GIFT") if text in told]
    assert not [text for text in typed.values() if text in stored]
    assert counter.declarant(done).statement == "It scratches."
