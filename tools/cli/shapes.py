"""Records as rows of a spreadsheet and as plain JSON, for other programs to read.

Pure. Personal data and free text of people are left out unless a contact is handed in; amounts are
decimal strings, times RFC 3339, and no cell can be taken for a formula.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.imports.returns import EXTERNAL_REF
from chalicelib.inventory.model import Balance, Movement
from chalicelib.orders.model import Contact, Order
from chalicelib.orders.returnable import returnable_quantity
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.standing import status_of
from chalicelib.returns.units import Quantities, quantities

Cell = None | bool | int | str | Money | datetime
Row = Mapping[str, Cell]
CONTACT_COLUMNS = ("contact_name", "contact_email", "contact_phone", "contact_address", "note")
_BUCKETS = tuple(field.name for field in fields(Quantities))
_PRIVATE = frozenset({"contact_ref", "note", "notes", "review_note", "sales_rep", "answers"})
"""Fields that name a person, or hold whatever somebody wrote."""
_INTERNAL = frozenset({"chain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One kind of export. `at` says which time --since and --until mean; None: it has none."""

    item_type: str
    record: type[Any]
    columns: tuple[str, ...]
    rows: Callable[[Any], Iterator[Row]]
    at: Callable[[Any], datetime] | None
    has_contacts: bool = False


