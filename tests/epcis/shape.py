"""The shape of our answers by the EPCIS 2.0 JSON binding (standard, sections 7.4 and 10).

What the schema that GS1 publishes asks of such documents, said in a few lines of our own.
"""

import re
from collections.abc import Mapping
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
_PLACES = ("readPoint", "bizLocation")
_URI = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:[\x21-\x7e]+")
_OFFSET = re.compile(r"[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)")


_DOCUMENT = frozenset({"@context", "type", "schemaVersion", "creationDate", "epcisBody"})
_TRANSACTIONS = frozenset(
    {"bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma"}
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def faults_of_document(told: Mapping[str, Any]) -> list[str]:
    """What is wrong with the answer to a query, and with the events in it; any: JSON."""
    if set(told) != _DOCUMENT:
        return [f"its fields are {sorted(told)}"]
    results = told["epcisBody"].get("queryResults", {})
    checks = {
        "@context": all(_URI.fullmatch(one) for one in told["@context"]) and told["@context"] != [],
        "type": told["type"] == "EPCISQueryDocument",
        "schemaVersion": re.fullmatch(r"2\.[0-9](\.[0-9])?", told["schemaVersion"]) is not None,
        "creationDate": _MOMENT.fullmatch(told["creationDate"]) is not None,
        "epcisBody": set(told["epcisBody"]) == {"queryResults"},
        "queryResults": set(results) == {"queryName", "resultsBody"},
        "resultsBody": set(results.get("resultsBody", ())) == {"eventList"},
    }
    faults = [f"{name} is wrong" for name, is_right in checks.items() if not is_right]
    events = results["resultsBody"]["eventList"] if not faults else ()
    return faults + [fault for event in events for fault in faults_of(event)]


def faults_of(event: Mapping[str, Any]) -> list[str]:
    """What is wrong with it; any: JSON."""
    faults = [f"{name} is missing" for name in _NEEDED if name not in event]
    faults += [f"{name} is no field of an ObjectEvent" for name in set(event) - _KNOWN]
    if faults:
        return faults
    uris = [event["eventID"], *event["epcList"]]
    uris += [event[name]["id"] for name in _PLACES if name in event]
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
        "bizTransactionList": all(
            set(one) == {"type", "bizTransaction"} and one["type"] in _TRANSACTIONS
            for one in event.get("bizTransactionList", ())
        ),
        "places": all(set(event[one]) == {"id"} for one in _PLACES if one in event),
        "something": bool(event["epcList"] or event.get("quantityList")),
        "quantityList": all(
            set(one) <= {"epcClass", "quantity", "uom"}
            and one["quantity"] >= 1
            and re.fullmatch(r"[A-Z0-9]{2,3}", one.get("uom", "EA"))
            for one in event.get("quantityList", ())
        ),
    }
    for name in ("eventTime", "recordTime"):
        checks[name] = _MOMENT.fullmatch(event[name]) is not None
    return faults + [f"{name} is wrong" for name, is_right in checks.items() if not is_right]
