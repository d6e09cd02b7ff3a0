"""Returns: what a request must name, and what a decision about it says."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.api.schemas.orders import Serials
from chalicelib.contracts.fields import (
    Code,
    Id,
    Label,
    Moment,
    Note,
    Quantity,
    Strict,
    Word,
)
from chalicelib.returns.lifecycle import Status
from chalicelib.returns.model import (
    LinkedDocument,
    Method,
    Resolution,
    ReturnType,
)
from chalicelib.returns.review import Approve, ApprovedQuantity, Reject
from chalicelib.returns.wishes import RequestedLine, RequestReturn


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
