"""EPCIS over HTTP: captured goods are booked as scans are, and our events are told in pages."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from chalicelib.api.epcis_examples import EPCIS_EXAMPLES
from chalicelib.auth.principal import Kind, Role
from chalicelib.core.clock import rfc3339
from chalicelib.workers.scans_queue import ingest_scans
from tests.api.door import Door, Reply
from tests.api.shop import DISPOSITION, INSPECTION, command
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER, RETURN
from tests.contracts.test_barcodes import SSCC
from tests.epcis.documents import GTIN, LINK, box_event, document, object_event, rma
from tests.epcis.shape import faults_of
from tests.stage import Stage, run_queue_worker

CAPTURE = "/v1/epcis/capture"
ITEM = {"line_no": "1", "quantity": 3, "serials": ["S1", "S2", "S3"]}
SOLD = {
    **ORDER,
    "lines": [{**LINE, "gtin": f"0{GTIN}"}],
    "deliveries": [{**DELIVERY, "items": [ITEM]}],
}
Json = dict[str, Any]


@pytest.fixture
def ret(door: Door) -> Json:
    """Two of three units are to come back; each has a serial."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", SOLD).expect(201)
    created: Json = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    command(door, "reviewer", created["id"], "approve", If_Match="*").expect(200)
    return created


def captured(door: Door, *events: Any, who: str = "machine", **headers: str) -> Json:
    reply = door.ask(who, "POST", CAPTURE, document(*events), **headers)
    assert reply.headers["Location"] == f"{CAPTURE}/{reply.body['captureID']}"
    told: Json = reply.expect(202)
    return told


def worked(stage: Stage) -> int:
    """All that waits in the queue is worked on; how many messages there were."""
    bodies = [message["body"] for message in stage.messages("scans")]
    assert run_queue_worker(ingest_scans, *bodies) == []
    return len(bodies)


def job(door: Door, told: Json, who: str = "machine") -> Json:
    found: Json = door.ask(who, "GET", f"{CAPTURE}/{told['captureID']}").expect(200)
    return found


def received(door: Door, ret: Json) -> int:
    stored = door.ask("support", "GET", f"/v1/returns/{ret['id']}").expect(200)
    return int(stored["lines"][0]["quantities"]["received"])


def query(door: Door, asked: str = "", who: str = "auditor") -> Reply:
    return door.ask(who, "GET", f"/v1/epcis/events{asked}")


def events_of(reply: Reply) -> list[Json]:
    found: list[Json] = reply.expect(200)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return found


def test_a_captured_document_is_booked_once_and_its_job_tells_so(
    door: Door, stage: Stage, ret: Json
) -> None:
    event = object_event(f"{LINK}/21/S1", f"{LINK}/21/S2", **rma(ret["number"]))

    told = captured(door, event)
    assert (told["running"], told["success"]) == (True, False)
    again = captured(door, event)
    assert worked(stage) == 4

    done = job(door, told)
    assert again["captureID"] == told["captureID"]
    assert (done["running"], done["success"], done["errors"]) == (False, True, [])
    assert done["finishedAt"] >= done["createdAt"]
    scans = done["events"][0]["scans"]
    assert [one["state"] for one in scans] == ["done", "done"]
    assert {one["return_id"] for one in scans} == {ret["id"]}
    assert received(door, ret) == 2


def test_one_event_may_be_captured_without_a_document(door: Door, stage: Stage, ret: Json) -> None:
    sent = object_event(f"{LINK}/21/S1", **rma(ret["number"]))
    sent["@context"] = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

    told = door.ask("machine", "POST", CAPTURE, sent).expect(202)

    worked(stage)
    assert job(door, told)["success"] is True
    assert received(door, ret) == 1


def test_rollback_stops_all_and_proceed_only_what_is_refused(
    door: Door, stage: Stage, ret: Json
) -> None:
    good = object_event(f"{LINK}/21/S1", **rma(ret["number"]))
    bad = object_event("urn:epc:id:giai:4006381.1")
    shapeless = {"type": "ObjectEvent", "eventTime": "now"}

    none = captured(door, good, bad, shapeless)
    assert [one["verdict"] for one in none["events"]] == ["rolled_back", "refused", "refused"]
    assert worked(stage) == 0
    some = captured(door, good, bad, shapeless, GS1_Capture_Error_Behaviour="proceed")
    assert [one["verdict"] for one in some["events"]] == ["scanned", "refused", "refused"]
    assert worked(stage) == 1

    pointers = [error["pointer"] for error in job(door, some)["errors"]]
    assert pointers[0] == "/epcisBody/eventList/1/epcList"
    assert "/epcisBody/eventList/2/eventTime" in pointers
    assert received(door, ret) == 1


