"""Devices over HTTP: enrolment, what they sign, what they may do, revocation, gaps."""

import json
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.api.signed import signed_context
from chalicelib.auth.principal import Kind, Role, to_context
from chalicelib.devices.admitting import Admission
from chalicelib.devices.signing import SignedRequest, body_hash
from chalicelib.reconciliation.survey import Survey
from chalicelib.store.audit import Audit
from tests.api.devices import (
    UNAUTHORIZED,
    Gateway,
    Scanner,
    floor,
    open_enrolment,
    scan,
    scanner,
    worked_off,
)
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT
from tests.stage import Stage


def code_of(reply: Any) -> str:
    return str(reply.body["code"])


# --- enrolment ---


def test_a_device_is_enrolled_and_posts_scans(door: Door, stage: Stage) -> None:
    device = scanner(door)

    told = device.ask("POST", "/v1/scans", {"scans": [scan(device)]}).expect(202)

    assert [result["accepted"] for result in told["results"]] == [True]
    (body,) = worked_off(stage)
    assert json.loads(body)["device_id"] == device.device_id
    outcome = device.ask("GET", f"/v1/scans/{device.device_id}-1").expect(200)
    assert outcome["state"] == "done"


def test_the_answers_with_secrets_are_remembered_nowhere(door: Door, stage: Stage) -> None:
    code = open_enrolment(door)
    enrolled = door.ask(
        "nobody", "POST", "/v1/devices/enrol", {"code": code}, Idempotency_Key="k-1"
    ).expect(201)

    stored = json.dumps(stage.dynamodb.scan(TableName="core")["Items"])
    assert code not in stored
    assert code.replace("-", "")[5:] not in stored
    assert enrolled["secret"] not in stored


@pytest.mark.parametrize(
    "spoil",
    [
        lambda code: code[:-1] + ("0" if code[-1] != "0" else "1"),
        lambda code: "ZZZZZ" + code[5:],
        lambda _: "not a code",
        lambda _: "7K2QX-9D4TM-0WBPA-H3C8V",
    ],
    ids=["wrong", "other prefix", "no code", "never given out"],
)
def test_codes_that_are_not_good_are_refused_in_the_same_words(door: Door, spoil: Any) -> None:
    code = open_enrolment(door)
    used = open_enrolment(door)
    door.ask("nobody", "POST", "/v1/devices/enrol", {"code": used}).expect(201)

    refused = door.ask("nobody", "POST", "/v1/devices/enrol", {"code": spoil(code)})
    again = door.ask("nobody", "POST", "/v1/devices/enrol", {"code": used})

    assert (refused.status, again.status) == (403, 403)
    told = [{k: v for k, v in reply.body.items() if k != "trace_id"} for reply in (refused, again)]
    assert told[0] == told[1]
    assert code_of(refused) == "enrolment_refused"


def test_staff_enrol_in_their_own_warehouse(door: Door) -> None:
    kim = floor(door, "kim", "WH2")
    body = {"warehouse": "WH1", "name": "x"}

    refused = door.ask(kim, "POST", "/v1/devices/enrolments", body)

    assert (refused.status, code_of(refused)) == (403, "warehouse_not_yours")
    door.ask(kim, "POST", "/v1/devices/enrolments", {**body, "warehouse": "WH2"}).expect(201)


@pytest.mark.parametrize("who", ["customer", "supplier", "machine", "inspector", "device", "sales"])
def test_only_warehouse_and_admin_enrol_and_revoke(door: Door, who: str) -> None:
    device = scanner(door)
    revoke = f"/v1/devices/{device.device_id}/revoke"

    opened = door.ask(who, "POST", "/v1/devices/enrolments", {"warehouse": "WH1", "name": "x"})
    revoked = door.ask(who, "POST", revoke, {"reason": "LOST"}, If_Match="*")

    assert (opened.status, revoked.status) == (403, 403)


# --- what was signed is what has to come ---


