"""Tiers of approval: what a senior has to decide, and what two persons have to say yes to."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import Conflict, NotAllowed
from chalicelib.core.events import chain_fault
from chalicelib.policy.document import Review
from chalicelib.returns import ending, reopening
from chalicelib.returns.consenting import approvals_missing
from chalicelib.returns.model import ReturnType
from chalicelib.returns.sale_found import MatchedLine, MatchLines, match
from chalicelib.returns.standing import status_of
from chalicelib.returns.wishes import RequestedLine
from chalicelib.tasks import working
from chalicelib.tasks.model import TaskState
from tests.builders import Shop, eur, wish
from tests.children import swap
from tests.policies import rule
from tests.returns.persons import (
    TWO,
    approved,
    by,
    filed,
    rejected,
    review_of,
    sold,
    submitted,
    tiered,
    told,
)


def test_a_plain_reviewer_is_told_how_a_senior_matter_gets_decided(shop: Shop) -> None:
    ret = tiered(shop, "senior")

    with pytest.raises(NotAllowed, match="senior_required") as refused:
        approved(shop, ret)

    assert refused.value.details == {
        "review": "senior",
        "roles": ["admin", "senior_reviewer"],
        "how": ["ask_senior_reviewer", "act_on_behalf_of"],
    }
    assert shop.now_is(ret) == ret


@pytest.mark.parametrize("role", ["senior_reviewer", "admin"])
def test_a_senior_decides_alone(shop: Shop, role: str) -> None:
    ret = approved(shop, tiered(shop, "senior"), "sam", role)

    assert status_of(ret) == "APPROVED"
    (approval,) = ret.approvals
    assert (approval.by, approval.role, approval.is_final) == ("sam", role, True)


def test_anybody_rejects_a_senior_matter(shop: Shop) -> None:
    assert status_of(rejected(shop, tiered(shop, "senior"))) == "REJECTED"


def test_the_first_of_two_persons_consents_and_nothing_moves(shop: Shop) -> None:
    ret = tiered(shop, TWO)

    first = approved(shop, ret, "anna")

    assert status_of(first) == "UNDER_REVIEW"
    assert first.lines == ret.lines
    assert approvals_missing(ret) == 2
    assert approvals_missing(first) == 1
    (consent,) = first.approvals
    assert (consent.by, consent.role, consent.at) == ("anna", "reviewer", first.updated_at)
    assert [(one.line_no, one.approved, one.rejected) for one in consent.lines] == [("1", 2, 0)]
    assert told(shop, ret) == ["return.drafted", "return.submitted", "return.consented"]


def test_the_second_person_approves(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    approved(shop, ret, "anna")

    done = approved(shop, ret, "bert")

    assert status_of(done) == "APPROVED"
    assert [(one.by, one.is_final) for one in done.approvals] == [("anna", True), ("bert", True)]
    assert set(done.reviewers) == {"anna", "bert"}
    assert approvals_missing(done) == 0
    assert told(shop, ret)[-2:] == ["return.consented", "return.approved"]
    assert chain_fault(shop.store.reads().events(ret.subject)) is None
    assert review_of(shop, ret).state is TaskState.DONE


def test_nobody_says_yes_twice(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    first = approved(shop, ret, "anna")

    with pytest.raises(Conflict, match="same_person") as refused:
        approved(shop, ret, "anna", "senior_reviewer")

    assert refused.value.details["pair"] == "two_persons"
    assert shop.now_is(ret) == first


def test_a_senior_is_one_person_too(shop: Shop) -> None:
    ret = approved(shop, tiered(shop, TWO), "sam", "senior_reviewer")

    assert status_of(ret) == "UNDER_REVIEW"


def test_other_quantities_take_the_place_of_the_first_consent(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    approved(shop, ret, "anna")

    other = approved(shop, ret, "bert", quantities={"1": 1})

    (consent,) = other.approvals
    assert (consent.by, consent.replaces) == ("bert", "anna")
    assert status_of(other) == "UNDER_REVIEW"
    event = shop.store.reads().events(ret.subject)[-1]
    assert (event.type, event.data["replaces"]) == ("return.consented", "anna")
    done = approved(shop, ret, "anna", quantities={"1": 1})
    assert status_of(done) == "PARTLY_APPROVED"


def test_who_consented_may_think_better_of_it(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    approved(shop, ret, "anna")

    (consent,) = approved(shop, ret, "anna", quantities={"1": 1}).approvals

    assert (consent.by, consent.replaces, consent.lines[0].approved) == ("anna", "anna", 1)


def test_each_part_needs_its_own_two_persons(shop: Shop) -> None:
    order_no = sold(shop, rule("two", review=TWO))
    ret = filed(shop, order_no, lines=(wish(1, "1"), wish(1, "2")))
    approved(shop, ret, "anna", quantities={"1": 1})
    half = approved(shop, ret, "bert", quantities={"1": 1})

    again = approved(shop, ret, "anna", quantities={"2": 1})

    assert approvals_missing(half) == 2
    assert status_of(again) == "UNDER_REVIEW"
    assert status_of(approved(shop, ret, "bert", quantities={"2": 1})) == "APPROVED"


def test_one_person_is_enough_to_reject_and_ends_the_consent(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    approved(shop, ret, "anna")

    done = rejected(shop, ret, "anna")

    assert status_of(done) == "REJECTED"
    assert done.approvals == ()


def test_asking_anew_clears_the_consent(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    approved(shop, ret, "anna")
    rejected(shop, ret, "bert")

    again = submitted(shop, ret)

    assert again.approvals == ()
    assert approvals_missing(again) == 2
    assert status_of(approved(shop, ret, "anna")) == "UNDER_REVIEW"


def test_the_task_is_free_for_another_person(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    worker = working.Worker(roles=frozenset({"reviewer"}))
    taken = shop.do(
        lambda reads, context: working.take(reads, review_of(shop, ret).task_id, worker, context),
        by(shop, "anna"),
    )

    approved(shop, ret, "anna")

    free = review_of(shop, ret)
    assert (taken.state, free.state, free.assignee) == (TaskState.TAKEN, TaskState.OPEN, None)
    assert free.version == taken.version + 1


def test_the_same_command_again_changes_nothing_more(shop: Shop) -> None:
    ret = tiered(shop, TWO)
    first = approved(shop, ret, "anna")

    with pytest.raises(Conflict):
        approved(shop, ret, "anna")

    assert shop.now_is(ret) == first


def test_a_consent_is_taken_only_to_what_could_be_done(shop: Shop) -> None:
    order_no = sold(shop, rule("two", review=TWO))
    ret = filed(shop, order_no, lines=(swap(1, for_="NOT-THERE"),))

    with pytest.raises(Conflict, match="replacement_out_of_stock"):
        approved(shop, ret, "anna")


def test_fees_are_waived_by_seniors_only(shop: Shop) -> None:
    order_no = sold(shop, rule("fee", fees={"restocking_percent": "15"}))
    ret = filed(shop, order_no)

    with pytest.raises(NotAllowed, match="senior_required"):
        approved(shop, ret, waive_fees="A good customer.")

    done = approved(shop, ret, "sam", "senior_reviewer", waive_fees="A good customer.")
    assert done.decision is not None
    assert done.decision.lines[0].fees is None
    (approval,) = done.approvals
    assert approval.fees_waived is not None
    assert (approval.fees_waived.line_nos, approval.fees_waived.reason) == (
        ("1",),
        "A good customer.",
    )
    waived = shop.store.reads().events(ret.subject)[-2]
    assert (waived.type, waived.data["lines"]) == ("return.fees_waived", ["1"])
    assert "A good customer" not in str(
        [event.data for event in shop.store.reads().events(ret.subject)]
    )


def test_fees_are_waived_for_the_named_lines_only(shop: Shop) -> None:
    order_no = sold(shop, rule("fee", fees={"restocking_percent": "15"}))
    ret = filed(shop, order_no, lines=(wish(1, "1"), wish(1, "2")))

    done = approved(
        shop, ret, "sam", "senior_reviewer", quantities={"2": 1}, waive_fees="A good customer."
    )

    assert done.decision is not None
    assert [one.fees is None for one in done.decision.lines] == [False, True]


def test_what_the_first_of_two_waived_holds_for_the_second(shop: Shop) -> None:
    then: dict[str, Any] = {
        "review": TWO,
        "fees": {"restocking_percent": "15"},
        "evidence": ["photo"],
    }
    order_no = sold(shop, rule("two", **then))
    ret = filed(shop, order_no)
    with pytest.raises(Conflict, match="documents_missing"):
        approved(shop, ret, "anna")
    waives: dict[str, Any] = {
        "waive_fees": "Our own fault.",
        "without_evidence": "Seen in the shop.",
    }

    approved(shop, ret, "sam", "senior_reviewer", **waives)
    done = approved(shop, ret, "anna")

    assert status_of(done) == "APPROVED"
    assert done.decision is not None
    assert done.decision.lines[0].fees is None


def test_a_senior_approves_without_the_evidence_of_policy(shop: Shop) -> None:
    order_no = sold(shop, rule("photo", evidence=["photo"]))
    ret = filed(shop, order_no)
    with pytest.raises(Conflict, match="documents_missing"):
        approved(shop, ret, "sam", "senior_reviewer")

    done = approved(shop, ret, "sam", "senior_reviewer", without_evidence="Seen in the shop.")

    assert status_of(done) == "APPROVED"
    waiver = done.approvals[0].evidence_waived
    assert waiver is not None
    assert (waiver.line_nos, waiver.reason) == (("1",), "Seen in the shop.")


def test_papers_that_a_type_needs_are_not_waived(shop: Shop) -> None:
    ret = filed(shop, sold(shop), type=ReturnType.QUALITY)

    with pytest.raises(Conflict, match="documents_missing"):
        approved(shop, ret, "sam", "senior_reviewer", without_evidence="Seen in the shop.")


def test_a_plain_review_needs_one_person(shop: Shop) -> None:
    ret = tiered(shop, "person")

    assert approvals_missing(ret) == 1
    assert status_of(approved(shop, ret)) == "APPROVED"


def test_a_return_from_before_there_were_decisions_is_decided_by_one_person(shop: Shop) -> None:
    ret = replace(tiered(shop, TWO), decision=None)

    assert approvals_missing(ret) == 1


@pytest.mark.parametrize(
    ("tier", "role"),
    [("person", "reviewer"), ("senior", "senior_reviewer"), (TWO, "reviewer")],
)
def test_a_review_waits_in_the_queue_of_its_tier_with_its_grounds(
    shop: Shop, tier: str, role: str
) -> None:
    task = review_of(shop, tiered(shop, tier))

    assert (task.role, task.tier) == (role, Review(tier))
    assert task.amount is not None
    assert task.amount.amount == "20.00"
    assert task.risk == 0


def test_a_task_says_why_a_person_has_to_decide_and_how_risky_it_is(shop: Shop) -> None:
    order_no = sold(
        shop,
        rule("all", evidence=["photo"], review="automatic"),
        signals=[
            {
                "id": "many",
                "title": {"en": "Many"},
                "when": {"fact": "quantity", "above": 1},
                "weight": 40,
            }
        ],
        risk_tiers=[{"score": 30, "review": "senior"}],
    )

    task = review_of(shop, filed(shop, order_no))

    assert task.reasons == ("risk:40", "documents_missing")
    assert (task.tier, task.role, task.risk) == (Review.SENIOR, "senior_reviewer", 40)


def test_a_found_sale_says_whose_work_the_review_is(shop: Shop) -> None:
    sold(shop, rule("all", review="senior"))
    blind = RequestedLine(quantity=1, reason="CHANGED_MIND", sku="SKU-1")
    ret = shop.asks(None, blind)
    before = review_of(shop, ret)
    shop.do(
        lambda reads, context: working.take(
            reads, before.task_id, working.Worker(roles=frozenset({"reviewer"})), context
        )
    )

    found = MatchLines(lines=(MatchedLine(line_no="1", order_no="O-1", order_line_no="1"),))
    shop.do(lambda reads, context: match(reads, ret.return_id, found, context))

    after = review_of(shop, ret)
    assert (before.tier, before.role) == (Review.PERSON, "reviewer")
    assert (after.tier, after.role, after.assignee) == (Review.SENIOR, "senior_reviewer", None)
    assert after.amount == eur(1000)


def test_what_is_opened_again_is_reviewed_by_who_had_to(shop: Shop) -> None:
    ret = tiered(shop, "senior")
    shop.do(
        lambda reads, context: ending.cancel(
            reads, ret.return_id, ending.Cancel(reason="KEEPS_IT"), context
        )
    )

    shop.do(
        lambda reads, context: reopening.reopen(
            reads, ret.return_id, reopening.Reopen(reason="ENDED_BY_MISTAKE"), context
        )
    )

    assert (review_of(shop, ret).tier, review_of(shop, ret).role) == (
        Review.SENIOR,
        "senior_reviewer",
    )
