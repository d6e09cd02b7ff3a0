"""Rules beside each other: what is never reached, and what says otherwise than a rule before it."""

import random
import time
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.policy.conditions import Condition, Every, Not, Some
from chalicelib.policy.document import Fees, PolicyDocument, Review, Rule, Window
from chalicelib.policy.evaluation import CompiledPolicy, LineToDecide, decide
from chalicelib.policy.linting import faults, oddities
from tests.policy.documents import (
    ask,
    conditions_on,
    document,
    documents,
    eur,
    known_facts,
    line,
    rule,
)

ANY_TIME = rule("any-time", window=Window(days=None))
FEE, OTHER_FEE = Fees(restocking=100), Fees(restocking=200)
FEW = ("category", "purchase_month", "tags", "final_sale", "line_value")


def odd(*rules: Rule) -> list[tuple[str, str]]:
    return [(finding.pointer, finding.code) for finding in oddities(document(*rules))]


def messages(*rules: Rule) -> list[str]:
    return [finding.message for finding in oddities(document(*rules))]


def test_a_rule_after_one_that_always_holds_and_states_the_same_is_unreachable() -> None:
    late = rule("late", ask("sku", "is", "A"), window=Window(days=5))

    assert odd(ANY_TIME, late) == [
        ("/rules/1", "unreachable_rule"),
        ("/rules/1/then/window", "contradicting_rules"),
    ]
    unreachable, contradicting = messages(ANY_TIME, late)
    assert unreachable == (
        "Rule late: never decides: rule any-time always holds and has decided window before."
    )
    assert contradicting == (
        "Rule late: it states window 5 days, which is never used: rule any-time, which always "
        "holds and comes first, states no limit."
    )
    assert odd(late, ANY_TIME) == []


def test_a_rule_that_an_earlier_one_always_decides_before_is_shadowed() -> None:
    wide = rule("wide", ask("category", "in", ("a", "b")), fees=FEE)
    narrow = rule("narrow", ask("category", "is", "a"), fees=FEE)

    assert odd(wide, narrow, ANY_TIME) == [("/rules/1", "shadowed_rule")]
    assert messages(wide, narrow, ANY_TIME)[0].startswith("Rule narrow: ")
    assert "rule wide" in messages(wide, narrow, ANY_TIME)[0]
    assert odd(narrow, wide, ANY_TIME) == []


def _shadows(wide: Condition, narrow: Condition) -> bool:
    rules = (rule("wide", wide, fees=FEE), rule("narrow", narrow, fees=FEE), ANY_TIME)
    return ("/rules/1", "shadowed_rule") in odd(*rules)


def test_shadows_are_seen_through_all_any_not_and_numbers() -> None:
    a, b = ask("category", "is", "a"), ask("category", "is", "b")
    old, older = ask("age_days", "above", 10), ask("age_days", "at_least", 20)

    assert _shadows(old, older)
    assert not _shadows(older, old)
    assert _shadows(Some(of=(a, b)), b)
    assert _shadows(a, Every(of=(a, old)))
    assert _shadows(ask("category", "is_not", "b"), a)
    assert _shadows(Not(of=b), a)
    assert _shadows(Not(of=Every(of=(a, old))), ask("age_days", "at_most", 10))
    assert _shadows(ask("tags", "has_any", ("x", "y")), ask("tags", "has_all", ("y", "z")))
    assert _shadows(ask("sku", "starts_with", "A"), ask("sku", "in", ("AB", "AC")))
    assert _shadows(ask("line_value", "above", eur(5)), ask("line_value", "at_least", eur(6)))
    assert not _shadows(ask("line_value", "above", eur(5)), ask("line_value", "at_least", eur(5)))


def test_several_rules_together_leave_nothing_to_a_later_one() -> None:
    cheap = rule("cheap", ask("age_days", "below", 10), fees=FEE)
    dear = rule("dear", ask("age_days", "at_least", 10), fees=FEE)
    late = rule("late", ask("age_days", "above", 3), fees=FEE)
    unknown = rule("unknown", ask("age_days", "known", False), fees=FEE)

    assert odd(cheap, dear, late, ANY_TIME) == [("/rules/2", "unreachable_rule")]
    assert "one of the rules cheap, dear" in messages(cheap, dear, late, ANY_TIME)[0]
    assert odd(cheap, dear, unknown, ANY_TIME) == []


def test_a_rule_with_something_of_its_own_is_reached() -> None:
    wide = rule("wide", ask("category", "is", "a"), fees=FEE)
    narrow = rule("narrow", ask("category", "is", "a"), fees=FEE, evidence=("photo",))

    assert odd(wide, narrow, ANY_TIME) == []


def test_a_later_rule_that_states_another_value_contradicts_naming_both() -> None:
    wide = rule("wide", ask("category", "in", ("a", "b")), fees=FEE)
    narrow = rule("narrow", ask("category", "is", "a"), fees=OTHER_FEE, evidence=("photo",))

    assert odd(wide, narrow, ANY_TIME) == [("/rules/1/then/fees", "contradicting_rules")]
    (message,) = messages(wide, narrow, ANY_TIME)
    assert message == (
        "Rule narrow: it states fees 2 %, which is never used: rule wide, which comes first and "
        "holds whenever this one does, states 1 %."
    )


