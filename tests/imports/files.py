"""CSV files of imports, short to write in a test."""

import csv
import io
from collections.abc import Sequence

ORDER = {
    "order_no": "O1",
    "customer_id": "c1",
    "placed_at": "2026-11-01T09:00:00Z",
    "currency": "EUR",
    "line_no": "1",
    "sku": "S1",
    "name": "A thing",
    "quantity": "2",
    "unit_price": "10.00",
    "delivery_no": "D1",
    "warehouse": "W1",
    "shipped_at": "2026-11-02T09:00:00Z",
}
RETURN = {
    "external_ref": "X1",
    "order_no": "O1",
    "order_line_no": "1",
    "quantity": "1",
    "reason": "CHANGED_MIND",
}
COUNT = {"warehouse": "W1", "sku": "S1", "lot": "", "quantity": "10"}


def order_row(**changed: str) -> dict[str, str]:
    """A row that is right, with some cells changed; a delivery of its own per order."""
    row = ORDER | changed
    if "delivery_no" not in changed:
        row["delivery_no"] = f"D-{row['order_no'] or 'x'}"
    return row


def return_row(**changed: str) -> dict[str, str]:
    return RETURN | changed


def count_row(**changed: str) -> dict[str, str]:
    return COUNT | changed


def as_csv(*rows: dict[str, str], header: Sequence[str] | None = None) -> str:
    """The rows under the columns that any of them has."""
    columns = list(header or dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
