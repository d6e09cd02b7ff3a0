"""Photos and imports: forms to upload with, and who may ask for them."""

from typing import Any

import pytest

from chalicelib.auth.principal import Kind, Role
from tests.api.door import Door
from tests.api.test_lifecycle import ORDER, RETURN

PHOTO = {"content_type": "image/jpeg", "size": 1000}


@pytest.fixture
def returned(door: Door) -> dict[str, Any]:
    """A submitted return; stock is opened first so that the delivery can be posted."""
    count = {"warehouse": "WH1", "kind": "opening", "items": [{"sku": "85123A", "quantity": 3}]}
    door.ask("warehouse", "POST", "/v1/stock/counts", count, Idempotency_Key="c").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    created: dict[str, Any] = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    return created


def test_a_form_uploads_exactly_the_photo_that_was_announced(
    door: Door, returned: dict[str, Any]
) -> None:
    path = f"/v1/returns/{returned['id']}/photos"

    form = door.ask("customer", "POST", path, PHOTO).expect(201)
    listed = door.ask("inspector", "GET", path).expect(200)["items"]

    assert form["fields"]["Content-Type"] == "image/jpeg"
    assert form["fields"]["key"].endswith(form["photo_id"])
    assert [(item["photo_id"], item["state"], item["url"]) for item in listed] == [
        (form["photo_id"], "requested", None)
    ]


@pytest.mark.parametrize(
    "photo",
    [
        {**PHOTO, "content_type": "image/svg+xml"},
        {**PHOTO, "content_type": "text/html"},
        {**PHOTO, "size": 0},
        {**PHOTO, "size": 10**9},
        {"size": 5},
    ],
)
def test_a_photo_that_would_be_refused_gets_no_form(
    door: Door, returned: dict[str, Any], photo: dict[str, Any]
) -> None:
    reply = door.ask("customer", "POST", f"/v1/returns/{returned['id']}/photos", photo)

    assert (reply.status, reply.body["code"]) == (400, "body_invalid")


def test_an_import_is_a_job_that_waits_for_its_file(door: Door) -> None:
    reply = door.ask("admin", "POST", "/v1/imports", {"kind": "orders", "dry_run": True})
    asked = reply.expect(202)

    job = door.ask("admin", "GET", reply.headers["Location"]).expect(200)

    assert (job["state"], job["kind"]) == ("awaiting_upload", "import_orders")
    assert job == asked["job"]
    assert asked["upload"]["fields"]["key"].startswith("uploads/imports/")


def test_a_job_can_be_cancelled_once(door: Door) -> None:
    created = door.ask("admin", "POST", "/v1/imports", {"kind": "stock_counts"}).expect(202)
    path = f"/v1/jobs/{created['job']['id']}"

    cancelled = door.ask("admin", "POST", f"{path}/cancel", {}).expect(200)
    again = door.ask("admin", "POST", f"{path}/cancel", {}).expect(200)

    assert cancelled["state"] == "cancelled"
    assert again["state"] == "cancelled"


@pytest.mark.parametrize("path", ["/v1/jobs/job_x", "/v1/exceptions/exc_x", "/v1/returns/ret_x"])
def test_what_is_not_there_is_a_problem(door: Door, path: str) -> None:
    reply = door.ask("admin", "GET", path)

    assert reply.status == 404
    assert reply.body["code"].endswith("_not_found")


def test_a_device_scans_for_itself_only(door: Door) -> None:
    door.sign_in("dev7", Role.DEVICE, kind=Kind.DEVICE, warehouses=frozenset({"WH1"}))
    scan = {
        "scan_id": "s-1",
        "device_id": "dev7",
        "seq": 1,
        "captured_at": "2026-11-21T09:00:00Z",
        "warehouse": "WH1",
        "sku": "A",
    }
    scans = [
        scan,
        {**scan, "scan_id": "s-2", "device_id": "dev8"},
        {**scan, "scan_id": "s-3", "warehouse": "WH2"},
    ]

    results = door.ask("dev7", "POST", "/v1/scans", {"scans": scans}).expect(202)["results"]

    codes = [result["errors"][0]["code"] if result["errors"] else None for result in results]
    assert codes == [None, "device_not_yours", "warehouse_not_yours"]
