"""Work orders: what is asked of them, what came of the work, and how they are shown."""

from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.liability import Reference
from chalicelib.api.schemas.orders import Serials
from chalicelib.api.schemas.shipping import CarrierName, TrackingNo
from chalicelib.contracts.fields import (
    Code,
    Id,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Quantity,
    Strict,
    View,
    Word,
)
from chalicelib.core import runs
from chalicelib.returns.model import Grade
from chalicelib.store.work_rows import WaitingRow, WorkOrderRow
from chalicelib.workorders.model import (
    UsedPart,
    WorkDone,
    WorkKind,
    WorkLine,
    WorkOrder,
    WorkOutcome,
    WorkState,
)
from chalicelib.workorders.taking_back import TakeBack, WorkResult
from chalicelib.workorders.working import CancelWork, OpenWorkOrder, SendOut, WantedUnits


class WorkOrdersQuery(PageQuery):
    """Which work orders: all filters must fit."""

    warehouse: Id | None = None
    state: Annotated[WorkState, BeforeValidator(word_of(WorkState))] | None = None


class WaitingQuery(PageQuery):
    """What waits in a warehouse, for one kind of work or any."""

    warehouse: Id
    kind: Annotated[WorkKind, BeforeValidator(word_of(WorkKind))] | None = None


class WantedUnitsBody(Strict):
    """So many units of a line that wait for the work; without `quantity` all of them."""

    return_id: Id
    line_no: Id
    quantity: Quantity | None = None

    def to_domain(self) -> WantedUnits:
        return WantedUnits(return_id=self.return_id, line_no=self.line_no, quantity=self.quantity)


class WorkOrderBody(Strict):
    """Units that wait for one kind of work in one warehouse; `workshop`: who does it, if not we."""

    kind: WorkKind
    warehouse: Id
    units: Annotated[tuple[WantedUnitsBody, ...], Field(min_length=1, max_length=100)]
    workshop: Reference | None = None
    due_at: Moment | None = None

    def to_domain(self) -> OpenWorkOrder:
        return OpenWorkOrder(
            kind=self.kind,
            warehouse=self.warehouse,
            units=tuple(one.to_domain() for one in self.units),
            workshop=self.workshop,
            due_at=self.due_at,
        )


class SendOutBody(Strict):
    """The work begins; a parcel, where the goods travel to a workshop."""

    carrier: CarrierName | None = None
    tracking_no: TrackingNo | None = None
    due_at: Moment | None = None

    def to_domain(self) -> SendOut:
        return SendOut(carrier=self.carrier, tracking_no=self.tracking_no, due_at=self.due_at)


class UsedPartBody(Strict):
    """Units of ours that went into the goods: they leave the shelf of the order's warehouse."""

    sku: Code
    quantity: Quantity
    lot: Code | None = None
    serials: Serials = ()

    def to_domain(self) -> UsedPart:
        return UsedPart(sku=self.sku, quantity=self.quantity, lot=self.lot, serials=self.serials)


class WorkResultBody(Strict):
    """What came of so many units of a line. `cost` is of all of them, `work` what was done.

    `serials` name the units, where they have any. `parts` are ours and used up; those of the
    workshop are in its `cost`. `claim`: the workshop that lost them is asked to pay.
    """

    line_no: Id
    quantity: Quantity
    outcome: WorkOutcome
    grade: Grade | None = None
    cost: Price | None = None
    work: Word | None = Field(default=None, examples=["PART_REPLACED"])
    serials: Serials = ()
    parts: Annotated[tuple[UsedPartBody, ...], Field(max_length=20)] = ()
    claim: bool = False

    def to_domain(self) -> WorkResult:
        return WorkResult(
            line_no=self.line_no,
            quantity=self.quantity,
            outcome=self.outcome,
            grade=self.grade,
            cost=self.cost.to_domain() if self.cost else None,
            work=self.work,
            serials=self.serials,
            parts=tuple(part.to_domain() for part in self.parts),
            claim=self.claim,
        )


class TakeBackBody(Strict):
    """What came back; `cost` is of the order as a whole, beside its lines."""

    results: Annotated[tuple[WorkResultBody, ...], Field(min_length=1, max_length=100)]
    cost: Price | None = None
    carrier: CarrierName | None = None
    tracking_no: TrackingNo | None = None

    def to_domain(self) -> TakeBack:
        return TakeBack(
            results=tuple(result.to_domain() for result in self.results),
            cost=self.cost.to_domain() if self.cost else None,
            carrier=self.carrier,
            tracking_no=self.tracking_no,
        )


class CancelWorkBody(Strict):
    """Why the rest is called off; `OTHER` needs a note."""

    reason: Word = Field(examples=["TOO_EXPENSIVE"])
    note: Note | None = None

    def to_domain(self) -> CancelWork:
        return CancelWork(reason=self.reason, note=self.note)


