"""The unit of work: one return of two lines through its whole life, command by command.

Whoever asks decides how a command travels: into the handler in this process, or over HTTP.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

WAREHOUSE = "BENCH"
CUSTOMER = "cus-1001"
"""The customer whose account the local stack makes."""
_STOCK = 1_000_000


class Unexpected(RuntimeError):
    """A command was not answered as it is when all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An answer; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One request: `route` is the template of its address, `ids` fill it."""

    name: str
    role: str
    method: str
    route: str
    body: object
    ids: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return self.route.format_map(dict(self.ids))


class Ask(Protocol):
    """Sends a command and brings its answer."""

    def __call__(self, command: Command) -> Told: ...


def prepare(ask: Ask, seller: str, order_nos: list[str]) -> None:
    """Stock of the seller's two SKUs, and delivered orders of both."""
    count = {
        "warehouse": WAREHOUSE,
        "kind": "cycle",
        "items": [
            {"sku": sku, "quantity": _STOCK, "unit_cost": _euros("4.00")} for sku in _skus(seller)
        ],
    }
    key = {"Idempotency-Key": f"count-{order_nos[0]}"}
    _expect(ask, Command(
        name="count", role="warehouse", method="POST", route="/v1/stock/counts", body=count,
        headers=key,
    ))  # fmt: skip
    for order_no in order_nos:
        _expect(ask, Command(
            name="order", role="machine", method="PUT", route="/v1/orders/{order_no}",
            ids={"order_no": order_no}, body=_order(seller, order_no),
        ))  # fmt: skip


def live(ask: Ask, seller: str, order_no: str) -> None:
    """Create and submit, approve, receive, inspect, dispose, settle: six commands.

    Each carries an idempotency key, and the version that the answer before it named.
    """
    told = _expect(ask, _creation(order_no))
    return_id = told.headers["location"].rpartition("/")[2]
    for name, role, body in _steps(seller):
        command = Command(
            name=name,
            role=role,
            method="POST",
            route=f"/v1/returns/{{return_id}}/{name}",
            ids={"return_id": return_id},
            body=body,
            headers={
                "Idempotency-Key": f"{order_no}-{name}",
                "If-Match": told.headers["etag"],
            },
        )
        told = _expect(ask, command)
    state = json.loads(told.text)["state"]
    if state != "SETTLED":
        raise Unexpected(f"the settlement of {order_no} is {state}")


COMMANDS = ("create", "approve", "receipts", "inspections", "dispositions", "settlements")


def _creation(order_no: str) -> Command:
    lines = [
        {"order_line_no": "1", "quantity": 2, "reason": "CHANGED_MIND"},
        {"order_line_no": "2", "quantity": 1, "reason": "SIZE_TOO_LARGE"},
    ]
    return Command(
        name="create",
        role="customer",
        method="POST",
        route="/v1/returns",
        body={"order_no": order_no, "lines": lines, "submit": True},
        headers={"Idempotency-Key": f"{order_no}-create"},
    )


def _steps(seller: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Line 1 goes back on the shelf, line 2 is scrapped."""
    first, second = _skus(seller)
    yield "approve", "reviewer", {}
    goods = [{"sku": first, "quantity": 2}, {"sku": second, "quantity": 1}]
    yield "receipts", "warehouse", {"warehouse": WAREHOUSE, "items": goods}
    groups = [
        {"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"},
        {"line_no": "2", "quantity": 1, "grade": "D", "result": "failed", "fault": "maker",
         "accept_credit": True},
    ]  # fmt: skip
    yield "inspections", "inspector", {"groups": groups}
    items = [
        {"line_no": "1", "quantity": 2, "disposition": "RESTOCK"},
        {"line_no": "2", "quantity": 1, "disposition": "SCRAP"},
    ]
    yield "dispositions", "inspector", {"items": items}
    yield "settlements", "finance", {"mode": "execute"}


def _order(seller: str, order_no: str) -> dict[str, Any]:
    lines = [
        {
            "line_no": str(place),
            "sku": sku,
            "name": f"Goods {place}",
            "category": "Home",
            "quantity": 3,
            "unit_price": _euros("25.00"),
            "taxes": [{"name": "VAT", "rate": "0.20", "amount": _euros("12.50")}],
            "unit_cost": _euros("4.00"),
        }
        for place, sku in enumerate(_skus(seller), start=1)
    ]
    delivery = {
        "delivery_no": f"{order_no}-D1",
        "warehouse": WAREHOUSE,
        "shipped_at": "2026-11-01T08:00:00Z",
        "delivered_at": "2026-11-03T08:00:00Z",
        "items": [{"line_no": line["line_no"], "quantity": 3} for line in lines],
    }
    payment = {
        "payment_id": f"{order_no}-card",
        "method": "card",
        "provider": "sandbox",
        "captured": _euros("150.00"),
    }
    return {
        "customer_id": CUSTOMER,
        "channel": "web",
        "region": "FR",
        "currency": "EUR",
        "tax_included": True,
        "placed_at": "2026-11-01T07:00:00Z",
        "policy_version": "no-window",
        "lines": lines,
        "payments": [payment],
        "deliveries": [delivery],
    }


def _skus(seller: str) -> tuple[str, str]:
    return f"{seller}-A", f"{seller}-B"


def _euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def _expect(ask: Ask, command: Command) -> Told:
    told = ask(command)
    if told.status not in (200, 201):
        raise Unexpected(f"{command.name}: {told.status} {told.text[:1000]}")
    return told
