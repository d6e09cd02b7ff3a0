"""One pure function decides for quote and submit alike: rules in order, each leaving its trace."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.policy.model import Decision, LineDecision, PolicyVersion, RuleTrace


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFacts:
    """What the rules may know about one line of a request.

    `warranty_end` is stated where a defect may still be claimed on the warranty.
    """

    line_no: str
    is_goods: bool
    is_final_sale: bool
    shipped_at: datetime | None
    delivered_at: datetime | None
    requested_at: datetime
    warranty_end: date | None = None


def decide(policy: PolicyVersion, lines: Iterable[LineFacts]) -> Decision:
    """The verdict on each line; every rule is asked, so that the trace is whole."""
    return Decision(
        policy_version=policy.version,
        review=policy.review,
        lines=tuple(_decide_line(policy, facts) for facts in lines),
    )


def window_end(policy: PolicyVersion, facts: LineFacts) -> datetime | None:
    """The last moment of the window, exclusive; None where the policy has no window.

    The day of delivery is not counted; the window runs to the end of its last day in the policy's
    time zone. A missing delivery date falls back to shipping plus the usual transit.
    """
    start = _start(policy, facts)
    if policy.window_days is None or start is None:
        return None
    zone = ZoneInfo(policy.time_zone)
    return _end_of(start.astimezone(zone).date() + timedelta(days=policy.window_days), zone)


def warranty_end(policy: PolicyVersion, facts: LineFacts) -> datetime | None:
    """The last moment of the warranty, exclusive; None where none counts."""
    if facts.warranty_end is None:
        return None
    return _end_of(facts.warranty_end, ZoneInfo(policy.time_zone))


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


def _start(policy: PolicyVersion, facts: LineFacts) -> datetime | None:
    if facts.delivered_at is not None:
        return facts.delivered_at
    if facts.shipped_at is not None:
        return facts.shipped_at + timedelta(days=policy.transit_days)
    return None


def _decide_line(policy: PolicyVersion, facts: LineFacts) -> LineDecision:
    trace = (_shipped(facts), _goods(facts), _final_sale(facts), _window(policy, facts))
    refusal = next((step for step in trace if not step.passed), None)
    return LineDecision(
        line_no=facts.line_no,
        eligible=refusal is None,
        code="eligible" if refusal is None else refusal.code,
        trace=trace,
    )


def _shipped(facts: LineFacts) -> RuleTrace:
    shipped = facts.shipped_at is not None
    known = None if facts.shipped_at is None else rfc3339(facts.shipped_at)
    code = "shipped" if shipped else "not_shipped"
    return RuleTrace(rule="shipped", facts={"shipped_at": known}, passed=shipped, code=code)


def _goods(facts: LineFacts) -> RuleTrace:
    code = "goods" if facts.is_goods else "service_not_returnable"
    return RuleTrace(
        rule="goods", facts={"goods": facts.is_goods}, passed=facts.is_goods, code=code
    )


def _final_sale(facts: LineFacts) -> RuleTrace:
    code = "final_sale" if facts.is_final_sale else "not_final_sale"
    return RuleTrace(
        rule="final_sale",
        facts={"final_sale": facts.is_final_sale},
        passed=not facts.is_final_sale,
        code=code,
    )


def _window(policy: PolicyVersion, facts: LineFacts) -> RuleTrace:
    """Within the window, or within the warranty where one counts; the trace says which."""
    end, warranty = window_end(policy, facts), warranty_end(policy, facts)
    within = end is None or facts.requested_at < end
    if policy.window_days is not None and end is None:
        within = False
    under_warranty = warranty is not None and facts.requested_at < warranty
    code = "within_window" if within else "outside_window"
    known: dict[str, Json] = {
        "window_days": policy.window_days,
        "time_zone": policy.time_zone,
        "delivered_at": None if facts.delivered_at is None else rfc3339(facts.delivered_at),
        "requested_at": rfc3339(facts.requested_at),
        "ends_before": None if end is None else rfc3339(end),
    }
    if warranty is not None:
        known["warranty_ends_before"] = rfc3339(warranty)
        code = "within_warranty" if under_warranty and not within else code
    return RuleTrace(rule="window", facts=known, passed=within or under_warranty, code=code)
