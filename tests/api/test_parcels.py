"""Boxes with several returns through the API: what is in one, and one receipt for all of it."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.shop import opened

BOX = "/v1/parcels/BOX-1"
ITEMS = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 4}]}


@pytest.fixture
def returns(door: Door) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two approved returns of one order: of two units and of one."""
    first = door.ask("support", "GET", f"/v1/returns/{opened(door)}").expect(200)
    body = {
        "order_no": "SO-1",
        "lines": [{"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}],
    }
    second = door.ask("customer", "POST", "/v1/returns", body).expect(201)
    for one in (first, second):
        path = f"/v1/returns/{one['id']}/approve"
        door.ask("reviewer", "POST", path, {}, If_Match="*").expect(200)
    return first, second


def put(door: Door, *names: str, who: str = "support", **headers: str) -> Any:
    return door.ask(who, "PUT", BOX, {"returns": list(names)}, **headers)


def test_a_box_is_put_read_and_changed_at_the_version_that_was_seen(
    door: Door, returns: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = returns

    assert put(door, first["number"]).expect(200)["version"] == 1
    assert put(door, first["id"]).headers["ETag"] == '"v1"'
    changed = put(door, first["number"], second["number"])
    assert (changed.status, changed.body["code"]) == (428, "if_match_required")
    put(door, first["number"], second["number"], If_Match='"v1"').expect(200)
    assert put(door, second["id"], If_Match='"v1"').status == 412
    put(door, second["id"], first["id"], who="machine").expect(200)

    shown = door.ask("auditor", "GET", BOX)
    assert "ETag" not in shown.headers
    told = shown.expect(200)
    assert [one["number"] for one in told["returns"]] == [second["number"], first["number"]]
    assert told["version"] == 3


def test_a_receipt_of_the_box_is_shared_out_and_given_once(
    door: Door, returns: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = returns
    put(door, first["number"], second["number"]).expect(200)
    sent = {"Idempotency_Key": "box-1", "If_Match": '"v1"'}

    reply = door.ask("warehouse", "POST", f"{BOX}/receipts", ITEMS, **sent)
    again = door.ask("warehouse", "POST", f"{BOX}/receipts", ITEMS, **sent)

    receipts = reply.expect(201)["receipts"]
    assert [(one["number"], one["units"], len(one["exceptions"])) for one in receipts] == [
        (first["number"], 3, 1),
        (second["number"], 1, 0),
    ]
    assert again.raw == reply.raw
    for one, quantity in zip(returns, (2, 1), strict=True):
        stored = door.ask("support", "GET", f"/v1/returns/{one['id']}").expect(200)
        assert stored["lines"][0]["quantities"]["received"] == quantity


def test_what_cannot_be_is_refused(
    door: Door, returns: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert put(door, "ret_nobody").body["code"] == "unknown_return"
    assert put(door).status == 400
    assert put(door, *(["ret_x"] * 21)).status == 400
    assert put(door, returns[0]["id"], who="customer").status == 403
    assert door.ask("support", "GET", BOX).body["code"] == "parcel_not_found"
    sent = {"Idempotency_Key": "box-1", "If_Match": "*"}
    missing = door.ask("warehouse", "POST", f"{BOX}/receipts", ITEMS, **sent)
    assert (missing.status, missing.body["code"]) == (404, "parcel_not_found")
    put(door, returns[0]["id"]).expect(200)
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))
    foreign = door.ask("elsewhere", "POST", f"{BOX}/receipts", ITEMS, **sent)
    assert (foreign.status, foreign.body["code"]) == (403, "warehouse_not_yours")
    unseen = door.ask("warehouse", "POST", f"{BOX}/receipts", ITEMS, Idempotency_Key="k")
    assert unseen.status == 428
