"""What is wrong with a policy document is found before it is published, and points at its rule."""

from typing import Any

import pytest

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition, Every, Not, Some
from chalicelib.policy.document import (
    Fees,
    PolicyDocument,
    Window,
)
from chalicelib.policy.linting import faults
from tests.policy.documents import ask, document, eur, rule

ANY_TIME = rule("any-time", window=Window(days=None))
WHEN = "/rules/0/when"
FEES = "/rules/0/then/fees"
IN_DOLLARS = ask("currency", "is", "USD")


def found(policy: PolicyDocument) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in faults(policy)]


def every(*parts: Condition) -> Every:
    return Every(of=parts)


def some(*parts: Condition) -> Some:
    return Some(of=parts)


def no(part: Condition) -> Not:
    return Not(of=part)


@pytest.mark.parametrize(
    ("condition", "pointer", "code", "says"),
    [
        (ask("categorie", "is", "a"), "fact", "unknown_fact", "Did you mean category?"),
        (ask("customer-class", "is", "a"), "fact", "unknown_fact", "customer_class?"),
        (ask("category", "above", 3), "above", "operator_not_for_fact", "is, is_not, in, not_in"),
        (ask("tags", "is", "a"), "is", "operator_not_for_fact", "has_any, has_all, has_none"),
        (ask("line_value", "is", eur(3)), "is", "operator_not_for_fact", "at_least"),
        (ask("age_days", "is", "three"), "is", "wrong_value", "a whole number without quotes"),
        (ask("age_days", "above", eur(3)), "above", "wrong_value", "not the amount 0.03 EUR"),
        (ask("line_value", "above", 3), "above", "wrong_value", '"currency": "EUR"'),
        (ask("tags", "has_any", ()), "has_any", "wrong_value", "at least one text"),
        (ask("tags", "has_any", "sale"), "has_any", "wrong_value", "not the text 'sale'"),
        (ask("final_sale", "is", "yes"), "is", "wrong_value", "true or false"),
        (ask("category", "is", True), "is", "wrong_value", "a text, not true"),
        (ask("sku", "known", 1), "known", "wrong_value", "true or false"),
        (ask("type", "is", "qualty"), "is", "unknown_word", "Did you mean quality?"),
        (ask("method", "in", ("store", "curier")), "in/1", "unknown_word", "mean courier?"),
        (ask("resolution", "is_not", "money"), "is_not", "unknown_word", "refund, exchange"),
        (ask("fault", "not_in", ("us", "Customer")), "not_in/1", "unknown_word", "mean customer?"),
        (ask("stated_condition", "is", "open"), "is", "unknown_word", "mean opened?"),
        (ask("currency", "is", "EURO"), "is", "unknown_word", "Did you mean EUR?"),
        (ask("region", "is", "UK"), "is", "unknown_word", "Did you mean GB?"),
        (ask("region", "in", ("DE", "fr")), "in/1", "unknown_word", "Did you mean FR?"),
        (ask("region", "is", "EU"), "is", "unknown_word", "ISO 3166-1 alpha-2"),
    ],
)
def test_a_comparison_that_cannot_be_meant_says_what_can(
    condition: Condition, pointer: str, code: str, says: str
) -> None:
    (fault,) = faults(document(rule("r", condition, eligible=True), ANY_TIME))

    assert (fault.pointer, fault.code) == (f"{WHEN}/{pointer}", code)
    assert fault.message.startswith("Rule r: ")
    assert says in fault.message


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        (every(ask("age_days", "above", 9), ask("age_days", "below", 10)), "all"),
        (every(ask("sku", "is", "A"), ask("sku", "in", ("B", "C"))), "all"),
        (every(ask("sku", "in", ("A",)), ask("sku", "not_in", ("A", "B"))), "all"),
        (every(ask("age_days", "is", 3), ask("age_days", "is_not", 3)), "all"),
        (every(ask("tags", "has_all", ("a", "b")), ask("tags", "has_none", ("b",))), "all"),
        (every(ask("category", "known", False), ask("category", "starts_with", "a")), "all"),
        (
            every(ask("line_value", "above", eur(1)), ask("line_value", "below", Money(9, "USD"))),
            "all",
        ),
        (every(ask("sku", "is", "A"), no(some(ask("sku", "is", "A"), IN_DOLLARS))), "all"),
        (
            every(
                ask("sku", "is", "A"),
                some(
                    every(ask("age_days", "above", 5), ask("sku", "is", "B")),
                    every(ask("age_days", "below", 5), ask("sku", "is", "C")),
                ),
            ),
            "all",
        ),
        (every(ask("sku", "is", "A"), every(ask("age_days", "above", 2), ask("age_days", "is", 1))),
         "all/1/all"),
        (some(every(ask("final_sale", "is", True), ask("final_sale", "is", False))), "any/0/all"),
        (no(some(ask("sku", "known", True), ask("sku", "known", False))), "not"),
        (ask("purchase_month", "is", 13), "is"),
        (ask("request_month", "below", 1), "below"),
        (ask("customer_return_rate", "below", 0), "below"),
        (every(ask("sku", "is", "A"), ask("quantity", "at_most", 0)), "all/1/at_most"),
        (ask("unit_price", "below", eur(0)), "below"),
        (ask("risk_score", "at_least", 1), "at_least"),
    ],
)  # fmt: skip
def test_a_condition_that_can_never_hold_is_a_fault_of_its_smallest_part(
    condition: Condition, pointer: str
) -> None:
    policy = document(rule("r", condition, eligible=True), ANY_TIME)

    assert found(policy) == [(f"{WHEN}/{pointer}", "never_matches")]


