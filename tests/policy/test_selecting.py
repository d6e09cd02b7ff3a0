"""Passing rules over changes nothing: the same rules decide the same as if all were asked."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.policy.conditions import Comparison, Every, Operator
from chalicelib.policy.document import Fees, PolicyDocument, Review, Rule, Window
from chalicelib.policy.evaluation import CompiledPolicy
from chalicelib.policy.facts import OF_REQUEST
from chalicelib.policy.selecting import CompiledRule, Selection
from tests.policy.documents import (
    ask,
    comparisons,
    conditions,
    facts,
    known_facts,
    outcomes,
    rule,
)

Told = list[tuple[str, dict[str, object]]]


def one_by_one(policy: CompiledPolicy, known: dict[str, Any]) -> Told:
    """Every rule is asked, in order: what evaluation means."""
    decided: set[str] = set()
    told: Told = []
    for entry in policy.rules:
        if entry.holds(known):
            decides = {name: v for name, v in entry.states.items() if name not in decided}
            decided |= set(decides)
            if decides:
                told.append((entry.rule.rule_id, decides))
    return told


def selected(policy: CompiledPolicy, lines: Sequence[dict[str, Any]]) -> list[Told]:
    remembered = policy.selection.remembered(lines)
    return [
        [(e.rule.rule_id, decides) for e, decides in policy.selection.deciding(line, remembered)]
        for line in lines
    ]


@st.composite
def large_documents(draw: st.DrawFn) -> PolicyDocument:
    """Up to 25 rules; half of them need one value of a fact, as rules mostly do."""
    needing = st.builds(
        lambda first, rest: Every(of=(first, *rest)),
        comparisons().filter(lambda one: one.operator in (Operator.IS, Operator.IN)),
        st.lists(conditions, max_size=2),
    )
    count = draw(st.integers(1, 25))
    rules = tuple(
        Rule(rule_id=f"r{no}", when=draw(st.none() | needing | conditions), then=draw(outcomes()))
        for no in range(count)
    )
    return PolicyDocument(
        policy="p", version_id="p-1", title={}, time_zone="UTC", rules=rules,
        effective_from=draw(st.just(None)),  # type: ignore[arg-type]  # nothing here looks at it
    )  # fmt: skip


@settings(max_examples=50)
@given(policy=large_documents(), known=st.lists(known_facts(), min_size=1, max_size=3))
def test_what_is_passed_over_would_have_decided_nothing(
    policy: PolicyDocument, known: list[dict[str, Any]]
) -> None:
    compiled = CompiledPolicy(policy)
    lines = [{**one, "risk_score": 0} for one in known]

    assert selected(compiled, lines) == [one_by_one(compiled, line) for line in lines]


@settings(max_examples=30)
@given(policy=large_documents(), known=st.lists(known_facts(), min_size=2, max_size=3))
def test_what_is_remembered_of_a_request_holds_for_all_its_lines(
    policy: PolicyDocument, known: list[dict[str, Any]]
) -> None:
    compiled = CompiledPolicy(policy)
    shared = {name: known[0][name] for name in OF_REQUEST}
    lines = [{**one, **shared, "risk_score": 7} for one in known]

    assert compiled.selection.remembered(lines) is not None
    assert selected(compiled, lines) == [one_by_one(compiled, line) for line in lines]


class Counting:
    """A condition that counts how often it is asked."""

    def __init__(self, answer: bool) -> None:
        self.answer, self.asked = answer, 0

    def __call__(self, _: object) -> bool:
        self.asked += 1
        return self.answer


def counted(given_rule: Rule, *, answer: bool = True) -> tuple[CompiledRule, Counting]:
    entry = CompiledRule.of(given_rule)
    holds = Counting(answer)
    return CompiledRule(entry.rule, holds, entry.states, entry.asks), holds


def test_a_rule_whose_outcome_is_decided_is_not_asked() -> None:
    first, _ = counted(rule("a", window=Window(days=1)))
    late, asked = counted(rule("b", ask("sku", "is", "x"), window=Window(days=2)))
    more, also = counted(rule("c", ask("sku", "above", 1), window=Window(days=2), fees=Fees()))

    found = list(Selection([first, late, more]).deciding(facts(sku="x"), None))

    assert [entry.rule.rule_id for entry, _ in found] == ["a", "c"]
    assert (asked.asked, also.asked) == (0, 1)


def test_a_rule_that_needs_another_value_is_not_asked() -> None:
    other, asked = counted(rule("a", ask("category", "is", "books"), review=Review.PERSON))
    many, some = counted(rule("b", ask("category", "in", ("toys", "tea")), keep_item=True))

    found = list(Selection([other, many]).deciding(facts(category="tea"), None))

    assert [entry.rule.rule_id for entry, _ in found] == ["b"]
    assert (asked.asked, some.asked) == (0, 1)


def test_what_is_about_the_request_is_asked_once() -> None:
    entry, asked = counted(rule("a", ask("customer_returns_12m", "above", 3), keep_item=True))
    selection = Selection([entry])
    lines = [facts(sku=sku, customer_returns_12m=9) for sku in ("a", "b", "c")]

    remembered = selection.remembered(lines)
    for line in lines:
        list(selection.deciding(line, remembered))

    assert asked.asked == 1


def test_lines_of_different_requests_remember_nothing() -> None:
    entry = CompiledRule.of(rule("a", ask("region", "is_not", "DE"), keep_item=True))
    lines = [facts(region="DE"), facts(region="FR")]

    assert Selection([entry]).remembered(lines) is None
    assert Selection([entry]).remembered([]) is not None


def test_a_condition_that_no_value_can_meet_never_holds() -> None:
    never = Every(of=(
        Comparison(fact="region", operator=Operator.IS, value="DE"),
        Comparison(fact="region", operator=Operator.IS, value="FR"),
    ))  # fmt: skip
    entry, asked = counted(rule("a", never, keep_item=True))

    assert list(Selection([entry]).deciding(facts(region="DE"), None)) == []
    assert asked.asked == 0
