"""Scans handed in over HTTP: each judged alone, queued by warehouse, harmless to repeat."""

import json
from typing import Any

import pytest

from chalicelib.api.schemas.scans import SCANS_MAX
from tests.api.devices import worked_off
from tests.api.door import Door
from tests.stage import Stage


def scan(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "scan_id": f"s-{number}",
        "device_id": "dev7",
        "seq": number,
        "captured_at": "2026-11-21T09:00:00Z",
        "warehouse": "WH1",
        "sku": "A",
        **changes,
    }


def post(door: Door, *scans: Any) -> list[Any]:
    told = door.ask("warehouse", "POST", "/v1/scans", {"scans": list(scans)}).expect(202)
    results: list[Any] = told["results"]
    return results


def queued(stage: Stage) -> list[Any]:
    answer = stage.sqs.receive_message(
        QueueUrl=stage.queue_urls["scans"],
        MaxNumberOfMessages=10,
        MessageSystemAttributeNames=["All"],
    )
    messages: list[Any] = answer["Messages"]
    return messages


def test_each_scan_waits_in_the_group_of_its_warehouse(door: Door, stage: Stage) -> None:
    post(door, scan(1), scan(2, warehouse="WH2"), scan(3))

    groups = {
        json.loads(message["Body"])["scan_id"]: message["Attributes"]["MessageGroupId"]
        for message in queued(stage)
    }
    assert groups == {"s-1": "WH1", "s-2": "WH2", "s-3": "WH1"}


def test_bad_scans_are_told_by_their_place_and_spoil_none(door: Door, stage: Stage) -> None:
    results = post(door, scan(1), 7, {"scan_id": "s-3"}, scan(4, quantity=0), scan(5))

    assert [(one["index"], one["accepted"]) for one in results] == [
        (0, True),
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    assert [one["scan_id"] for one in results] == ["s-1", None, "s-3", "s-4", "s-5"]
    assert len(worked_off(stage)) == 2


def test_the_same_scans_again_and_backwards_change_nothing(door: Door, stage: Stage) -> None:
    scans = [scan(number) for number in range(1, 6)]
    post(door, *scans)
    worked_off(stage)
    before = stage.dynamodb.scan(TableName="core")["Items"]

    post(door, *reversed(scans))
    worked_off(stage)

    assert stage.dynamodb.scan(TableName="core")["Items"] == before


@pytest.mark.parametrize("count", [0, SCANS_MAX + 1])
def test_no_more_and_no_fewer_than_a_batch_are_taken(door: Door, count: int) -> None:
    body = {"scans": [scan(number) for number in range(count)]}

    assert door.ask("warehouse", "POST", "/v1/scans", body).status == 400


def test_the_largest_batch_fits_into_a_body(door: Door) -> None:
    long = {"device_id": "d" * 64, "warehouse": "W" * 20, "sku": "S" * 40, "lot": "L" * 20}
    scans = [scan(number, scan_id=f"{number:0>36}", **long) for number in range(SCANS_MAX)]

    assert len(json.dumps({"scans": scans})) < 256 * 1024
    assert all(result["accepted"] for result in post(door, *scans))
