"""A stored return as a simulation looks at it, or why it cannot be replayed. Pure."""

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.policy.replaying import is_replayable
from chalicelib.policy.simulating import NOT_SAID, PastLine, PastReturn
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns.model import Authorization, Resolution, Return, ReturnLine, UnitGroup

NO_DECISION = "no_decision"
NO_FACTS = "no_facts"
_TAKEN_BACK = frozenset({Authorization.CANCELLED, Authorization.EXPIRED})


def past_of(ret: Return) -> PastReturn | str:
    """The past return; a code where no policy was asked, or what it was told was not kept."""
    decision = ret.decision
    if decision is None:
        return NO_DECISION
    if not any(is_replayable(line) for line in decision.lines):
        return NO_FACTS
    return PastReturn(
        return_id=ret.return_id,
        number=ret.number,
        order_no=ret.order_no,
        region=ret.region,
        channel=ret.channel,
        customer_class=ret.customer_class,
        type=ret.type.value,
        requested_at=ret.requested_at,
        currency=ret.currency,
        decision=decision,
        lines=tuple(_past_line(ret, verdict) for verdict in decision.lines),
    )


def _past_line(ret: Return, verdict: LineDecision) -> PastLine:
    """What is no longer on the return (it was changed since) brings nothing."""
    line, nothing = ret.line(verdict.line_no), Money.zero(ret.currency)
    if line is None:
        reason, category = verdict.facts.get("reason"), verdict.facts.get("category")
        return PastLine(
            verdict=verdict,
            category=category if isinstance(category, str) else None,
            reason=reason if isinstance(reason, str) else NOT_SAID,
            asked=nothing,
            kept=nothing,
            asked_units=0,
            kept_units=0,
        )
    asked = [group for group in line.groups if group.authorization not in _TAKEN_BACK]
    kept = [group for group in asked if group.authorization is not Authorization.REJECTED]
    return PastLine(
        verdict=verdict,
        category=line.category,
        reason=line.reason,
        asked=_value(line, asked),
        kept=_value(line, kept),
        asked_units=sum(group.size for group in asked),
        kept_units=sum(group.size for group in kept),
        fees_waived=any(line.line_no in waived for waived in _waived(ret)),
    )


def _waived(ret: Return) -> list[tuple[str, ...]]:
    """Lines that people took the fees from."""
    return [one.fees_waived.line_nos for one in ret.approvals if one.fees_waived is not None]


def _value(line: ReturnLine, groups: list[UnitGroup]) -> Money:
    if line.resolution is Resolution.EXCHANGE:
        return Money.zero(line.paid.net.currency)
    return line.value_of(runs.merged(run for group in groups for run in group.units))