def test_what_excludes_each_other_is_named_and_nothing_else() -> None:
    parts = (
        ask("category", "is", "shoes"),
        ask("age_days", "above", 30),
        ask("channel", "in", ("web", "app")),
        ask("age_days", "at_most", 30),
    )

    (fault,) = faults(document(rule("late-shoes", every(*parts), eligible=True), ANY_TIME))

    assert fault.message == (
        "Rule late-shoes: It never holds: age_days above 30 and age_days at most 30 "
        "exclude each other."
    )


def test_every_place_of_a_nested_condition_can_be_pointed_at() -> None:
    deep = some(
        ask("region", "is", "DE"), no(every(ask("sku", "known", True), ask("x", "is", "y")))
    )

    assert found(document(rule("r", deep, eligible=True), ANY_TIME)) == [
        (f"{WHEN}/any/1/not/all/1/fact", "unknown_fact")
    ]


def _negated(times: int) -> Condition:
    condition: Condition = ask("sku", "is", "A")
    for _ in range(times):
        condition = no(condition)
    return condition


def test_a_condition_has_a_limit_of_length_and_depth() -> None:
    long = some(*(ask("sku", "is", f"S{number}") for number in range(41)))
    allowed = _negated(5)
    deep, endless = no(allowed), _negated(400)

    assert found(document(rule("r", long, eligible=True))) == [(WHEN, "condition_too_long")]
    assert found(document(rule("r", deep, eligible=True))) == [(WHEN, "condition_too_deep")]
    assert found(document(rule("r", endless, eligible=True))) == [(WHEN, "condition_too_deep")]
    assert found(document(rule("r", allowed, eligible=True))) == []


@pytest.mark.parametrize(
    ("then", "pointer", "code"),
    [
        ({}, "/rules/0/then", "states_nothing"),
        ({"eligible": False}, "/rules/0/then/code", "refusal_without_code"),
        ({"eligible": True, "code": "x"}, "/rules/0/then/code", "code_without_refusal"),
        ({"window": Window(days=-1)}, "/rules/0/then/window/days", "window_length"),
        (
            {"window": Window(days=1, by_resolution={"exchange": 9_999})},
            "/rules/0/then/window/by_resolution/exchange",
            "window_length",
        ),
        ({"fees": Fees(restocking=10_001)}, f"{FEES}/restocking_percent", "fee_above_refund"),
        ({"fees": Fees(restocking=-1)}, f"{FEES}/restocking_percent", "negative_amount"),
        ({"fees": Fees(tax_rate=10_001)}, f"{FEES}/tax_percent", "tax_rate"),
        ({"fees": Fees(flat=eur(-1))}, f"{FEES}/flat/amount", "negative_amount"),
        ({"fees": Fees(shipping=eur(-1))}, f"{FEES}/shipping/amount", "negative_amount"),
        ({"eligible": False, "code": "x", "fees": Fees(restocking=1)}, FEES, "contradiction"),
        (
            {"eligible": False, "code": "x", "keep_item": True},
            "/rules/0/then/keep_item",
            "contradiction",
        ),
    ],
)
def test_an_outcome_that_cannot_be_meant_is_a_fault(
    then: dict[str, Any], pointer: str, code: str
) -> None:
    assert found(document(rule("r", ask("sku", "is", "A"), **then), ANY_TIME)) == [(pointer, code)]


def test_a_fee_above_100_percent_is_named_with_its_rule_and_number() -> None:
    (fault,) = faults(document(rule("opened", fees=Fees(restocking=12_050)), ANY_TIME))

    assert fault.message.startswith("Rule opened: 120.5 % is more than the refund")


@pytest.mark.parametrize(
    ("condition", "is_fault"),
    [
        (ask("currency", "is", "USD"), True),
        (every(ask("sku", "is", "A"), ask("currency", "in", ("USD", "CNY"))), True),
        (ask("currency", "is_not", "EUR"), True),
        (no(ask("currency", "is", "USD")), False),
        (some(ask("currency", "is", "USD"), ask("sku", "is", "A")), False),
        (ask("currency", "in", ("USD", "EUR")), False),
        (ask("sku", "is", "A"), False),
    ],
)
def test_a_fee_in_a_currency_that_the_rule_excludes_would_never_be_taken(
    condition: Condition, *, is_fault: bool
) -> None:
    policy = document(rule("r", condition, fees=Fees(flat=eur(300))), ANY_TIME)

    expected = [(f"{FEES}/flat/currency", "currency_never_occurs")] if is_fault else []
    assert found(policy) == expected
