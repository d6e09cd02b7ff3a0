"""The requests that are recorded of a release: what its clients do, and what they are refused.

`learn` keeps fields of an answer under a name; `{name}` in later steps stands for it. People say
which version they looked at.
"""

from __future__ import annotations

from typing import Any

from prove import shop

Step = dict[str, Any]


def _step(
    role: str,
    method: str,
    path: str,
    body: Any = None,
    *,
    status: int = 200,
    key: str | None = None,
    version: str | None = None,
    learn: dict[str, str] | None = None,
) -> Step:
    return {
        "role": role,
        "method": method,
        "path": path,
        "body": body,
        "key": key,
        "version": version,
        "learn": learn or {},
        "status": status,
    }


_ORDER = shop.order(0, "pay-1", units=5)
_BY_HAND = {
    **shop.order(0, "pay-2", units=5),
    "payments": [
        {
            "payment_id": "pay-2",
            "method": "transfer",
            "provider": "manual",
            "captured": shop.money("125.00"),
        }
    ],
}
_COUNT = {
    "warehouse": shop.WAREHOUSE,
    "kind": "opening",
    "items": [{"sku": shop.SKUS[0], "quantity": 100, "unit_cost": shop.money("9.00")}],
}
_BLIND = {
    "order_no": None,
    "customer_id": "cus-1001",
    "lines": [{"sku": shop.SKUS[0], "quantity": 1, "reason": "CHANGED_MIND"}],
}
_DISPOSITIONS = {
    "items": [
        {"line_no": "1", "quantity": 1, "disposition": "RESTOCK"},
        {"line_no": "1", "quantity": 1, "disposition": "SCRAP"},
    ]
}


SCAN: Step = {
    "scan_id": "rec-1",
    "device_id": "dev-1",
    "seq": 1,
    "captured_at": "2026-11-21T08:00:00Z",
    "warehouse": shop.WAREHOUSE,
    "return_number": None,
    "parcel": "PARCEL-1",
    "sku": shop.SKUS[0],
}


def _life(name: str, order_no: str) -> list[Step]:
    """A return up to where its money is due."""
    path = f"/v1/returns/{{{name}}}"
    seen = {f"{name}_v": "version"}
    at = f"{{{name}_v}}"
    return [
        _step(
            "machine",
            "POST",
            "/v1/returns",
            shop.wish(order_no),
            status=201,
            key=f"{name}-asks",
            learn={name: "id", f"{name}_no": "number", **seen},
        ),
        _step("reviewer", "POST", f"{path}/approve", {}, key=f"{name}-a", version=at, learn=seen),
        _step(
            "warehouse",
            "POST",
            f"{path}/receipts",
            shop.receipt(0),
            status=201,
            key=f"{name}-r",
            version=at,
            learn=seen,
        ),
        _step(
            "inspector",
            "POST",
            f"{path}/inspections",
            shop.inspection(),
            key=f"{name}-i",
            version=at,
            learn=seen,
            status=201,
        ),
        _step(
            "inspector",
            "POST",
            f"{path}/dispositions",
            _DISPOSITIONS,
            key=f"{name}-d",
            version=at,
            learn=seen,
            status=201,
        ),
    ]


STEPS: tuple[Step, ...] = (
    _step("machine", "GET", "/v1/health"),
    _step("warehouse", "POST", "/v1/stock/counts", _COUNT, status=201, key="count-1"),
    _step("machine", "PUT", "/v1/orders/R-1", _ORDER, status=201),
    _step("machine", "PUT", "/v1/orders/R-1", _ORDER),
    _step("machine", "PUT", "/v1/orders/R-2", _BY_HAND, status=201),
    _step("support", "GET", "/v1/orders/R-1"),
    _step("customer", "GET", "/v1/orders/R-1"),
    _step("machine", "POST", "/v1/returns/quote", shop.wish("R-1")),
    *_life("one", "R-1"),
    _step("finance", "POST", "/v1/returns/{one}/settlements", {"mode": "plan"}, key="plan-1"),
    _step(
        "finance",
        "POST",
        "/v1/returns/{one}/settlements",
        {"mode": "execute"},
        status=201,
        key="pay-1",
        version="{one_v}",
        learn={"stl": "settlement_id"},
    ),
    _step("finance", "GET", "/v1/settlements/{stl}"),
    _step("support", "GET", "/v1/returns/{one}/settlements"),
    _step("customer", "GET", "/v1/returns/{one}"),
    _step("support", "GET", "/v1/returns/{one}/timeline"),
    _step("support", "GET", "/v1/returns/{one}/photos"),
    _step("auditor", "GET", "/v1/stock/movements?return_id={one}"),
    _step("warehouse", "GET", f"/v1/stock?sku={shop.SKUS[0]}&warehouse={shop.WAREHOUSE}"),
    *_life("two", "R-2"),
    _step(
        "finance",
        "POST",
        "/v1/returns/{two}/settlements",
        {"mode": "execute"},
        status=201,
        key="pay-2",
        version="{two_v}",
        learn={"stl_two": "settlement_id", "two_v": "version"},
    ),
    _step(
        "finance",
        "POST",
        "/v1/settlements/{stl_two}/confirm",
        {"payment_id": "pay-2", "proof": "SEPA 1"},
        key="confirm-2",
        version="{two_v}",
    ),
    _step(
        "machine",
        "POST",
        "/v1/returns",
        {**shop.wish("R-1", units=1), "submit": False},
        status=201,
        key="draft",
        learn={"draft": "id", "draft_v": "version"},
    ),
    _step(
        "machine",
        "POST",
        "/v1/returns/{draft}/submit",
        {},
        key="submit",
        learn={"draft_v": "version"},
    ),
    _step(
        "reviewer",
        "POST",
        "/v1/returns/{draft}/reject",
        {"code": "OUTSIDE_WINDOW", "note": "too late"},
        version="{draft_v}",
        learn={"draft_v": "version"},
    ),
    _step("support", "POST", "/v1/returns", _BLIND, status=201, key="blind"),
    _step("machine", "POST", "/v1/imports", {"kind": "orders"}, status=202, key="import"),
    _step("support", "GET", "/v1/returns?limit=5"),
    _step("support", "GET", "/v1/exceptions"),
    _step("reviewer", "GET", "/v1/tasks?role=reviewer"),
    _step(
        "warehouse",
        "POST",
        "/v1/returns/{two}/photos",
        {"content_type": "image/jpeg", "size": 12345, "line_no": "1"},
        status=201,
        key="photo",
    ),
    _step("machine", "POST", "/v1/scans", {"scans": [SCAN]}, status=202),
    _step("machine", "GET", "/v1/scans/rec-1"),
    # What is refused, and how.
    _step("machine", "POST", "/v1/returns", {**shop.wish("R-1"), "colour": "red"}, status=400),
    _step("machine", "POST", "/v1/returns", shop.wish("no-such-order"), status=404),
    _step("support", "GET", "/v1/returns/ret_none", status=404),
    _step("warehouse", "POST", "/v1/stock/counts", _COUNT, status=400),
    _step("supplier", "GET", "/v1/returns/{one}", status=403),
    _step("machine", "POST", "/v1/returns", shop.wish("R-1", units=3), status=422, key="one-asks"),
    _step("machine", "POST", "/v1/returns", shop.wish("R-1", units=5), status=409),
    _step(
        "reviewer",
        "POST",
        "/v1/returns/{one}/approve",
        {},
        status=412,
        version="1",
    ),
    _step(
        "reviewer",
        "POST",
        "/v1/returns/{draft}/approve",
        {},
        status=409,
        version="{draft_v}",
    ),
)
