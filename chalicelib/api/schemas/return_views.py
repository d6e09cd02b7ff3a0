"""Returns as they are shown: status, lines with their quantities, decision, quote, timeline."""

from typing import Any, Self

from chalicelib.api.schemas.approvals import ApprovalView, OverrideView, RiskView
from chalicelib.api.schemas.customers import RiskFeedbackView
from chalicelib.api.schemas.deductions import DeductionView
from chalicelib.api.schemas.return_parts import (
    AppealView,
    DeadlineView,
    DocumentView,
    PickupView,
    ReportedView,
    ShipmentView,
)
from chalicelib.api.schemas.settlements import SettlementView
from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.core import runs
from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.policy.discretion import discreet, discreet_review
from chalicelib.policy.document import RefundDue, Review
from chalicelib.policy.verdict import Decision, LineDecision
from chalicelib.returns.consenting import approvals_missing
from chalicelib.returns.documents import missing
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import (
    Closure,
    Method,
    Resolution,
    Return,
    ReturnLine,
    ReturnType,
)
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.units import quantities
from chalicelib.store.summaries import ReturnRow


class RuleView(View):
    """One rule that was asked about a line: what it looked at and what it said."""

    rule: str
    facts: dict[str, Any]  # Any: each rule has facts of its own
    passed: bool
    code: str
    verdict: str


class LineDecisionView(View):
    """`refund_due` is when the line is paid back; with `keep_item` nothing of it is sent back.

    `checklist` names what inspectors go by, for staff.
    """

    line_no: str
    eligible: bool
    code: str
    refund_due: RefundDue
    keep_item: bool
    checklist: str | None
    trace: tuple[RuleView, ...]

    @classmethod
    def of(cls, decision: LineDecision, *, for_staff: bool = False) -> Self:
        told = decision if for_staff else discreet(decision)
        return cls(
            line_no=decision.line_no,
            eligible=decision.eligible,
            code=told.code,
            refund_due=decision.refund_due,
            keep_item=decision.keep_item,
            checklist=decision.checklist if for_staff else None,
            trace=rules_of(told),
        )


class DecisionView(View):
    """`reasons` (in codes, why the review is what it is) and `risk` are shown to staff only.

    Who is not staff is told that a person decides, but not which; so is everybody by the answers
    of commands.
    """

    policy_version: str
    review: Review
    reasons: tuple[str, ...] | None
    risk: RiskView | None
    lines: tuple[LineDecisionView, ...]

    @classmethod
    def of(cls, decision: Decision, *, for_staff: bool = False) -> Self:
        return cls(
            policy_version=decision.policy_version,
            review=decision.review if for_staff else discreet_review(decision.review),
            reasons=decision.reasons if for_staff else None,
            risk=RiskView.of(decision.risk) if for_staff else None,
            lines=tuple(LineDecisionView.of(line, for_staff=for_staff) for line in decision.lines),
        )


def rules_of(decision: LineDecision) -> tuple[RuleView, ...]:
    """The rules that were asked, as the decision tells them."""
    return tuple(
        RuleView(
            rule=step.rule,
            facts=dict(step.facts),
            passed=step.passed,
            code=step.code,
            verdict="allow" if step.passed else "refuse",
        )
        for step in decision.trace
    )


