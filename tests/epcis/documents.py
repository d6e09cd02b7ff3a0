"""EPCIS documents as trading partners send them."""

from typing import Any

from chalicelib.epcis.places import Places
from tests.contracts.test_barcodes import SSCC, with_check

COMPANY = "4006381"
GTIN = with_check(f"{COMPANY}33393")
LINK = f"https://id.gs1.org/01/0{GTIN}"
SGTIN = f"urn:epc:id:sgtin:{COMPANY}.033393"
GLN = with_check("400638100001")
PLACES = Places.of(f"WH1={GLN}")
SSCC_URN = f"urn:epc:id:sscc:{SSCC[1:8]}.{SSCC[0]}{SSCC[8:17]}"


def object_event(*epcs: str, **changes: Any) -> dict[str, Any]:
    """Goods that were received in WH1. Any: JSON."""
    event = {
        "type": "ObjectEvent",
        "eventTime": "2026-11-22T10:00:00+01:00",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "returned",
        "epcList": list(epcs),
        "bizLocation": {"id": "https://merchant.example/warehouses/WH1"},
        **changes,
    }
    return {name: value for name, value in event.items() if value is not None}


def box_event(*epcs: str, **changes: Any) -> dict[str, Any]:
    """Goods in a box with an SSCC."""
    more = {"epcList": None, "parentID": SSCC_URN, "childEPCs": list(epcs), **changes}
    return object_event(**{"type": "AggregationEvent", **more})


def rma(number: str) -> dict[str, Any]:
    """A document's reference to one of our returns."""
    return {
        "bizTransactionList": [
            {"type": "rma", "bizTransaction": f"urn:epcglobal:cbv:bt:4006381000000:{number}"}
        ]
    }


def document(*events: Any) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T10:00:00Z",
        "epcisBody": {"eventList": list(events)},
    }