def test_a_mended_document_is_captured_anew_where_it_was_refused(
    door: Door, stage: Stage, ret: Json
) -> None:
    box = box_event(f"{LINK}/21/S1", **rma("R26AAAAAAAA0" if ret["number"] else ""))
    assert captured(door, box)["events"][0]["verdict"] == "refused"

    right = box_event(f"{LINK}/21/S1", **rma(ret["number"]))
    assert captured(door, right)["events"][0]["verdict"] == "scanned"


def test_a_box_is_told_with_its_returns_and_opened_by_its_sscc(
    door: Door, stage: Stage, ret: Json
) -> None:
    packed = box_event(bizStep="packing", action="ADD", **rma(ret["number"]))
    told = captured(door, packed, object_event(f"{LINK}/21/S2", f"https://id.gs1.org/00/{SSCC}"))

    worked(stage)

    box = door.ask("support", "GET", f"/v1/parcels/{SSCC}").expect(200)
    assert [one["number"] for one in box["returns"]] == [ret["number"]]
    assert [one["verdict"] for one in told["events"]] == ["grouped", "scanned"]
    assert received(door, ret) == 1


def test_an_event_declared_erroneous_waits_for_a_person_and_takes_nothing_back(
    door: Door, stage: Stage, ret: Json
) -> None:
    event = object_event(f"{LINK}/21/S1", eventID="urn:uuid:1", **rma(ret["number"]))
    captured(door, event)
    worked(stage)
    declared = {
        "declarationTime": "2026-11-23T09:00:00Z",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:2"],
    }

    told = captured(door, event | {"errorDeclaration": declared})
    captured(door, event | {"errorDeclaration": declared | {"reason": "did_not_occur"}})

    assert worked(stage) == 0
    (exception_id,) = told["events"][0]["exception_ids"]
    found = door.ask("support", "GET", f"/v1/exceptions/{exception_id}").expect(200)
    assert (found["kind"], found["serials"], found["return_id"]) == ("RETRACTED", ["S1"], ret["id"])
    assert received(door, ret) == 1
    stored = door.ask("support", "GET", f"/v1/returns/{ret['id']}").expect(200)
    assert stored["status"] == "PARTLY_RECEIVED"
    resolution = {"resolution": "no_goods", "quantity": 1, "reason": "Counted again: it is here."}
    path = f"/v1/exceptions/{exception_id}/resolve"
    sent = {"Idempotency_Key": "r-1", "If_Match": "*"}
    assert door.ask("support", "POST", path, resolution, **sent).expect(200)["state"] == "resolved"


def test_an_event_that_comes_after_it_was_declared_erroneous_is_not_booked(
    door: Door, stage: Stage, ret: Json
) -> None:
    event = object_event(f"{LINK}/21/S1", eventID="urn:uuid:1", **rma(ret["number"]))
    declared = {"declarationTime": "2026-11-23T09:00:00Z"}

    captured(door, event | {"errorDeclaration": declared})
    late = captured(door, event)

    worked(stage)
    (scan,) = job(door, late)["events"][0]["scans"]
    assert (scan["state"], scan["reason"]) == ("retracted", "declared_erroneous")
    assert received(door, ret) == 0