def test_what_is_allowed_after_it_was_refused_contradicts() -> None:
    refusal = rule("final", ask("final_sale", "is", True), eligible=False, code="final_sale")
    same = rule("but", ask("final_sale", "is", True), eligible=True)
    narrower = rule(
        "gold",
        Every(of=(ask("final_sale", "is", True), ask("customer_class", "is", "gold"))),
        eligible=True,
    )

    for later in (same, narrower):
        assert odd(refusal, later, ANY_TIME) == [
            ("/rules/1", "shadowed_rule"),
            ("/rules/1/then/eligible", "contradicting_rules"),
        ]
    assert odd(narrower, refusal, ANY_TIME) == []


def test_a_general_rule_after_special_ones_contradicts_nothing() -> None:
    special = rule("special", ask("category", "is", "a"), window=Window(days=5))

    assert odd(special, rule("all", window=Window(days=30))) == []


def test_without_a_rule_that_always_holds_the_rest_is_refused_which_is_worth_a_look() -> None:
    german = rule("german", ask("region", "is", "DE"), eligible=True)
    others = rule("others", Not(of=ask("region", "is", "DE")), window=Window(days=9))

    assert odd(german) == [("/rules", "no_default")]
    assert odd(german, others) == []


def test_rules_that_never_match_are_no_ground_for_saying_more() -> None:
    never = rule("never", ask("purchase_month", "is", 13), fees=FEE)

    assert odd(never, rule("r", ask("sku", "is", "A"), fees=FEE), ANY_TIME) == []


@given(documents(conditions_on(*FEW), 5), known_facts(FEW), st.integers(0, 30))
def test_a_rule_that_is_called_useless_can_be_removed_without_changing_a_decision(
    policy: PolicyDocument, known: dict[str, Any], days_ago: int
) -> None:
    useless = {
        int(finding.pointer.split("/")[2])
        for finding in oddities(policy)
        if finding.code in ("shadowed_rule", "unreachable_rule")
    }
    assume(useless)
    asked = [line(delivered_days_ago=days_ago, shipped_days_ago=days_ago + 1, **known)]

    for place in useless:
        rules = policy.rules[:place] + policy.rules[place + 1 :]
        assert _verdict(policy, asked) == _verdict(document(*rules), asked)


@given(documents(conditions_on(*FEW), 5), known_facts(FEW))
def test_a_statement_that_is_called_unused_decides_nothing(
    policy: PolicyDocument, known: dict[str, Any]
) -> None:
    unused = [
        finding.pointer.split("/")
        for finding in oddities(policy)
        if finding.code == "contradicting_rules"
    ]
    assume(unused)
    (decided,) = decide(CompiledPolicy(policy), [line(**known)]).lines

    for _, _, place, _, field in unused:
        name = policy.rules[int(place)].rule_id
        for step in decided.trace:
            assert step.rule != name or field not in _decides(step.facts["decides"])


@given(documents(conditions_on(*FEW), 4), known_facts(FEW))
def test_a_rule_that_is_said_never_to_match_never_does(
    policy: PolicyDocument, known: dict[str, Any]
) -> None:
    never = {
        policy.rules[int(fault.pointer.split("/")[2])].rule_id
        for fault in faults(policy)
        if fault.code == "never_matches"
    }
    (decided,) = decide(CompiledPolicy(policy), [line(**known)]).lines

    assert never.isdisjoint(step.rule for step in decided.trace)


def _decides(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _verdict(policy: PolicyDocument, asked: list[LineToDecide]) -> tuple[object, ...]:
    decision = decide(CompiledPolicy(policy), asked)
    (one,) = decision.lines
    return (
        decision.review, one.eligible, one.code, one.review, one.window_ends, one.evidence,
        one.resolutions, one.refund_due, one.fees, one.warehouse, one.keep_item, one.checklist,
        one.giving, one.second_refunder_above,
    )  # fmt: skip


def test_five_hundred_rules_are_compared_in_well_under_two_seconds() -> None:
    chance = random.Random(7)
    policy = document(*(_any_rule(number, chance) for number in range(499)), ANY_TIME)

    began = time.process_time()
    found = [*faults(policy), *oddities(policy)]
    took = time.process_time() - began

    assert took < 1.5
    assert "not_compared" not in {finding.code for finding in found}


def test_rules_that_are_too_hard_to_compare_are_said_to_be() -> None:
    chance = random.Random(7)
    facts = ("sku", "category", "channel", "supplier_id", "customer_id", "reason", "contract_no")

    def clause() -> Some:
        asked = [
            ask(chance.choice(facts), chance.choice(("is", "is_not")), chance.choice("xyz"))
            for _ in range(3)
        ]
        return Some(of=tuple(asked))

    rules = [
        rule(f"r{number}", Every(of=tuple(clause() for _ in range(13))), fees=FEE)
        for number in range(499)
    ]

    began = time.process_time()
    found = oddities(document(*rules, ANY_TIME))
    took = time.process_time() - began

    assert took < 4
    assert found[-1].code == "not_compared"


def _any_rule(number: int, chance: random.Random) -> Rule:
    categories = [f"c{name}" for name in range(40)]
    tags = [f"t{name}" for name in range(20)]
    parts = [
        ask("category", "in", tuple(chance.sample(categories, 5))),
        ask("age_days", "at_most", chance.randrange(60)),
        ask("line_value", "above", eur(chance.randrange(1000))),
        ask("tags", "has_any", tuple(chance.sample(tags, 3))),
    ]
    when = Every(of=tuple(chance.sample(parts, chance.randrange(1, 5))))
    fees = Fees(restocking=number)
    return chance.choice(
        [
            rule(f"r{number}", when, fees=fees),
            rule(f"r{number}", when, window=Window(days=number)),
            rule(f"r{number}", when, review=Review.SENIOR, fees=fees),
        ]
    )
