"""Why a return was decided as it was, for staff or for its customer."""

from typing import Any, Self

from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.policy.deductions import GradeDeductions
from chalicelib.policy.document import Fees, FourEyes, RefundDue, Review, WindowStart
from chalicelib.policy.explaining_told import (
    Explanation,
    LineTold,
    OtherVersion,
    RuleTold,
    StepTold,
    WindowTold,
)
from chalicelib.policy.fees import PARTS
from chalicelib.policy.giving import GiveBack, Giving, PromotionRule


class FactView(View):
    """A fact that a rule asked about; `value` null: it was not known."""

    fact: str
    words: str
    value: Any  # Any: text, number, amount or list, as the fact has it


class RuleTraceView(View):
    """One rule of the version, in order. `says` are the terms that it decided with.

    `decided_before`: what it states as well, with the rule that had decided that already.
    """

    rule: str
    title: str
    held: bool
    facts: tuple[FactView, ...]
    decides: tuple[str, ...]
    says: tuple[str, ...]
    decided_before: dict[str, str]

    @classmethod
    def of(cls, rule: RuleTold) -> Self:
        return cls(
            rule=rule.rule,
            title=rule.title,
            held=rule.held,
            facts=tuple(
                FactView(fact=fact.fact, words=fact.words, value=fact.value) for fact in rule.facts
            ),
            decides=rule.decides,
            says=rule.says,
            decided_before=rule.decided_before,
        )


class StepView(View):
    """What is asked about every line beside the rules, or what set them aside."""

    step: str
    title: str
    passed: bool
    code: str
    words: str
    facts: dict[str, Any]  # Any: each step has facts of its own

    @classmethod
    def of(cls, step: StepTold) -> Self:
        return cls(
            step=step.step,
            title=step.title,
            passed=step.passed,
            code=step.code,
            words=step.words,
            facts=dict(step.facts),
        )


class WindowView(View):
    """`is_estimated`: the delivery was not known; the usual transit was added to the shipping."""

    days: int | None
    start: WindowStart
    counted_from: MomentOut | None
    is_estimated: bool
    ends_before: MomentOut | None
    time_zone: str

    @classmethod
    def of(cls, window: WindowTold) -> Self:
        return cls(
            days=window.days,
            start=window.start,
            counted_from=window.counted_from,
            is_estimated=window.is_estimated,
            ends_before=window.ends_before,
            time_zone=window.time_zone,
        )


class FeesView(View):
    """What is kept of the refund: of the line in per cent, and once of the whole return."""

    restocking_percent: str
    flat: MoneyOut | None
    shipping: MoneyOut | None
    tax_percent: str

    @classmethod
    def of(cls, fees: Fees) -> Self:
        return cls(
            restocking_percent=_percent(fees.restocking),
            flat=fees.flat,
            shipping=fees.shipping,
            tax_percent=_percent(fees.tax_rate),
        )


class OtherVersionView(View):
    """The version that was not chosen, and what it says about the line."""

    version_id: str
    title: str
    eligible: bool
    code: str
    window_ends: MomentOut | None
    fees: FeesView | None

    @classmethod
    def of(cls, other: OtherVersion) -> Self:
        return cls(
            version_id=other.version_id,
            title=other.title,
            eligible=other.eligible,
            code=other.code,
            window_ends=other.window_ends,
            fees=None if other.fees is None else FeesView.of(other.fees),
        )


class GradeDeductionView(View):
    """What a grade takes off each unit where an inspection finds the customer at fault."""

    grade: str
    percent: str | None
    amount: MoneyOut | None

    @classmethod
    def of_all(cls, stated: GradeDeductions | None) -> tuple[Self, ...]:
        return tuple(
            cls(
                grade=grade,
                percent=None if one.amount is not None else f"{one.parts * 100 / PARTS:g}",
                amount=one.amount,
            )
            for grade, one in (stated.by_grade if stated is not None else {}).items()
        )


