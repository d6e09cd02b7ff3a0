"""Customers are told what was decided about their request, not what is thought of them."""

from dataclasses import replace

import pytest

from chalicelib.api import scopes
from chalicelib.auth.principal import Kind, Principal, Role
from chalicelib.core.errors import PolicyRefused
from chalicelib.core.events import Actor
from chalicelib.policy.discretion import discreet
from chalicelib.policy.verdict import LineDecision, RuleTrace
from chalicelib.returns import requesting
from chalicelib.returns.wishes import RequestReturn
from tests import policies
from tests.builders import Shop, line, order, wish
from tests.policies import form, rule

CUSTOMER = Principal(
    id="usr-1", kind=Kind.PERSON, roles=frozenset({Role.CUSTOMER}), customer_id="cus-1"
)
BLOCKED = rule(
    "blocked",
    {"fact": "customer_returns_12m", "at_least": 0},
    eligible=False,
    code="on_the_block_list",
)


def decided(*steps: RuleTrace) -> LineDecision:
    refusal = next((step for step in steps if not step.passed), None)
    code = "eligible" if refusal is None else refusal.code
    return LineDecision(line_no="1", eligible=refusal is None, code=code, trace=steps)


OPEN = RuleTrace(rule="all", facts={"decides": ["window"]}, passed=True, code="applies")
LATE = RuleTrace(rule="window", facts={"window_days": 3}, passed=False, code="outside_window")
WATCHED = RuleTrace(rule="risky", facts={"risk_score": 80}, passed=True, code="applies")
REFUSED = RuleTrace(rule="listed", facts={"customer_lists": ["block"]}, passed=False, code="no")


def test_a_rule_about_the_customer_is_not_named() -> None:
    told = discreet(decided(OPEN, WATCHED))

    assert told.trace == (OPEN,)
    assert told.eligible


def test_a_refusal_for_who_they_are_says_only_that_it_was_decided() -> None:
    told = discreet(decided(OPEN, REFUSED, LATE))

    assert [step.code for step in told.trace] == [
        "applies",
        "individual_decision",
        "outside_window",
    ]
    assert told.code == "individual_decision"


def test_a_refusal_for_what_they_ask_is_told_as_it_is() -> None:
    assert discreet(decided(OPEN, LATE, REFUSED)).code == "outside_window"


@pytest.mark.parametrize(
    ("role", "code"), [("customer", "individual_decision"), ("support", "on_the_block_list")]
)
def test_staff_are_told_why_a_request_is_refused_and_customers_are_not(
    shop: Shop, role: str, code: str
) -> None:
    shop.sells(order(line(), policy_version=policies.publish(shop.store, form("strict", BLOCKED))))

    command = RequestReturn(order_no="O-1", lines=(wish(),))
    context = replace(shop.context(), actor=Actor(id="someone", role=role))

    with pytest.raises(PolicyRefused) as refused:
        shop.do(lambda reads, _: requesting.create(reads, command, context), context)

    assert refused.value.code == code
    assert ("block" in str(refused.value.details)) == (role != "customer")


def test_an_override_does_not_tell_the_customer_what_was_set_aside(shop: Shop) -> None:
    policies.publish(shop.store, form("own", BLOCKED, rule("any", window={"days": None})))
    shop.sells(order(line(), policy_version="own"))

    ret = shop.asks(override="A good customer.")

    assert ret.decision is not None
    (verdict,) = ret.decision.lines
    assert verdict.trace[-1].facts == {"set_aside": ["on_the_block_list"]}
    assert "on_the_block_list" not in repr(discreet(verdict))
    events = scopes.told(shop.store.reads().events(ret.subject), CUSTOMER)
    assert "on_the_block_list" not in repr([event.data for event in events])
    assert "override" in repr([event.data for event in events])


def test_a_rule_that_names_customers_is_not_told_to_them(shop: Shop) -> None:
    named = {"fact": "customer_id", "in": ["cus-1", "cus-7"]}
    watched = rule("watched", named, eligible=False, code="known_cheat")
    policies.publish(shop.store, form("own", watched, rule("any", window={"days": None})))
    shop.sells(order(line(), policy_version="own"))

    (verdict,) = shop.quotes("O-1", wish()).decision.lines

    assert verdict.code == "known_cheat"
    assert discreet(verdict).code == "individual_decision"
    assert "watched" not in repr(discreet(verdict))
