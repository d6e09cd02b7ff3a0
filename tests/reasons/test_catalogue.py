"""What comes with the product: whole, in both languages, and not read before it is asked for."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from chalicelib.reasons import built_in
from chalicelib.reasons.catalogue import (
    LANGUAGES,
    OTHER,
    QuestionKind,
    Reason,
    evidence_for,
    fault_of,
)
from chalicelib.reasons.checking import faults_of
from chalicelib.returns.model import Resolution, ReturnType
from chalicelib.withdrawals.granting import REASON

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = built_in.built_in()
REASONS = list(CATALOGUE.reasons.values())
CODES = [
    "QUALITY_DEFECT", "DAMAGED_TRANSIT", "WRONG_ITEM", "WRONG_QTY_SENT", "MISSING_PARTS",
    "NOT_AS_DESCRIBED", "SIZE_TOO_LARGE", "SIZE_TOO_SMALL", "STYLE_COLOR", "CHANGED_MIND",
    "BETTER_PRICE", "ORDERED_BY_MISTAKE", "UNAUTHORIZED", "LATE_DELIVERY", "EXPIRED",
    "UNDELIVERABLE", "REFUSED", "DIGITAL_FAIL", "SALES_STRATEGY", "INVOICE_PROBLEM", "OTHER",
]  # fmt: skip
EDITIONS = {1: "7e80"}
"""The beginning of the digest of what each edition says: a change of it is a new edition."""


def test_the_codes_are_those_that_returns_were_always_filed_with() -> None:
    assert sorted(CATALOGUE.reasons) == sorted(CODES)


def test_whoever_changes_what_comes_with_the_product_raises_its_edition() -> None:
    said = b"".join(
        (ROOT / "chalicelib" / "reasons" / name).read_bytes()
        for name in ("reasons.json", "answers.json")
    )

    assert hashlib.sha256(said).hexdigest()[:4] == EDITIONS[CATALOGUE.version]


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: reason.code)
def test_a_built_in_reason_is_one_that_a_merchant_could_keep(reason: Reason) -> None:
    assert list(faults_of(reason, CATALOGUE)) == []


def test_every_group_grows_from_the_root_and_leads_to_a_reason() -> None:
    def codes_in(parent: str | None) -> Iterator[str]:
        for group in CATALOGUE.groups_in(parent):
            own = [reason.code for reason in CATALOGUE.reasons_in(group.code)]
            below = list(codes_in(group.code))
            assert own or below, group.code
            yield from (*own, *below)

    assert sorted(codes_in(None)) == sorted(CODES)


@pytest.mark.parametrize(
    "words", [built_in.rejections(), built_in.cancellations(), built_in.responses()]
)
def test_every_answer_is_there_in_every_language(words: Mapping[str, Mapping[str, str]]) -> None:
    assert words
    assert {tuple(sorted(one)) for one in words.values()} == {tuple(sorted(LANGUAGES))}


def test_no_built_in_question_has_to_be_answered() -> None:
    """Whoever filed returns before there were questions goes on as before."""
    assert not [one for reason in REASONS for one in reason.questions if one.required]


def test_the_condition_is_asked_about_in_the_words_that_policies_know() -> None:
    asked = [one for one in (reason.question("condition") for reason in REASONS) if one]

    assert asked
    for question in asked:
        choices = {choice.choice_id for choice in question.choices}
        assert (question.kind, choices) == (QuestionKind.CHOICE, {"unopened", "opened", "used"})


def test_a_change_of_strategy_is_not_for_customers_nor_for_their_returns() -> None:
    strategy = CATALOGUE.reasons["SALES_STRATEGY"]

    assert strategy not in list(CATALOGUE.usable(by_customer=True))
    assert strategy in list(CATALOGUE.usable(by_customer=False))
    assert strategy.types == (ReturnType.SALES_ADJUSTMENT,)


def test_other_needs_a_note_and_allows_everything() -> None:
    other = CATALOGUE.reasons[OTHER]

    assert other.note_required
    assert set(other.outcomes) == set(Resolution)
    assert other.types == tuple(ReturnType)


def test_what_a_withdrawal_counts_as_is_in_the_catalogue() -> None:
    assert REASON in CATALOGUE.built_in


def test_evidence_and_fault_are_those_of_the_reason_and_none_of_an_unknown_one() -> None:
    assert evidence_for(CATALOGUE, "DAMAGED_TRANSIT") == ("photo",)
    assert fault_of(CATALOGUE, "DAMAGED_TRANSIT") == "carrier"
    assert evidence_for(CATALOGUE, "NEVER_HEARD") == ()
    assert fault_of(CATALOGUE, "NEVER_HEARD") == "none"


def test_starting_the_application_parses_nothing_of_it() -> None:
    code = (
        "import app; from chalicelib.reasons import built_in, systems;"
        "asked = (built_in.built_in, built_in.rejections, built_in.cancellations,"
        " systems.systems, systems.system_of);"
        "print([one.__name__ for one in asked if one.cache_info().currsize])"
    )

    started = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"STAGE": "dev"},
    )

    assert started.stdout.strip() == "[]"
