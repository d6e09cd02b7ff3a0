"""The shape of an ObjectEvent by the EPCIS 2.0 JSON binding (standard, sections 7.4 and 10)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_BIZ_STEPS = frozenset(
    {
        "accepting",
        "arriving",
        "destroying",
        "holding",
        "inspecting",
        "packing",
        "receiving",
        "repackaging",
        "repairing",
        "shipping",
        "stocking",
        "storing",
        "unpacking",
    }
)
_DISPOSITIONS = frozenset(
    {
        "conformant",
        "damaged",
        "destroyed",
        "disposed",
        "expired",
        "in_progress",
        "in_transit",
        "mismatch_class",
        "mismatch_instance",
        "mismatch_quantity",
        "needs_replacement",
        "no_pedigree_match",
        "non_conformant",
        "non_sellable_other",
        "recalled",
        "returned",
        "sellable_accessible",
        "sellable_not_accessible",
        "unknown",
    }
)
_KNOWN = frozenset(
    {
        "type",
        "eventID",
        "eventTime",
        "eventTimeZoneOffset",
        "recordTime",
        "action",
        "bizStep",
        "disposition",
        "epcList",
        "quantityList",
        "readPoint",
        "bizLocation",
        "bizTransactionList",
    }
)
_NEEDED = ("type", "eventID", "eventTime", "eventTimeZoneOffset", "action", "epcList")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[\x21-\x7e]+")
_OFFSET = re.compile(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)")


def faults_of(event: Mapping[str, Any]) -> list[str]:
    """What is wrong with it; any: JSON."""
    faults = [f"{name} is missing" for name in _NEEDED if name not in event]
    faults += [f"{name} is no field of an ObjectEvent" for name in set(event) - _KNOWN]
    if faults:
        return faults
    uris = [event["eventID"], *event["epcList"]]
    uris += [event[name]["id"] for name in ("readPoint", "bizLocation") if name in event]
    uris += [one["bizTransaction"] for one in event.get("bizTransactionList", ())]
    uris += [one["epcClass"] for one in event.get("quantityList", ())]
    faults += [f"{uri} is no URI" for uri in uris if not _URI.fullmatch(uri)]
    checks = {
        "type": event["type"] == "ObjectEvent",
        "action": event["action"] in ("ADD", "OBSERVE", "DELETE"),
        "bizStep": event["bizStep"] in _BIZ_STEPS,
        "disposition": event["disposition"] in _DISPOSITIONS,
        "eventTimeZoneOffset": _OFFSET.fullmatch(event["eventTimeZoneOffset"]) is not None,
        "epcList": len(set(event["epcList"])) == len(event["epcList"]),
        "something": bool(event["epcList"] or event.get("quantityList")),
        "quantityList": all(
            set(one) <= {"epcClass", "quantity", "uom"} and one["quantity"] >= 1
            for one in event.get("quantityList", ())
        ),
    }
    for name in ("eventTime", "recordTime"):
        checks[name] = datetime.fromisoformat(event[name]).tzinfo is not None
    return faults + [f"{name} is wrong" for name, is_right in checks.items() if not is_right]
