"""What policy cannot refuse: recalls, statutory withdrawals, and answers that people asked for.

Policy limits what customers may ask for as a favour. What is no matter of policy still counts: only
goods that were shipped come back.
"""

from collections.abc import Iterable
from dataclasses import replace

from chalicelib.policy.verdict import LineDecision, RuleTrace
from chalicelib.returns.model import ReturnType
from chalicelib.returns.policy_facts import Asked

_FACTS = frozenset({"shipped", "goods"})
_SET_ASIDE = {
    ReturnType.RECALL: ("recall", "called_back"),
    ReturnType.WITHDRAWAL: ("withdrawal", "declared"),
}
"""The types that policy does not limit, with the rule and code that their trace names."""


def beyond_policy(verdicts: Iterable[LineDecision], type_: ReturnType) -> tuple[LineDecision, ...]:
    """The verdicts of policy, as they stand for this type; the trace keeps what policy says."""
    if type_ not in _SET_ASIDE:
        return tuple(verdicts)
    rule, code = _SET_ASIDE[type_]
    return tuple(_set_aside(verdict, rule, code) for verdict in verdicts)


def asked_by_person(
    verdicts: Iterable[LineDecision], order_line_nos: frozenset[str]
) -> tuple[LineDecision, ...]:
    """The verdicts, but for lines that a person asked about: who asked decides on the answer."""
    return tuple(
        _set_aside(verdict, "question", "asked_about")
        if verdict.line_no in order_line_nos
        else verdict
        for verdict in verdicts
    )


def overridden(verdicts: Iterable[LineDecision], asked: Asked) -> tuple[LineDecision, ...]:
    """The verdicts, with refusals set aside where a person takes that upon themselves."""
    if not asked.overridden:
        return tuple(verdicts)
    return tuple(_set_aside(verdict, "override", "overridden") for verdict in verdicts)


def _set_aside(verdict: LineDecision, rule: str, code: str) -> LineDecision:
    refused = [step for step in verdict.trace if not step.passed]
    if not refused or any(step.rule in _FACTS for step in refused):
        return verdict
    said: list[str] = [step.code for step in refused]
    step = RuleTrace(rule=rule, facts={"set_aside": [*said]}, passed=True, code=code)
    return replace(verdict, eligible=True, code="eligible", trace=(*verdict.trace, step))