class LineExplanationView(View):
    """`replays`: decided again now, from the facts that were kept, it comes out the same."""

    line_no: str
    eligible: bool
    code: str
    says: str
    policy_version: str | None
    policy_title: str | None
    why_version: str
    other_version: OtherVersionView | None
    steps: tuple[StepView, ...]
    rules: tuple[RuleTraceView, ...]
    window: WindowView | None
    fees: FeesView | None
    refund_due: RefundDue
    evidence: tuple[str, ...]
    resolutions: tuple[str, ...]
    keep_item: bool
    review: Review
    warehouse: str | None
    checklist: str | None
    grade_deductions: tuple[GradeDeductionView, ...]
    replays: bool | None

    @classmethod
    def of(cls, line: LineTold) -> Self:
        return cls(
            line_no=line.line_no,
            eligible=line.eligible,
            code=line.code,
            says=line.says,
            policy_version=line.version_id,
            policy_title=line.version_title,
            why_version=line.why_version,
            other_version=None if line.other is None else OtherVersionView.of(line.other),
            steps=tuple(StepView.of(step) for step in line.steps),
            rules=tuple(RuleTraceView.of(rule) for rule in line.rules),
            window=None if line.window is None else WindowView.of(line.window),
            fees=None if line.fees is None else FeesView.of(line.fees),
            refund_due=line.refund_due,
            evidence=line.evidence,
            resolutions=line.resolutions,
            keep_item=line.keep_item,
            review=line.review,
            warehouse=line.warehouse,
            checklist=line.checklist,
            grade_deductions=GradeDeductionView.of_all(line.grade_deductions),
            replays=line.replays,
        )


class GivingView(View):
    """When what was paid beside the prices goes back, and what becomes of promotions."""

    promotions: PromotionRule
    shipping: GiveBack
    standard_shipping: bool
    points_spent: GiveBack
    points_earned: GiveBack
    coupons: GiveBack

    @classmethod
    def of(cls, giving: Giving) -> Self:
        return cls(
            promotions=giving.promotions,
            shipping=giving.shipping,
            standard_shipping=giving.standard_shipping,
            points_spent=giving.points_spent,
            points_earned=giving.points_earned,
            coupons=giving.coupons,
        )


class ReasonView(View):
    code: str
    words: str


class HeldSignalView(View):
    signal: str
    title: str
    points: int


class ExplanationView(View):
    """A decision with its whole trace, in the language of Accept-Language.

    `giving` is what goes back beside the prices, and `giving_says` the same in the words of the
    terms. Reasons, risk, four-eyes rules and `second_refunder_above` (a refund of more is sent when
    a second person agreed to it) are shown to staff only: to customers they are empty. What later
    became known about the request (`reasons`, risk) is part of it, its facts stay.
    """

    return_id: str
    number: str
    language: str
    policy_version: str
    requested_at: MomentOut | None
    eligible: bool
    review: Review
    review_says: str
    reasons: tuple[ReasonView, ...]
    risk_score: int | None
    signals: tuple[HeldSignalView, ...]
    four_eyes: tuple[FourEyes, ...]
    lines: tuple[LineExplanationView, ...]
    giving: GivingView
    giving_says: tuple[str, ...]
    second_refunder_above: MoneyOut | None
    replays: bool | None

    @classmethod
    def of(cls, told: Explanation, *, return_id: str, number: str) -> Self:
        return cls(
            return_id=return_id,
            number=number,
            language=told.language,
            policy_version=told.policy_version,
            requested_at=told.requested_at,
            eligible=told.eligible,
            review=told.review,
            review_says=told.review_says,
            reasons=tuple(ReasonView(code=one.code, words=one.words) for one in told.reasons),
            risk_score=told.risk_score,
            signals=tuple(
                HeldSignalView(signal=one.signal, title=one.title, points=one.points)
                for one in told.signals
            ),
            four_eyes=told.four_eyes,
            lines=tuple(LineExplanationView.of(line) for line in told.lines),
            giving=GivingView.of(told.giving),
            giving_says=told.giving_says,
            second_refunder_above=told.second_refunder_above,
            replays=told.replays,
        )


def _percent(parts: int) -> str:
    """`1250` of 10,000 as `"12.5"`."""
    whole, rest = divmod(parts, PARTS // 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
