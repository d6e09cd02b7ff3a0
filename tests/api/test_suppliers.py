"""Suppliers through the API: what goes back, what is owed, and that each sees only its own."""

import csv
import io
import json
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.jobs_queue import run_job
from tests.api.door import Door, Reply
from tests.api.shop import command
from tests.api.test_lifecycle import COUNT, DELIVERY, LINE, ORDER, RETURN
from tests.stage import LambdaContext, Stage, run_queue_worker

ACME = {
    "name": "Acme Ltd",
    "currency": "EUR",
    "terms": {"carrier": "dhl", "credit_share": "0.80"},
    "contact_refs": ["crm-7"],
    "criteria": [{"code": "CRACK", "titles": {"en": "Crack", "zh-CN": "裂纹"}}],
    "limits": [{"per_thousand": "5"}],
}
SECRETS = ("cus-1001", "customer", "crm-7", "Anna")
"""What a supplier is never shown: who bought, whom we know there, what somebody wrote."""


def put(door: Door, supplier_id: str, **changed: Any) -> dict[str, Any]:
    body = {**ACME, **changed}
    path = f"/v1/suppliers/{supplier_id}"
    answer: dict[str, Any] = door.ask("finance", "PUT", path, body, If_Match="*").expect(200)
    return answer


@pytest.fixture
def returned(door: Door) -> str:
    """Two units of a supplier's goods came back bad and wait for it. The id of the return."""
    put(door, "ACME")
    put(door, "OTHER")
    door.sign_in("acme", Role.SUPPLIER, supplier_id="ACME")
    door.sign_in("other", Role.SUPPLIER, supplier_id="OTHER")
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    order = {**ORDER, "lines": [{**LINE, "supplier_id": "ACME"}], "deliveries": [DELIVERY]}
    door.ask("machine", "PUT", "/v1/orders/SO-1", order).expect(201)
    wish = {**RETURN["lines"][0], "note": "Anna dropped it."}  # type: ignore[dict-item]  # JSON
    asked = door.ask("customer", "POST", "/v1/returns", {**RETURN, "lines": [wish]}).expect(201)
    return_id = str(asked["id"])
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    receipt = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    command(door, "warehouse", return_id, "receipts", receipt, If_Match="*").expect(201)
    group = {"line_no": "1", "quantity": 2, "grade": "C", "result": "failed", "fault": "maker"}
    seen = {"groups": [{**group, "notes": "Anna says: cracked."}]}
    command(door, "inspector", return_id, "inspections", seen, If_Match="*").expect(201)
    goes = {"items": [{"line_no": "1", "quantity": 2, "disposition": "RTV"}]}
    command(door, "warehouse", return_id, "dispositions", goes, If_Match="*").expect(201)
    return return_id


@pytest.fixture
def draft(door: Door, returned: str) -> dict[str, Any]:
    body = {"warehouse": "WH1", "items": [{"return_id": returned}]}
    path = "/v1/suppliers/ACME/returns-to-vendor"
    made: dict[str, Any] = door.ask("warehouse", "POST", path, body, Idempotency_Key="d").expect(
        201
    )
    return made


