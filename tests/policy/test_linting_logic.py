"""What the linter says of conditions is so: against every combination of a few facts."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Condition, Every, Not, Some, Value, compiled
from chalicelib.policy.linting_logic import Effort, Logic, TooHard
from chalicelib.policy.vocabulary import Domains, Range
from tests.policy.documents import ask, conditions, conditions_on, eur, facts, known_facts

FEW = ("category", "purchase_month", "tags", "final_sale", "type", "line_value")
ON_FEW = conditions_on(*FEW)
_SETS = [frozenset(word for word, there in zip("abcd", bits, strict=True) if there)
         for bits in product((True, False), repeat=4)]  # fmt: skip


@given(ON_FEW, known_facts(FEW))
def test_a_condition_that_never_holds_holds_for_no_facts(
    condition: Condition, known: dict[str, Value]
) -> None:
    if not Logic().can_hold(condition):
        assert not compiled(condition)(facts(**known))


@given(conditions)
def test_the_example_of_a_condition_makes_it_hold(condition: Condition) -> None:
    example = Logic().example([condition])

    if example is not None:
        assert compiled(condition)(example)


@given(ON_FEW, ON_FEW)
def test_facts_that_show_what_does_not_follow_are_such_facts(
    narrow: Condition, wide: Condition
) -> None:
    example = Logic().example([narrow], [wide])

    assert (example is None) is Logic().implies(narrow, wide)
    if example is not None:
        assert compiled(narrow)(example)
        assert not compiled(wide)(example)


@given(ON_FEW, ON_FEW, known_facts(FEW))
def test_what_implies_another_never_holds_alone(
    narrow: Condition, wide: Condition, known: dict[str, Value]
) -> None:
    if Logic().implies(narrow, wide) and compiled(narrow)(facts(**known)):
        assert compiled(wide)(facts(**known))


@given(ON_FEW, known_facts(FEW))
def test_what_always_holds_holds_for_all_facts(
    condition: Condition, known: dict[str, Value]
) -> None:
    if Logic().always_holds(condition):
        assert compiled(condition)(facts(**known))


@given(conditions_on("category", "tags", "final_sale"))
def test_a_condition_can_hold_where_one_of_all_facts_makes_it(condition: Condition) -> None:
    words = (None, "a", "b", "c", "d", "ax", "other")
    known = product(words, (None, *_SETS), (None, True, False))

    holds = compiled(condition)
    is_held = any(
        holds(facts(category=category, tags=tags, final_sale=final))
        for category, tags, final in known
    )

    assert Logic().can_hold(condition) is is_held


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([ask("age_days", "above", 9), ask("age_days", "below", 11)], True),
        ([ask("age_days", "above", 9), ask("age_days", "below", 10)], False),
        ([ask("age_days", "at_least", 1), Not(of=ask("age_days", "above", 0))], False),
        ([ask("age_days", "is", 3), ask("age_days", "is_not", 3)], False),
        ([Not(of=ask("age_days", "is", 3)), Not(of=ask("age_days", "is_not", 3))], True),
        ([ask("sku", "in", ("A", "B")), ask("sku", "in", ("C",))], False),
        ([ask("sku", "in", ("A", "B")), ask("sku", "not_in", ("A", "B", "C"))], False),
        ([ask("sku", "starts_with", "A"), ask("sku", "starts_with", "AB")], True),
        ([ask("sku", "starts_with", "A"), ask("sku", "starts_with", "B")], False),
        ([ask("sku", "starts_with", "A"), ask("sku", "not_in", ("A", "AA"))], True),
        ([ask("sku", "starts_with", "A"), ask("sku", "is", "BA")], False),
        ([ask("type", "not_in", ("customer_return", "withdrawal", "quality"))], True),
        ([ask("line_value", "above", eur(5)), ask("line_value", "below", eur(6))], False),
        ([ask("line_value", "above", eur(5)), ask("line_value", "above", Money(5, "USD"))], False),
        ([ask("line_value", "below", eur(0))], False),
        ([ask("purchase_month", "is", 13)], False),
        ([ask("purchase_month", "above", 11), ask("purchase_month", "is_not", 12)], False),
        ([ask("customer_return_rate", "below", 0)], False),
        ([ask("warranty_days_left", "below", 0)], True),
        ([ask("tags", "has_all", ("a", "b")), ask("tags", "has_none", ("b", "c"))], False),
        ([ask("tags", "has_any", ("a", "b")), ask("tags", "has_none", ("a", "b"))], False),
        ([ask("tags", "has_any", ("a", "b")), ask("tags", "has_none", ("a",))], True),
        ([Not(of=ask("tags", "has_any", ("a",))), Not(of=ask("tags", "has_none", ("a",)))], True),
        ([ask("category", "known", False), ask("category", "is_not", "a")], False),
        ([ask("category", "known", False), Not(of=ask("category", "is", "a"))], True),
        ([ask("final_sale", "is", True), ask("final_sale", "is", False)], False),
        ([Some(of=(ask("sku", "is", "A"), ask("sku", "is", "B"))), ask("sku", "is", "C")], False),
    ],
    ids=str,
)
def test_what_excludes_each_other_is_seen(parts: list[Condition], *, expected: bool) -> None:
    assert Logic().can_hold(Every(of=tuple(parts))) is expected


def test_the_closed_words_of_a_fact_are_all_that_it_can_be() -> None:
    fault = ("none", "maker", "carrier", "customer", "us")

    assert not Logic().can_hold(ask("fault", "not_in", fault))
    assert Logic().can_hold(ask("reason", "not_in", fault))


def test_many_words_that_are_named_together_are_one_question() -> None:
    tags = tuple(f"tag-{number}" for number in range(500))

    every = Every(of=(ask("tags", "has_any", tags), ask("tags", "has_none", tags[:250])))

    assert Logic().can_hold(every)
    assert Logic().implies(every, ask("tags", "has_any", tags[250:]))


def test_a_search_that_is_too_long_is_given_up_and_claims_nothing() -> None:
    logic = Logic(effort=Effort(3))
    unlikely = Every(of=(ask("age_days", "above", 9), ask("age_days", "below", 10)))

    with pytest.raises(TooHard):
        logic.example([unlikely])
    assert logic.can_hold(unlikely)
    assert not logic.implies(unlikely, ask("sku", "is", "A"))
    assert not logic.always_holds(Not(of=unlikely))


def test_numbers_stay_within_what_a_document_allows() -> None:
    numbers: dict[str, Any] = {"risk_score": Range(lowest=-10, highest=30)}
    logic = Logic(Domains(numbers=numbers))

    assert logic.can_hold(ask("risk_score", "at_least", 30))
    assert not logic.can_hold(ask("risk_score", "above", 30))
    assert logic.can_hold(ask("risk_score", "below", 0))