def cell(value: Cell) -> str:
    """As text. Our own numbers may begin with a minus; what people wrote may not."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Money():
            return value.amount
        case datetime():
            return rfc3339(value)
    return safe_cell(value)


def contact_cells(contact: Contact | None, note: str | None) -> dict[str, Cell]:
    """What is only exported when it is asked for."""
    known = contact or Contact(contact_id="", customer_id="")
    return {
        "contact_name": known.name,
        "contact_email": known.email,
        "contact_phone": known.phone,
        "contact_address": known.address,
        "note": note,
    }


def plain(record: Any, *, is_private: bool) -> Any:
    """JSON of a record. `is_private`: without what names people or was written by them."""
    match record:
        case Money():
            return {"amount": record.amount, "currency": record.currency}
        case tuple() if record and all(isinstance(item, Run) for item in record):
            return runs.as_text(record)
        case datetime():
            return rfc3339(record)
        case date():
            return record.isoformat()
        case StrEnum():
            return record.value
        case Balance():
            told = _members(record, is_private=is_private)
            del told["value_minor"]
            return told | {"value": [plain(m, is_private=is_private) for m in _values(record)]}
        case tuple() | list():
            return [plain(item, is_private=is_private) for item in record]
        case dict():
            return {name: plain(item, is_private=is_private) for name, item in record.items()}
    return _members(record, is_private=is_private) if is_dataclass(record) else record


def _members(record: Any, *, is_private: bool) -> dict[str, Any]:
    hidden = _INTERNAL | _PRIVATE if is_private else _INTERNAL
    told = {
        member.name: plain(getattr(record, member.name), is_private=is_private)
        for member in fields(record)
        if member.name not in hidden
    }
    return told | {"status": status_of(record).value} if isinstance(record, Return) else told


def _order_rows(order: Order) -> Iterator[Row]:
    whole: dict[str, Cell] = {
        "order_no": order.order_no,
        "customer_id": order.customer_id,
        "placed_at": order.placed_at,
        "currency": order.currency,
        "channel": order.channel,
        "region": order.region,
        "policy_version": order.policy_version,
        "tax_included": order.tax_included,
        "order_discount": order.discount,
        "shipping": order.shipping,
        "paid": Money.total((p.captured for p in order.payments), order.currency),
        "refunded_by_us": Money.total((p.refunded_by_us for p in order.payments), order.currency),
        "updated_at": order.updated_at,
    }
    for line in order.lines:
        yield whole | {
            "line_no": line.line_no,
            "sku": line.sku,
            "name": line.name,
            "category": line.category,
            "kind": line.kind.value,
            "quantity": line.quantity,
            "unit_price": line.unit_price,
            "line_discount": line.discount,
            "unit_cost": line.unit_cost,
            "supplier_id": line.supplier_id,
            "final_sale": line.final_sale,
            "shipped": order.shipped(line.line_no),
            "returnable": returnable_quantity(order, line),
        }


def _return_rows(ret: Return) -> Iterator[Row]:
    whole: dict[str, Cell] = {
        "return_id": ret.return_id,
        "number": ret.number,
        "status": status_of(ret).value,
        "type": ret.type.value,
        "method": ret.method.value,
        "order_no": ret.order_no,
        "customer_id": ret.customer_id,
        "warehouse": ret.warehouse,
        "channel": ret.channel,
        "region": ret.region,
        "requested_at": ret.requested_at,
        "updated_at": ret.updated_at,
        "currency": ret.currency,
        "paid_back": Money.total((s.paid for s in ret.settlements), ret.currency),
        "closure": ret.closure.value,
        "campaign_id": ret.campaign_id,
        "withdrawal_id": ret.withdrawal_id,
        "external_ref": next((d.ref for d in ret.documents if d.kind == EXTERNAL_REF), None),
    }
    for line in ret.lines:
        units = runs.merged(run for group in line.groups for run in group.units)
        counts: dict[str, Cell] = {**quantities(line).as_dict()}
        of_line: dict[str, Cell] = {
            "line_no": line.line_no,
            "order_line_no": line.order_line_no,
            "sku": line.sku,
            "category": line.category,
            "supplier_id": line.supplier_id,
            "reason": line.reason,
            "resolution": line.resolution.value,
            "exchange_for": line.exchange_for,
            "exchange_id": line.exchange_id,
            "received_as": line.received_as,
            "serials": ";".join(line.serials.values()),
            "amount": line.value_of(units),
        }
        yield whole | of_line | counts


def _exception_rows(exception: ReturnException) -> Iterator[Row]:
    yield {
        "exception_id": exception.exception_id,
        "kind": exception.kind.value,
        "state": exception.state.value,
        "opened_at": exception.opened_at,
        "warehouse": exception.warehouse,
        "sku": exception.sku,
        "gtin": exception.gtin,
        "lot": exception.lot,
        "serials": ";".join(exception.serials),
        "quantity": exception.quantity,
        "return_id": exception.return_id,
        "return_number": exception.return_number,
        "customer_id": exception.customer_id,
        "receipt_id": exception.receipt_id,
        "movement_id": exception.movement_id,
        "resolution": exception.resolution,
        "resolved_at": exception.resolved_at,
    }


def _stock_rows(balance: Balance) -> Iterator[Row]:
    """One row a currency: the first has the quantity, so that a sum over rows is right."""
    for place, value in enumerate(_values(balance) or [None]):
        yield {
            "warehouse": balance.warehouse,
            "sku": balance.sku,
            "lot": balance.lot,
            "account": balance.account.value,
            "quantity": balance.quantity if place == 0 else 0,
            "value": value,
            "currency": value.currency if value else None,
        }


def _values(balance: Balance) -> list[Money]:
    return [Money(minor, currency) for currency, minor in sorted(balance.value_minor.items())]


def _movement_rows(movement: Movement) -> Iterator[Row]:
    for entry in movement.entries:
        yield {
            "movement_id": movement.movement_id,
            "part": movement.part,
            "kind": movement.kind.value,
            "source": movement.source,
            "posted_at": movement.posted_at,
            "actor_id": movement.actor.id,
            "actor_role": movement.actor.role,
            "reverses": movement.reverses,
            "warehouse": entry.warehouse,
            "sku": entry.sku,
            "lot": entry.lot,
            "account": entry.account.value,
            "quantity": entry.quantity,
            "unit_cost": entry.unit_cost,
            "currency": entry.unit_cost.currency if entry.unit_cost else None,
            "serials": ";".join(entry.serials),
        }


def _event_rows(event: Event) -> Iterator[Row]:
    yield {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "sequence": event.seq,
        "time": event.time,
        "actor_id": event.actor.id,
        "actor_role": event.actor.role,
        "command_id": event.command_id,
        "correlation_id": event.correlation_id,
        "prev_hash": event.prev_hash,
        "hash": event.hash,
        "data": json.dumps(event.data, ensure_ascii=False, sort_keys=True),
    }


_ORDER_COLUMNS = (
    "order_no", "customer_id", "placed_at", "currency", "channel", "region", "policy_version",
    "tax_included", "order_discount", "shipping", "paid", "refunded_by_us", "updated_at",
    "line_no", "sku", "name", "category", "kind", "quantity", "unit_price", "line_discount",
    "unit_cost", "supplier_id", "final_sale", "shipped", "returnable",
)  # fmt: skip
_RETURN_COLUMNS = (
    "return_id", "number", "status", "type", "method", "order_no", "customer_id", "warehouse",
    "channel", "region", "requested_at", "updated_at", "currency", "paid_back", "closure",
    "campaign_id", "withdrawal_id", "external_ref", "line_no", "order_line_no", "sku", "category",
    "supplier_id", "reason", "resolution", "exchange_for", "exchange_id", "received_as", "serials",
    "amount", *_BUCKETS,
)  # fmt: skip
_EXCEPTION_COLUMNS = (
    "exception_id", "kind", "state", "opened_at", "warehouse", "sku", "gtin", "lot", "serials",
    "quantity", "return_id", "return_number", "customer_id", "receipt_id", "movement_id",
    "resolution", "resolved_at",
)  # fmt: skip
_MOVEMENT_COLUMNS = (
    "movement_id", "part", "kind", "source", "posted_at", "actor_id", "actor_role", "reverses",
    "warehouse", "sku", "lot", "account", "quantity", "unit_cost", "currency", "serials",
)  # fmt: skip
_EVENT_COLUMNS = (
    "id", "type", "subject", "sequence", "time", "actor_id", "actor_role", "command_id",
    "correlation_id", "prev_hash", "hash", "data",
)  # fmt: skip
_STOCK_COLUMNS = ("warehouse", "sku", "lot", "account", "quantity", "value", "currency")

SHAPES: dict[str, Shape] = {
    "orders": Shape(
        item_type="ORDER", record=Order, columns=_ORDER_COLUMNS, rows=_order_rows,
        at=lambda order: order.placed_at, has_contacts=True,
    ),
    "returns": Shape(
        item_type="RETURN", record=Return, columns=_RETURN_COLUMNS, rows=_return_rows,
        at=lambda ret: ret.requested_at, has_contacts=True,
    ),
    "exceptions": Shape(
        item_type="EXCEPTION", record=ReturnException, columns=_EXCEPTION_COLUMNS,
        rows=_exception_rows, at=lambda exception: exception.opened_at, has_contacts=True,
    ),
    "stock": Shape(
        item_type="BALANCE", record=Balance, columns=_STOCK_COLUMNS, rows=_stock_rows, at=None,
    ),
    "movements": Shape(
        item_type="MOVEMENT", record=Movement, columns=_MOVEMENT_COLUMNS, rows=_movement_rows,
        at=lambda movement: movement.posted_at,
    ),
    "events": Shape(
        item_type="EVENT", record=Event, columns=_EVENT_COLUMNS, rows=_event_rows,
        at=lambda event: event.time,
    ),
}  # fmt: skip