class UsedPartView(View):
    """`worth`: what the books said of them, an amount for each currency."""

    sku: str
    quantity: int
    lot: str | None
    serials: tuple[str, ...]
    worth: tuple[MoneyOut, ...]

    @classmethod
    def of(cls, part: UsedPart) -> Self:
        return cls(
            sku=part.sku,
            quantity=part.quantity,
            lot=part.lot,
            serials=part.serials,
            worth=part.worth,
        )


class WorkDoneView(View):
    """Units that came back at one time."""

    quantity: int
    units: str
    outcome: WorkOutcome
    grade: Grade | None
    cost: MoneyOut | None
    work: str | None
    parts: tuple[UsedPartView, ...]
    back_at: MomentOut
    back_by: str
    proposal_id: str | None
    claim_id: str | None

    @classmethod
    def of(cls, done: WorkDone) -> Self:
        return cls(
            quantity=runs.size(done.units),
            units=runs.as_text(done.units),
            outcome=done.outcome,
            grade=done.grade,
            cost=done.cost,
            work=done.work,
            parts=tuple(UsedPartView.of(part) for part in done.parts),
            back_at=done.back_at,
            back_by=done.back_by,
            proposal_id=done.proposal_id,
            claim_id=done.claim_id,
        )


class WorkLineView(View):
    """Units of one line of a return, of one lot; `waiting` are not back yet."""

    line_no: str
    return_id: str
    return_line_no: str
    sku: str
    lot: str | None
    serials: tuple[str, ...]
    quantity: int
    waiting: int
    called_off: int
    is_customers: bool
    back: tuple[WorkDoneView, ...]

    @classmethod
    def of(cls, line: WorkLine) -> Self:
        return cls(
            line_no=line.line_no,
            return_id=line.return_id,
            return_line_no=line.return_line_no,
            sku=line.sku,
            lot=line.lot,
            serials=line.serials,
            quantity=runs.size(line.units),
            waiting=runs.size(line.waiting),
            called_off=runs.size(line.called_off),
            is_customers=line.is_customers,
            back=tuple(WorkDoneView.of(done) for done in line.back),
        )


class WorkOrderView(View):
    """Units that are worked on together, where, and what came of them.

    `cost` was stated for all of it; `costs` is that with the costs of results and parts, an amount
    for each currency.
    """

    id: str
    kind: WorkKind
    state: WorkState
    warehouse: str
    workshop: str | None
    lines: tuple[WorkLineView, ...]
    quantity: int
    waiting: int
    cost: MoneyOut | None
    costs: tuple[MoneyOut, ...]
    carrier: str | None
    tracking_no: str | None
    reason: str | None
    opened_at: MomentOut
    opened_by: str
    sent_at: MomentOut | None
    due_at: MomentOut | None
    ended_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, order: WorkOrder) -> Self:
        return cls(
            id=order.work_order_id,
            kind=order.kind,
            state=order.state,
            warehouse=order.warehouse,
            workshop=order.workshop,
            lines=tuple(WorkLineView.of(line) for line in order.lines),
            quantity=order.size,
            waiting=order.waiting,
            cost=order.cost,
            costs=order.costs,
            carrier=order.carrier,
            tracking_no=order.tracking_no,
            reason=order.reason,
            opened_at=order.opened_at,
            opened_by=order.opened_by,
            sent_at=order.sent_at,
            due_at=order.due_at,
            ended_at=order.ended_at,
            version=order.version,
        )


class WorkOrderRowView(View):
    """A work order in a list; its lines are shown with itself."""

    id: str
    kind: WorkKind
    state: WorkState
    warehouse: str
    workshop: str | None
    quantity: int
    waiting: int
    opened_at: MomentOut
    due_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, row: WorkOrderRow) -> Self:
        return cls(
            id=row.work_order_id,
            kind=row.kind,
            state=row.state,
            warehouse=row.warehouse,
            workshop=row.workshop,
            quantity=row.quantity,
            waiting=row.waiting,
            opened_at=row.opened_at,
            due_at=row.due_at,
            version=row.version,
        )


class WorkOrdersPage(View):
    items: tuple[WorkOrderRowView, ...]
    next_cursor: str | None


class WaitingRowView(View):
    """Units of one line and lot of a return that wait for work, and are in no order yet.

    `is_customers`: they are repaired for the customer, who gets them back.
    """

    return_id: str
    number: str
    line_no: str
    kind: WorkKind
    warehouse: str
    sku: str
    lot: str | None
    quantity: int
    is_customers: bool
    updated_at: MomentOut

    @classmethod
    def of(cls, row: WaitingRow) -> Self:
        return cls(
            return_id=row.return_id,
            number=row.number,
            line_no=row.line_no,
            kind=row.kind,
            warehouse=row.warehouse,
            sku=row.sku,
            lot=row.lot,
            quantity=row.quantity,
            is_customers=row.is_customers,
            updated_at=row.updated_at,
        )


class WaitingPage(View):
    items: tuple[WaitingRowView, ...]
    next_cursor: str | None
