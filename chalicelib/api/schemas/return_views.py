"""Returns as they are shown: status, lines with their quantities, decision, quote, timeline."""

from typing import Any, Self

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
from chalicelib.policy.model import Decision, LineDecision, Review
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
from chalicelib.returns.quoting import Quote, QuotedLine
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.units import quantities
from chalicelib.store.rows import ReturnRow


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
    """`units` are the ordinals of the order line that the request would take, such as "1-3,7".

    Goods on no line of the order, sent by error, have no `order_line_no` and are worth nothing.
    """

    order_line_no: str | None
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
    """`quantities` count the units of the line by where they stand; `amount` is what they cost.

    `exchange_for` is the SKU that is wanted instead, `exchange_id` its exchange, and `received_as`
    the SKU that comes back in place of the one that was sold. `note` is shown when the return is
    read, and in no answer to a command.
    """

    line_no: str
    order_line_no: str | None
    sku: str
    name: str
    category: str | None
    reason: str
    note: str | None
    resolution: Resolution
    exchange_for: str | None
    exchange_id: str | None
    received_as: str | None
    amount: MoneyOut
    serials: tuple[str, ...]
    quantities: dict[str, int]

    @classmethod
    def of(cls, line: ReturnLine, *, with_words: bool = False) -> Self:
        return cls(
            line_no=line.line_no,
            order_line_no=line.order_line_no,
            sku=line.sku,
            name=line.name,
            category=line.category,
            reason=line.reason,
            note=line.note if with_words else None,
            resolution=line.resolution,
            exchange_for=line.exchange_for,
            exchange_id=line.exchange_id,
            received_as=line.received_as,
            amount=value_of(line),
            serials=tuple(line.serials.values()),
            quantities=quantities(line).as_dict(),
        )


def value_of(line: ReturnLine) -> Money:
    """What was paid for all units that the line names."""
    return line.value_of(runs.merged(run for group in line.groups for run in group.units))


class ReturnView(View):
    """A return; `status` is derived from its lines, `allowed` are the commands it admits now.

    `missing_documents` are the kinds without which it is not approved; `photo|qc_report` is either.
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
    appeals: tuple[AppealView, ...]
    quote: MoneyOut
    shipments: tuple[ShipmentView, ...]
    pickup: PickupView | None
    deadline: DeadlineView | None
    settlements: tuple[SettlementView, ...]
    campaign_id: str | None
    open_exceptions: int
    closure: Closure
    version: int
    created_at: MomentOut
    updated_at: MomentOut
    allowed: tuple[str, ...]

    @classmethod
    def of(cls, ret: Return, *, with_words: bool = False) -> Self:
        """`with_words`: what people wrote, too. Only for answers that are not remembered."""
        return cls(**_fields(ret, with_words=with_words))


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
        "lines": tuple(ReturnLineView.of(line, with_words=with_words) for line in ret.lines),
        "documents": tuple(DocumentView(kind=d.kind, ref=d.ref) for d in ret.documents),
        "missing_documents": missing(ret),
        "cause_report": ReportedView.of(ret.cause_report) if ret.cause_report else None,
        "decision": DecisionView.of(ret.decision) if ret.decision else None,
        "reviewed_by": ret.reviewed_by,
        "appeals": tuple(AppealView.of(one, with_words=with_words) for one in ret.appeals),
        "quote": Money.total((value_of(line) for line in ret.lines), ret.currency),
        "shipments": tuple(ShipmentView.of(shipment) for shipment in ret.shipments),
        "pickup": PickupView.of(ret.pickup) if ret.pickup else None,
        "deadline": DeadlineView.of(ret.deadline) if ret.deadline else None,
        "settlements": tuple(SettlementView.of(s) for s in ret.settlements),
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
