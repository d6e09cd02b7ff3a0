"""A past return under another version: what would have gone otherwise, and by how much."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.policy.document import (
    AmountTier,
    Fees,
    PolicyDocument,
    RefundDue,
    Review,
    Signal,
    Window,
)
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.policy.giving import GiveBack, Giving
from chalicelib.policy.simulating import Change, Verdict, unknown_facts
from chalicelib.policy.verdict import RuleTrace
from tests.policy.documents import ask, document, documents, eur, known_facts, line, rule
from tests.policy.pasts import past, under

STANDARD = document(rule("window", window=Window(days=30), review=Review.PERSON))
ALONE = document(rule("window", window=Window(days=30), review=Review.AUTOMATIC))
SHORT = document(rule("window", window=Window(days=1), review=Review.PERSON))
LONG = document(rule("window", window=Window(days=60), review=Review.PERSON))
NEVER = document(rule("never", eligible=False, code="final_sale"))


def charging(**fees: Any) -> PolicyDocument:
    return document(rule("window", window=Window(days=30), review=Review.PERSON, fees=Fees(**fees)))


def test_the_same_version_changes_nothing() -> None:
    compared = under(STANDARD, past(STANDARD))

    assert (compared.changes, compared.is_different) == (frozenset(), False)
    assert compared.before == compared.after


def test_what_was_accepted_and_would_be_refused_brings_nothing() -> None:
    compared = under(SHORT, past(STANDARD))

    assert compared.changes == {
        Change.REFUSED_NOW,
        Change.LOWER_REFUND,
        Change.SHORTER_WINDOW,
    }
    assert compared.after.codes == ("outside_window",)
    assert (compared.before.refund, compared.after.refund) == (eur(10_000), eur(0))


def test_one_refused_line_refuses_the_whole_request() -> None:
    draft = document(
        rule("hygiene", ask("category", "is", "a"), eligible=False, code="hygiene"),
        rule("window", window=Window(days=30), review=Review.PERSON),
    )

    compared = under(draft, past(STANDARD, line("1", category="a"), line("2", category="b")))

    assert compared.after.verdict is Verdict.REFUSED
    assert compared.after.codes == ("hygiene",)
    assert compared.before.refund - compared.after.refund == eur(20_000)


def test_what_people_rejected_and_a_draft_decides_alone_is_accepted_now() -> None:
    compared = under(ALONE, past(STANDARD, kept_units=0))

    assert compared.before.verdict is Verdict.REJECTED
    assert compared.changes == {Change.ACCEPTED_NOW, Change.HIGHER_REFUND}
    assert compared.after.refund == eur(10_000)


def test_where_a_person_decides_they_say_what_was_said_then() -> None:
    compared = under(LONG, past(STANDARD, kept_units=0))

    assert compared.after.verdict is Verdict.REJECTED
    assert compared.changes == {Change.LONGER_WINDOW}
    assert not compared.is_different


def test_what_was_partly_rejected_is_accepted_in_full_by_a_rule() -> None:
    compared = under(ALONE, past(STANDARD, asked_units=3, kept_units=1))

    assert (compared.before.refund, compared.after.refund) == (eur(10_000), eur(30_000))
    assert compared.changes == {Change.LESS_REVIEW, Change.HIGHER_REFUND}


@pytest.mark.parametrize(
    ("then", "now", "change"),
    [
        (Review.PERSON, Review.AUTOMATIC, Change.LESS_REVIEW),
        (Review.AUTOMATIC, Review.PERSON, Change.MORE_REVIEW),
        (Review.PERSON, Review.TWO_PERSONS, Change.MORE_REVIEW),
        (Review.SENIOR, Review.PERSON, Change.LESS_REVIEW),
    ],
)
def test_another_review_is_told(then: Review, now: Review, change: Change) -> None:
    before = document(rule("window", window=Window(days=30), review=then))
    after = document(rule("window", window=Window(days=30), review=now))

    compared = under(after, past(before))

    assert compared.changes == {change}
    assert (compared.before.verdict.value, compared.after.verdict.value) == (then, now)


@pytest.mark.parametrize(
    "reason",
    [
        "documents_missing",
        "documents_unseen",
        "cause_report_missing",
        "asked_about",
        "statutory",
        "sale_matched",
        "too_little_stock",
    ],
)
def test_no_rule_takes_away_a_review_that_was_not_the_policys(reason: str) -> None:
    then = past(STANDARD)
    then = replace(then, decision=replace(then.decision, reasons=(reason,)))

    assert under(ALONE, then).changes == frozenset()


def test_an_amount_tier_asks_for_more() -> None:
    tiers = (AmountTier(above=eur(5_000), review=Review.TWO_PERSONS),)
    draft = replace(STANDARD, amount_tiers=tiers)

    compared = under(draft, past(STANDARD, line(request_value=eur(10_000))))

    assert compared.changes == {Change.MORE_REVIEW}
    assert compared.after.verdict is Verdict.TWO_PERSONS


def test_fees_are_taken_of_what_was_kept_and_once_for_the_whole_return() -> None:
    draft = charging(restocking=1_000, flat=eur(500))

    compared = under(draft, past(STANDARD, line("1"), line("2")))

    assert compared.changes == {Change.HIGHER_FEES, Change.LOWER_REFUND}
    assert (compared.after.fees, compared.after.refund) == (eur(2_500), eur(17_500))
    assert [own.fees for own in compared.after.lines] == [eur(1_000), eur(1_000)]


def test_fees_that_go_are_told_too() -> None:
    compared = under(STANDARD, past(charging(flat=eur(500))))

    assert compared.changes == {Change.LOWER_FEES, Change.HIGHER_REFUND}


def test_fees_that_a_person_waived_stay_waived() -> None:
    then = past(charging(flat=eur(500)))
    (only,) = then.lines
    waived = replace(only, fees_waived=True, verdict=replace(only.verdict, fees=None))

    compared = under(charging(flat=eur(900)), replace(then, lines=(waived,)))

    assert compared.changes == frozenset()


def test_an_item_that_may_be_kept_is_a_difference() -> None:
    draft = document(rule("window", window=Window(days=30), review=Review.PERSON, keep_item=True))

    assert under(draft, past(STANDARD)).changes == {Change.KEEP_ITEM_NOW}
    assert under(STANDARD, past(draft)).changes == {Change.KEEP_ITEM_NO_MORE}


def test_other_terms_alone_are_no_difference() -> None:
    draft = document(
        rule(
            "window", window=Window(days=60), review=Review.PERSON, warehouse="B",
            evidence=("photo",), refund_due=RefundDue.RECEIPT,
            giving=Giving(shipping=GiveBack.SHARE),
        )
    )  # fmt: skip

    compared = under(draft, past(STANDARD))

    assert compared.changes == {
        Change.LONGER_WINDOW,
        Change.MORE_EVIDENCE,
        Change.OTHER_DUE,
        Change.OTHER_GIVING,
        Change.OTHER_HANDLING,
    }
    assert not compared.is_different


def test_that_nothing_goes_back_is_the_same_stated_or_not() -> None:
    stated = document(rule("window", window=Window(days=30), review=Review.PERSON, giving=Giving()))

    assert under(stated, past(STANDARD)).changes == frozenset()


def test_another_limit_for_a_second_person_is_other_handling() -> None:
    limited = document(
        rule("window", window=Window(days=30), review=Review.PERSON, second_refunder_above=eur(100))
    )

    compared = under(limited, past(STANDARD))

    assert compared.changes == {Change.OTHER_HANDLING}
    assert not compared.is_different


def test_evidence_that_the_reason_asked_for_is_no_difference() -> None:
    then = past(STANDARD)
    (only,) = then.lines
    verdict = replace(only.verdict, reason_evidence=("photo",))
    then = replace(then, lines=(replace(only, verdict=verdict),))

    assert under(STANDARD, then).changes == frozenset()


def test_evidence_that_is_no_longer_asked_for_is_no_difference() -> None:
    photo = document(
        rule("window", window=Window(days=30), review=Review.PERSON, evidence=("photo",))
    )

    compared = under(STANDARD, past(photo))

    assert compared.changes == {Change.LESS_EVIDENCE}
    assert not compared.is_different


def test_no_limit_of_time_is_longer_than_any() -> None:
    anytime = document(rule("window", window=Window(days=None), review=Review.PERSON))

    assert under(anytime, past(STANDARD)).changes == {Change.LONGER_WINDOW}
    assert under(STANDARD, past(anytime)).changes == {Change.SHORTER_WINDOW}


@pytest.mark.parametrize("step", ["recall", "withdrawal", "question", "override", "promotion"])
def test_what_the_law_or_a_person_set_aside_stays_as_it_was(step: str) -> None:
    then = past(STANDARD)
    aside = RuleTrace(rule=step, facts={}, passed=True, code="set_aside")
    (only,) = then.lines
    verdict = replace(only.verdict, trace=(*only.verdict.trace, aside))
    decision = replace(then.decision, lines=(verdict,))
    then = replace(then, decision=decision, lines=(replace(only, verdict=verdict),))

    assert under(NEVER, then).changes == frozenset()


@pytest.mark.parametrize("type_", ["recall", "withdrawal"])
def test_what_no_policy_may_refuse_is_never_refused(type_: str) -> None:
    assert under(NEVER, past(STANDARD, type=type_)).changes == frozenset()


def test_a_line_that_no_policy_was_asked_about_stays_as_it_was() -> None:
    then = past(STANDARD, line("1"), line("2"))
    stranger = replace(then.lines[0].verdict, dates=None, line_no="sku:X")
    lines = (replace(then.lines[0], verdict=stranger), then.lines[1])
    decision = replace(then.decision, lines=(stranger, then.lines[1].verdict))
    then = replace(then, decision=decision, lines=lines)

    assert under(NEVER, then).after.codes == ("final_sale",)
    assert under(STANDARD, then).changes == frozenset()


def test_facts_that_were_not_known_are_named_and_not_guessed() -> None:
    draft = replace(
        document(
            rule("often", ask("customer_returns_12m", "above", 5), review=Review.SENIOR),
            rule("risky", ask("risk_score", "above", 5), review=Review.SENIOR),
            rule("window", window=Window(days=30), review=Review.PERSON),
        ),
        signals=(Signal(signal_id="s", when=ask("photo_reused", "is", True), weight=5),),
    )
    then = past(STANDARD, line(region="DE"))

    compared = under(draft, then)

    assert compared.changes == frozenset()
    assert unknown_facts(CompiledPolicy(draft), then.decision) == {
        "customer_returns_12m",
        "photo_reused",
    }
    known = past(STANDARD, line(customer_returns_12m=6, photo_reused=False))
    assert unknown_facts(CompiledPolicy(draft), known.decision) == set()
    assert under(draft, known).changes == {Change.MORE_REVIEW}


@given(policy=documents(), known=known_facts(), kept=st.integers(0, 2))
def test_a_version_compared_with_itself_never_differs(
    policy: PolicyDocument, known: dict[str, Any], kept: int
) -> None:
    then = past(policy, line("1", **known), asked_units=2, kept_units=kept)

    compared = under(policy, then)

    was_alone = then.decision.review is Review.AUTOMATIC and then.decision.eligible
    if not (was_alone and kept < 2):
        assert compared.changes == frozenset()


@given(then=documents(), now=documents(), known=known_facts())
def test_fees_and_refund_come_to_the_value_on_both_sides(
    then: PolicyDocument, now: PolicyDocument, known: dict[str, Any]
) -> None:
    compared = under(now, past(then, line("1", **known)))

    for side in (compared.before, compared.after):
        is_refused = side.verdict in (Verdict.REFUSED, Verdict.REJECTED)
        assert side.fees + side.refund == eur(0 if is_refused else 10_000)
        assert side.refund.minor >= 0
