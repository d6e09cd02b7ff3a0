"""What the replay sends: orders as CSV of the import form, opening counts as commands."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from tools.replay.source import Order

ROWS_MAX = 50_000
COUNT_ITEMS_MAX = 250
NO_WINDOW, STANDARD = "no-window", "standard-30d"
WINDOW_DAYS: dict[str, int | None] = {NO_WINDOW: None, STANDARD: 30}
"""The policies that a replay may run under, and the days of each, for the count from the file."""
CURRENCY = "GBP"
ORDER_COLUMNS = (
    "order_no", "customer_id", "placed_at", "currency", "channel", "region", "policy_version",
    "tax_included", "line_no", "kind", "sku", "name", "quantity", "unit_price", "payment_id",
    "payment_method", "payment_provider", "payment_captured", "delivery_no", "warehouse",
    "shipped_at", "delivered_at",
)  # fmt: skip


def order_files(
    orders: Iterable[Order],
    warehouse: str,
    *,
    policy: str = NO_WINDOW,
    rows_max: int = ROWS_MAX,
) -> Iterator[bytes]:
    """Files of whole orders; none has more rows than an import takes."""
    rows: list[dict[str, str]] = []
    for order in orders:
        added = order_rows(order, warehouse, policy)
        if rows and len(rows) + len(added) > rows_max:
            yield _written(ORDER_COLUMNS, rows)
            rows = []
        rows.extend(added)
    if rows:
        yield _written(ORDER_COLUMNS, rows)


def opening_counts(
    units: Mapping[str, int], warehouse: str, *, items_max: int = COUNT_ITEMS_MAX
) -> Iterator[dict[str, Any]]:
    """Bodies of POST /v1/stock/counts. The data knows no cost: none is made up."""
    items = [{"sku": sku, "quantity": quantity} for sku, quantity in sorted(units.items())]
    for start in range(0, len(items), items_max):
        yield {
            "warehouse": warehouse,
            "kind": "opening",
            "items": items[start : start + items_max],
        }


def order_rows(order: Order, warehouse: str, policy: str = NO_WINDOW) -> list[dict[str, str]]:
    """One row a line. Goods are delivered at the time of their line; postage and such never."""
    whole = {
        "order_no": order.order_no,
        "customer_id": order.customer,
        "placed_at": _rfc3339(min(line.time for line in order.lines)),
        "currency": CURRENCY,
        "channel": "wholesale",
        "region": region_of(order.lines[0].country),
        "policy_version": policy,
        "tax_included": "true",
        "payment_id": f"pay-{order.order_no}",
        "payment_method": "card",
        "payment_provider": "sandbox",
        "payment_captured": pounds(order.total_pence),
    }
    times = sorted({line.time for line in order.lines if line.is_goods})
    rows = []
    for number, line in enumerate(order.lines, start=1):
        row = {
            **whole,
            "line_no": str(number),
            "kind": "goods" if line.is_goods else "service",
            "sku": line.sku,
            "name": line.name,
            "quantity": str(line.quantity),
            "unit_price": pounds(line.pence),
        }
        if line.is_goods:
            part = times.index(line.time)
            row["delivery_no"] = order.order_no + (f"-{part + 1}" if part else "")
            row["warehouse"] = warehouse
            row["shipped_at"] = row["delivered_at"] = _rfc3339(line.time)
        rows.append(row)
    return rows


def pounds(pence: int) -> str:
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def pence_of(money: Mapping[str, str]) -> int:
    """Money as the API writes it; anything but pounds is a mistake of ours."""
    assert money["currency"] == CURRENCY, f"{CURRENCY} expected, not {money}"
    whole, _, part = money["amount"].partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(part.ljust(2, "0")))


def region_of(country: str) -> str:
    """The ISO code where the data set names a country; its own word where it does not."""
    return _REGIONS.get(country, country)


def _rfc3339(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(columns: tuple[str, ...], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


_REGIONS = {
    "Australia": "AU", "Austria": "AT", "Bahrain": "BH", "Belgium": "BE", "Bermuda": "BM",
    "Brazil": "BR", "Canada": "CA", "Channel Islands": "JE", "Cyprus": "CY",
    "Czech Republic": "CZ", "Denmark": "DK", "EIRE": "IE", "Finland": "FI", "France": "FR",
    "Germany": "DE", "Greece": "GR", "Hong Kong": "HK", "Iceland": "IS", "Israel": "IL",
    "Italy": "IT", "Japan": "JP", "Korea": "KR", "Lebanon": "LB", "Lithuania": "LT",
    "Malta": "MT", "Netherlands": "NL", "Nigeria": "NG", "Norway": "NO", "Poland": "PL",
    "Portugal": "PT", "RSA": "ZA", "Saudi Arabia": "SA", "Singapore": "SG", "Spain": "ES",
    "Sweden": "SE", "Switzerland": "CH", "Thailand": "TH", "USA": "US",
    "United Arab Emirates": "AE", "United Kingdom": "GB",
}  # fmt: skip