@pytest.fixture
def sent(door: Door, draft: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = step(door, "warehouse", draft, "send").expect(200)
    return answer


def step(
    door: Door, who: str, document: dict[str, Any], name: str, body: Any = None, key: str = ""
) -> Reply:
    kind = "vendor-claims" if document["id"].startswith("vcl") else "returns-to-vendor"
    return door.ask(
        who,
        "POST",
        f"/v1/{kind}/{document['id']}/{name}",
        body or {},
        If_Match="*",
        Idempotency_Key=key or f"{document['id']}-{name}-{who}",
    )


def projected(stage: Stage) -> None:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def test_goods_go_from_the_waiting_list_to_the_supplier_and_are_paid(
    door: Door, stage: Stage, returned: str
) -> None:
    projected(stage)
    waiting = door.ask("warehouse", "GET", "/v1/returns-to-vendor?supplier=ACME").expect(200)
    (one,) = waiting["items"]
    assert (one["return_id"], one["warehouse"], one["lines"][0]["quantity"]) == (
        returned,
        "WH1",
        2,
    )

    items = [{"return_id": returned, "line_no": "1", "quantity": 2}]
    path = "/v1/suppliers/ACME/returns-to-vendor"
    made = door.ask(
        "warehouse", "POST", path, {"warehouse": "WH1", "items": items}, Idempotency_Key="d"
    )
    draft = made.expect(201)
    assert made.headers["Location"] == f"/v1/returns-to-vendor/{draft['id']}"
    step(door, "warehouse", draft, "send").expect(200)
    step(door, "acme", draft, "acknowledge", {"reference": "RMA-1"}).expect(200)
    shipped = step(door, "warehouse", draft, "ship", {"tracking_no": "T-1"}).expect(200)
    assert (shipped["state"], shipped["carrier"]) == ("GOODS_SHIPPED", "dhl")
    stated = {"amount": {"amount": "64.00", "currency": "EUR"}, "reference": "CN-1"}
    step(door, "acme", draft, "state-credit", stated).expect(200)
    credited = step(door, "finance", draft, "credit", stated).expect(200)

    assert (credited["state"], credited["credited"]["amount"]) == ("CREDITED", "64.00")
    claim = door.ask("finance", "GET", f"/v1/vendor-claims/{credited['claim_id']}").expect(200)
    assert (claim["state"], claim["stated"][0]["confirmed"]) == ("RECOVERED", True)
    projected(stage)
    listed = door.ask("auditor", "GET", path).expect(200)
    assert [row["state"] for row in listed["items"]] == ["CREDITED"]
    left = door.ask("warehouse", "GET", "/v1/returns-to-vendor?warehouse=WH1").expect(200)
    assert left["items"] == []


def test_the_same_command_again_is_answered_alike(door: Door, sent: dict[str, Any]) -> None:
    body = {"tracking_no": "T-1"}
    first = step(door, "warehouse", sent, "ship", body, key="ship-1")
    again = step(door, "warehouse", sent, "ship", body, key="ship-1")

    assert first.raw == again.raw
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_packing_list_has_words_in_two_languages(door: Door, sent: dict[str, Any]) -> None:
    packed = door.ask("warehouse", "GET", f"/v1/returns-to-vendor/{sent['id']}/packing-list")

    body = packed.expect(200)
    by_number = door.ask("warehouse", "GET", f"/v1/returns-to-vendor/{sent['number']}")
    assert by_number.expect(200)["id"] == sent["id"]
    assert (body["barcode"], body["units"]) == (sent["number"], 2)


@pytest.mark.parametrize(
    ("name", "body", "status", "code"),
    [
        ("ship", {}, 422, "command_fields"),
        ("ship", {"tracking_no": "T-1", "code": "OTHER"}, 422, "command_fields"),
        ("explode", {}, 404, "unknown_command"),
        ("take-back", {}, 409, "rtv_not_in_state"),
    ],
    ids=["a field is missing", "a field too many", "no such command", "not now"],
)
def test_a_command_that_does_not_fit_is_refused(
    door: Door, sent: dict[str, Any], name: str, body: Any, status: int, code: str
) -> None:
    refused = step(door, "admin", sent, name, body)

    assert (refused.status, refused.body["code"]) == (status, code)


def test_people_name_the_version_that_they_looked_at(door: Door, sent: dict[str, Any]) -> None:
    path = f"/v1/returns-to-vendor/{sent['id']}/ship"
    body = {"tracking_no": "T-1"}

    missing = door.ask("warehouse", "POST", path, body, Idempotency_Key="a")
    stale = door.ask("warehouse", "POST", path, body, Idempotency_Key="b", If_Match='"v1"')

    assert (missing.status, stale.status) == (428, 412)


def test_a_supplier_is_not_told_who_did_what_meanwhile(door: Door, sent: dict[str, Any]) -> None:
    path = f"/v1/returns-to-vendor/{sent['id']}/acknowledge"

    stale = door.ask("acme", "POST", path, {}, Idempotency_Key="b", If_Match='"v1"')

    assert stale.status == 412
    assert "warehouse" not in stale.raw


def test_an_export_holds_its_own_and_no_formula(
    door: Door, stage: Stage, returned: str, sent: dict[str, Any]
) -> None:
    projected(stage)
    step(door, "acme", sent, "acknowledge", {"reference": "RMA-1"}).expect(200)
    asked = door.ask("acme", "POST", "/v1/suppliers/ACME/exports", {})
    asked.expect(202)
    bodies = [message["body"] for message in stage.messages("jobs")]
    assert run_queue_worker(run_job, *bodies, remaining_s=900) == []
    projected(stage)

    (job,) = door.ask("acme", "GET", asked.headers["Location"]).expect(200)["items"]

    assert job["state"] == "succeeded"
    files = stage.objects("reports/suppliers/")
    (as_json,) = [json.loads(raw) for key, raw in files.items() if key.endswith(".json")]
    (as_csv,) = [raw for key, raw in files.items() if key.endswith(".csv")]
    assert [one["return_id"] for one in as_json["returns"]] == [returned]
    assert [one["rtv_id"] for one in as_json["returns_to_vendor"]] == [sent["id"]]
    rows = list(csv.DictReader(io.StringIO(as_csv.decode("utf-8-sig"))))
    assert [row["list"] for row in rows] == ["returns", "returns_to_vendor", "vendor_claims"]
    assert not any(secret in as_csv.decode() for secret in SECRETS)
    assert door.ask("other", "GET", "/v1/suppliers/OTHER/exports").expect(200)["items"] == []
    others = door.ask("finance", "GET", "/v1/suppliers/ACME/exports").expect(200)["items"]
    assert len(others) == 1


def test_an_export_goes_on_after_ones_own_that_did_not_hold_all(
    door: Door, stage: Stage, sent: dict[str, Any]
) -> None:
    path = "/v1/suppliers/ACME/exports"
    own = door.ask("acme", "POST", path, {}).expect(202)
    others = door.ask("finance", "POST", path, {}).expect(202)

    refused = {
        job_id: door.ask("acme", "POST", path, {"after": job_id}).expect(status)["code"]
        for job_id, status in ((own["id"], 409), (others["id"], 404), ("job_none", 404))
    }

    assert refused == {
        own["id"]: "export_has_no_rest",
        others["id"]: "job_not_found",
        "job_none": "job_not_found",
    }


def test_a_scorecard_is_answered_for_the_supplier_itself(door: Door, sent: dict[str, Any]) -> None:
    path = "/v1/suppliers/ACME/scorecard?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z"

    card = door.ask("acme", "GET", path).expect(200)

    assert (card["supplier_id"], card["total"]["sold"], card["quality"]) == ("ACME", 0, 1)
    assert card["judged"][0]["over"] is None
    assert card["from"] == "2026-11-01T00:00:00.000Z"


def test_destroyed_goods_are_claimed_without_a_document(door: Door, returned: str) -> None:
    body = {
        "units": [{"sku": "85123A", "quantity": 1}],
        "amount": {"amount": "30.00", "currency": "EUR"},
        "evidence": {"documents": ["QC-1"]},
    }
    path = "/v1/suppliers/ACME/vendor-claims"
    claim = door.ask("finance", "POST", path, body, Idempotency_Key="claim").expect(201)
    assert claim["state"] == "OPEN"
    assert door.ask("acme", "GET", f"/v1/vendor-claims/{claim['id']}").status == 404

    step(door, "finance", claim, "send").expect(200)
    given = {"amount": {"amount": "31.00", "currency": "EUR"}, "reference": "CN-1"}
    above = step(door, "finance", claim, "recover", given, key="r-1")
    assert (above.status, above.body["code"]) == (409, "above_claimed")
    done = step(
        door, "finance", claim, "recover", {**given, "reason": "With freight."}, key="r-2"
    ).expect(200)

    assert (done["state"], done["left"]["amount"]) == ("RECOVERED", "0.00")


def test_a_warehouse_worker_sends_only_from_the_own_warehouse(door: Door, returned: str) -> None:
    door.sign_in("far", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))
    body = {"warehouse": "WH1", "items": [{"return_id": returned}]}
    path = "/v1/suppliers/ACME/returns-to-vendor"

    refused = door.ask("far", "POST", path, body, Idempotency_Key="d")

    assert (refused.status, refused.body["code"]) == (403, "warehouse_not_yours")


def test_how_much_is_claimed_is_for_finance_to_say(door: Door, draft: dict[str, Any]) -> None:
    body = {"amount": {"amount": "70.00", "currency": "EUR"}}

    refused = step(door, "warehouse", draft, "send", body)
    sent = step(door, "finance", draft, "send", body).expect(200)

    assert (refused.status, refused.body["code"]) == (403, "command_not_yours")
    claim = door.ask("finance", "GET", f"/v1/vendor-claims/{sent['claim_id']}").expect(200)
    assert claim["amount"]["amount"] == "70.00"
