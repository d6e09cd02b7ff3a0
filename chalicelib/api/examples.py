"""One typical request for each operation with a body; a test checks them against the schemas."""

from typing import Any

from chalicelib.api.epcis_examples import EPCIS_EXAMPLES
from chalicelib.api.vendor_examples import VENDOR_EXAMPLES
from chalicelib.api.warehouse_examples import WAREHOUSE_EXAMPLES
from chalicelib.ledger.model import Account

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

_POLICY: dict[str, Any] = {
    "policy": "standard",
    "version": "standard-2027",
    "title": {"en": "30 days, clothing 60", "zh-CN": "30天退货，服装60天"},
    "time_zone": "Europe/London",
    "effective_from": "2027-01-01T00:00:00Z",
    "rules": [
        {
            "id": "clothing",
            "title": {"en": "Clothing: 60 days", "zh-CN": "服装：60天"},
            "when": {"fact": "category", "is": "clothing"},
            "then": {"window": {"days": 60}},
        },
        {
            "id": "all-else",
            "title": {"en": "All else: 30 days", "zh-CN": "其他：30天"},
            "then": {"window": {"days": 30}, "review": "person"},
        },
    ],
}
EXAMPLES: dict[str, Any] = {  # Any: JSON
    **VENDOR_EXAMPLES,
    **WAREHOUSE_EXAMPLES,
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
        "promotions": [
            {
                "promotion_id": "SIX-FOR-LESS",
                "kind": "bulk",
                "line_nos": ["1"],
                "bulk": [
                    {"from_quantity": 1, "unit_price": {"amount": "2.95", "currency": "GBP"}},
                    {"from_quantity": 6, "unit_price": {"amount": "2.55", "currency": "GBP"}},
                ],
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
    "submit_return": {"override": {"reason": "A week too late, for a customer of ten years."}},
    "edit_return": {"lines": _RETURN["lines"], "method": "store", "note": "One of two after all."},
    "create_returns": {"returns": [_RETURN]},
    "approve_returns": {"returns": [{"id": "ret_4n5x0w7m2k9c8v3b6t1s0q5h2d", "version": 1}]},
    "request_info": {"question": "Is the seal of the box broken?"},
    "cancel_return": {"reason": "KEEPS_IT", "lines": [{"line_no": "1", "quantity": 1}]},
    "expire_return": {"waited_for": "ship"},
    "link_document": {"kind": "application_form", "ref": "FORM-2026-118"},
    "put_cause_report": {
        "asked": ["warehouse lead", "packer of the order"],
        "investigation": "The pick list named the box of twelve, the shelf held boxes of ten.",
        "data": "Pick list 77812; count of shelf A-3 of 20 November: 8 boxes too few.",
        "conclusion": "Relabelled shelf A-3; pick lists name units from now on.",
    },
    "approve_return": {
        "lines": [{"line_no": "1", "quantity": 1}],
        "reject_code": "QUANTITY_NOT_ACCEPTED",
    },
    "preview_approval": {"lines": [{"line_no": "1", "quantity": 1}]},
    "create_delegation": {
        "delegate": "usr-204",
        "ends_at": "2026-12-05T18:00:00Z",
        "reason": "On holiday until the fifth.",
    },
    "reject_return": {"code": "OUTSIDE_WINDOW", "note": "Delivered in August."},
    "post_receipt": {
        "warehouse": "WH-LON",
        "items": [{"sku": "85123A", "lot": "L-2026-40", "quantity": 2, "condition": "sealed"}],
    },
    "post_disposition": {
        "items": [
            {"line_no": "1", "quantity": 1, "disposition": "RESTOCK"},
            {"line_no": "1", "quantity": 1, "disposition": "HOLD"},
        ]
    },
    "settle_return": {"mode": "execute"},
    "retry_settlement": {},
    "withdraw_credit": {},
    "request_proof": {"content_type": "application/pdf", "size": 48213},
    "take_payment_event": {
        "id": "evt_1MtwBwLkdIwHu7ix28a3tqPa",
        "object": "event",
        "type": "refund.updated",
    },
    "confirm_settlement": {"payment_id": "p-1", "proof": "SEPA 2026-11-21 9F3K"},
    "approve_settlement": {},
    "reverse_settlement": {"reason": "The customer keeps the goods after all."},
    "pay_settlement_otherwise": {"payment_id": "p-1"},
    "write_off_settlement": {"payment_id": None, "reason": "Refunded by the shop before."},
    "state_dispute": {"dispute_id": "dp-4711", "amount": _MONEY, "state": "opened"},
    "ship_exchange": {"carrier": "Royal Mail", "tracking_no": "RM 1234 5678 9GB"},
    "fulfil_exchange": {},
    "cancel_exchange": {"reason": "NOT_AVAILABLE"},
    "unexchange": {"quantity": 1},
    "request_payment": {},
    "state_payment": {"amount": _MONEY, "reference": "SEPA 2026-11-21 7KQ2"},
    "cross_ship": {
        "authorisation": {
            "reference": "auth-4711",
            "amount": _MONEY,
            "expires_at": "2027-01-21T09:00:00Z",
        },
        "carrier": "Royal Mail",
    },
    "release_authorisation": {},
    "charge_exchange": {"amount": _MONEY, "reference": "capture-4711"},
    "open_claim": {
        "order_no": "536365",
        "order_line_no": "1",
        "quantity": 1,
        "reason": "DAMAGED_ON_ARRIVAL",
        "wanted": "refund",
        "note": "The box was dented and the glass inside broken.",
        "documents": [{"kind": "photo", "ref": "crm-7733/1.jpg"}],
    },
    "approve_claim": {},
    "deny_claim": {"code": "DELIVERY_PROVEN", "note": "It was signed for on 3 November."},
    "resolve_claim": {"outcome": "refund"},
    "cancel_claim": {},
    "match_return": {
        "lines": [{"line_no": "1", "order_no": "536365", "order_line_no": "1"}],
    },
    "declare_withdrawal": {
        "name": "Anna Smith",
        "order_no": "536365",
        "lines": [{"order_line_no": "1", "quantity": 2}],
        "email": "anna@example.com",
        "statement": "I withdraw from this sale.",
    },
    "match_withdrawal": {
        "order_no": "536365",
        "lines": [{"sku": "85123A", "quantity": 2}],
    },
    **EPCIS_EXAMPLES,
    "post_message": {
        "text": "The seal of the box was broken when it came; see the photo.",
        "photos": ["pho_7afm7k6bjyyz28vkbq98xv0wk8"],
    },
    "ship_back_return": {
        "lines": [{"line_no": "1", "quantity": 1}],
        "reason": "NOT_ACCEPTED",
        "carrier": "royalmail",
        "tracking_no": "BACK0001",
    },
    "send_repaired": {
        "lines": [{"line_no": "1", "quantity": 1}],
        "work": "PART_REPLACED",
        "cost": _MONEY,
        "carrier": "royalmail",
        "tracking_no": "BACK0002",
    },
    "give_up_repair": {"line_no": "1", "instead": "refund"},
    "reinspect_return": {
        "reason": "WRONG_GRADE",
        "lines": [{"line_no": "1", "quantity": 1}],
    },
    "reopen_return": {"reason": "CUSTOMER_ASKED"},
    "close_return": {},
    "create_appeal": {
        "against": "grade",
        "grounds": "The scratch is in the photo of the day it came.",
        "lines": ["1"],
    },
    "decide_appeal": {"upheld": True, "answer": "You are right: we look at it again."},
    "withdraw_appeal": {},
    "report_exception": {
        "kind": "MISSING_PARTS",
        "quantity": 1,
        "line_no": "1",
        "note": "The candle is missing.",
        "photos": ["pho_7afm7k6bjyyz28vkbq98xv0wk8"],
    },
    "resolve_exception": {
        "resolution": "write_off",
        "reason": "Broken when the pallet fell.",
        "quantity": 1,
        "accountable": "usr-204",
    },
    "acknowledge_liability_claim": {"reference": "RM-4711"},
    "recover_liability_claim": {"amount": _MONEY, "goods": "vendor"},
    "reject_liability_claim": {"reason": "Reported too late."},
    "write_off_liability_claim": {"reason": "Not worth it.", "accountable": "usr-204"},
    "take_task": {},
    "release_task": {},
    "reassign_task": {"assignee": "usr-204"},
    "complete_task": {"outcome": "Paid by hand; the bank's reference is on the settlement."},
    "reschedule_task": {"due_at": "2026-11-28T16:00:00Z", "reason": "The carrier answers slowly."},
    "put_on_list": {"reason": "Three empty boxes.", "until": "2027-11-21T00:00:00Z"},
    "issue_credit": {
        "amount": _MONEY,
        "reason": "goodwill",
        "reference": "T-4711",
        "expires_at": "2029-11-21T00:00:00Z",
    },
    "spend_credit": {"amount": _MONEY, "order_no": "536400"},
    "reverse_credit_entry": {},
    "give_risk_feedback": {"signal_id": "many-returns", "right": False, "note": "A gift shop."},
    "request_photo": {"content_type": "image/jpeg", "size": 183204, "line_no": "1"},
    "create_campaign": {
        "type": "recall",
        "title": "Candle holders of lot L-2026-40",
        "necessity": "The glass of this lot may crack when it gets hot.",
        "query": {"skus": ["85123A"], "lots": ["L-2026-40"]},
        "reason": "QUALITY_DEFECT",
        "method": "courier",
        "warehouse": "WH-LON",
        "documents": [{"kind": "qc_report", "ref": "QC-2026-118"}],
    },
    "draft_campaign": {},
    "cancel_campaign": {},
    "put_policy": _POLICY,
    "check_policy": _POLICY,
    "publish_policy": {},
    "end_policy": {"at": "2027-06-30T22:00:00Z"},
    "simulate_policy": {"from": "2026-01-01T00:00:00Z", "region": "DE", "sample": 2000, "seed": 7},
    "put_reason": {
        "group": "PRODUCT",
        "words": {"en": "Battery swollen", "zh-CN": "电池鼓包"},
        "fault": "maker",
        "questions": [
            {
                "id": "charging",
                "kind": "yes_no",
                "words": {"en": "Was it being charged?", "zh-CN": "当时是否正在充电？"},
                "required": True,
            }
        ],
        "evidence": ["photo"],
        "outcomes": ["refund", "exchange"],
        "like": "QUALITY_DEFECT",
    },
    "put_accounts": {
        "accounts": {
            account.value: {"code": str(4000 + place), "names": {"en": account.value}}
            for place, account in enumerate(Account)
        },
        "rates": {"USD": "0.79"},
    },
    "export_journal": {
        "from": "2026-11-01T00:00:00Z",
        "to": "2026-12-01T00:00:00Z",
        "format": "csv",
        "language": "en",
    },
    "run_reconciliation": {
        "of": "payments",
        "from": "2026-11-20T00:00:00Z",
        "to": "2026-11-21T00:00:00Z",
    },
    "put_seller": {
        "name": {"en": "Acme Household Ltd", "zh-CN": "艾克米家居有限公司"},
        "address": {"en": ["12 High Street", "London EC1A 1AA"], "zh-CN": ["上海市世纪大道100号"]},
        "tax_id": "GB123456789",
        "series": [
            {"series": "GZ", "time_zone": "Asia/Shanghai", "region": "CN"},
            {"series": "CN", "time_zone": "Europe/London"},
        ],
    },
    "ask_for_red_letter": {"reason": "sales_return", "blue_use": "used"},
    "step_red_letter": {"step": "ask", "reference": "31000026112000000001"},
    "create_import": {"kind": "orders", "mode": "skip_bad", "file_name": "orders.csv"},
    "create_label": {"carrier": "sandbox"},
    "create_shipment": {
        "carrier": "dhl",
        "tracking_no": "JD014600003",
        "lines": [{"line_no": "1", "quantity": 1}],
    },
    "drop_off": {"store": "STORE-7", "items": [{"sku": "85123A", "quantity": 1}]},
    "book_pickup": {"slot_id": "2026-11-24.am"},
    "cancel_pickup": {},
    "mark_lost": {"reason": "LOST_IN_TRANSIT", "fault": "carrier"},
    "short_close": {"reason": "NOT_SENT"},
    "refuse_goods": {"reason": "DAMAGED_PARCEL", "note": "Wet through."},
    "take_carrier_events": {
        "event_id": "000123",
        "carrier": "dhl",
        "tracking_no": "JD014600003",
        "status": "delivered",
        "occurred_at": "2026-11-21T09:00:00Z",
    },
}
