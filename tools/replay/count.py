"""What a replay must end with, counted straight from the file of invoices.

Pure, and alone on purpose: it shares no code with the loader, so that a mistake in one shows
against the other. The rules, and the choices where the data leaves room, are in docs/replay.md.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

GOODS = re.compile(r"[0-9]{5}[A-Za-z]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Totals to compare, and the parts to look at when two totals differ."""

    orders: int
    goods_order_lines: int
    sold_units: int
    credit_lines_full: int
    credit_lines_partial: int
    credit_lines_none: int
    units_matched: int
    units_unmatched: int
    refund_pence: int
    returns: int
    blind_returns: int
    refund_pence_by_return: dict[tuple[str, str], int]
    units_by_return: dict[tuple[str, str], int]
    units_matched_by_sku: dict[str, int]
    units_unmatched_by_invoice: dict[str, int]


@dataclass(slots=True)
class _Sale:
    """A goods line of an order, with the units that nobody has returned yet."""

    time: str
    place: int
    order: str
    pence: int
    left: int


@dataclass(slots=True)
class _Tally:
    outcomes: Counter[str] = field(default_factory=Counter)
    pence: Counter[tuple[str, str]] = field(default_factory=Counter)
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    by_sku: Counter[str] = field(default_factory=Counter)
    unmatched: Counter[str] = field(default_factory=Counter)


def count_file(path: Path) -> Figures:
    """The figures of one file. A file that is not UTF-8 is read as Windows-1252."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    return count_text(text)


def count_text(text: str) -> Figures:
    """The figures of a file's text: header row first, one line of an invoice per row."""
    orders: set[str] = set()
    sales: dict[tuple[str, str], list[_Sale]] = defaultdict(list)
    credit_lines: list[tuple[str, str, int, str, str, int]] = []
    sold_units = 0
    for place, row in enumerate(csv.DictReader(io.StringIO(text, newline=""))):
        invoice, sku = _plain(row["Invoice"]), _plain(row["StockCode"])
        customer = _plain(row["Customer ID"])
        quantity, time = int(Decimal(row["Quantity"])), row["InvoiceDate"].strip().replace(" ", "T")
        if not GOODS.fullmatch(sku):
            continue
        if invoice.startswith("C"):
            if quantity < 0:
                credit_lines.append((time, invoice, place, customer, sku, -quantity))
        elif quantity > 0 and customer:
            orders.add(invoice)
            sold_units += quantity
            sale = _Sale(time, place, invoice, _pence(row["Price"]), quantity)
            sales[customer, sku].append(sale)
    tally = _Tally()
    for time, invoice, _, customer, sku, quantity in sorted(credit_lines):
        lines = sales.get((customer, sku), []) if customer else []
        _take(tally, lines, time=time, invoice=invoice, sku=sku, quantity=quantity)
    return _figures(tally, len(orders), sum(map(len, sales.values())), sold_units)


def _take(
    tally: _Tally, lines: list[_Sale], *, time: str, invoice: str, sku: str, quantity: int
) -> None:
    """Give one credit line its units: newest sale first, at one time the later in the file."""
    wanted = quantity
    for sale in sorted(lines, key=lambda sale: (sale.time, sale.place), reverse=True):
        units = min(wanted, sale.left) if sale.time < time else 0
        if units:
            sale.left -= units
            wanted -= units
            tally.units[invoice, sale.order] += units
            tally.pence[invoice, sale.order] += units * sale.pence
            tally.by_sku[sku] += units
    if wanted:
        tally.unmatched[invoice] += wanted
    tally.outcomes["full" if not wanted else "none" if wanted == quantity else "partial"] += 1


def _figures(tally: _Tally, orders: int, lines: int, sold_units: int) -> Figures:
    return Figures(
        orders=orders,
        goods_order_lines=lines,
        sold_units=sold_units,
        credit_lines_full=tally.outcomes["full"],
        credit_lines_partial=tally.outcomes["partial"],
        credit_lines_none=tally.outcomes["none"],
        units_matched=tally.units.total(),
        units_unmatched=tally.unmatched.total(),
        refund_pence=tally.pence.total(),
        returns=len(tally.units),
        blind_returns=len(tally.unmatched),
        refund_pence_by_return=dict(tally.pence),
        units_by_return=dict(tally.units),
        units_matched_by_sku=dict(tally.by_sku),
        units_unmatched_by_invoice=dict(tally.unmatched),
    )


def _plain(text: str) -> str:
    """`12682.0`, as a spreadsheet exports a number, is `12682`."""
    return re.sub(r"(?<=[0-9])\.0+$", "", text.strip())


def _pence(price: str) -> int:
    return int((Decimal(price) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
