"""Typical requests about suppliers, for the description of the API."""

from typing import Any

VENDOR_EXAMPLES: dict[str, Any] = {  # Any: JSON
    "put_supplier": {
        "name": "Acme Ltd",
        "currency": "GBP",
        "terms": {
            "address_ref": "addr-acme-1",
            "carrier": "dhl",
            "quantity_min": 1,
            "days_to_claim": 90,
            "days_to_answer": 14,
            "credit_share": "0.80",
        },
        "contact_refs": ["crm-contact-77"],
        "criteria": [
            {"code": "SCRATCHED", "titles": {"en": "Scratched", "zh-CN": "划痕"}},
        ],
        "limits": [{"per_thousand": "5"}, {"per_thousand": "2.5", "sku": "85123A"}],
    },
    "export_supplier": {"after": "job_6yw23txefv77hncb9z8nt88c9k"},
    "draft_return_to_vendor": {
        "warehouse": "WH-LON",
        "items": [{"return_id": "ret_01m2x7ga8bmf6ask2r4mxkr1y3", "line_no": "1", "quantity": 2}],
    },
    "command_return_to_vendor": {"carrier": "dhl", "tracking_no": "JD014600009"},
    "open_vendor_claim": {
        "units": [{"return_id": "ret_01m2x7ga8bmf6ask2r4mxkr1y3", "line_no": "1", "quantity": 1}],
        "evidence": {"documents": ["QC-2026-118"]},
    },
    "command_vendor_claim": {
        "amount": {"amount": "15.30", "currency": "GBP"},
        "reference": "ACME-CN-2026-9",
    },
}
