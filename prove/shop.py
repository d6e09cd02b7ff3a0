"""A shop's day through the API: the requests that bring a return to where a trial needs it.

People say which version they looked at; machines need not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from prove.worker import HttpReply
from prove.workers import Workers

Json = Any
"""Bodies of requests and answers."""
SKUS = tuple(f"SKU-{number:02d}" for number in range(40))
WAREHOUSE = "WH1"
UNITS = 4
ASKED = 2


class Unexpected(AssertionError):
    """An answer without which a trial cannot go on."""


def body(reply: HttpReply, *statuses: int) -> Json:
    """The body of an answer that must have one of these statuses (none given: 200 or 201)."""
    if reply.status not in (statuses or (200, 201)):
        raise Unexpected(f"{reply.status} instead of {statuses}: {reply.raw[:500]}")
    return json.loads(reply.raw) if reply.raw else None


def sku_of(number: int) -> str:
    return SKUS[number % len(SKUS)]


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def order(number: int, payment_id: str, *, units: int = UNITS) -> Json:
    """Delivered in full and paid by one card, each unit at 25.00."""
    return {
        "customer_id": "cus-1001",
        "currency": "EUR",
        "placed_at": "2026-11-01T07:00:00Z",
        "policy_version": "no-window",
        "lines": [
            {
                "line_no": "1",
                "sku": sku_of(number),
                "name": "A thing",
                "quantity": units,
                "unit_price": money("25.00"),
                "unit_cost": money("9.00"),
            }
        ],
        "payments": [
            {
                "payment_id": payment_id,
                "method": "card",
                "provider": "sandbox",
                "captured": money(f"{25 * units}.00"),
            }
        ],
        "deliveries": [
            {
                "delivery_no": f"D-{payment_id}",
                "warehouse": WAREHOUSE,
                "shipped_at": "2026-11-01T08:00:00Z",
                "delivered_at": "2026-11-03T08:00:00Z",
                "items": [{"line_no": "1", "quantity": units}],
            }
        ],
    }


def wish(order_no: str, *, units: int = ASKED, reason: str = "CHANGED_MIND") -> Json:
    line = {"order_line_no": "1", "quantity": units, "reason": reason, "resolution": "refund"}
    return {"order_no": order_no, "lines": [line]}


def receipt(number: int, units: int = ASKED) -> Json:
    return {"warehouse": WAREHOUSE, "items": [{"sku": sku_of(number), "quantity": units}]}


def inspection(units: int = ASKED) -> Json:
    group = {"line_no": "1", "quantity": units, "grade": "A", "result": "passed"}
    return {"groups": [group]}


@dataclass(frozen=True, slots=True)
class Shop:
    """Steps that must succeed: nothing is tried here. `prefix` keeps trials apart."""

    workers: Workers
    prefix: str

    def order_no(self, number: int) -> str:
        return f"{self.prefix}-{number}"

    def payment_id(self, number: int) -> str:
        return f"pay-{self.prefix}-{number}"

    def stocks(self, units: int = 1_000_000) -> None:
        items = [{"sku": sku, "quantity": units, "unit_cost": money("9.00")} for sku in SKUS]
        count = {"warehouse": WAREHOUSE, "kind": "opening", "items": items}
        key = f"{self.prefix}-stock"
        body(self.workers.http("machine", "POST", "/v1/stock/counts", count, key=key), 201)

    def sells(self, number: int, *, units: int = UNITS) -> None:
        sold = order(number, self.payment_id(number), units=units)
        path = f"/v1/orders/{self.order_no(number)}"
        body(self.workers.http("machine", "PUT", path, sold), 201)

    def asks(self, number: int, *, units: int = ASKED) -> Json:
        asked = wish(self.order_no(number), units=units)
        key = f"{self.prefix}-{number}-asks"
        return body(self.workers.http("machine", "POST", "/v1/returns", asked, key=key), 201)

    def approves(self, ret: Json) -> Json:
        return self.does("reviewer", ret, "approve", {})

    def receives(self, ret: Json, number: int, *, units: int = ASKED) -> Json:
        return self.does("warehouse", ret, "receipts", receipt(number, units))

    def inspects(self, ret: Json, *, units: int = ASKED) -> Json:
        return self.does("inspector", ret, "inspections", inspection(units))

    def does(self, role: str, ret: Json, command: str, what: Json) -> Json:
        """A command of a person who looked at `ret`."""
        reply = self.workers.http(
            role,
            "POST",
            f"/v1/returns/{ret['id']}/{command}",
            what,
            key=f"{ret['id']}-{command}",
            version=ret["version"],
        )
        return body(reply, 200, 201)
