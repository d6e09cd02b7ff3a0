"""One typical request for each operation with a body; a test checks them against the schemas."""

from typing import Any

_MONEY = {"amount": "15.30", "currency": "GBP"}
_RETURN = {
    "order_no": "536365",
    "type": "customer_return",
    "method": "courier",
    "lines": [
        {
            "order_line_no": "1",
            "quantity": 2,
            "reason": "CHANGED_MIND",
            "note": "Ordered two too many.",
            "resolution": "refund",
        }
    ],
}
_DELIVERY = {
    "delivery_no": "D-536365-1",
    "warehouse": "WH-LON",
    "shipped_at": "2026-11-02T08:26:00Z",
    "delivered_at": "2026-11-04T10:00:00Z",
    "items": [{"line_no": "1", "quantity": 6, "lot": "L-2026-40"}],
}

EXAMPLES: dict[str, Any] = {  # Any: JSON
    "put_order": {
        "customer_id": "cus-1001",
        "channel": "web",
        "region": "GB",
        "currency": "GBP",
        "placed_at": "2026-11-01T08:26:00Z",
        "policy_version": "standard-30d",
        "lines": [
            {
                "line_no": "1",
                "sku": "85123A",
                "name": "White hanging heart T-light holder",
                "category": "Home",
                "quantity": 6,
                "unit_price": {"amount": "2.55", "currency": "GBP"},
                "taxes": [
                    {
                        "name": "VAT",
                        "rate": "0.20",
                        "amount": {"amount": "2.55", "currency": "GBP"},
                    }
                ],
                "unit_cost": {"amount": "1.10", "currency": "GBP"},
            }
        ],
        "payments": [
            {"payment_id": "p-1", "method": "card", "provider": "sandbox", "captured": _MONEY}
        ],
        "deliveries": [_DELIVERY],
    },
    "post_delivery": _DELIVERY,
    "create_return": _RETURN,
    "quote_return": _RETURN,
    "submit_return": {},
    "approve_return": {
        "lines": [{"line_no": "1", "quantity": 1}],
        "reject_code": "QUANTITY_NOT_ACCEPTED",
    },
    "reject_return": {"code": "OUTSIDE_WINDOW", "note": "Delivered in August."},
    "post_receipt": {
        "warehouse": "WH-LON",
        "items": [{"sku": "85123A", "lot": "L-2026-40", "quantity": 2, "condition": "sealed"}],
    },
    "post_inspection": {
        "groups": [
            {
                "line_no": "1",
                "quantity": 2,
                "grade": "A",
                "result": "passed",
                "fault": "customer",
                "checklist": {"appearance": "ok", "packaging": "ok"},
            }
        ]
    },
    "post_disposition": {
        "items": [
            {"line_no": "1", "quantity": 1, "disposition": "RESTOCK"},
            {"line_no": "1", "quantity": 1, "disposition": "HOLD"},
        ]
    },
    "settle_return": {"mode": "execute"},
    "retry_settlement": {},
    "confirm_settlement": {"payment_id": "p-1", "proof": "SEPA 2026-11-21 9F3K"},
    "post_scans": {
        "scans": [
            {
                "scan_id": "dev7-000123",
                "device_id": "dev7",
                "seq": 123,
                "captured_at": "2026-11-21T09:00:00Z",
                "warehouse": "WH-LON",
                "return_number": "R26ABCD2345X",
                "sku": "85123A",
                "quantity": 1,
                "step": "receiving",
            }
        ]
    },
    "post_count": {
        "warehouse": "WH-LON",
        "kind": "opening",
        "items": [
            {
                "sku": "85123A",
                "lot": "L-2026-40",
                "quantity": 120,
                "unit_cost": {"amount": "1.10", "currency": "GBP"},
            }
        ],
    },
    "request_photo": {"content_type": "image/jpeg", "size": 183204, "line_no": "1"},
    "create_import": {"kind": "orders", "mode": "skip_bad", "file_name": "orders.csv"},
}
