"""A credit note as people read it: labels and rows in their language, amounts as on the invoice.

Pure but for the words, which are read once from words.json. Whoever draws a page takes this as it
is; figures have the currency's own digits, and what lowers the note bears a minus.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from chalicelib.core.money import Money
from chalicelib.invoicing.model import CreditNote, NoteLine, NoteLineKind, NoteState, TaxRow
from chalicelib.invoicing.numbering import today_in
from chalicelib.invoicing.seller import LANGUAGES, Identity

NOT_STATED = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who the note is for, as far as that is known still; it is kept nowhere but on the paper."""

    name: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """One side of the note: what it is called, and its lines."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    description: str
    quantity: str
    unit: str
    net: str
    rate: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateRow:
    """One line of the tax summary; `taxes` are the amounts by tax, in words."""

    rate: str
    net: str
    tax: str
    taxes: tuple[str, ...]
    gross: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything on the page, in reading order. `facts` and `totals` are label and value.

    `page_words` says how pages are counted, of `{page}` and `{pages}`.
    """

    language: str
    title: str
    number: str
    issued_by: Party
    to: Party
    facts: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    summary_title: str
    summary_columns: tuple[str, ...]
    summary: tuple[RateRow, ...]
    totals: tuple[tuple[str, str], ...]
    total_label: str
    total: str
    currency: str
    closing: str
    page_words: str

    @property
    def digest(self) -> str:
        """The same words, the same digest."""
        return sha256(repr(self).encode()).hexdigest()[:16]


def presented(
    note: CreditNote,
    language: str,
    *,
    seller: Identity | None = None,
    buyer: Buyer | None = None,
) -> Page:
    """The note in one of LANGUAGES; another is shown in English.

    `seller` is who the merchant is now: shown where the note does not say who issued it.
    """
    language = language if language in LANGUAGES else "en"
    said = _words()[language]
    return Page(
        language=language,
        title=said[_TITLES[note.state]],
        number=note.number or "",
        issued_by=_issuer(note.seller or seller, language, said),
        to=_receiver(buyer or Buyer(), said),
        facts=_facts(note, said),
        columns=tuple(said[name] for name in _COLUMNS),
        rows=tuple(_row(line, said) for line in note.lines),
        summary_title=said["taxes"],
        summary_columns=tuple(said[name] for name in ("rate", "net", "tax", "gross")),
        summary=tuple(_rate_row(row, said) for row in note.summary()),
        totals=((said["net"], shown(note.net)), (said["tax"], shown(note.tax))),
        total_label=f"{said['total']} ({note.currency})",
        total=shown(note.total),
        currency=note.currency,
        closing=said["closing"],
        page_words=said["page"],
    )


_COLUMNS = ("description", "quantity", "unit", "net", "rate", "tax", "gross")
_TITLES = {
    NoteState.DRAFT: "draft_title",
    NoteState.ISSUED: "title",
    NoteState.VOIDED: "voided_title",
}


@cache
def _words() -> Mapping[str, Any]:
    """Any: the tree of a JSON file, whose form a test holds."""
    words: Mapping[str, Any] = json.loads(
        (Path(__file__).parent / "words.json").read_text(encoding="utf-8")
    )
    return words


def shown(amount: Money) -> str:
    """`-1,234.50`: the currency's digits, with commas between thousands."""
    sign = "-" if amount.minor < 0 else ""
    whole, dot, rest = (-amount if sign else amount).amount.partition(".")
    return f"{sign}{int(whole):,}{dot}{rest}"


def _issuer(identity: Identity | None, language: str, said: Mapping[str, Any]) -> Party:
    if identity is None:
        return Party(label=said["issued_by"], lines=(NOT_STATED,))
    named = [
        (said["tax_id"], identity.tax_id),
        (said["registration_no"], identity.registration_no),
    ]
    lines = (
        identity.name(language),
        *identity.address(language),
        *(f"{label} {value}" for label, value in named if value),
        *(value for value in (identity.phone, identity.email) if value),
    )
    return Party(label=said["issued_by"], lines=lines)


def _receiver(buyer: Buyer, said: Mapping[str, Any]) -> Party:
    """What was erased, or never known, is not stated."""
    address = (line.strip() for line in (buyer.address or "").splitlines())
    lines = tuple(line for line in ((buyer.name or "").strip(), *address) if line)
    return Party(label=said["to"], lines=lines or (NOT_STATED,))


def _facts(note: CreditNote, said: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    def day(moment: datetime) -> str:
        return today_in(note.time_zone, moment).isoformat()

    unnumbered = said["voided" if note.state is NoteState.VOIDED else "draft"]
    facts = [
        (said["number"], note.number or unnumbered),
        (said["issued_on"], note.issued_on.isoformat() if note.issued_on else NOT_STATED),
        (said["invoice_no"], note.invoice_no),
        (said["order_no"], note.order_no),
        (said["return_number"], note.return_number),
        (said["supplied_on"], day(note.supplied_at)),
        (said["reason"], said["reasons"][note.reason.value]),
        (said["currency"], note.currency),
    ]
    if note.ordered_at is not None:
        facts.insert(4, (said["ordered_on"], day(note.ordered_at)))
    if note.invoiced_on is not None:
        facts.insert(3, (said["invoiced_on"], note.invoiced_on.isoformat()))
    if Decimal(note.exchange_rate) != 1:
        facts.append((said["exchange_rate"], note.exchange_rate))
    return tuple(facts)


def _row(line: NoteLine, said: Mapping[str, Any]) -> Row:
    net, tax = line.net * line.sign, line.tax * line.sign
    return Row(
        description=_description(line, said),
        quantity=str(line.quantity) if line.quantity else "",
        unit=said["units"].get(line.unit, line.unit) if line.quantity else "",
        net=shown(net),
        rate=" + ".join(_rate(one.rate, said) for one in line.taxes) or NOT_STATED,
        tax=shown(tax),
        gross=shown(net + tax),
    )


def _description(line: NoteLine, said: Mapping[str, Any]) -> str:
    if line.kind is NoteLineKind.GOODS:
        return f"{line.code} {line.name}" if line.name else line.code
    named: str = said["kinds"][line.kind.value]
    if line.kind is NoteLineKind.FEE:
        return f"{named}: {said['fees'].get(line.code, line.code)}"
    if line.kind is NoteLineKind.SHIPPING:
        return named
    return f"{named} ({line.code})"


def _rate_row(row: TaxRow, said: Mapping[str, Any]) -> RateRow:
    rates = [_rate(tax.rate, said) for tax in row.taxes]
    return RateRow(
        rate=" + ".join(rates) if rates else said["no_tax"],
        net=shown(row.net),
        tax=shown(row.gross - row.net),
        taxes=tuple(
            f"{tax.name} {rate}: {shown(tax.amount)}".strip()
            for tax, rate in zip(row.taxes, rates, strict=True)
        ),
        gross=shown(row.gross),
    )


def _rate(rate: str, said: Mapping[str, Any]) -> str:
    """`0.20` as 20 %."""
    if not rate:
        unknown: str = said["rate_unknown"]
        return unknown
    percent = (Decimal(rate) * 100).normalize()
    return f"{percent:f} %"
