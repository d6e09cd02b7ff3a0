"""What a replay must end with, counted straight from the file of invoices.

Pure, and alone on purpose: it shares no code with the loader, so that a mistake in one shows
against the other. The rules, and the choices where the data leaves room, are in docs/replay.md.
"""

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

GOODS = re.compile(r"[0-9]{5}[A-Za-z]*")
SHOP_CLOCK = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Totals to compare, and the parts to look at when two totals differ.

    What comes too late for the window is refused: it counts among `returns_refused`, and its units
    as given back to nobody.
    """

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
    returns_refused: int
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


@dataclass(frozen=True, slots=True)
class _Taken:
    """Units that one credit line took from one sale, or (None) from none."""

    credit: int
    invoice: str
    sku: str
    time: str
    sale: _Sale | None
    units: int


def count_file(path: Path, *, window_days: int | None = None) -> Figures:
    """The figures of one file. A file that is not UTF-8 is read as Windows-1252."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    return count_text(text, window_days=window_days)


def count_text(text: str, *, window_days: int | None = None) -> Figures:
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
    taken: list[_Taken] = []
    for time, invoice, place, customer, sku, quantity in sorted(credit_lines):
        lines = sales.get((customer, sku), []) if customer else []
        taken += _take(lines, _Taken(place, invoice, sku, time, None, quantity))
    refused = set() if window_days is None else _late(taken, window_days)
    return _figures(taken, refused, len(orders), sum(map(len, sales.values())), sold_units)


def _take(lines: list[_Sale], wanted: _Taken) -> list[_Taken]:
    """Give one credit line its units: newest sale first, at one time the later in the file."""
    taken: list[_Taken] = []
    left = wanted.units
    for sale in sorted(lines, key=lambda sale: (sale.time, sale.place), reverse=True):
        units = min(left, sale.left) if sale.time < wanted.time else 0
        if units:
            sale.left -= units
            left -= units
            taken.append(replace(wanted, sale=sale, units=units))
    if left:
        taken.append(replace(wanted, units=left))
    return taken


def _late(taken: list[_Taken], window_days: int) -> set[tuple[str, str]]:
    """Returns of which any line comes after its window: all of one is refused together."""
    asked: dict[tuple[str, str], str] = {}
    for one in taken:
        if one.sale is not None:
            key = one.invoice, one.sale.order
            asked[key] = max(asked.get(key, ""), one.time)
    return {
        (one.invoice, one.sale.order)
        for one in taken
        if one.sale is not None
        and _day(asked[one.invoice, one.sale.order])
        > _day(one.sale.time) + timedelta(days=window_days)
    }


def _day(time: str) -> date:
    """The day in UTC, in which the standard policy counts."""
    return datetime.fromisoformat(time).replace(tzinfo=SHOP_CLOCK).astimezone(UTC).date()


def _figures(
    taken: list[_Taken],
    refused: set[tuple[str, str]],
    orders: int,
    lines: int,
    sold_units: int,
) -> Figures:
    asked: Counter[int] = Counter()
    given: Counter[int] = Counter()
    pence: Counter[tuple[str, str]] = Counter()
    units: Counter[tuple[str, str]] = Counter()
    by_sku: Counter[str] = Counter()
    unmatched: Counter[str] = Counter()
    for one in taken:
        asked[one.credit] += one.units
        if one.sale is None:
            unmatched[one.invoice] += one.units
            continue
        key = one.invoice, one.sale.order
        if key in refused:
            continue
        given[one.credit] += one.units
        units[key] += one.units
        pence[key] += one.units * one.sale.pence
        by_sku[one.sku] += one.units
    full = sum(given[credit] == number for credit, number in asked.items())
    none = sum(given[credit] == 0 for credit in asked)
    return Figures(
        orders=orders,
        goods_order_lines=lines,
        sold_units=sold_units,
        credit_lines_full=full,
        credit_lines_partial=len(asked) - full - none,
        credit_lines_none=none,
        units_matched=units.total(),
        units_unmatched=unmatched.total(),
        refund_pence=pence.total(),
        returns=len(units),
        blind_returns=len(unmatched),
        returns_refused=len(refused),
        refund_pence_by_return=dict(pence),
        units_by_return=dict(units),
        units_matched_by_sku=dict(by_sku),
        units_unmatched_by_invoice=dict(unmatched),
    )


def _plain(text: str) -> str:
    """`12682.0`, as a spreadsheet exports a number, is `12682`."""
    return re.sub(r"(?<=[0-9])\.0+$", "", text.strip())


def _pence(price: str) -> int:
    return int((Decimal(price) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
