"""What holds of every policy and every request: the promises of the engine."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.policy.conditions import Comparison, Operator, compiled
from chalicelib.policy.document import Fees, PolicyDocument, Rule, Window
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, better, decide
from chalicelib.policy.fees import Charged, fees_for, of_kept
from chalicelib.policy.giving import Giving
from chalicelib.policy.linting_logic import Logic
from chalicelib.policy.replaying import replayed
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.store.codec import decode, encode
from tests.policy.documents import (
    comparisons,
    conditions_on,
    document,
    documents,
    eur,
    facts,
    known_facts,
    line,
    requests,
    rule,
    whole_documents,
)

FEW = ("category", "purchase_month", "tags", "final_sale", "line_value")
ON_FEW = conditions_on(*FEW)


def decided(policy: PolicyDocument, lines: list[LineToDecide]) -> Decision:
    return decide(CompiledPolicy(policy), lines)


def untraced(decision: Decision) -> Decision:
    """The verdict without how it was come to."""
    return replace(decision, lines=tuple(replace(one, trace=()) for one in decision.lines))


@given(whole_documents(ON_FEW), known_facts(FEW), st.integers(0, 60))
def test_rules_that_are_independent_may_stand_in_any_order(
    policy: PolicyDocument, known: dict[str, Any], days_ago: int
) -> None:
    """Neighbours are swapped: that leads to every order."""
    swaps = [
        place
        for place, (one, other) in enumerate(zip(policy.rules, policy.rules[1:], strict=False))
        if _are_independent(one, other)
    ]
    assume(swaps)
    asked = [line(delivered_days_ago=days_ago, shipped_days_ago=days_ago + 1, **known)]
    first = decided(policy, asked)

    for place in swaps:
        rules = [*policy.rules]
        rules[place], rules[place + 1] = rules[place + 1], rules[place]
        second = decided(replace(policy, rules=tuple(rules)), asked)

        assert untraced(second) == untraced(first)
        assert _steps(second) == _steps(first)


def _are_independent(one: Rule, other: Rule) -> bool:
    stated = [set(rule.then.stated()) - {"code"} for rule in (one, other)]
    conditions = [rule.when for rule in (one, other) if rule.when is not None]
    return stated[0].isdisjoint(stated[1]) or not Logic().can_hold(*conditions)


def _steps(decision: Decision) -> list[dict[str, object]]:
    return [{step.rule: step for step in one.trace} for one in decision.lines]


@given(whole_documents(), requests())
def test_the_same_question_gets_the_same_answer(
    policy: PolicyDocument, lines: list[LineToDecide]
) -> None:
    compiled_once = CompiledPolicy(policy)

    assert decide(compiled_once, lines) == decide(compiled_once, lines) == decided(policy, lines)


@given(whole_documents(), requests(), st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(
    policy: PolicyDocument, lines: list[LineToDecide], chance: random.Random
) -> None:
    shuffled = [*lines]
    chance.shuffle(shuffled)

    first, second = decided(policy, lines), decided(policy, shuffled)

    assert {one.line_no: one for one in first.lines} == {one.line_no: one for one in second.lines}
    assert (first.review, first.risk, first.facts) == (second.review, second.risk, second.facts)
    assert set(first.reasons) == set(second.reasons)


@given(whole_documents(), requests())
def test_a_stored_decision_replayed_gives_the_same_verdict_and_trace(
    policy: PolicyDocument, lines: list[LineToDecide]
) -> None:
    decision = decided(policy, lines)

    stored = decode(encode(decision), Decision)

    assert stored == decision
    assert replayed(CompiledPolicy(policy), stored) == decision


@given(whole_documents(), requests())
def test_a_refused_line_has_a_code_and_the_step_that_refused(
    policy: PolicyDocument, lines: list[LineToDecide]
) -> None:
    for one in decided(policy, lines).lines:
        failing = [step for step in one.trace if not step.passed]
        if one.eligible:
            assert (one.code, failing) == ("eligible", [])
        else:
            assert one.code == failing[0].code
            assert one.code not in ("", "eligible")


@given(whole_documents(), requests())
def test_every_thing_that_is_stated_names_its_rule_in_the_trace(
    policy: PolicyDocument, lines: list[LineToDecide]
) -> None:
    by_name = {rule.rule_id: rule.then for rule in policy.rules}
    for one in decided(policy, lines).lines:
        told: dict[str, object] = {}
        for step in one.trace:
            decides = step.facts.get("decides", [])
            assert isinstance(decides, list)
            for name in decides:
                assert name not in told, "only the first rule decides"
                told[str(name)] = getattr(by_name[step.rule], str(name))
        assert one.fees == told.get("fees")
        assert one.evidence == told.get("evidence", ())
        assert one.keep_item is bool(told.get("keep_item"))
        assert one.giving == told.get("giving")
        assert one.second_refunder_above == told.get("second_refunder_above")
        if "review" in told:
            assert one.review is told["review"]


@given(comparisons())
def test_an_unknown_fact_never_makes_a_comparison_hold(comparison: Comparison) -> None:
    asks_for_unknown = comparison.operator is Operator.KNOWN and comparison.value is False

    assert compiled(comparison)(facts(**{comparison.fact: None})) is asks_for_unknown


@given(documents(ON_FEW), documents(ON_FEW), known_facts(FEW), st.integers(0, 90))
def test_the_better_of_two_versions_is_never_the_worse_one_for_the_customer(
    own: PolicyDocument, later: PolicyDocument, known: dict[str, Any], days_ago: int
) -> None:
    asked = line(delivered_days_ago=days_ago, shipped_days_ago=days_ago + 1, **known)
    value = known["line_value"]
    paid = value if isinstance(value, Money) else None
    (first,), (second,) = decided(own, [asked]).lines, decided(later, [asked]).lines

    chosen = better(first, second, paid)

    assert _good(chosen, paid) == max(_good(first, paid), _good(second, paid))
    if _good(first, paid) == _good(second, paid):
        assert chosen is first, "without a reason the terms of the sale stay"


def test_fees_above_the_refund_make_no_version_worse_than_another() -> None:
    paid = eur(100)
    dear = document(rule("all", window=Window(days=10), fees=Fees(flat=eur(120))))
    dearer = document(rule("all", window=Window(days=30), fees=Fees(flat=eur(500))))
    (first,), (second,) = (
        decided(policy, [line(line_value=paid)]).lines for policy in (dear, dearer)
    )

    assert better(first, second, paid) is second, "nothing comes back, but there is more time"


def _good(one: LineDecision, paid: Money | None) -> tuple[bool, int, tuple[int, ...], bool, float]:
    """Allowed, money back by the fees that are really taken, what else, nothing to send, time."""
    back = 0
    if paid is not None:
        taken = fees_for(
            [Charged(line_no="1", refund=paid, fees=of_kept(one.fees, keep_item=one.keep_item))]
        )
        back = paid.minor - sum(fee.amount.minor for fee in taken)
    end = one.window_ends
    until = float("inf") if end is None else end.timestamp()
    giving = one.giving or Giving()
    return one.eligible, back, giving.favour, one.keep_item, until
