"""Deciding again what was decided: from the facts that a decision keeps, by the same function.

What people or the law set aside afterwards (recalls, questions, overrides), and what a promotion of
the order does not let come back in part, depends on more than was kept: it is left out of the
comparison.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chalicelib.core.events import Json
from chalicelib.policy.evaluation import RANK, CompiledPolicy, LineToDecide, decide, facts_from_json
from chalicelib.policy.verdict import Decision, LineDecision, RuleTrace

SET_ASIDE = frozenset({"recall", "withdrawal", "question", "override", "promotion"})
"""Steps that are added to a trace after policy spoke."""


def is_replayable(line: LineDecision) -> bool:
    """Whether a policy was asked, and what it was told is kept."""
    return line.dates is not None


def lines_of(decision: Decision) -> list[LineToDecide]:
    """What was asked when it was decided; of lines that a policy was asked about."""
    assert decision.requested_at is not None or not any(map(is_replayable, decision.lines))
    return [
        LineToDecide(
            line_no=line.line_no,
            facts=facts_from_json({**decision.facts, **line.facts}),
            is_goods=line.is_goods,
            dates=line.dates,
            requested_at=decision.requested_at,
        )
        for line in decision.lines
        if line.dates is not None and decision.requested_at is not None
    ]


def replayed(policy: CompiledPolicy, decision: Decision) -> Decision:
    """What this version says to the same request."""
    return decide(policy, lines_of(decision))


def looked_at_again(
    decision: Decision, policies: Sequence[CompiledPolicy], known: Mapping[str, Json]
) -> Decision:
    """The decision with what became known about the request since: risk and review only rise.

    What the lines were told stays: nothing that is learned later takes a right away. The facts
    stay as they were, for they are what the lines were decided by.
    """
    told = lines_of(replace(decision, facts={**decision.facts, **known}))
    again = [decide(policy, told) for policy in policies] if told else []
    risk = max((decision.risk, *(one.risk for one in again)), key=lambda risk: risk.score)
    higher = [one for one in again if RANK[one.review] > RANK[decision.review]]
    if not higher:
        return replace(decision, risk=risk)
    highest = max(higher, key=lambda one: RANK[one.review])
    reasons = tuple(dict.fromkeys((*highest.reasons, *decision.reasons)))
    return replace(decision, risk=risk, review=highest.review, reasons=reasons)


def policy_steps(line: LineDecision) -> tuple[RuleTrace, ...]:
    """The trace as policy left it."""
    return tuple(step for step in line.trace if step.rule not in SET_ASIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Whether each line, decided again by its own version, comes out the same."""

    same: tuple[str, ...]
    different: tuple[str, ...]
    unknown: tuple[str, ...]


def replay(decision: Decision, policies: Mapping[str, CompiledPolicy]) -> Replay:
    """`policies` are the versions that its lines name; what names none is unknown."""
    again = {version: replayed(policy, decision) for version, policy in policies.items()}
    same: list[str] = []
    different: list[str] = []
    unknown: list[str] = []
    place = -1  # One line of an order may be asked back twice: its number tells too little.
    for line in decision.lines:
        place += is_replayable(line)
        found = again.get(line.policy_version or "")
        if not is_replayable(line) or found is None:
            unknown.append(line.line_no)
            continue
        now = found.lines[place]
        (same if _agree(line, now) else different).append(line.line_no)
    return Replay(same=tuple(same), different=tuple(different), unknown=tuple(unknown))


def _agree(then: LineDecision, now: LineDecision) -> bool:
    return (
        policy_steps(then) == policy_steps(now)
        and then.window_ends == now.window_ends
        # A person may have waived them since.
        and then.fees in (None, now.fees)
        and then.refund_due == now.refund_due
        and then.keep_item == now.keep_item
        and then.giving == now.giving
        and then.second_refunder_above == now.second_refunder_above
        and then.grade_deductions == now.grade_deductions
    )
