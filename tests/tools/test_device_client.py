"""The client of a device against the whole application: offline, twice, torn, revoked, renewed."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import wiring
from tests.api.conftest import door
from tests.api.devices import Gateway, floor, open_enrolment, worked_off
from tests.api.door import Door
from tests.stage import Stage
from tools.device import Device, Journal, NoAnswer, Profile
from tools.device.client import BATCH_MAX, Refused

__all__ = ["door"]
URL = "https://api.example"


@pytest.fixture
def gateway(door: Door) -> Gateway:
    return Gateway(door)


@pytest.fixture
def device(gateway: Gateway, tmp_path: Path) -> Device:
    code = open_enrolment(gateway.door)
    enrolled = Device.enrol(URL, code, tmp_path, gateway)
    enrolled.sleep = lambda _: None
    return enrolled


def again(device: Device, folder: Path) -> Device:
    """The process ended, and another one begins."""
    device.journal.close()
    loaded = Device.load(folder, device.send)
    loaded.sleep = lambda _: None
    return loaded


def gaps(device: Device) -> Any:
    return device.read()["sequence"]


def test_a_scan_is_kept_sent_and_its_outcome_read(device: Device, stage: Stage) -> None:
    scan_id = device.scan(sku="85123A", quantity=2)

    done = device.flush()

    assert (done.accepted, done.refused, done.waiting) == (1, 0, 0)
    worked_off(stage)
    assert device.outcome(scan_id)["state"] == "done"
    assert gaps(device)["missing"] == 0


def test_the_secret_is_in_one_file_that_only_its_user_may_read(
    device: Device, tmp_path: Path
) -> None:
    device.scan(sku="85123A")

    file = tmp_path / "device.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    holders = [p.name for p in tmp_path.iterdir() if device.profile.secret in p.read_text()]
    assert holders == ["device.json"]


def test_what_was_scanned_offline_is_sent_later_in_order(
    device: Device, gateway: Gateway, stage: Stage, tmp_path: Path
) -> None:
    gateway.is_away = True
    ids = [device.scan(sku="85123A") for _ in range(3)]
    with pytest.raises(NoAnswer):
        device.flush()
    device = again(device, tmp_path)
    ids.append(device.scan(sku="85123A"))
    gateway.is_away = False

    assert device.flush().accepted == 4

    sent = [json.loads(body) for body in worked_off(stage)]
    assert sorted((one["seq"], one["scan_id"]) for one in sent) == list(enumerate(ids, start=1))
    assert device.flush().accepted == 0


def test_a_lost_answer_makes_it_send_twice_and_nothing_is_booked_twice(
    device: Device, gateway: Gateway, stage: Stage
) -> None:
    device.scan(sku="85123A")
    gateway.loses_answers = 1
    with pytest.raises(NoAnswer):
        device.flush()

    assert device.flush().accepted == 1

    assert len(worked_off(stage)) == 2
    items = stage.dynamodb.scan(TableName="core")["Items"]
    assert len([item for item in items if item["type"]["S"] == "EXCEPTION"]) == 1


def test_numbers_go_on_after_a_restart(device: Device, tmp_path: Path) -> None:
    device.scan(sku="A")
    device = again(device, tmp_path)
    device.flush()
    device = again(device, tmp_path)

    device.scan(sku="B")

    assert [scan["seq"] for scan in device.journal.waiting()] == [2]


def test_a_scan_that_is_refused_is_kept_apart_and_leaves_a_gap(
    device: Device, stage: Stage, tmp_path: Path
) -> None:
    bad = device.scan(sku="85123A", quantity=0)
    device.scan(sku="85123A")

    done = device.flush()

    assert (done.accepted, done.refused, done.waiting) == (1, 1, 0)
    worked_off(stage)
    assert gaps(device)["gaps"] == [{"first": 1, "last": 1}]
    refused = again(device, tmp_path).journal.refused()
    assert [error["pointer"] for error in refused[bad]] == ["/quantity"]


def test_more_than_a_batch_is_sent_in_batches(device: Device, gateway: Gateway) -> None:
    for _ in range(BATCH_MAX + 1):
        device.journal.add({"scan_id": f"s{device.journal.next_seq}", **raw(device)})
    before = gateway.requests

    assert device.flush().accepted == BATCH_MAX + 1

    assert gateway.requests - before == 2


def raw(device: Device) -> dict[str, Any]:
    return {
        "device_id": device.profile.device_id,
        "seq": device.journal.next_seq,
        "captured_at": "2026-11-21T08:59:00Z",
        "warehouse": "WH1",
        "sku": "85123A",
    }


def test_a_clock_that_is_wrong_is_put_right_by_the_answer(device: Device, gateway: Gateway) -> None:
    gateway.offset_s = 7200.0
    device.scan(sku="85123A")

    assert device.flush().accepted == 1

    device.scan(sku="85123A")
    (waiting,) = device.journal.waiting()
    captured = datetime.fromisoformat(waiting["captured_at"])
    assert abs((captured - gateway.now).total_seconds()) < 60
    assert captured > datetime.now(UTC)


def test_a_revoked_device_keeps_its_scans_and_staff_hand_them_in(
    device: Device, gateway: Gateway, stage: Stage
) -> None:
    device.scan(sku="85123A")
    path = f"/v1/devices/{device.profile.device_id}/revoke"
    gateway.door.ask("admin", "POST", path, {"reason": "BROKEN"}, If_Match="*").expect(200)
    with pytest.raises(Refused, match="401"):
        device.flush()
    lee = floor(gateway.door, "lee", "WH1")

    done = device.flush(f"Bearer {lee}")

    assert (done.accepted, done.waiting) == (1, 0)
    assert len(worked_off(stage)) == 1


def test_a_newer_credential_keeps_scans_and_numbers(
    device: Device, gateway: Gateway, stage: Stage, tmp_path: Path
) -> None:
    device.scan(sku="85123A")
    device.journal.close()
    code = open_enrolment(gateway.door, "WH1", device.profile.device_id)

    renewed = Device.enrol(URL, code, tmp_path, gateway)

    assert renewed.profile.credential == 2
    assert renewed.flush().accepted == 1
    assert renewed.journal.next_seq == 2
    known = wiring.reads().device(renewed.profile.device_id)
    assert known is not None
    assert (known.credential.number, known.pending) == (2, None)


def test_a_device_that_lost_its_memory_goes_on_above_the_numbers_that_are_known_of_it(
    device: Device, gateway: Gateway, stage: Stage, tmp_path: Path
) -> None:
    for _ in range(3):
        device.scan(sku="85123A")
    device.flush()
    worked_off(stage)
    code = open_enrolment(gateway.door, "WH1", device.profile.device_id)
    folder = tmp_path / "reset"

    renewed = Device.enrol(URL, code, folder, gateway)

    assert renewed.journal.next_seq == 4
    assert again(renewed, folder).journal.next_seq == 4


def test_nothing_that_is_printed_of_a_device_holds_its_secret(device: Device) -> None:
    assert device.profile.secret not in repr(device)


def test_another_device_does_not_move_into_the_folder(
    device: Device, gateway: Gateway, tmp_path: Path
) -> None:
    other = open_enrolment(gateway.door)

    with pytest.raises(RuntimeError, match="another device"):
        Device.enrol(URL, other, tmp_path, gateway)

    assert Profile.load(tmp_path) == device.profile


# --- the journal alone ---


def entry(journal: Journal) -> dict[str, Any]:
    return {"scan_id": f"s{journal.next_seq}", "seq": journal.next_seq}


def test_a_line_that_was_torn_by_a_power_cut_is_dropped(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.add(entry(journal))
    journal.close()
    with (tmp_path / "scans.jsonl").open("a") as file:
        file.write('{"scan_id":"s2","se')

    journal = Journal(tmp_path)
    journal.add(entry(journal))
    journal.close()

    assert [scan["scan_id"] for scan in Journal(tmp_path).waiting()] == ["s1", "s2"]


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    journal = Journal(tmp_path)

    with pytest.raises(RuntimeError, match="Another process"):
        Journal(tmp_path)

    journal.close()
    assert Journal(tmp_path).next_seq == 1


def test_a_long_journal_begins_anew_with_its_numbers_and_refusals(tmp_path: Path) -> None:
    journal = Journal(tmp_path, compacted_from=4)
    for _ in range(3):
        journal.add(entry(journal))
    journal.settle([("s1", None), ("s2", [{"code": "x"}]), ("s3", None)])
    journal.close()

    journal = Journal(tmp_path)

    assert (tmp_path / "scans.jsonl").read_text() == '{"next_seq": 4}\n'
    assert (journal.next_seq, journal.waiting()) == (4, [])
    assert journal.refused() == {"s2": [{"code": "x"}]}