class ReturnLineView(View):
    """`quantities` count the units of the line by where they stand; `amount` is what they cost.

    `exchange_for` is the SKU that is wanted instead, `exchange_id` its exchange, and `received_as`
    the SKU that comes back in place of the one that was sold. `note` and `answers` are shown
    when the return is read, and in no answer to a command. With `keep_item` the customer keeps
    approved units: they are not to be sent, and are paid back all the same. `deductions` are what
    inspections have taken off the refund of units.
    """

    line_no: str
    order_line_no: str | None
    sku: str
    name: str
    category: str | None
    reason: str
    note: str | None
    answers: dict[str, str] | None
    resolution: Resolution
    exchange_for: str | None
    exchange_price: MoneyOut | None
    exchange_even: bool
    exchange_id: str | None
    received_as: str | None
    amount: MoneyOut
    keep_item: bool
    serials: tuple[str, ...]
    quantities: dict[str, int]
    deductions: tuple[DeductionView, ...]

    @classmethod
    def of(cls, ret: Return, line: ReturnLine, *, with_words: bool = False) -> Self:
        counts = quantities(line)
        return cls(
            line_no=line.line_no,
            order_line_no=line.order_line_no,
            sku=line.sku,
            name=line.name,
            category=line.category,
            reason=line.reason,
            note=line.note if with_words else None,
            answers=dict(line.answers) if with_words else None,
            resolution=line.resolution,
            exchange_for=line.exchange_for,
            exchange_price=line.exchange_price,
            exchange_even=line.exchange_even,
            exchange_id=line.exchange_id,
            received_as=line.received_as,
            amount=value_of(line),
            keep_item=counts.kept > 0,
            serials=tuple(line.serials.values()),
            quantities=counts.as_dict(),
            deductions=DeductionView.of_line(ret, line),
        )


def value_of(line: ReturnLine) -> Money:
    """What was paid for all units that the line names."""
    return line.value_of(runs.merged(run for group in line.groups for run in group.units))


class ReturnView(View):
    """A return; `status` is derived from its lines, `allowed` are the commands it admits now.

    `missing_documents` are the kinds without which it is not approved; `photo|qc_report` is either.
    `photo_reused_from` (returns that its photos came with before) and `risk_feedback` are shown to
    staff who read the return; null otherwise. So are `approvals` and `override`, also where staff
    decide; `approvals_missing` persons still have to say yes before pending units are approved.
    """

    id: str
    number: str
    status: Status
    type: ReturnType
    method: Method
    order_no: str | None
    customer_id: str | None
    warehouse: str | None
    channel: str | None
    region: str | None
    currency: str
    requested_at: MomentOut
    lines: tuple[ReturnLineView, ...]
    documents: tuple[DocumentView, ...]
    missing_documents: tuple[str, ...]
    cause_report: ReportedView | None
    decision: DecisionView | None
    reviewed_by: str | None
    approvals_missing: int
    approvals: tuple[ApprovalView, ...] | None
    override: OverrideView | None
    photo_reused_from: tuple[str, ...] | None
    risk_feedback: tuple[RiskFeedbackView, ...] | None
    appeals: tuple[AppealView, ...]
    quote: MoneyOut
    shipments: tuple[ShipmentView, ...]
    pickup: PickupView | None
    deadline: DeadlineView | None
    settlements: tuple[SettlementView, ...]
    refund_due_at: MomentOut | None
    campaign_id: str | None
    open_exceptions: int
    closure: Closure
    version: int
    created_at: MomentOut
    updated_at: MomentOut
    allowed: tuple[str, ...]

    @classmethod
    def of(cls, ret: Return, *, with_words: bool = False, for_staff: bool = False) -> Self:
        """`with_words`: what people wrote, too. Only for answers that are not remembered."""
        fields = _fields(ret, with_words=with_words)
        if for_staff:
            fields["decision"] = (
                DecisionView.of(ret.decision, for_staff=True) if ret.decision else None
            )
            fields["approvals"] = tuple(
                ApprovalView.of(one, with_words=with_words) for one in ret.approvals
            )
            fields["approvals_missing"] = approvals_missing(ret)
            fields["settlements"] = tuple(SettlementView.of(one) for one in ret.settlements)
            fields["override"] = OverrideView.of(ret.override, with_words=with_words)
            fields["photo_reused_from"] = ret.photo_reused_from
            fields["risk_feedback"] = tuple(
                RiskFeedbackView.of(one, with_words=with_words) for one in ret.risk_feedback
            )
        return cls(**fields)


