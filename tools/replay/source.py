"""Reads a file of invoice lines (the form of "Online Retail II") into orders and credit lines.

Spreadsheet exports differ: floats for numbers (`12682.0`), CRLF, a byte order mark, Windows-1252,
a blank between date and time. What cannot be read is refused with its row and column, never
skipped.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

COLUMNS = (
    "Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID",
    "Country",
)  # fmt: skip
# The shop's clock: the file names no zone. Where a clock hour exists twice, the first is meant.
SHOP_ZONE = ZoneInfo("Europe/London")
_GOODS = re.compile(r"\d{5}[A-Za-z]*", re.ASCII)
_FLOAT_TAIL = re.compile(r"^(\w*\d)\.0+$", re.ASCII)


class BadFile(Exception):
    """The file cannot be read; the message names the row and the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of the file. `row` is its number there (the header is row 1); `pence` is per unit."""

    row: int
    invoice: str
    sku: str
    name: str
    quantity: int
    time: datetime
    pence: int
    customer: str | None
    country: str

    @property
    def is_goods(self) -> bool:
        return _GOODS.fullmatch(self.sku) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An invoice with a customer; the place of a line in `lines`, from 1, is its number."""

    order_no: str
    customer: str
    lines: tuple[Line, ...]

    @property
    def total_pence(self) -> int:
        return sum(line.quantity * line.pence for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a file holds that concerns us: orders by their first row, credit lines by time."""

    orders: tuple[Order, ...]
    credit_lines: tuple[Line, ...]

    def sold_by_sku(self) -> dict[str, int]:
        sold: dict[str, int] = {}
        for line in (line for order in self.orders for line in order.lines if line.is_goods):
            sold[line.sku] = sold.get(line.sku, 0) + line.quantity
        return sold


def read(path: Path) -> Source:
    raw = path.read_bytes()
    try:
        return parse(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return parse(raw.decode("cp1252"))


def parse(text: str) -> Source:
    """Goods of C-invoices become credit lines; other invoices with a customer become orders."""
    orders: dict[str, list[Line]] = {}
    credit_lines: list[Line] = []
    for line in _lines(text):
        if line.invoice.startswith("C"):
            if line.is_goods and line.quantity < 0:
                credit_lines.append(line)
        elif line.quantity > 0 and line.customer is not None:
            orders.setdefault(line.invoice, []).append(line)
    return Source(
        orders=tuple(_order(invoice, lines) for invoice, lines in orders.items()),
        credit_lines=tuple(
            sorted(credit_lines, key=lambda line: (line.time, line.invoice, line.row))
        ),
    )


def _order(invoice: str, lines: list[Line]) -> Order:
    customer = lines[0].customer
    for line in lines:
        if line.customer != customer:
            raise BadFile(
                f"row {line.row}, column 'Customer ID': invoice {invoice} is of {customer} and"
                f" {line.customer}; an order has one customer"
            )
    assert customer is not None, "lines without a customer make no order"
    return Order(order_no=invoice, customer=customer, lines=tuple(lines))


def _lines(text: str) -> Iterator[Line]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise BadFile(f"row 1: missing columns {', '.join(missing)}")
    for number, row in enumerate(reader, start=2):
        if None in row.values() or None in row:
            raise BadFile(f"row {number}: {len(COLUMNS)} columns expected")
        yield _line(number, row)


def _line(number: int, row: dict[str, str]) -> Line:
    column = ""
    try:
        column = "Quantity"
        quantity = _whole(row[column])
        column = "InvoiceDate"
        time = datetime.fromisoformat(row[column].strip()).replace(tzinfo=SHOP_ZONE)
        column = "Price"
        pence = int((Decimal(row[column]) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError) as exc:
        raise BadFile(f"row {number}, column '{column}': cannot read {row[column]!r}") from exc
    sku = _text(row["StockCode"])
    return Line(
        row=number,
        invoice=_text(row["Invoice"]),
        sku=sku,
        name=row["Description"].strip() or sku,
        quantity=quantity,
        time=time.astimezone(UTC),
        pence=pence,
        customer=_text(row["Customer ID"]) or None,
        country=row["Country"].strip(),
    )


def _text(cell: str) -> str:
    return _FLOAT_TAIL.sub(r"\1", cell.strip())


def _whole(cell: str) -> int:
    number = Decimal(cell)
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)
