"""Returns: what a request must name, and the return as everyone is shown it."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.orders import Serials
from chalicelib.api.schemas.settlements import SettlementView
from chalicelib.contracts.fields import (
    Code,
    Id,
    Label,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Quantity,
    Strict,
    View,
    Word,
)
from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.policy.model import Decision, LineDecision, Review
from chalicelib.returns.lifecycle import Status, allowed, status_of
from chalicelib.returns.model import (
    LinkedDocument,
    Method,
    Resolution,
    Return,
    ReturnLine,
    ReturnType,
)
from chalicelib.returns.requesting import Quote, QuotedLine, RequestedLine, RequestReturn
from chalicelib.returns.review import Approve, ApprovedQuantity, Reject
from chalicelib.returns.units import quantities


class DocumentBody(Strict):
    """A paper that belongs to the return, kept elsewhere."""

    kind: Code
    ref: Label

    def to_domain(self) -> LinkedDocument:
        return LinkedDocument(kind=self.kind, ref=self.ref)


class ReturnLineBody(Strict):
    """One wish: a line of the order, or (without an order) a SKU."""

    order_line_no: Id | None = None
    sku: Code | None = None
    quantity: Quantity
    serials: Serials = ()
    reason: Word = Field(examples=["CHANGED_MIND"])
    note: Note | None = None
    resolution: Resolution = Resolution.REFUND

    def to_domain(self) -> RequestedLine:
        return RequestedLine(
            order_line_no=self.order_line_no,
            sku=self.sku,
            quantity=self.quantity,
            serials=self.serials,
            reason=self.reason,
            note=self.note,
            resolution=self.resolution,
        )


class ReturnBody(Strict):
    """A request to return units of one order, or without an order (blind)."""

    order_no: Id | None = None
    customer_id: Id | None = None
    type: ReturnType = ReturnType.CUSTOMER_RETURN
    method: Method = Method.COURIER
    warehouse: Id | None = None
    requested_at: Moment | None = None
    submit: bool = True
    lines: Annotated[tuple[ReturnLineBody, ...], Field(min_length=1, max_length=200)]
    documents: Annotated[tuple[DocumentBody, ...], Field(max_length=20)] = ()

    def to_domain(self, currency: str) -> RequestReturn:
        """`currency` is that of a return without an order."""
        return RequestReturn(
            order_no=self.order_no,
            customer_id=self.customer_id,
            type=self.type,
            method=self.method,
            warehouse=self.warehouse,
            requested_at=self.requested_at,
            submit=self.submit,
            lines=tuple(line.to_domain() for line in self.lines),
            documents=tuple(document.to_domain() for document in self.documents),
            currency=currency,
        )


class ApprovedLineBody(Strict):
    """How many units of the line are approved; the rest of its pending units is rejected."""

    line_no: Id
    quantity: Annotated[int, Field(ge=0, le=1_000_000)]


class ApproveBody(Strict):
    """Without `lines`, all that is pending is approved."""

    lines: Annotated[tuple[ApprovedLineBody, ...], Field(min_length=1, max_length=200)] | None = (
        None
    )
    reject_code: Word = "QUANTITY_NOT_ACCEPTED"
    note: Note | None = None

    def to_domain(self) -> Approve:
        lines = None
        if self.lines is not None:
            lines = tuple(
                ApprovedQuantity(line_no=line.line_no, quantity=line.quantity)
                for line in self.lines
            )
        return Approve(lines=lines, reject_code=self.reject_code, note=self.note)


class RejectBody(Strict):
    code: Word = Field(examples=["OUTSIDE_WINDOW"])
    note: Note | None = None

    def to_domain(self) -> Reject:
        return Reject(code=self.code, note=self.note)


class ReturnsQuery(PageQuery):
    """Which returns: all filters must fit."""

    status: Annotated[Status, BeforeValidator(word_of(Status))] | None = None
    warehouse: Id | None = None
    customer_id: Id | None = None
    order_no: Id | None = None


class RuleView(View):
    """One rule that was asked about a line: what it looked at and what it said."""

    rule: str
    facts: dict[str, Any]  # Any: each rule has facts of its own
    passed: bool
    code: str
    verdict: str


class LineDecisionView(View):
    line_no: str
    eligible: bool
    code: str
    trace: tuple[RuleView, ...]

    @classmethod
    def of(cls, decision: LineDecision) -> Self:
        return cls(
            line_no=decision.line_no,
            eligible=decision.eligible,
            code=decision.code,
            trace=_trace(decision),
        )


class DecisionView(View):
    policy_version: str
    review: Review
    lines: tuple[LineDecisionView, ...]

    @classmethod
    def of(cls, decision: Decision) -> Self:
        return cls(
            policy_version=decision.policy_version,
            review=decision.review,
            lines=tuple(LineDecisionView.of(line) for line in decision.lines),
        )


def _trace(decision: LineDecision) -> tuple[RuleView, ...]:
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


class QuotedLineView(View):
    """`units` are the ordinals of the order line that the request would take, such as "1-3,7"."""

    order_line_no: str
    sku: str
    quantity: int
    eligible: bool
    code: str
    returnable_quantity: int
    amount: MoneyOut
    units: str
    trace: tuple[RuleView, ...]

    @classmethod
    def of(cls, line: QuotedLine) -> Self:
        return cls(
            order_line_no=line.order_line_no,
            sku=line.sku,
            quantity=line.quantity,
            eligible=line.decision.eligible,
            code=line.decision.code,
            returnable_quantity=line.returnable_quantity,
            amount=line.amount,
            units=runs.as_text(line.units),
            trace=_trace(line.decision),
        )


class QuoteView(View):
    """What submitting the same request would decide; nothing was written."""

    eligible: bool
    lines: tuple[QuotedLineView, ...]
    total: MoneyOut
    policy_version: str
    review: Review

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(
            eligible=quote.eligible,
            lines=tuple(QuotedLineView.of(line) for line in quote.lines),
            total=quote.total,
            policy_version=quote.decision.policy_version,
            review=quote.decision.review,
        )


class ReturnLineView(View):
    """`quantities` count the units of the line by where they stand; `amount` is what they cost."""

    line_no: str
    order_line_no: str | None
    sku: str
    name: str
    category: str | None
    reason: str
    note: str | None
    resolution: Resolution
    amount: MoneyOut
    serials: tuple[str, ...]
    quantities: dict[str, int]

    @classmethod
    def of(cls, line: ReturnLine) -> Self:
        return cls(
            line_no=line.line_no,
            order_line_no=line.order_line_no,
            sku=line.sku,
            name=line.name,
            category=line.category,
            reason=line.reason,
            note=line.note,
            resolution=line.resolution,
            amount=value_of(line),
            serials=tuple(line.serials.values()),
            quantities=quantities(line).as_dict(),
        )


def value_of(line: ReturnLine) -> Money:
    """What was paid for all units that the line names."""
    return line.value_of(runs.merged(run for group in line.groups for run in group.units))


class DocumentView(View):
    kind: str
    ref: str


class ReturnView(View):
    """A return; `status` is derived from its lines, `allowed` are the commands it admits now."""

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
    decision: DecisionView | None
    quote: MoneyOut
    settlements: tuple[SettlementView, ...]
    open_exceptions: int
    version: int
    created_at: MomentOut
    updated_at: MomentOut
    allowed: tuple[str, ...]

    @classmethod
    def of(cls, ret: Return) -> Self:
        return cls(**_fields(ret))


class ReceivedReturnView(ReturnView):
    """The return after a receipt, and what arrived that fits none of its lines."""

    receipt_id: str
    exceptions: tuple[str, ...]

    @classmethod
    def of_receipt(cls, ret: Return, receipt_id: str, exceptions: tuple[str, ...]) -> Self:
        return cls(**_fields(ret), receipt_id=receipt_id, exceptions=exceptions)


def _fields(ret: Return) -> dict[str, Any]:  # Any: the fields of ReturnView, checked by it
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
        "lines": tuple(ReturnLineView.of(line) for line in ret.lines),
        "documents": tuple(DocumentView(kind=d.kind, ref=d.ref) for d in ret.documents),
        "decision": DecisionView.of(ret.decision) if ret.decision else None,
        "quote": Money.total((value_of(line) for line in ret.lines), ret.currency),
        "settlements": tuple(SettlementView.of(s) for s in ret.settlements),
        "open_exceptions": ret.open_exceptions,
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
    order_no: str | None
    customer_id: str | None
    warehouse: str | None
    requested_at: MomentOut
    updated_at: MomentOut
    units: int
    amount: MoneyOut | None


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


class TimelineView(View):
    items: tuple[TimelineEntryView, ...]