@pytest.mark.parametrize(
    ("method", "path", "raw"),
    [
        ("PUT", "/v1/scans", '{"scans":[]}'),
        ("POST", "/v1/scans?x=1", '{"scans":[]}'),
        ("POST", "/v1/scans", '{"scans": []}'),
        ("POST", "/v1/scans", None),
        ("POST", "/v1/scans", "\ud800"),
    ],
    ids=["method", "query", "body", "no body", "no text"],
)
def test_a_request_that_was_not_signed_is_refused(
    door: Door, method: str, path: str, raw: str | None
) -> None:
    device = scanner(door)
    header = device.header(method="POST", path="/v1/scans", raw='{"scans":[]}')
    if method == "PUT":
        header = device.header(method="PUT", path="/v1/scans", raw=raw)
        method = "POST"

    reply = device.gateway.request(method, path, raw, authorization=header)

    assert (reply.status, code_of(reply)) == (401, "signature_mismatch")


def test_a_signature_for_one_scan_opens_no_other(door: Door) -> None:
    device = scanner(door)
    header = device.header("GET", "/v1/scans/one")

    assert device.gateway.request("GET", "/v1/scans/one", authorization=header).status == 200
    assert device.gateway.request("GET", "/v1/scans/two", authorization=header).status == 401
    assert device.gateway.request("HEAD", "/v1/scans/one", authorization=header).status == 401


def test_a_query_is_signed_in_any_order(door: Door) -> None:
    device = scanner(door)
    header = device.header("GET", "/v1/scans/one?a=1&b=%20%2B")

    reply = device.gateway.request("GET", "/v1/scans/one?b=%20%2B&a=1", authorization=header)

    assert reply.status == 200


@pytest.mark.parametrize("skew_s", [-310, 310])
def test_a_signature_outside_its_time_is_refused(door: Door, skew_s: int) -> None:
    device = scanner(door)
    header = device.header("GET", "/v1/scans/one", skew_s=skew_s)

    assert device.gateway.request("GET", "/v1/scans/one", authorization=header) == UNAUTHORIZED


def test_a_device_without_anything_signed_is_refused(door: Door) -> None:
    device = scanner(door)
    context = {
        "id": device.device_id, "kind": "device", "roles": "device", "warehouses": "WH1",
    }  # fmt: skip

    for more in ({}, {"signed_method": "GET"}, {"signed_sequence": "x", "signed_time": "1"}):
        reply = door.passed_on({**context, **more}, "GET", "/v1/scans/one")
        assert (reply.status, code_of(reply)) == (401, "signature_mismatch")


def test_the_very_same_request_again_is_harmless(door: Door, stage: Stage) -> None:
    device = scanner(door)
    raw = json.dumps({"scans": [scan(device)]})
    header = device.header("POST", "/v1/scans", raw)

    for _ in range(3):
        reply = device.gateway.request("POST", "/v1/scans", raw, authorization=header)
        assert reply.status == 202

    worked_off(stage)
    items = stage.dynamodb.scan(TableName="core")["Items"]
    assert len([item for item in items if item["type"]["S"] == "EXCEPTION"]) == 1


