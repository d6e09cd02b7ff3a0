"""What customers are told of a decision: what was asked about their request, not about them.

A rule that looks at a customer's history, lists or risk is left out; where it refuses, it is said
that the request was decided individually, and a person may be asked about it.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core.events import Json
from chalicelib.policy.document import Review
from chalicelib.policy.facts import FOR_STAFF
from chalicelib.policy.verdict import LineDecision, RuleTrace

INDIVIDUAL = RuleTrace(rule="individual", facts={}, passed=False, code="individual_decision")


def discreet(decision: LineDecision) -> LineDecision:
    """The decision as its customer may read it."""
    trace: list[RuleTrace] = []
    for step in decision.trace:
        if is_open(step.facts):
            trace.append(replace(step, facts=dict(open_facts(step.facts))))
        elif not step.passed and INDIVIDUAL not in trace:
            trace.append(INDIVIDUAL)
    refusal = next((step for step in decision.trace if not step.passed), None)
    hides = not decision.eligible and refusal is not None and not is_open(refusal.facts)
    code = INDIVIDUAL.code if hides else decision.code
    return replace(decision, trace=tuple(trace), code=code)


def discreet_review(review: Review) -> Review:
    """Who decides, as its customer may know it: nobody or a person, but not which."""
    return review if review is Review.AUTOMATIC else Review.PERSON


def is_open(facts: Mapping[str, Json]) -> bool:
    """Whether a step that used these facts may be shown to the customer."""
    return FOR_STAFF.isdisjoint(facts)


def open_facts(facts: Mapping[str, Json]) -> Mapping[str, Json]:
    """The facts of an open step without the refusals that it set aside: some may be for staff."""
    return {name: value for name, value in facts.items() if name != "set_aside"}
