"""A credit note: what is taken off one invoice, line by line and tax by tax.

Drafted with the settlement, numbered when that is settled (numbering.py). What a numbered note says
is never changed: what was wrong is put right by another paper.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.invoicing.seller import Identity


class NoteState(StrEnum):
    """DRAFT: complete, without a number. ISSUED: numbered, and so for good. VOIDED: it never got a
    number, because its settlement was reversed before."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    VOIDED = "VOIDED"


class NoteReason(StrEnum):
    """Why the invoice is lowered. ALLOWANCE: the goods stay where they are."""

    SALES_RETURN = "sales_return"
    WITHDRAWAL = "withdrawal"
    RECALL = "recall"
    ALLOWANCE = "allowance"


class NoteLineKind(StrEnum):
    """`withheld` is a promotion's part that stays ours, `released` one that goes back after all."""

    GOODS = "goods"
    SHIPPING = "shipping"
    WITHHELD = "withheld"
    RELEASED = "released"
    FEE = "fee"


SIGNS = {NoteLineKind.WITHHELD: -1, NoteLineKind.FEE: -1}
"""Amounts have no sign; these kinds lower what the note comes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTax:
    """One tax of a line at its original rate; `rate` is a decimal string, empty where unknown."""

    name: str
    rate: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """`code` says which: a SKU, a promotion, a kind of fee. `name` is the name of the goods.

    `unit` is what `quantity` counts, as the order calls it; empty: single pieces.
    """

    kind: NoteLineKind
    code: str
    net: Money
    taxes: tuple[NoteTax, ...] = ()
    line_no: str | None = None
    name: str | None = None
    quantity: int = 0
    unit: str = ""

    @property
    def tax(self) -> Money:
        return Money.total((tax.amount for tax in self.taxes), self.net.currency)

    @property
    def sign(self) -> int:
        return SIGNS.get(self.kind, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRow:
    """All lines that bear the same taxes together: `taxes` sum per tax, `net` is their base."""

    net: Money
    taxes: tuple[NoteTax, ...]

    @property
    def gross(self) -> Money:
        return self.net + Money.total((tax.amount for tax in self.taxes), self.net.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    """What is taken off invoice `invoice_no`. Nothing in it is personal: `contact_ref` names the
    item that says who the buyer is.

    `supplied_at` is the original supply, whose rates apply; `exchange_rate` that of the sale.
    `unbilled` is what the same settlement gives back of goods without invoice: no note tells of it.
    From `series` on, fields are stated when it is numbered; `seller` is who issued it, as they were
    called then. Days are days in `time_zone`.
    """

    note_id: str
    invoice_no: str
    order_no: str
    return_id: str
    return_number: str
    settlement_id: str
    currency: str
    lines: tuple[NoteLine, ...]
    supplied_at: datetime
    drafted_at: datetime
    unbilled: Money
    reason: NoteReason = NoteReason.SALES_RETURN
    invoiced_on: date | None = None
    ordered_at: datetime | None = None
    contact_ref: str | None = None
    exchange_rate: str = "1"
    state: NoteState = NoteState.DRAFT
    series: str | None = None
    year: int | None = None
    ordinal: int | None = None
    number: str | None = None
    issued_on: date | None = None
    time_zone: str = "UTC"
    seller: Identity | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"note/{self.note_id}"

    @property
    def net(self) -> Money:
        return Money.total((line.net * line.sign for line in self.lines), self.currency)

    @property
    def tax(self) -> Money:
        return Money.total((line.tax * line.sign for line in self.lines), self.currency)

    @property
    def total(self) -> Money:
        """What the customer gets back of this invoice."""
        return self.net + self.tax

    def summary(self) -> tuple[TaxRow, ...]:
        """One row per rate, in order of first mention; rows sum to the note exactly.

        Lines that bear two taxes or more have a row for each set of those.
        """
        rows: dict[tuple[tuple[str, str], ...], TaxRow] = {}
        for line in self.lines:
            # Of a single tax the rate counts: that of goods, delivery and fees is one tax.
            is_one = len(line.taxes) == 1
            key = tuple(("" if is_one else tax.name, tax.rate) for tax in line.taxes)
            rows[key] = _with_line(rows.get(key), line)
        return tuple(rows.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteOfOrder:
    """Beside the order: leads from it, and from each of its returns, to their notes."""

    order_no: str
    return_id: str
    settlement_id: str
    note_id: str
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedNote:
    """Beside the counter: which note bears a number, and what a list says about it. Written with
    the number, never changed: no number is given twice.
    """

    series: str
    year: int
    ordinal: int
    number: str
    note_id: str
    invoice_no: str
    order_no: str
    return_id: str
    settlement_id: str
    issued_on: date
    net: Money
    tax: Money
    version: int = 1

    @property
    def total(self) -> Money:
        return self.net + self.tax


def _with_line(row: TaxRow | None, line: NoteLine) -> TaxRow:
    net = line.net * line.sign
    taxes = tuple(replace(tax, amount=tax.amount * line.sign) for tax in line.taxes)
    if row is None:
        return TaxRow(net=net, taxes=taxes)
    return TaxRow(net=row.net + net, taxes=_added(row.taxes, taxes))


def _added(one: Iterable[NoteTax], other: Iterable[NoteTax]) -> tuple[NoteTax, ...]:
    return tuple(
        replace(tax, amount=tax.amount + more.amount) for tax, more in zip(one, other, strict=True)
    )
