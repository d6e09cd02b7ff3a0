"""Deductions by grade as a policy states them: read, linted, told in terms, and compared."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from chalicelib.contracts.policy import PolicyBody
from chalicelib.policy.deductions import GradeDeduction
from chalicelib.policy.document import PolicyDocument
from chalicelib.policy.evaluation import better
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.reading import document_of
from chalicelib.policy.terms import terms_of
from chalicelib.policy.verdict import LineDecision
from tests.builders import eur
from tests.policies import form, rule

EURO = {"amount": "2.50", "currency": "EUR"}


def document(stated: dict[str, Any], **more: Any) -> PolicyDocument:
    return document_of(form("p", rule("r", window={"days": 30}, grade_deductions=stated, **more)))


def test_percents_and_amounts_are_read_exactly() -> None:
    read = document({"B": {"percent": "12.5"}, "D": {"amount": EURO}, "C": None})

    stated = read.rules[0].then.grade_deductions
    assert stated is not None
    assert stated.by_grade == {
        "B": GradeDeduction(parts=1_250),
        "D": GradeDeduction(amount=eur(250)),
    }
    assert stated.of("A") is None


@pytest.mark.parametrize(
    "stated",
    [{"A": {"percent": "5"}}, {"B": {}}, {"B": {"percent": "5", "amount": EURO}}],
    ids=["grade A", "nothing", "both"],
)
def test_what_cannot_be_a_deduction_has_no_form(stated: dict[str, Any]) -> None:
    wrong = form("p", rule("r", window={"days": 30}, grade_deductions=stated))

    with pytest.raises(ValidationError):
        PolicyBody.model_validate_json(json.dumps(wrong))


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ({"C": {"percent": "101"}}, "fee_above_refund"),
        ({"B": {"percent": "30"}, "C": {"percent": "20"}}, "deduction_falls"),
        ({}, "states_nothing"),
    ],
)
def test_deductions_that_cannot_be_meant_are_faults(stated: dict[str, Any], code: str) -> None:
    assert code in [one.code for one in faults(document(stated))]


@pytest.mark.parametrize("early", [{"refund_due": "receipt"}, {"keep_item": True}])
def test_a_deduction_of_what_nobody_inspects_first_is_odd(early: dict[str, Any]) -> None:
    found = oddities(document({"C": {"percent": "20"}}, **early))

    assert "deduction_after_refund" in [one.code for one in found]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "we deduct for each item: 10 % (opened, complete), 2.50 EUR (damaged).",
        ),
        ("zh-CN", "每件商品扣除：10 %（已拆封、完整）、2.50 EUR（损坏）。"),
    ],
)
def test_terms_say_what_is_deducted(language: str, sentence: str) -> None:
    terms = terms_of(document({"D": {"amount": EURO}, "B": {"percent": "10"}}), language)

    assert any(said.endswith(sentence) for said in terms.clauses[0].says)


def test_terms_say_that_nothing_is_deducted_where_a_rule_waives_it() -> None:
    terms = terms_of(document({"B": {"percent": "0"}}), "en")

    assert "Nothing is deducted for the condition of the goods." in terms.clauses[0].says


def decision(stated: dict[str, Any]) -> LineDecision:
    deductions = document(stated).rules[0].then.grade_deductions
    return LineDecision(
        line_no="1", eligible=True, code="eligible", trace=(), grade_deductions=deductions
    )


def test_of_two_versions_the_one_that_may_take_less_is_better() -> None:
    mild, hard = decision({"C": {"percent": "10"}}), decision({"C": {"amount": EURO}})

    assert better(hard, mild, eur(1000)) is mild
    assert better(mild, hard, eur(1000)) is mild
    assert better(hard, mild, eur(2_500)) is hard