class ReceivedReturnView(ReturnView):
    """The return after a receipt, and what arrived that fits none of its lines."""

    receipt_id: str
    exceptions: tuple[str, ...]

    @classmethod
    def of_receipt(cls, ret: Return, receipt_id: str, exceptions: tuple[str, ...]) -> Self:
        return cls(**_fields(ret, with_words=False), receipt_id=receipt_id, exceptions=exceptions)


# Any: the fields of ReturnView, checked by it
def _fields(ret: Return, *, with_words: bool) -> dict[str, Any]:
    return {
        "id": ret.return_id,
        "number": ret.number,
        "status": status_of(ret),
        "type": ret.type,
        "method": ret.method,
        "order_no": ret.order_no,
        "customer_id": ret.customer_id,
        "warehouse": ret.warehouse,
        "channel": ret.channel,
        "region": ret.region,
        "currency": ret.currency,
        "requested_at": ret.requested_at,
        "lines": tuple(ReturnLineView.of(ret, line, with_words=with_words) for line in ret.lines),
        "documents": tuple(DocumentView(kind=d.kind, ref=d.ref) for d in ret.documents),
        "missing_documents": missing(ret),
        "cause_report": ReportedView.of(ret.cause_report) if ret.cause_report else None,
        "decision": DecisionView.of(ret.decision) if ret.decision else None,
        "reviewed_by": ret.reviewed_by,
        "approvals_missing": min(1, approvals_missing(ret)),
        "approvals": None,
        "override": None,
        "photo_reused_from": None,
        "risk_feedback": None,
        "appeals": tuple(AppealView.of(one, with_words=with_words) for one in ret.appeals),
        "quote": Money.total((value_of(line) for line in ret.lines), ret.currency),
        "shipments": tuple(ShipmentView.of(shipment) for shipment in ret.shipments),
        "pickup": PickupView.of(ret.pickup) if ret.pickup else None,
        "deadline": DeadlineView.of(ret.deadline) if ret.deadline else None,
        "settlements": tuple(SettlementView.of(s).discreet() for s in ret.settlements),
        "refund_due_at": ret.refund_due_at,
        "campaign_id": ret.campaign_id,
        "open_exceptions": ret.open_exceptions,
        "closure": ret.closure,
        "version": ret.version,
        "created_at": ret.created_at,
        "updated_at": ret.updated_at,
        "allowed": allowed(ret),
    }


class ReturnRowView(View):
    """A return in a list; lists may lag behind a little."""

    id: str
    number: str
    status: Status
    type: ReturnType
    method: Method
    order_no: str | None
    customer_id: str | None
    warehouse: str | None
    channel: str | None
    region: str | None
    requested_at: MomentOut
    updated_at: MomentOut
    units: int
    amount: MoneyOut
    version: int

    @classmethod
    def of(cls, row: ReturnRow) -> Self:
        return cls(
            id=row.return_id,
            number=row.number,
            status=row.status,
            type=row.type,
            method=row.method,
            order_no=row.order_no,
            customer_id=row.customer_id,
            warehouse=row.warehouse,
            channel=row.channel,
            region=row.region,
            requested_at=row.requested_at,
            updated_at=row.updated_at,
            units=row.units,
            amount=row.amount,
            version=row.version,
        )


class ReturnsPage(View):
    items: tuple[ReturnRowView, ...]
    next_cursor: str | None


class TimelineEntryView(View):
    """One event of the return, chained to the one before by its hash."""

    seq: int
    type: str
    time: MomentOut
    actor: str
    role: str
    data: dict[str, Any]  # Any: each type of event has data of its own
    hash: str
    prev_hash: str

    @classmethod
    def of(cls, event: Event) -> Self:
        return cls(
            seq=event.seq,
            type=event.type,
            time=event.time,
            actor=event.actor.id,
            role=event.actor.role,
            data=event.data,
            hash=event.hash,
            prev_hash=event.prev_hash,
        )


class TimelineView(View):
    items: tuple[TimelineEntryView, ...]
