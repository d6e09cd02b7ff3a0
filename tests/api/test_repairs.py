"""Repairs through the API: sent back, or given up for money."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.test_lifecycle import COUNT, ORDER, command

ASKED = {
    "order_no": "SO-1",
    "warehouse": "WH1",
    "lines": [
        {
            "order_line_no": "1",
            "quantity": 2,
            "reason": "QUALITY_DEFECT",
            "resolution": "repair",
        }
    ],
}


@pytest.fixture
def repairing(door: Door) -> dict[str, Any]:
    """Two units are in repair."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    ret: dict[str, Any] = door.ask("support", "POST", "/v1/returns", ASKED).expect(201)
    received = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    seen = {"groups": [{"line_no": "1", "quantity": 2, "grade": "B", "result": "passed"}]}
    gone = {"items": [{"line_no": "1", "quantity": 2, "disposition": "REPAIR"}]}
    command(door, "reviewer", ret, "approve", {})
    command(door, "warehouse", ret, "receipts", received)
    command(door, "inspector", ret, "inspections", seen)
    return command(door, "warehouse", ret, "dispositions", gone)


def asks(door: Door, who: str, ret: dict[str, Any], name: str, body: Any, key: str) -> Any:
    path = f"/v1/returns/{ret['id']}/{name}"
    return door.ask(who, "POST", path, body, Idempotency_Key=key, If_Match="*")


def test_repaired_units_go_back_once(door: Door, repairing: dict[str, Any]) -> None:
    body = {
        "lines": [{"line_no": "1", "quantity": 1}],
        "work": "PART_REPLACED",
        "cost": {"amount": "12.50", "currency": "EUR"},
    }
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    foreign = asks(door, "neighbour", repairing, "repairs", body, "r-0")
    first = asks(door, "warehouse", repairing, "repairs", body, "r-1")
    again = asks(door, "warehouse", repairing, "repairs", body, "r-1")

    assert {"repair", "not-repairable"} <= set(repairing["allowed"])
    assert foreign.expect(403)["code"] == "warehouse_not_yours"
    assert first.expect(200)["lines"][0]["quantities"]["ship_back"] == 1
    assert again.raw == first.raw
    order = door.ask("customer", "GET", "/v1/orders/SO-1").expect(200)
    assert order["lines"][0]["returnable_quantity"] == 2


def test_what_cannot_be_repaired_is_paid_back(door: Door, repairing: dict[str, Any]) -> None:
    body = {"line_no": "1", "instead": "refund"}

    by_warehouse = asks(door, "warehouse", repairing, "not-repairable", body, "n-1")
    given_up = asks(door, "support", repairing, "not-repairable", body, "n-2").expect(200)
    wrong = asks(door, "support", repairing, "not-repairable", body, "n-3")

    assert by_warehouse.status == 403
    assert given_up["lines"][0]["resolution"] == "refund"
    assert "settle" in given_up["allowed"]
    assert wrong.expect(409)["code"] == "not_allowed_now"
