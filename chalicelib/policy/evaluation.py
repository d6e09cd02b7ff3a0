"""One pure function decides for quote, submit and simulation alike.

Rules are asked in order; of each thing that may be stated (window, fees, review, …) the first rule
that holds and states it decides. So rules that state different things, or never hold together, may
stand in any order. What was asked and what came of it is kept as the trace of the line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.policy.conditions import Facts, Value, comparisons_in, compiled
from chalicelib.policy.document import (
    Outcome,
    PolicyDocument,
    RefundDue,
    Review,
    Window,
)
from chalicelib.policy.facts import FACTS, OF_REQUEST, FactKind
from chalicelib.policy.fees import of_kept, portion
from chalicelib.policy.giving import Giving
from chalicelib.policy.selecting import CompiledRule, Remembered, Selection
from chalicelib.policy.verdict import Decision, LineDecision, RiskAssessment, RuleTrace
from chalicelib.policy.windows import Dates, End, end_of
from chalicelib.policy.working_days import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class LineToDecide:
    """One line of a request: what rules may ask about it, and its dates."""

    line_no: str
    facts: Mapping[str, Value]
    is_goods: bool
    dates: Dates
    requested_at: datetime


class CompiledPolicy:
    """A checked document, ready to be asked many times."""

    def __init__(self, document: PolicyDocument) -> None:
        self.document = document
        self.rules = tuple(CompiledRule.of(rule) for rule in document.rules)
        self.selection = Selection(self.rules)
        self.signals = tuple((signal, compiled(signal.when)) for signal in document.signals)
        conditions = [
            *(rule.when for rule in document.rules if rule.when is not None),
            *(signal.when for signal in document.signals),
        ]
        self.asked_facts = frozenset(
            comparison.fact for when in conditions for comparison in comparisons_in(when)
        )


def decide(policy: CompiledPolicy, lines: Sequence[LineToDecide]) -> Decision:
    """The verdict on every line, who decides about the request, and how risky it looks."""
    risk, shared = _risk(policy, lines), _shared(lines)
    own = tuple(name for name in FACTS if name not in shared)
    remembered = policy.selection.remembered([line.facts for line in lines])
    decided = tuple(_decide_line(policy, line, risk.score, own, remembered) for line in lines)
    review, reasons = _reviewed(policy, lines, decided, risk)
    return Decision(
        policy_version=policy.document.version_id,
        review=review,
        lines=decided,
        risk=risk,
        facts=shared,
        requested_at=lines[0].requested_at if lines else None,
        reasons=reasons,
        four_eyes=policy.document.four_eyes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicable:
    """The version that an order was sold under, and the one in force when it was asked."""

    own: CompiledPolicy
    later: CompiledPolicy | None = None

    def asks_for(self, names: frozenset[str]) -> bool:
        """Whether either asks about one of these facts."""
        versions = [one for one in (self.own, self.later) if one is not None]
        return any(not names.isdisjoint(one.asked_facts) for one in versions)


def decide_best(policies: Applicable, lines: Sequence[LineToDecide]) -> Decision:
    """Each line by the version it was sold under, or by the later one where that is better.

    The request needs whatever review a version needs that one of its lines is decided by.
    """
    first = decide(policies.own, lines)
    if policies.later is None:
        return first
    later = decide(policies.later, lines)
    chosen = tuple(
        better(one, other, _value_of(line))
        for one, other, line in zip(first.lines, later.lines, lines, strict=True)
    )
    used = [
        decision
        for decision in (first, later)
        if any(line in decision.lines for line in chosen) or not chosen
    ]
    review = max((one.review for one in used), key=RANK.__getitem__)
    return replace(
        first,
        lines=chosen,
        review=review,
        risk=max((one.risk for one in used), key=lambda risk: risk.score),
        reasons=tuple(
            dict.fromkeys(r for one in used if one.review is review for r in one.reasons)
        ),
        four_eyes=tuple(dict.fromkeys(pair for one in used for pair in one.four_eyes)),
    )


RANK = {review: rank for rank, review in enumerate(Review)}
"""Reviews by how much they ask."""


def _reviewed(
    policy: CompiledPolicy,
    lines: Sequence[LineToDecide],
    decided: Sequence[LineDecision],
    risk: RiskAssessment,
) -> tuple[Review, tuple[str, ...]]:
    """The highest review that a line or tier asks for, and all that ask for as much."""
    asked = [(line.review, f"rule:{_review_rule(line)}") for line in decided]
    asked += [
        (tier.review, f"risk:{risk.score}")
        for tier in policy.document.risk_tiers
        if risk.score >= tier.score
    ]
    value, tiers = _weighed(lines), policy.document.amount_tiers
    if tiers and value is not None and all(t.above.currency != value.currency for t in tiers):
        asked.append((Review.PERSON, f"amount_unknown:{value.currency}"))
    asked += [
        (tier.review, f"amount_above:{tier.above.amount} {tier.above.currency}")
        for tier in tiers
        if value is not None and value.currency == tier.above.currency and value > tier.above
    ]
    review = max((one for one, _ in asked), key=RANK.__getitem__, default=Review.PERSON)
    return review, tuple(dict.fromkeys(reason for one, reason in asked if one is review))


def _review_rule(line: LineDecision) -> str:
    for step in line.trace:
        decides = step.facts.get("decides")
        if isinstance(decides, list) and "review" in decides:
            return step.rule
    return "default"


def _shared(lines: Sequence[LineToDecide]) -> dict[str, Json]:
    """The known facts that are the same for all lines because they are of the request."""
    if not lines:
        return {}
    return facts_as_json({name: lines[0].facts.get(name) for name in OF_REQUEST})


def _weighed(lines: Sequence[LineToDecide]) -> Money | None:
    """What tiers are measured by: all that is in returns of the order, however it was asked for."""
    facts = lines[0].facts if lines else {}
    known = [facts.get(name) for name in ("order_returned_value", "request_value")]
    return next((one for one in known if isinstance(one, Money)), None)


def _value_of(line: LineToDecide) -> Money | None:
    value = line.facts["line_value"]
    return value if isinstance(value, Money) else None


def _risk(policy: CompiledPolicy, lines: Sequence[LineToDecide]) -> RiskAssessment:
    """Each signal counts once, where it holds for any line."""
    found = tuple(
        (signal.signal_id, signal.weight)
        for signal, holds in policy.signals
        if any(holds(line.facts) for line in lines)
    )
    return RiskAssessment(score=sum(weight for _, weight in found), signals=dict(found))


def _decide_line(
    policy: CompiledPolicy,
    line: LineToDecide,
    score: int,
    own: Iterable[str],
    remembered: Remembered | None,
) -> LineDecision:
    """`own` are the facts that are kept with the line: all but those of the whole request."""
    facts: Facts = {**line.facts, "risk_score": score}
    steps = [_shipped(line), _goods(line)]
    stated: dict[str, object] = {}
    for entry, decides in policy.selection.deciding(facts, remembered):
        stated.update(decides)
        steps.append(_applied(entry, facts, decides))
    outcome = Outcome(**stated)  # type: ignore[arg-type]  # the rules' own fields
    if outcome.eligible is None and outcome.window is None:
        steps.append(RuleTrace(rule="otherwise", facts={}, passed=False, code="no_rule_applies"))
    resolution = str(line.facts["resolution"])
    steps.append(_resolution(outcome, resolution))
    end = End(before=None, is_unlimited=True)
    if outcome.window is not None:
        region = line.facts["region"]
        end = end_of(policy.document, outcome.window, resolution, line.dates, region)
        steps.append(_window(policy.document, outcome, line, end))
    refusal = next((step for step in steps if not step.passed), None)
    fees = outcome.fees
    return LineDecision(
        line_no=line.line_no,
        eligible=refusal is None,
        code="eligible" if refusal is None else refusal.code,
        trace=tuple(steps),
        policy_version=policy.document.version_id,
        facts=facts_as_json({name: line.facts.get(name) for name in own}),
        is_goods=line.is_goods,
        dates=line.dates,
        review=outcome.review or Review.PERSON,
        window_ends=end.before,
        evidence=outcome.evidence or (),
        resolutions=outcome.resolutions or (),
        refund_due=outcome.refund_due or RefundDue.INSPECTION,
        fees=fees,
        warehouse=outcome.warehouse,
        keep_item=bool(outcome.keep_item),
        checklist=outcome.checklist,
        giving=outcome.giving,
        second_refunder_above=outcome.second_refunder_above,
        grade_deductions=outcome.grade_deductions,
    )


def better(first: LineDecision, later: LineDecision, value: Money | None) -> LineDecision:
    """The decision that is better for the customer; the first of two that are as good.

    Better is: allowed at all, then more money back of the `value`, then more of what else was paid,
    then less that a grade may take off, then nothing to send back, then more time.
    """
    return later if _favour(later, value) > _favour(first, value) else first


def _favour(
    decision: LineDecision, value: Money | None
) -> tuple[bool, int, tuple[int, ...], int, bool, float]:
    fees, kept = of_kept(decision.fees, keep_item=decision.keep_item), 0
    if fees is not None and value is not None:
        fixed = [
            fee for fee in (fees.flat, fees.shipping) if fee and fee.currency == value.currency
        ]
        stated = portion(value, fees.restocking).minor + sum(fee.minor for fee in fixed)
        kept = min(stated, value.minor)  # what exceeds the refund is not taken
    end = decision.window_ends
    until = end.timestamp() if end else float("inf")
    giving = decision.giving or Giving()
    graded = _taken_by_grades(decision, value)
    return decision.eligible, -kept, giving.favour, -graded, decision.keep_item, until


def _taken_by_grades(decision: LineDecision, value: Money | None) -> int:
    """What the grades may take off together, of goods of this value: few returns lose any of it."""
    if decision.grade_deductions is None or value is None:
        return 0
    return sum(
        portion(value, one.parts).minor if one.amount is None else min(one.amount, value).minor
        for one in decision.grade_deductions.by_grade.values()
        if one.amount is None or one.amount.currency == value.currency
    )


def facts_from_json(known: Mapping[str, Json]) -> dict[str, Value]:
    """The facts that `facts_as_json` wrote; all others are not known."""
    return {name: _from_json(known.get(name), fact.kind) for name, fact in FACTS.items()}


def _from_json(value: Json, kind: FactKind) -> Value:
    if value is None:
        return None
    if kind is FactKind.MONEY:
        assert isinstance(value, dict), "money is written as an object"
        return Money.parse(str(value["amount"]), str(value["currency"]))
    if kind is FactKind.SET:
        assert isinstance(value, list), "sets are written as lists"
        return frozenset(str(one) for one in value)
    assert isinstance(value, bool | int | str), "all else is written as it is"
    return value


def facts_as_json(facts: Facts) -> dict[str, Json]:
    """The known facts as traces and answers write them."""
    return {name: _as_json(value) for name, value in facts.items() if value is not None}


def _as_json(value: Value) -> Json:
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, frozenset):
        return [*sorted(value)]
    return value


def _applied(entry: CompiledRule, facts: Facts, decides: Mapping[str, object]) -> RuleTrace:
    refuses = decides.get("eligible") is False
    asked = {name: _as_json(facts[name]) for name in entry.asks}
    return RuleTrace(
        rule=entry.rule.rule_id,
        facts={**asked, "decides": [*sorted(decides)]},
        passed=not refuses,
        code=str(entry.rule.then.code or "not_eligible") if refuses else "applies",
    )


def _shipped(line: LineToDecide) -> RuleTrace:
    shipped = line.dates.shipped_at
    return RuleTrace(
        rule="shipped",
        facts={"shipped_at": None if shipped is None else rfc3339(shipped)},
        passed=shipped is not None,
        code="not_shipped" if shipped is None else "shipped",
    )


def _goods(line: LineToDecide) -> RuleTrace:
    code = "goods" if line.is_goods else "service_not_returnable"
    return RuleTrace(rule="goods", facts={"goods": line.is_goods}, passed=line.is_goods, code=code)


def _resolution(outcome: Outcome, resolution: str) -> RuleTrace:
    is_allowed = not outcome.resolutions or resolution in outcome.resolutions
    return RuleTrace(
        rule="resolution",
        facts={"resolution": resolution, "allowed": [*(outcome.resolutions or ())]},
        passed=is_allowed,
        code="resolution_allowed" if is_allowed else "resolution_not_allowed",
    )


def _window(document: PolicyDocument, outcome: Outcome, line: LineToDecide, end: End) -> RuleTrace:
    assert outcome.window is not None, "asked only where there is one"
    within = end.includes(line.requested_at)
    dates = line.dates
    return RuleTrace(
        rule="window",
        facts={
            "window_days": outcome.window.days_for(str(line.facts["resolution"])),
            "start": outcome.window.start.value,
            "time_zone": document.time_zone,
            "delivered_at": None if dates.delivered_at is None else rfc3339(dates.delivered_at),
            "requested_at": rfc3339(line.requested_at),
            "ends_before": None if end.before is None else rfc3339(end.before),
            **_days_off(document, outcome.window, line),
        },
        passed=within,
        code="within_window" if within else "outside_window",
    )


def _days_off(document: PolicyDocument, window: Window, line: LineToDecide) -> dict[str, Json]:
    """Whose days off moved the end of the window, where they may; None: weekends and the listed."""
    if not window.to_working_day:
        return {}
    return {"holidays_of": Calendar.of(line.facts["region"], document.public_holidays).country}