def test_a_command_is_done_once_by_its_signed_number_whatever_its_headers_say(
    door: Door,
) -> None:
    raw = json.dumps(COUNT)
    door.sign_in("gate", Role.WAREHOUSE, kind=Kind.DEVICE, warehouses=frozenset({"WH1"}))

    def sent(number: int, key: str) -> Reply:
        signed = SignedRequest(
            method="POST",
            path="/v1/stock/counts",
            body=body_hash(raw.encode()),
            time=0,
            sequence=number,
        )
        admission = Admission(
            principal=door.principals["gate"], signed=signed, credential=1, is_first_use=False
        )
        context = to_context(admission.principal) | signed_context(admission)
        return door.passed_on(context, "POST", "/v1/stock/counts", raw, Idempotency_Key=key)

    first, again, other = sent(1, "a"), sent(1, "b"), sent(2, "a")

    assert (first.status, again.raw) == (201, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in other.headers


# --- what a device may do ---


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/returns", None),
        ("GET", "/v1/orders/SO-1", None),
        ("GET", "/v1/stock?warehouse=WH1", None),
        ("GET", "/v1/devices", None),
        ("POST", "/v1/devices/enrolments", {"warehouse": "WH1", "name": "x"}),
        ("POST", "/v1/returns/ret_1/receipts", {}),
        ("POST", "/v1/stock/counts", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_device_may_do_nothing_else(door: Door, method: str, path: str, body: Any) -> None:
    assert scanner(door).ask(method, path, body).status == 403


def test_a_scan_of_another_device_or_warehouse_is_refused(door: Door) -> None:
    device, other = scanner(door), scanner(door)
    scans = [scan(device, 1, device_id=other.device_id), scan(device, 2, warehouse="WH2")]

    told = device.ask("POST", "/v1/scans", {"scans": scans}).expect(202)

    codes = [result["errors"][0]["code"] for result in told["results"]]
    assert codes == ["device_not_yours", "warehouse_not_yours"]


def test_a_device_sees_its_own_scans_and_itself(door: Door, stage: Stage) -> None:
    device, other = scanner(door), scanner(door)
    device.ask("POST", "/v1/scans", {"scans": [scan(device)]}).expect(202)
    worked_off(stage)
    own = f"/v1/scans/{device.device_id}-1"

    assert device.ask("GET", own).body["state"] == "done"
    assert other.ask("GET", own).body == {**other.ask("GET", own).body, "state": "unknown"}
    assert other.ask("GET", own).body["outcome"] is None
    assert device.ask("GET", f"/v1/devices/{device.device_id}").status == 200
    assert other.ask("GET", f"/v1/devices/{device.device_id}").status == 404


def test_staff_of_another_warehouse_see_neither_device_nor_scan(door: Door, stage: Stage) -> None:
    device = scanner(door)
    device.ask("POST", "/v1/scans", {"scans": [scan(device)]}).expect(202)
    worked_off(stage)
    kim, lee = floor(door, "kim", "WH2"), floor(door, "lee", "WH1")
    path, own = f"/v1/devices/{device.device_id}", f"/v1/scans/{device.device_id}-1"

    assert door.ask(kim, "GET", path).status == 404
    assert door.ask(kim, "POST", f"{path}/revoke", {"reason": "LOST"}, If_Match="*").status == 404
    assert door.ask(kim, "GET", own).body["state"] == "unknown"
    assert door.ask(kim, "GET", "/v1/devices").body["items"] == []
    assert door.ask(lee, "GET", path).status == 200
    assert door.ask(lee, "GET", own).body["state"] == "done"
    assert len(door.ask(lee, "GET", "/v1/devices").body["items"]) == 1


# --- revoked, and a newer credential ---


def test_a_revoked_device_is_refused_from_its_next_request(door: Door) -> None:
    device = scanner(door)
    assert device.ask("GET", "/v1/scans/one").status == 200
    path = f"/v1/devices/{device.device_id}/revoke"

    revoked = door.ask("warehouse", "POST", path, {"reason": "STOLEN"}, If_Match='"v1"').expect(200)

    assert (revoked["state"], revoked["revoked_for"]) == ("REVOKED", "STOLEN")
    assert device.ask("GET", "/v1/scans/one") == UNAUTHORIZED


def test_staff_hand_in_what_is_left_on_a_revoked_device_for_its_own_warehouse(
    door: Door, stage: Stage
) -> None:
    device = scanner(door)
    path = f"/v1/devices/{device.device_id}/revoke"
    door.ask("warehouse", "POST", path, {"reason": "BROKEN"}, If_Match="*").expect(200)
    left = [scan(device, 1), scan(device, 2, warehouse="WH2")]

    assert device.ask("POST", "/v1/scans", {"scans": left}) == UNAUTHORIZED
    told = door.ask("warehouse", "POST", "/v1/scans", {"scans": left}).expect(202)

    assert [result["accepted"] for result in told["results"]] == [True, False]
    assert told["results"][1]["errors"][0]["code"] == "device_of_other_warehouse"
    assert len(worked_off(stage)) == 1


def test_a_newer_credential_takes_over_when_it_is_used(door: Door) -> None:
    old = scanner(door)
    code = open_enrolment(door, "WH1", old.device_id)
    told = door.ask("nobody", "POST", "/v1/devices/enrol", {"code": code}).expect(201)
    new = Scanner(old.gateway, told["device_id"], told["secret"], told["credential"])
    path = f"/v1/devices/{old.device_id}"

    assert (told["device_id"], told["credential"]) == (old.device_id, 2)
    assert old.ask("GET", path).body["pending_credential"] == 2
    shown = new.ask("GET", path).body
    assert (shown["credential"], shown["pending_credential"]) == (2, None)
    assert old.ask("GET", path) == UNAUTHORIZED
    assert new.ask("GET", path).status == 200


def test_a_request_that_was_not_signed_is_no_first_use(door: Door) -> None:
    old = scanner(door)
    code = open_enrolment(door, "WH1", old.device_id)
    told = door.ask("nobody", "POST", "/v1/devices/enrol", {"code": code}).expect(201)
    new = Scanner(old.gateway, told["device_id"], told["secret"], told["credential"])
    header = new.header("GET", "/v1/scans/one")

    assert new.gateway.request("GET", "/v1/scans/two", authorization=header).status == 401

    assert old.ask("GET", f"/v1/devices/{old.device_id}").body["credential"] == 1


# --- gaps ---


def test_the_gaps_of_a_device_are_shown_and_close_when_it_uploads_late(
    door: Door, stage: Stage
) -> None:
    device = scanner(door)
    path = f"/v1/devices/{device.device_id}"
    late = {"scans": [scan(device, seq) for seq in (3, 4)]}
    device.ask("POST", "/v1/scans", {"scans": [scan(device, n) for n in (1, 2, 5, 9)]}).expect(202)
    worked_off(stage)

    sequence = door.ask("warehouse", "GET", path).body["sequence"]
    assert (sequence["highest"], sequence["missing"]) == (9, 5)
    assert sequence["gaps"] == [{"first": 3, "last": 4}, {"first": 6, "last": 8}]
    assert sequence["last_captured_at"] == "2026-11-21T08:59:00.000Z"

    for _ in range(2):
        device.ask("POST", "/v1/scans", late).expect(202)
        worked_off(stage)
    sequence = door.ask("warehouse", "GET", path).body["sequence"]
    assert sequence["gaps"] == [{"first": 6, "last": 8}]
    (listed,) = door.ask("warehouse", "GET", "/v1/devices?warehouse=WH1").body["items"]
    assert (listed["sequence"]["missing"], listed["sequence"]["gaps"]) == (3, [])


def test_a_device_that_sent_nothing_has_no_gaps(door: Door) -> None:
    device = scanner(door)

    told = door.ask("admin", "GET", f"/v1/devices/{device.device_id}").expect(200)["sequence"]

    assert (told["highest"], told["missing"], told["last_captured_at"]) == (0, 0, None)


def test_devices_are_listed_by_state_and_page(door: Door, stage: Stage) -> None:
    devices = [scanner(door, warehouse) for warehouse in ("WH1", "WH1", "WH2")]
    path = f"/v1/devices/{devices[0].device_id}/revoke"
    door.ask("admin", "POST", path, {"reason": "LOST"}, If_Match="*").expect(200)
    worked_off(stage)

    everywhere = door.ask("admin", "GET", "/v1/devices?limit=2").expect(200)
    rest = door.ask("admin", "GET", f"/v1/devices?limit=2&cursor={everywhere['next_cursor']}")
    revoked = door.ask("admin", "GET", "/v1/devices?state=REVOKED").expect(200)

    assert len(everywhere["items"]) + len(rest.expect(200)["items"]) == 3
    assert [one["id"] for one in revoked["items"]] == [devices[0].device_id]
    assert door.ask("admin", "GET", "/v1/devices?state=GONE").status == 400


def test_the_same_gateway_may_serve_many_devices(door: Door) -> None:
    gateway = Gateway(door)
    one, other = scanner(door, gateway=gateway), scanner(door, gateway=gateway)

    assert one.ask("GET", "/v1/scans/x").status == other.ask("GET", "/v1/scans/x").status == 200


def test_the_nightly_check_finds_nothing_about_devices(door: Door) -> None:
    device = scanner(door)
    open_enrolment(door)
    door.ask(
        "admin", "POST", f"/v1/devices/{device.device_id}/revoke", {"reason": "LOST"}, If_Match="*"
    ).expect(200)
    survey = Survey()

    for fact in Audit(core=wiring.core_table()).scan():
        survey.take(fact)
    survey.finish()

    assert survey.subjects == set()
    assert (survey.checked["devices"], survey.checked["enrolments"]) == (1, 2)
