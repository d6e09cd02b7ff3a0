"""What each event counts for the scorecard of a supplier: one dimension a supplier, a few groups.

Pure, and of the event alone, so an hour can be counted again at any time. A median cannot be added
up over days, so the days that an answer took are counted one by one (`credit_days_12`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from chalicelib.core.clock import from_rfc3339
from chalicelib.core.events import Event, Json
from chalicelib.core.money import Money

ALL = "all"
DAYS_MAX = 400
"""Answers that took longer count as so long."""
_PREFIX = "supplier:"
_MAKER = "maker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """So much of one measure, of one supplier and group; money where it has a currency."""

    supplier_id: str
    group: str
    measure: str
    number: int
    currency: str | None = None


def dimension_of(supplier_id: str) -> str:
    """Where the rows of a supplier are."""
    return f"{_PREFIX}{supplier_id}"


def is_of_supplier(dimension: str) -> bool:
    return dimension.startswith(_PREFIX)


def sku_group(sku: str) -> str:
    return f"sku:{sku}"


def category_group(category: str) -> str:
    return f"category:{category}"


def defect_group(code: str) -> str:
    return f"defect:{code}"


def counts_of(event: Event) -> Iterator[Count]:
    """What an event adds; nothing for events that are about no supplier."""
    data = event.data
    match event.type:
        case "order.delivered":
            yield from _units(_parts(data, "items"), "sold")
        case "return.received":
            yield from _units(_parts(data, "lines"), "returned")
        case "return.inspected":
            yield from _inspected(_parts(data, "lines"), 1)
        case "return.reinspection_ordered" | "return.appeal_upheld":
            yield from _undone(_parts(data, "lines"))
        case "rtv.goods_shipped":
            yield from _shipped(data)
        case "vendor_claim.sent":
            yield from _money(data, "claimed", data.get("amount"))
        case "vendor_claim.withdrawn" if data.get("sent_at"):
            yield from _money(data, "claimed", data.get("claimed"), -1)
        case "vendor_claim.credit_reversed":
            yield from _money(data, "recovered", data.get("amount"), -1)
        case "vendor_claim.credited":
            yield from _money(data, "recovered", data.get("amount"))
            # A claim that is paid in parts waited until the first of them.
            if data.get("recovered_in_all") in (None, data.get("amount")):
                yield from _waited(event, "credit")
        case "vendor_claim.acknowledged":
            yield from _waited(event, "acknowledge")
        case _:
            return


def _units(parts: Iterator[Mapping[str, Json]], measure: str, sign: int = 1) -> Iterator[Count]:
    for part in parts:
        supplier_id, quantity = part.get("supplier_id"), part.get("quantity")
        if isinstance(supplier_id, str) and isinstance(quantity, int):
            for group in _groups(part):
                yield Count(
                    supplier_id=supplier_id,
                    group=group,
                    measure=f"{measure}_units",
                    number=sign * quantity,
                )


def _groups(part: Mapping[str, Json]) -> Iterator[str]:
    yield ALL
    sku, category = part.get("sku"), part.get("category")
    if isinstance(sku, str):
        yield sku_group(sku)
    if isinstance(category, str):
        yield category_group(category)


def _inspected(parts: Iterator[Mapping[str, Json]], sign: int) -> Iterator[Count]:
    for part in parts:
        yield from _units(iter((part,)), "inspected", sign)
        if part.get("fault") != _MAKER:
            continue
        yield from _units(iter((part,)), "defective", sign)
        supplier_id, quantity = part.get("supplier_id"), part.get("quantity")
        defects = part.get("defects")
        if not isinstance(supplier_id, str) or not isinstance(quantity, int):
            continue
        for code in defects if isinstance(defects, list) else ():
            yield Count(
                supplier_id=supplier_id,
                group=defect_group(str(code)),
                measure="defective_units",
                number=sign * quantity,
            )


def _undone(parts: Iterator[Mapping[str, Json]]) -> Iterator[Count]:
    """Units that are looked at again count as the next inspection sees them."""
    for part in parts:
        if isinstance(part.get("decided_fault"), str):
            seen = {"fault": part["decided_fault"], "defects": part.get("decided_defects")}
            yield from _inspected(iter(({**part, **seen},)), -1)


def _shipped(data: Mapping[str, Json]) -> Iterator[Count]:
    supplier_id = str(data["supplier_id"])
    for part in _parts(data, "lines"):
        yield from _units(iter(({**part, "supplier_id": supplier_id},)), "rtv")
        yield from _money(data, "rtv", part.get("cost"))


def _money(data: Mapping[str, Json], measure: str, told: Json, sign: int = 1) -> Iterator[Count]:
    if isinstance(told, dict):
        amount = Money.parse(str(told["amount"]), str(told["currency"]))
        yield Count(
            supplier_id=str(data["supplier_id"]),
            group=ALL,
            measure=measure,
            number=sign * amount.minor,
            currency=amount.currency,
        )


def _waited(event: Event, what: str) -> Iterator[Count]:
    sent_at = event.data.get("sent_at")
    if isinstance(sent_at, str):
        days = (event.time - from_rfc3339(sent_at)) // timedelta(days=1)
        yield Count(
            supplier_id=str(event.data["supplier_id"]),
            group=ALL,
            measure=f"{what}_days_{min(max(days, 0), DAYS_MAX)}",
            number=1,
        )


def _parts(data: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Json]]:  # Any: JSON
    told = data.get(name)
    return (part for part in told if isinstance(part, dict)) if isinstance(told, list) else iter(())
