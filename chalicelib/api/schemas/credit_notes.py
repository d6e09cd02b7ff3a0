"""Credit notes: as data, by number, and where their paper lies."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.sellers import IdentityView
from chalicelib.contracts.fields import (
    YEAR_MAX,
    YEAR_MIN,
    Count,
    MomentOut,
    MoneyOut,
    Strict,
    View,
)
from chalicelib.invoicing.model import (
    CreditNote,
    NoteLine,
    NoteLineKind,
    NoteReason,
    NoteState,
    NoteTax,
    NumberedNote,
    TaxRow,
)
from chalicelib.invoicing.red_letter import RedLetter
from chalicelib.invoicing.seller import DEFAULT_SERIES

ORDINAL_MAX = 999_999_999
Series = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,11}$")]
"""What numbers begin with, such as CN in CN-2026-000123."""


def _whole(value: Any) -> Any:  # Any: the text of a query
    """A number of up to nine digits."""
    is_number = isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 9
    return int(value) if is_number else value


Year = Annotated[
    int,
    BeforeValidator(_whole),
    Field(ge=YEAR_MIN, le=YEAR_MAX),
    WithJsonSchema({"type": "integer", "minimum": YEAR_MIN, "maximum": YEAR_MAX}),
]
Ordinal = Annotated[
    int,
    BeforeValidator(_whole),
    Field(ge=1, le=ORDINAL_MAX),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": ORDINAL_MAX}),
]


class NumberedQuery(PageQuery):
    """A page of a series and year, from a number on. Without a year: that of today, in UTC."""

    series: Series = DEFAULT_SERIES
    year: Year | None = None
    first: Ordinal = Field(default=1, alias="from")


class PaperQuery(Strict):
    """In which language; without it that of Accept-Language."""

    language: Literal["en", "zh-CN"] | None = None


class NoteTaxView(View):
    """One tax at its original rate; `rate` is a decimal such as 0.20, empty where unknown."""

    name: str
    rate: str
    amount: MoneyOut

    @classmethod
    def of(cls, tax: NoteTax, sign: int = 1) -> Self:
        return cls(name=tax.name, rate=tax.rate, amount=tax.amount * sign)


class NoteLineView(View):
    """Goods, shipping, what a promotion withholds or releases, or a fee: `code` says which.

    Amounts are as they change the note: what lowers it is negative.
    """

    kind: NoteLineKind
    code: str
    line_no: str | None
    name: str | None
    quantity: Count
    unit: str
    net: MoneyOut
    tax: MoneyOut
    taxes: tuple[NoteTaxView, ...]
    total: MoneyOut

    @classmethod
    def of(cls, line: NoteLine) -> Self:
        net, tax = line.net * line.sign, line.tax * line.sign
        return cls(
            kind=line.kind,
            code=line.code,
            line_no=line.line_no,
            name=line.name,
            quantity=line.quantity,
            unit=line.unit,
            net=net,
            tax=tax,
            taxes=tuple(NoteTaxView.of(one, line.sign) for one in line.taxes),
            total=net + tax,
        )


class TaxRowView(View):
    """All lines at one rate: their net, the tax on it, and both."""

    net: MoneyOut
    taxes: tuple[NoteTaxView, ...]
    total: MoneyOut

    @classmethod
    def of(cls, row: TaxRow) -> Self:
        return cls(
            net=row.net,
            taxes=tuple(NoteTaxView.of(one) for one in row.taxes),
            total=row.gross,
        )


class RedLetterOfNoteView(View):
    """The red-letter invoice that a note asked for, and how far it is."""

    id: str
    state: str


class CreditNoteView(View):
    """What is taken off one invoice. `number`, `issued_on` and `seller` are stated once its
    settlement is settled; a note that is VOIDED never got a number.

    `unbilled` is what the same settlement gave back of goods that were never billed: it is on no
    note.
    """

    id: str
    state: NoteState
    number: str | None
    series: str | None
    year: int | None
    issued_on: date | None
    time_zone: str
    reason: NoteReason
    invoice_no: str
    invoiced_on: date | None
    order_no: str
    return_id: str
    return_number: str
    settlement_id: str
    supplied_at: MomentOut
    exchange_rate: str
    lines: tuple[NoteLineView, ...]
    tax_summary: tuple[TaxRowView, ...]
    net: MoneyOut
    tax: MoneyOut
    total: MoneyOut
    unbilled: MoneyOut
    seller: IdentityView | None
    drafted_at: MomentOut
    version: int
    red_letter: RedLetterOfNoteView | None = None
    """Told of a note that is read by itself."""

    @classmethod
    def of(cls, note: CreditNote, red: RedLetter | None = None) -> Self:
        return cls(
            id=note.note_id,
            state=note.state,
            number=note.number,
            series=note.series,
            year=note.year,
            issued_on=note.issued_on,
            time_zone=note.time_zone,
            reason=note.reason,
            invoice_no=note.invoice_no,
            invoiced_on=note.invoiced_on,
            order_no=note.order_no,
            return_id=note.return_id,
            return_number=note.return_number,
            settlement_id=note.settlement_id,
            supplied_at=note.supplied_at,
            exchange_rate=note.exchange_rate,
            lines=tuple(NoteLineView.of(line) for line in note.lines),
            tax_summary=tuple(TaxRowView.of(row) for row in note.summary()),
            net=note.net,
            tax=note.tax,
            total=note.total,
            unbilled=note.unbilled,
            seller=IdentityView.of(note.seller) if note.seller else None,
            drafted_at=note.drafted_at,
            version=note.version,
            red_letter=RedLetterOfNoteView(id=red.red_id, state=red.state.value) if red else None,
        )


class CreditNotesView(View):
    """The notes of a return, the oldest first."""

    items: tuple[CreditNoteView, ...]


class NumberedNoteView(View):
    """A numbered note in a list."""

    number: str
    ordinal: int
    id: str
    issued_on: date
    invoice_no: str
    order_no: str
    return_id: str
    settlement_id: str
    net: MoneyOut
    tax: MoneyOut
    total: MoneyOut

    @classmethod
    def of(cls, note: NumberedNote) -> Self:
        return cls(
            number=note.number,
            ordinal=note.ordinal,
            id=note.note_id,
            issued_on=note.issued_on,
            invoice_no=note.invoice_no,
            order_no=note.order_no,
            return_id=note.return_id,
            settlement_id=note.settlement_id,
            net=note.net,
            tax=note.tax,
            total=note.total,
        )


class NumberedNotesPage(View):
    """Notes in order of their numbers."""

    series: str
    year: int
    items: tuple[NumberedNoteView, ...]
    next_cursor: str | None
