"""Returns: what a request must name, and what a decision about it says."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, PersonId, ReasonBody, word_of
from chalicelib.api.schemas.orders import Serials
from chalicelib.api.schemas.reasons import Name as QuestionName
from chalicelib.contracts.fields import (
    Code,
    Id,
    Label,
    Moment,
    Note,
    Price,
    Quantity,
    Strict,
    Word,
)
from chalicelib.core.money import Money
from chalicelib.returns.editing import Edit
from chalicelib.returns.ending import Cancel
from chalicelib.returns.investigating import ReportCause
from chalicelib.returns.model import (
    DeadlineKind,
    LinkedDocument,
    Method,
    Resolution,
    ReturnType,
)
from chalicelib.returns.review import Approve, ApprovedQuantity, Reject
from chalicelib.returns.selection import NamedQuantity
from chalicelib.returns.standing import Status
from chalicelib.returns.wishes import RequestedLine, RequestReturn


class DocumentBody(Strict):
    """A paper that belongs to the return, kept elsewhere."""

    kind: Code
    ref: Label

    def to_domain(self) -> LinkedDocument:
        return LinkedDocument(kind=self.kind, ref=self.ref)


Answers = Annotated[dict[QuestionName, Note], Field(max_length=20)]


class ReturnLineBody(Strict):
    """One wish: a line of the order, or a SKU: without an order, or of what was sent by error.

    Staff and machines say what one of `exchange_for` costs, tax included (`exchange_price`), or
    that it is even whatever it costs. `answers` are those to the questions of the reason (`GET
    /v1/reasons`), by question.
    """

    order_line_no: Id | None = None
    sku: Code | None = None
    quantity: Quantity
    serials: Serials = ()
    reason: Word = Field(examples=["CHANGED_MIND"])
    note: Note | None = None
    resolution: Resolution = Resolution.REFUND
    exchange_for: Code | None = None
    exchange_price: Price | None = None
    exchange_even: bool = False
    answers: Answers = Field(default_factory=dict)

    def to_domain(self) -> RequestedLine:
        return RequestedLine(
            order_line_no=self.order_line_no,
            sku=self.sku,
            quantity=self.quantity,
            serials=self.serials,
            reason=self.reason,
            note=self.note,
            resolution=self.resolution,
            exchange_for=self.exchange_for,
            exchange_price=self.exchange_price.to_domain() if self.exchange_price else None,
            exchange_even=self.exchange_even,
            answers=self.answers,
        )


Lines = Annotated[tuple[ReturnLineBody, ...], Field(min_length=1, max_length=200)]
Documents = Annotated[tuple[DocumentBody, ...], Field(max_length=20)]


class ReturnBody(Strict):
    """A request to return units of one order, or without an order (blind).

    With `override`, senior reviewers say why refusals of policy do not count this time.
    """

    order_no: Id | None = None
    customer_id: Id | None = None
    type: ReturnType = ReturnType.CUSTOMER_RETURN
    method: Method = Method.COURIER
    warehouse: Id | None = None
    requested_at: Moment | None = None
    submit: bool = True
    lines: Lines
    documents: Documents = ()
    override: ReasonBody | None = None

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
            override=self.override.reason if self.override else None,
        )


class SubmitBody(Strict):
    """With `override`, senior reviewers say why refusals of policy do not count this time."""

    override: ReasonBody | None = None


class EditBody(Strict):
    """What is changed of a request; `lines` and `documents` are replaced whole.

    Without a field, or with null, it stays as it is.
    """

    lines: Lines | None = None
    method: Method | None = None
    warehouse: Id | None = None
    documents: Documents | None = None
    note: Note | None = None

    def to_domain(self) -> Edit:
        return Edit(
            lines=None if self.lines is None else tuple(line.to_domain() for line in self.lines),
            method=self.method,
            warehouse=self.warehouse,
            documents=None
            if self.documents is None
            else tuple(document.to_domain() for document in self.documents),
            note=self.note,
        )


ReplacementPrices = Annotated[dict[Id, Price], Field(max_length=200)]
"""The price of one replacement by line number."""


def prices_of(stated: ReplacementPrices) -> dict[str, Money]:
    """The prices as the domain has them."""
    return {line_no: price.to_domain() for line_no, price in stated.items()}


class ApprovedLineBody(Strict):
    """How many units of the line are approved; the rest of its pending units is rejected."""

    line_no: Id
    quantity: Annotated[int, Field(ge=0, le=1_000_000)]


class ApproveBody(Strict):
    """Without `lines`, all that is pending is approved.

    Lines in `without_replacement` were to be exchanged and are paid back instead. Where other goods
    are sent than were sold, `replacement_prices` say by line what one costs, tax included, and
    `even_replacements` name the lines where it is even. `on_behalf_of` is who delegated to the
    caller. `waive_fees` and `without_evidence` are for senior reviewers: no fee is taken of what is
    approved, papers that only policy asks for are not insisted on.
    """

    lines: Annotated[tuple[ApprovedLineBody, ...], Field(min_length=1, max_length=200)] | None = (
        None
    )
    reject_code: Word = "QUANTITY_NOT_ACCEPTED"
    note: Note | None = None
    without_replacement: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    replacement_prices: ReplacementPrices = Field(default_factory=dict)
    even_replacements: Annotated[tuple[Id, ...], Field(max_length=200)] = ()
    on_behalf_of: PersonId | None = None
    waive_fees: ReasonBody | None = None
    without_evidence: ReasonBody | None = None

    def to_domain(self) -> Approve:
        lines = None
        if self.lines is not None:
            lines = tuple(
                ApprovedQuantity(line_no=line.line_no, quantity=line.quantity)
                for line in self.lines
            )
        return Approve(
            lines=lines,
            reject_code=self.reject_code,
            note=self.note,
            without_replacement=self.without_replacement,
            replacement_prices=prices_of(self.replacement_prices),
            even_replacements=self.even_replacements,
            on_behalf_of=self.on_behalf_of,
            waive_fees=self.waive_fees.reason if self.waive_fees else None,
            without_evidence=self.without_evidence.reason if self.without_evidence else None,
        )


class RejectBody(Strict):
    code: Word = Field(examples=["OUTSIDE_WINDOW"])
    note: Note | None = None

    def to_domain(self) -> Reject:
        return Reject(code=self.code, note=self.note)


class QuestionBody(Strict):
    """What the customer is asked before anything is decided."""

    question: Note = Field(examples=["Is the seal of the box broken?"])


class CancelledLineBody(Strict):
    """How many units of the line are taken back."""

    line_no: Id
    quantity: Quantity

    def to_domain(self) -> NamedQuantity:
        return NamedQuantity(line_no=self.line_no, quantity=self.quantity)


class CancelBody(Strict):
    """Without `lines`, all that may still be taken back is."""

    reason: Word = Field(examples=["KEEPS_IT"])
    lines: Annotated[tuple[CancelledLineBody, ...], Field(min_length=1, max_length=200)] | None = (
        None
    )
    note: Note | None = None

    def to_domain(self) -> Cancel:
        lines = None if self.lines is None else tuple(line.to_domain() for line in self.lines)
        return Cancel(reason=self.reason, lines=lines, note=self.note)


class ExpireBody(Strict):
    """What was waited for in vain; without `waited_for`, what the deadline is about."""

    waited_for: DeadlineKind | None = None


class CauseReportBody(Strict):
    """Why the goods come back: who was asked, what was looked into, by what figures, what follows.

    Name people by their function, and nobody else's personal data.
    """

    asked: Annotated[tuple[Label, ...], Field(max_length=20)] = ()
    investigation: Note
    data: Note
    conclusion: Note

    def to_domain(self) -> ReportCause:
        return ReportCause(
            asked=self.asked,
            investigation=self.investigation,
            data=self.data,
            conclusion=self.conclusion,
        )


class Sort(StrEnum):
    """By the time of the request."""

    NEWEST = "newest"
    OLDEST = "oldest"


class ReturnsQuery(PageQuery):
    """Which returns: all filters must fit. `number` is the one that is printed, and finds one."""

    status: Annotated[Status, BeforeValidator(word_of(Status))] | None = None
    warehouse: Id | None = None
    customer_id: Id | None = None
    order_no: Id | None = None
    sku: Code | None = None
    number: Id | None = None
    sort: Annotated[Sort, BeforeValidator(word_of(Sort))] = Sort.NEWEST
