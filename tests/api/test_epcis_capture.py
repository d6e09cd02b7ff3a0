"""What becomes of captured goods and boxes: once, and where the stage says that they are."""

import pytest

from tests.api.door import Door
from tests.api.test_epcis import (
    CAPTURE,
    Json,
    captured,
    events_of,
    job,
    query,
    received,
    ret,
    worked,
)
from tests.contracts.test_barcodes import SSCC
from tests.epcis.documents import GLN, LINK, SSCC_URN, document, object_event, rma
from tests.epcis.shape import faults_of_document
from tests.stage import Stage

__all__ = ["ret"]


def test_an_event_told_with_its_id_and_without_is_booked_once(
    door: Door, stage: Stage, ret: Json
) -> None:
    plain = object_event(f"{LINK}/21/S1", **rma(ret["number"]))

    first = captured(door, plain)
    again = captured(door, plain | {"eventID": "urn:uuid:1"})
    worked(stage)

    assert first["captureID"] != again["captureID"]
    assert received(door, ret) == 1
    assert job(door, again)["events"][0]["scans"] == job(door, first)["events"][0]["scans"]


def test_a_gln_is_the_warehouse_that_the_stage_states(
    door: Door, stage: Stage, ret: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = object_event(
        f"{LINK}/21/S1",
        bizLocation={"id": f"https://id.gs1.org/414/{GLN}"},
        **rma(ret["number"]),
    )

    refused = captured(door, event)
    monkeypatch.setenv("WAREHOUSE_GLNS", f"WH1={GLN}")
    told = captured(door, event)
    worked(stage)

    assert [one["code"] for one in refused["errors"]] == ["gln_unknown"]
    assert job(door, told)["success"] is True
    answer = query(door, f"?EQ_bizLocation=https://id.gs1.org/414/{GLN}")
    (shown,) = events_of(answer)
    assert faults_of_document(answer.body) == []
    assert shown["bizLocation"] == {"id": f"https://id.gs1.org/414/{GLN}"}


def test_a_list_of_glns_that_cannot_be_read_is_no_fault_of_the_partner(
    door: Door, stage: Stage, ret: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = object_event(f"{LINK}/21/S1", **rma(ret["number"]))
    monkeypatch.setenv("WAREHOUSE_GLNS", f"WH1={GLN[:-1]}x")

    refused = door.ask("machine", "POST", CAPTURE, document(event))
    asked = query(door)
    monkeypatch.setenv("WAREHOUSE_GLNS", f"WH1={GLN}")
    told = captured(door, event)
    worked(stage)

    assert (refused.status, refused.body["code"]) == (503, "places_unreadable")
    assert (asked.status, asked.body["code"]) == (503, "places_unreadable")
    assert job(door, told)["success"] is True
    assert received(door, ret) == 1


def test_what_was_weighed_and_shipped_stops_no_return_that_came(
    door: Door, stage: Stage, ret: Json
) -> None:
    weighed = {"epcClass": LINK, "quantity": 2.5, "uom": "KGM"}
    shipped = object_event(bizStep="shipping", quantityList=[weighed])

    told = captured(door, shipped, object_event(f"{LINK}/21/S1", **rma(ret["number"])))
    worked(stage)

    assert [one["verdict"] for one in told["events"]] == ["not_used", "scanned"]
    assert received(door, ret) == 1


def test_a_box_that_arrives_by_its_sscc_is_there_and_nothing_is_counted(
    door: Door, stage: Stage, ret: Json
) -> None:
    door.ask("support", "PUT", f"/v1/parcels/{SSCC}", {"returns": [ret["number"]]}).expect(200)

    told = captured(door, object_event(SSCC_URN, bizStep="arriving"))
    worked(stage)

    (scan,) = job(door, told)["events"][0]["scans"]
    assert (scan["state"], scan["reason"]) == ("done", "arrived")
    stored = door.ask("support", "GET", f"/v1/returns/{ret['id']}").expect(200)
    assert stored["lines"][0]["quantities"]["arrived"] == 2
    assert received(door, ret) == 0


def test_more_events_than_one_transaction_holds_are_known_again(door: Door, stage: Stage) -> None:
    plain = [object_event(f"{LINK}/21/S{number}") for number in range(110)]
    named = [event | {"eventID": f"urn:uuid:{place}"} for place, event in enumerate(plain)]

    first, again = captured(door, *plain), captured(door, *named)

    scans = [[one["scans"][0]["scan_id"] for one in told["events"]] for told in (first, again)]
    assert scans[0] == scans[1]
    assert len(set(scans[0])) == 110