def test_who_captures_does_so_in_their_own_warehouse(door: Door, stage: Stage, ret: Json) -> None:
    door.sign_in("hers", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    door.sign_in("scanner", Role.DEVICE, kind=Kind.DEVICE, warehouses=frozenset({"WH1"}))
    door.sign_in("other", Role.DEVICE, kind=Kind.DEVICE, warehouses=frozenset({"WH1"}))
    event = object_event(f"{LINK}/21/S1", **rma(ret["number"]))

    refused = captured(door, event, who="hers")
    told = captured(door, event, who="scanner")

    assert refused["errors"][0]["code"] == "warehouse_not_yours"
    assert worked(stage) == 1
    assert job(door, told, "scanner")["success"] is True
    assert door.ask("other", "GET", f"{CAPTURE}/{told['captureID']}").status == 404
    boxed = captured(door, box_event(LINK, **rma(ret["number"])), who="scanner")
    assert boxed["errors"][0]["code"] == "boxes_not_yours"
    assert door.ask("customer", "POST", CAPTURE, event).status == 403
    assert door.ask("auditor", "POST", CAPTURE, document(event)).status == 403


def test_what_is_no_document_or_too_much_is_refused_whole(door: Door) -> None:
    def status(body: object, **headers: str) -> tuple[int, str]:
        reply = door.ask("machine", "POST", CAPTURE, body, **headers)
        return reply.status, reply.body.get("code", "")

    event = object_event(LINK)
    assert status({"type": "EPCISDocument"})[0] == 400
    assert status({"type": "Invoice"})[0] == 400
    assert status(document())[0] == 400
    assert status(document(*[event] * 501))[0] == 400
    many = [object_event(*[f"{LINK}/21/{n}-{m}" for m in range(251)]) for n in range(2)]
    assert status(document(*many)) == (413, "capture_too_large")
    wrong = {"GS1_Capture_Error_Behaviour": "ignore"}
    assert status(document(event), **wrong) == (400, "capture_behaviour_unknown")
    old = {"GS1_EPCIS_Version": "1.2"}
    assert status(document(event), **old) == (400, "epcis_version_unsupported")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_all_calendars_is_a_refusal(door: Door, moment: str) -> None:
    told = captured(door, object_event(LINK, eventTime=moment))

    assert [one["verdict"] for one in told["events"]] == ["refused"]


def test_the_example_of_a_document_can_be_used_as_it_is(door: Door) -> None:
    told = door.ask("machine", "POST", CAPTURE, EPCIS_EXAMPLES["capture_events"]).expect(202)

    assert [one["verdict"] for one in told["events"]] == ["scanned"]


def test_json_ld_is_json(door: Door) -> None:
    body = json.dumps(document(object_event(LINK)))
    reply = door.ask("machine", "POST", CAPTURE, body, Content_Type="application/ld+json")

    assert reply.status == 202
    assert reply.headers["GS1-EPCIS-Capture-Limit"] == "500"
    assert reply.headers["GS1-Capture-Error-Behaviour"] == "rollback"


def told_everything(door: Door, stage: Stage, ret: Json) -> None:
    """Received with a serial that was never sold, inspected, disposed."""
    event = object_event(f"{LINK}/21/S1", f"{LINK}/21/S2", f"{LINK}/21/S9", **rma(ret["number"]))
    captured(door, event | {"eventTime": ret["requested_at"]})
    worked(stage)
    command(door, "inspector", ret["id"], "inspections", INSPECTION, If_Match="*").expect(201)
    command(door, "inspector", ret["id"], "dispositions", DISPOSITION, If_Match="*").expect(201)


def test_what_happened_is_told_as_epcis(door: Door, stage: Stage, ret: Json) -> None:
    told_everything(door, stage, ret)

    found = events_of(query(door))

    assert [faults_of(event) for event in found] == [[]] * len(found)
    words = {(event["bizStep"], event["disposition"]): event for event in found}
    assert set(words) == {
        ("receiving", "returned"),
        ("receiving", "mismatch_instance"),
        ("inspecting", "conformant"),
        ("stocking", "sellable_accessible"),
    }
    here = words["receiving", "returned"]
    assert here["eventTime"] == ret["requested_at"]
    assert here["bizLocation"] == {"id": "https://tuiku.dev/warehouses/WH1"}
    assert here["bizTransactionList"][0]["bizTransaction"].endswith(ret["number"])
    swapped = words["receiving", "mismatch_instance"]
    assert swapped["epcList"] == [f"{LINK}/21/S9"]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("", 5),
        ("?EQ_bizStep=receiving", 3),
        ("?EQ_bizStep=https://ref.gs1.org/cbv/BizStep-inspecting,stocking", 2),
        ("?EQ_disposition=mismatch_instance", 1),
        ("?MATCH_epc=urn:epc:id:sgtin:4006381.033393.S9", 1),
        ("?MATCH_anyEPC=https://other.example/01/04006381333931/21/S9", 1),
        ("?MATCH_epc=https://id.gs1.org/01/04006381333931/10/L-1/21/S9", 1),
        ("?MATCH_epc=urn:epc:id:sgtin:4006381.033393.S77", 0),
        ("?EQ_readPoint=https://tuiku.dev/warehouses/WH1", 5),
        ("?EQ_bizLocation=urn:x:WH2", 0),
        ("?EQ_action=ADD", 0),
        ("?eventType=ObjectEvent,AggregationEvent", 5),
        ("?GE_recordTime=2099-01-01T00:00:00Z", 0),
        ("?GE_eventTime=2000-01-01T00:00:00Z&LT_recordTime=2000-01-02T00:00:00Z", 0),
    ],
)
def test_a_query_tells_only_what_is_asked_for(
    door: Door, stage: Stage, ret: Json, asked: str, count: int
) -> None:
    told_everything(door, stage, ret)

    assert len(events_of(query(door, asked))) == count


