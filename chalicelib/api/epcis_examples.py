"""Typical requests of the operations about EPCIS and barcodes."""

from typing import Any

EPCIS_EXAMPLES: dict[str, Any] = {  # Any: JSON
    "read_barcode": {"barcode": "(01)04006381333931(10)A-1(21)S7(17)270131"},
    "capture_events": {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T09:00:00Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventID": "urn:uuid:9d0b6a1e-2b7e-4b0c-9f6e-0c5c7d1f2a34",
                    "eventTime": "2026-11-22T10:00:00+01:00",
                    "eventTimeZoneOffset": "+01:00",
                    "action": "OBSERVE",
                    "bizStep": "receiving",
                    "disposition": "returned",
                    "epcList": ["https://id.gs1.org/01/04006381333931/21/S7"],
                    "bizLocation": {"id": "https://merchant.example/warehouses/WH-LON"},
                    "bizTransactionList": [
                        {"type": "rma", "bizTransaction": "urn:merchant:rma:R26K7WM3P9TM"}
                    ],
                }
            ]
        },
    },
}
