"""What is on the credit notes of a settlement: one note for each invoice that it gives back of.

Pure; of_settlement.py says for which settlement. Lines go by the invoice number of their order
line. Shipping and what is taken once of the whole return go where there is room, in order of the
invoices, so that no note falls below nothing and all of them come to exactly what is given back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money, split_by_weight
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind, NoteReason, NoteTax
from chalicelib.orders.given import Withheld
from chalicelib.orders.model import Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line
from chalicelib.policy.fees import Fee
from chalicelib.settlement.components import Breakdown

UNBILLED = ""
"""The invoice of what was sold without one: no note is made for it."""


def _unknown(_: Fee) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Which settlement the notes are of, and why. `rate_of` is the rate of a fee's tax."""

    return_id: str
    return_number: str
    settlement_id: str
    now: datetime
    reason: NoteReason = NoteReason.SALES_RETURN
    rate_of: Callable[[Fee], str] = field(default=_unknown)


def drafts(
    order: Order, breakdown: Breakdown, occasion: Occasion
) -> tuple[tuple[CreditNote, ...], Money]:
    """The notes, and what is given back without one because it was never billed.

    Lines are those of the order; a fee of a line names one of those, too. Notes that come to
    nothing are left out.
    """
    sheets = _Sheets(order)
    _add_goods(sheets, order, breakdown)
    if breakdown.shipping.total:
        shipping = _line(NoteLineKind.SHIPPING, "shipping", breakdown.shipping)
        sheets.add(sheets.first_billed(), shipping)
    for part in breakdown.released:
        sheets.add(sheets.invoice_of(part.line_no), _promotion(order, part, NoteLineKind.RELEASED))
    for part in breakdown.withheld:
        sheets.add(sheets.invoice_of(part.line_no), _promotion(order, part, NoteLineKind.WITHHELD))
    for fee in breakdown.fees:
        sheets.take(fee, occasion.rate_of(fee))
    unbilled = sheets.total(UNBILLED)
    notes = tuple(
        _note(order, invoice_no, sheets.lines[invoice_no], occasion, unbilled)
        for invoice_no in sheets.lines
        if invoice_no != UNBILLED and sheets.total(invoice_no)
    )
    given = Money.total((note.total for note in notes), order.currency)
    assert given + unbilled == breakdown.total, "the notes come to what is given back"
    return notes, unbilled


class _Sheets:
    """Lines by invoice, in the order of the order's lines."""

    def __init__(self, order: Order) -> None:
        self.currency = order.currency
        self.by_line = {line.line_no: line.invoice_no or UNBILLED for line in order.lines}
        self.lines: dict[str, list[NoteLine]] = {no: [] for no in self.by_line.values()}

    def invoice_of(self, line_no: str) -> str:
        return self.by_line[line_no]

    def first_billed(self) -> str:
        """The first invoice that there is, else none."""
        return next((no for no in self.lines if no != UNBILLED), UNBILLED)

    def add(self, invoice_no: str, line: NoteLine) -> None:
        self.lines.setdefault(invoice_no, []).append(line)

    def total(self, invoice_no: str) -> Money:
        lines = self.lines.get(invoice_no, [])
        return Money.total(((line.net + line.tax) * line.sign for line in lines), self.currency)

    def take(self, fee: Fee, rate: str) -> None:
        """A fee of a line from its invoice, one of the return from wherever there is room."""
        own = () if fee.line_no is None else (self.by_line.get(fee.line_no, UNBILLED),)
        left = fee.amount
        parts: list[tuple[str, Money]] = []
        for invoice_no in dict.fromkeys((*own, *self.lines)):
            part = min(left, max(self.total(invoice_no), Money.zero(self.currency)))
            if part:
                parts.append((invoice_no, part))
                left -= part
        assert not left, "fees are not above what is given back"
        taxes = split_by_weight(fee.tax.minor, [part.minor for _, part in parts])
        for (invoice_no, part), tax in zip(parts, taxes, strict=True):
            self.add(invoice_no, _fee_line(fee, part, Money(tax, self.currency), rate))


def _add_goods(sheets: _Sheets, order: Order, breakdown: Breakdown) -> None:
    by_no = {line.line_no: line for line in order.lines}
    for part in breakdown.lines:
        sold = by_no[part.line_no]
        line = _line(NoteLineKind.GOODS, sold.sku, part.paid)
        sheets.add(
            sheets.invoice_of(part.line_no),
            replace(
                line,
                line_no=part.line_no,
                name=sold.name,
                quantity=runs.size(part.units),
                # Quantities are in base units; a sales unit of several has another name.
                unit=sold.sales_unit if sold.unit_factor == 1 else "",
            ),
        )


def _line(kind: NoteLineKind, code: str, paid: Paid) -> NoteLine:
    taxes = tuple(NoteTax(name=t.name, rate=t.rate, amount=t.amount) for t in paid.taxes)
    if not taxes and paid.tax:
        taxes = (NoteTax(name="", rate="", amount=paid.tax),)
    return NoteLine(kind=kind, code=code, net=paid.net, taxes=taxes)


def _promotion(order: Order, part: Withheld, kind: NoteLineKind) -> NoteLine:
    """Its taxes are those of the line, which are kept by place."""
    stated = paid_by_line(order)[part.line_no].taxes
    taxes = tuple(
        NoteTax(name=tax.name, rate=tax.rate, amount=amount)
        for tax, amount in zip(stated, part.taxes, strict=True)
    )
    return NoteLine(
        kind=kind, code=part.promotion_id, net=part.net, taxes=taxes, line_no=part.line_no
    )


def _fee_line(fee: Fee, amount: Money, tax: Money, rate: str) -> NoteLine:
    taxes: Iterable[NoteTax] = (NoteTax(name="fee", rate=rate, amount=tax),) if fee.tax else ()
    return NoteLine(
        kind=NoteLineKind.FEE,
        code=fee.kind.value,
        net=amount - tax,
        taxes=tuple(taxes),
        line_no=fee.line_no,
    )


def _note(
    order: Order, invoice_no: str, lines: Iterable[NoteLine], occasion: Occasion, unbilled: Money
) -> CreditNote:
    billed = [line for line in order.lines if line.invoice_no == invoice_no]
    return CreditNote(
        note_id=derived_id("cno", occasion.settlement_id, invoice_no),
        invoice_no=invoice_no,
        order_no=order.order_no,
        return_id=occasion.return_id,
        return_number=occasion.return_number,
        settlement_id=occasion.settlement_id,
        currency=order.currency,
        lines=tuple(lines),
        supplied_at=_supplied_at(order, billed),
        drafted_at=occasion.now,
        unbilled=unbilled,
        reason=occasion.reason,
        invoiced_on=next((line.invoice_date for line in billed if line.invoice_date), None),
        ordered_at=order.placed_at,
        contact_ref=order.contact_ref,
        exchange_rate=order.exchange_rate,
    )


def _supplied_at(order: Order, billed: Iterable[OrderLine]) -> datetime:
    """When the first of what the invoice bills was sent; the day of the order where nothing was."""
    line_nos = {line.line_no for line in billed}
    sent = (
        delivery.shipped_at
        for delivery in order.deliveries
        if any(item.line_no in line_nos for item in delivery.items)
    )
    return min(sent, default=order.placed_at)