def test_a_query_goes_by_when_things_happened(door: Door, stage: Stage, ret: Json) -> None:
    told_everything(door, stage, ret)
    arrived = datetime.fromisoformat(ret["requested_at"])

    since = rfc3339(arrived + timedelta(milliseconds=1))
    later = query(door, f"?GE_eventTime={since}&LT_eventTime=2099-01-01T00:00:00Z")

    assert len(events_of(later)) == 3


def test_pages_tell_all_in_order_and_only_to_who_began(door: Door, stage: Stage, ret: Json) -> None:
    told_everything(door, stage, ret)
    everything = events_of(query(door))

    found: list[Json] = []
    asked = "?perPage=1"
    for _ in range(20):
        reply = query(door, asked)
        found += events_of(reply)
        link = reply.headers.get("Link")
        if link is None:
            break
        asked = link[1 : link.index(">")]
    else:
        pytest.fail("pages without end")

    assert found == everything
    token = parse_qs(asked[1:])["nextPageToken"][0]
    assert query(door, f"?perPage=1&nextPageToken={token}", "support").body["code"] == "bad_cursor"
    assert query(door, f"?EQ_action=ADD&nextPageToken={token}").body["code"] == "bad_cursor"


def test_bound_people_see_events_of_their_warehouses_only(
    door: Door, stage: Stage, ret: Json
) -> None:
    told_everything(door, stage, ret)
    door.sign_in("here", Role.WAREHOUSE, warehouses=frozenset({"WH1"}))
    door.sign_in("there", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    assert events_of(query(door, "", "here"))
    assert events_of(query(door, "", "there")) == []
    assert query(door, "", "customer").status == 403


def test_a_device_reads_its_captures_and_no_events(door: Door) -> None:
    refused = query(door, "", "device")

    assert (refused.status, refused.body["code"]) == (403, "permission_denied")
    assert door.ask("device", "GET", "/v1/epcis").status == 200


def test_what_is_understood_is_told(door: Door) -> None:
    told = door.ask("device", "GET", "/v1/epcis").expect(200)

    assert told["capture_limit"] == 500
    assert "MATCH_anyEPC" in told["query_parameters"]
    assert "2.0.0" in told["epcis_versions"]


def test_a_barcode_is_read_for_who_has_no_library(door: Door) -> None:
    def read(text: str) -> Reply:
        return door.ask("device", "POST", "/v1/barcodes/read", {"barcode": text})

    told = read(f"(01)0{GTIN}(17)270131(10)L-1(21)S7").expect(200)

    assert told == {
        "gtin": GTIN,
        "lot": "L-1",
        "serial": "S7",
        "expires_on": "2027-01-31",
        "sscc": None,
        "return_number": None,
        "quantity": None,
    }
    refused = read("4006381333932")
    assert refused.status == 400
    assert refused.body["errors"][0]["code"] == "barcode_check_digit"
    assert refused.body["errors"][0]["pointer"] == "/barcode"
    body = {"barcode": GTIN}
    assert door.ask("customer", "POST", "/v1/barcodes/read", body).status == 403
