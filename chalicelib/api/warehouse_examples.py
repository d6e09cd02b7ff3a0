"""As examples.py has them: what the floor of a warehouse asks for."""

from typing import Any

_MONEY = {"amount": "15.30", "currency": "GBP"}
WAREHOUSE_EXAMPLES: dict[str, Any] = {  # Any: JSON
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
    "post_second_inspection": {
        "inspection_id": "ins_7eeabtf2qkbt17jdgbbp9nvmex",
        "groups": [{"line_no": "1", "quantity": 2, "grade": "B", "result": "passed"}],
        "duration_s": 95,
    },
    "publish_checklist": {
        "title": {"en": "Phones", "zh-CN": "手机"},
        "applies_to": ["phones"],
        "items": [
            {
                "id": "powered_on",
                "section": "function",
                "words": {"en": "Does it power on?", "zh-CN": "能否开机？"},
                "photo_when": {"answers": ["no"]},
                "caps": [{"when": {"answers": ["no"]}, "best": "C", "defect": "DEAD"}],
            }
        ],
        "defects": [{"code": "DEAD", "words": {"en": "Does not power on", "zh-CN": "无法开机"}}],
        "second_share_percent": "5",
    },
    "put_inspection_rules": {
        "second_inspections": {"share_percent": "3", "first_of_new": 20, "seed": "2027"},
        "proposals": {"restock_grades": ["A", "B"], "expiry_days": 45},
    },
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
    "open_enrolment": {"warehouse": "WH-LON", "name": "Dock 2, left"},
    "enrol_device": {"code": "7K2QX-9D4TM-0WBPA-H3C8V"},
    "revoke_device": {"reason": "LOST"},
    "reverse_dispositions": {
        "reason": "BY_MISTAKE",
        "lines": [{"line_no": "1", "quantity": 1}],
    },
    "approve_scrap": {"proof": {"certificate": "CERT-2211", "photos": []}},
    "decline_scrap": {"note": "The workshop can mend these."},
    "open_work_order": {
        "kind": "REFURBISH",
        "warehouse": "WH-LON",
        "units": [{"return_id": "ret_7afm7k6bjyyz28vkbq98xv0wk8", "line_no": "1", "quantity": 1}],
        "workshop": "WS-14",
        "due_at": "2026-12-05T16:00:00Z",
    },
    "send_work_order": {"carrier": "royalmail", "tracking_no": "WORK0001"},
    "take_back_work": {
        "results": [
            {
                "line_no": "1",
                "quantity": 1,
                "outcome": "RESTOCK",
                "grade": "B",
                "work": "NEW_BOX",
                "cost": _MONEY,
                "parts": [{"sku": "BOX-20", "quantity": 1}],
            }
        ]
    },
    "cancel_work_order": {"reason": "TOO_EXPENSIVE"},
    "send_stock": {
        "origin": "WH-LON",
        "target": "WH-MAN",
        "items": [{"sku": "85123A", "lot": "L-2026-40", "quantity": 20}],
        "expected_on": "2026-11-25",
        "reference": "TR-4711",
    },
    "receive_transfer": {
        "items": [{"line_no": "1", "quantity": 19, "damaged": 1}],
        "last": True,
    },
    "adjust_stock": {
        "warehouse": "WH-LON",
        "reason": "damaged",
        "items": [{"sku": "85123A", "lot": "L-2026-40", "change": -2}],
        "note": "Fell from the shelf.",
    },
    "decide_adjustment": {"approve": True},
    "open_count_session": {"warehouse": "WH-LON", "skus": ["85123A"], "zone": "A-12"},
    "end_count_session": {"action": "close"},
    "put_lot": {"sku": "85123A", "lot": "L-2026-40", "expires_on": "2027-06-30"},
    "put_shelf_life": {"categories": {"Food": 30}, "otherwise": 0},
    "put_level": {
        "warehouse": "WH-LON",
        "sku": "85123A",
        "reorder_point": 20,
        "safety_stock": 5,
    },
    "put_purchase": {
        "purchase_id": "PO-2026-118",
        "warehouse": "WH-LON",
        "sku": "85123A",
        "quantity": 100,
        "due_on": "2026-12-10",
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
    "put_parcel": {"returns": ["R26ABCD2345X", "R26EFGH6789Y"]},
    "arrive_parcel": {"warehouse": "WH-LON", "arrived_at": "2026-11-22T09:00:00Z"},
    "hand_over": {
        "carrier": "dhl",
        "driver_ref": "tour-7",
        "tracking_no": "JD014600003",
        "count": 2,
    },
    "open_receiving": {"warehouse": "WH-LON", "mode": "blind", "parcel": "PAL-77"},
    "count_items": {"items": [{"sku": "85123A", "quantity": 1, "scan_id": "scan-000123"}]},
    "close_receiving": {},
    "cancel_receiving": {},
    "put_partner": {"endpoint": "https://wms.example.com/notices", "secret": "wms-one"},
    "confirm_notice": {
        "confirmation_id": "wms-000123",
        "kind": "received",
        "items": [{"sku": "85123A", "quantity": 2, "return_number": "R26ABCD2345X", "damaged": 1}],
        "final": True,
    },
    "open_liability_claim": {
        "return": "R26ABCD2345X",
        "line_no": "1",
        "cause": "lost",
        "reason": "The parcel never came.",
    },
    "receive_parcel": {"warehouse": "WH-LON", "items": [{"sku": "85123A", "quantity": 3}]},
}
