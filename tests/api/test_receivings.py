"""Counting at the door through the API: hidden while it is blind, booked at its close."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import opened


@pytest.fixture
def approved(door: Door) -> dict[str, Any]:
    """An approved return of two units."""
    return_id = opened(door)
    path = f"/v1/returns/{return_id}/approve"
    done: dict[str, Any] = door.ask("reviewer", "POST", path, {}, If_Match="*").expect(200)
    return done


def begin(door: Door, who: str = "warehouse", mode: str = "blind", **more: Any) -> Reply:
    return door.ask(who, "POST", "/v1/receivings", {"warehouse": "WH1", "mode": mode, **more})


def count(door: Door, receiving: dict[str, Any], *items: Any, who: str = "warehouse") -> Reply:
    path = f"/v1/receivings/{receiving['id']}/items"
    return door.ask(who, "POST", path, {"items": list(items)})


def end(
    door: Door, receiving: dict[str, Any], name: str = "close", who: str = "warehouse", **body: Any
) -> Reply:
    path = f"/v1/receivings/{receiving['id']}/{name}"
    sent = {"Idempotency_Key": f"{name}-1", "If_Match": "*"}
    return door.ask(who, "POST", path, body, **sent)


def test_a_blind_count_hides_what_is_announced_until_it_is_closed(
    door: Door, approved: dict[str, Any]
) -> None:
    receiving = begin(door, **{"return": approved["number"]}).expect(201)
    counted = count(door, receiving, {"sku": "85123A", "quantity": 3}).expect(200)
    read = door.ask("support", "GET", f"/v1/receivings/{receiving['id']}").expect(200)
    for shown in (receiving, counted, read):
        assert (shown["expected"], shown["tallies"], shown["returns"]) == (None, None, [])

    closed = end(door, receiving)

    told = closed.expect(200)
    assert told["tallies"] == [
        {"sku": "85123A", "announced": 2, "counted": 3, "short": 0, "over": 1}
    ]
    assert (told["state"], len(told["receipts"]), len(told["exceptions"])) == ("CLOSED", 1, 1)
    assert told["counted_by"] == ["warehouse"]
    assert end(door, receiving).raw == closed.raw
    stored = door.ask("support", "GET", f"/v1/returns/{approved['id']}").expect(200)
    assert stored["lines"][0]["quantities"]["received"] == 2


def test_an_announced_count_lists_what_is_expected(door: Door, approved: dict[str, Any]) -> None:
    receiving = begin(door, mode="announced", **{"return": approved["id"]}).expect(201)

    assert receiving["expected"] == [{"sku": "85123A", "quantity": 2}]
    assert receiving["returns"] == [approved["id"]]


def test_devices_count_too_and_a_scan_counts_once(door: Door, approved: dict[str, Any]) -> None:
    receiving = begin(door, parcel="BOX-1").expect(201)
    scan = {"sku": "85123A", "quantity": 1, "scan_id": "scan-1"}

    for _ in range(2):
        counted = count(door, receiving, scan, who="device").expect(200)

    (one,) = counted["items"]
    assert (one["by_scan"], one["item_id"], one["counted_by"]) == (True, "scan-1", "device")
    assert end(door, receiving, who="device").status == 403
    taken = door.ask(
        "warehouse", "POST", f"/v1/receivings/{receiving['id']}/items", {"taken_back": ["scan-1"]}
    )
    assert taken.expect(200)["items"] == []
    assert approved["id"]


def test_somebody_else_counts_again_what_is_too_far_off(
    door: Door, approved: dict[str, Any]
) -> None:
    receiving = begin(door, second_above=0, **{"return": approved["id"]}).expect(201)
    count(door, receiving, {"sku": "85123A", "quantity": 1}).expect(200)

    again = end(door, receiving).expect(200)
    same = count(door, receiving, {"sku": "85123A", "quantity": 2})
    door.sign_in("other", Role.WAREHOUSE)
    count(door, receiving, {"sku": "85123A", "quantity": 2}, who="other").expect(200)
    closed = end(door, receiving, who="other").expect(200)

    assert (again["state"], again["round"], again["tallies"]) == ("RECOUNT", 2, None)
    assert (same.status, same.body["code"]) == (403, "second_counter_needed")
    assert closed["first_count"][0]["quantity"] == 1
    assert closed["tallies"][0]["counted"] == 2


def test_what_cannot_be_counted_is_refused(door: Door, approved: dict[str, Any]) -> None:
    assert begin(door).status == 400
    assert begin(door, parcel="B", **{"return": "ret_x"}).status == 400
    assert begin(door, mode="seeing", parcel="B").status == 400
    assert begin(door, who="customer", parcel="B").status == 403
    assert begin(door, **{"return": "ret_x"}).body["code"] == "return_not_found"
    receiving = begin(door, **{"return": approved["id"]}).expect(201)
    twice = begin(door, **{"return": approved["id"]})
    assert (twice.status, twice.body["code"]) == (409, "receiving_open")
    assert end(door, receiving).body["code"] == "nothing_counted"
    unseen = door.ask("warehouse", "POST", f"/v1/receivings/{receiving['id']}/cancel", {})
    assert unseen.status == 428
    assert end(door, receiving, "cancel").expect(200)["state"] == "CANCELLED"
    over = count(door, receiving, {"sku": "85123A", "quantity": 1})
    assert (over.status, over.body["code"]) == (409, "receiving_over")
    assert door.ask("support", "GET", "/v1/receivings/rcv_x").body["code"] == "receiving_not_found"


def test_only_their_own_warehouse_counts_and_sees_it(door: Door, approved: dict[str, Any]) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))
    receiving = begin(door, **{"return": approved["id"]}).expect(201)

    foreign = begin(door, who="elsewhere", parcel="B")
    added = count(door, receiving, {"sku": "85123A", "quantity": 1}, who="elsewhere")

    assert (foreign.status, foreign.body["code"]) == (403, "warehouse_not_yours")
    assert added.status == 403
    path = f"/v1/receivings/{receiving['id']}"
    assert door.ask("elsewhere", "GET", path).status == 404


def test_an_empty_box_is_closed_as_such(door: Door, approved: dict[str, Any]) -> None:
    receiving = begin(door, **{"return": approved["id"]}).expect(201)

    closed = end(door, receiving, empty=True).expect(200)

    (exception_id,) = closed["exceptions"]
    shown = door.ask("support", "GET", f"/v1/exceptions/{exception_id}").expect(200)
    assert (shown["kind"], shown["quantity"]) == ("EMPTY", 2)


def test_a_pallet_is_put_read_and_arrives(door: Door, approved: dict[str, Any]) -> None:
    box = door.as_("support")("PUT", "/v1/parcels/BOX-1", {"returns": [approved["id"]]})
    assert box.expect(200)["kind"] == "parcel"
    pallet = "/v1/parcels/PAL-1"
    door.ask("support", "PUT", pallet, {"parcels": ["BOX-1"]}).expect(200)

    told = door.ask("warehouse", "GET", pallet).expect(200)
    came = {"warehouse": "WH1"}
    arrived = door.ask("warehouse", "POST", f"{pallet}/arrivals", came, If_Match="*").expect(200)

    assert told["kind"] == "pallet"
    assert told["parcels"] == [{"parcel_no": "BOX-1", "returns": [approved["id"]]}]
    assert [one["id"] if "id" in one else one["return_id"] for one in told["returns"]] == [
        approved["id"]
    ]
    assert arrived["warehouse"] == "WH1"
    assert arrived["arrived_at"] is not None
    stored = door.ask("support", "GET", f"/v1/returns/{approved['id']}").expect(200)
    assert stored["lines"][0]["quantities"]["arrived"] == 2
    assert door.ask("support", "PUT", pallet, {}).status == 400
    assert door.ask("customer", "POST", f"{pallet}/arrivals", came, If_Match="*").status == 403
    unknown = door.ask("support", "PUT", pallet, {"parcels": ["B-9"]}, If_Match="*")
    assert (unknown.status, unknown.body["code"]) == (422, "unknown_parcel")
