"""Approvals as they are shown to staff: who said yes, what was waived or overridden, how risky.

And what approving would bring, before it is done. Customers are shown none of this.
"""

from collections.abc import Mapping
from typing import Any, Self

from chalicelib.api.schemas.fees import FeeView
from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.exchanges.model import Exchange
from chalicelib.policy.document import Review
from chalicelib.policy.verdict import RiskAssessment
from chalicelib.returns.approvals import Approval, Override, Waiver
from chalicelib.returns.model import Resolution
from chalicelib.returns.previewing import ExpectedUnits, Preview, PreviewedLine
from chalicelib.settlement.model import Leg


class SignalView(View):
    """A signal that held, and the points that it counts for."""

    id: str
    weight: int


class RiskView(View):
    """How risky the request looks: the sum of its signals, each with its weight in the policy."""

    score: int
    signals: tuple[SignalView, ...]

    @classmethod
    def of(cls, risk: RiskAssessment) -> Self:
        signals = tuple(SignalView(id=name, weight=n) for name, n in risk.signals.items())
        return cls(score=risk.score, signals=signals)


class WaiverView(View):
    """`reason` is shown when the return is read, and in no answer to a command."""

    line_nos: tuple[str, ...]
    reason: str | None

    @classmethod
    def of(cls, waiver: Waiver | None, *, with_words: bool) -> Self | None:
        if waiver is None:
            return None
        return cls(line_nos=waiver.line_nos, reason=waiver.reason if with_words else None)


class ApprovedView(View):
    line_no: str
    approved: int
    rejected: int


class ApprovalView(View):
    """One person's yes; not `final`, it waits for that of a second person.

    `role` is the right that counted, `on_behalf_of` whose it was where it was delegated, `replaces`
    whose consent to other quantities it took the place of.
    """

    by: str
    role: str
    at: MomentOut
    final: bool
    on_behalf_of: str | None
    replaces: str | None
    lines: tuple[ApprovedView, ...]
    without_replacement: tuple[str, ...]
    replacement_prices: dict[str, MoneyOut]
    even_replacements: tuple[str, ...]
    fees_waived: WaiverView | None
    evidence_waived: WaiverView | None

    @classmethod
    def of(cls, approval: Approval, *, with_words: bool) -> Self:
        return cls(
            by=approval.by,
            role=approval.role,
            at=approval.at,
            final=approval.is_final,
            on_behalf_of=approval.on_behalf_of,
            replaces=approval.replaces,
            lines=tuple(
                ApprovedView(line_no=one.line_no, approved=one.approved, rejected=one.rejected)
                for one in approval.lines
            ),
            without_replacement=approval.without_replacement,
            replacement_prices=approval.replacement_prices,
            even_replacements=approval.even_replacements,
            fees_waived=WaiverView.of(approval.fees_waived, with_words=with_words),
            evidence_waived=WaiverView.of(approval.evidence_waived, with_words=with_words),
        )


class OverrideView(View):
    """Who set refusals of policy aside (`codes`), and why: the reason as in other words."""

    by: str
    at: MomentOut
    codes: tuple[str, ...]
    reason: str | None

    @classmethod
    def of(cls, override: Override | None, *, with_words: bool) -> Self | None:
        if override is None:
            return None
        return cls(
            by=override.by,
            at=override.at,
            codes=override.codes,
            reason=override.reason if with_words else None,
        )


class PreviewedLineView(View):
    """Units of a line; `refund` is what is paid back for them before fees."""

    line_no: str
    sku: str
    resolution: Resolution
    approved: int
    rejected: int
    value: MoneyOut
    refund: MoneyOut

    @classmethod
    def of(cls, line: PreviewedLine) -> Self:
        return cls(
            line_no=line.line_no,
            sku=line.sku,
            resolution=line.resolution,
            approved=line.approved,
            rejected=line.rejected,
            value=line.value,
            refund=line.refund,
        )


class ExpectedView(View):
    """Units that would be on their way back; without a warehouse nobody has said to which."""

    warehouse: str | None
    sku: str
    quantity: int

    @classmethod
    def of(cls, units: ExpectedUnits) -> Self:
        return cls(warehouse=units.warehouse, sku=units.sku, quantity=units.quantity)


class ReservedView(View):
    """Stock that would be promised in exchange: what was paid for its units, and what it costs."""

    line_no: str
    sku: str
    warehouse: str
    quantity: int
    value: MoneyOut | None
    price: MoneyOut | None

    @classmethod
    def of(cls, exchange: Exchange) -> Self:
        return cls(
            line_no=exchange.line_no,
            sku=exchange.replacement_sku,
            warehouse=exchange.warehouse,
            quantity=exchange.quantity,
            value=exchange.value,
            price=exchange.price,
        )


class PreviewedLegView(View):
    """What would go back to one payment."""

    payment_id: str
    provider: str
    amount: MoneyOut

    @classmethod
    def of(cls, leg: Leg) -> Self:
        return cls(payment_id=leg.payment_id, provider=leg.provider, amount=leg.amount)


class ObstacleView(View):
    """Why the caller cannot approve this: as the problem that approving would answer with."""

    code: str
    status: int
    title: str
    detail: str
    details: dict[str, Any] | None  # Any: each code has facts of its own

    @classmethod
    def of(cls, problem: Mapping[str, Any]) -> Self:  # Any: a problem document
        names = ("code", "status", "title", "detail")
        return cls(**{name: problem[name] for name in names}, details=problem.get("details"))


class PreviewView(View):
    """What approving would bring, if all of it came back as it was sold; nothing was written.

    `approvals_missing` persons would still have to say yes after it: with any, nothing moves yet.
    `obstacles` are in the order in which they would be told; empty: it would be done.
    """

    review: Review
    approvals_missing: int
    replaces: str | None
    lines: tuple[PreviewedLineView, ...]
    fees: tuple[FeeView, ...]
    refund: MoneyOut
    legs: tuple[PreviewedLegView, ...]
    shortfall: MoneyOut
    expected: tuple[ExpectedView, ...]
    exchanges: tuple[ReservedView, ...]
    obstacles: tuple[ObstacleView, ...]

    @classmethod
    def of(cls, preview: Preview, obstacles: tuple[ObstacleView, ...]) -> Self:
        return cls(
            review=preview.tier,
            approvals_missing=preview.missing_after,
            replaces=preview.replaces,
            lines=tuple(PreviewedLineView.of(line) for line in preview.lines),
            fees=FeeView.of_all(preview.fees),
            refund=preview.refund,
            legs=tuple(PreviewedLegView.of(leg) for leg in preview.legs),
            shortfall=preview.shortfall,
            expected=tuple(ExpectedView.of(units) for units in preview.expected),
            exchanges=tuple(ReservedView.of(one) for one in preview.exchanges),
            obstacles=obstacles,
        )
