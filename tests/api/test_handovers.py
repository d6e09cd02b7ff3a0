"""Goods that change hands: the counter's and the driver's receipts."""

from typing import Any

import pytest

from tests.api.door import Door, Reply
from tests.api.shop import opened


@pytest.fixture
def return_id(door: Door) -> str:
    """An approved return of two units."""
    made = opened(door)
    door.ask("reviewer", "POST", f"/v1/returns/{made}/approve", {}, If_Match="*").expect(200)
    return made


def collect(door: Door, return_id: str, who: str = "machine", key: str = "h", **more: Any) -> Reply:
    body = {"carrier": "dhl", "driver_ref": "tour-7", "tracking_no": "JD014600003", **more}
    path = f"/v1/returns/{return_id}/handovers"
    return door.ask(who, "POST", path, body, Idempotency_Key=key, If_Match="*")


def test_what_a_driver_takes_is_in_transit_and_the_customer_has_a_receipt(
    door: Door, return_id: str
) -> None:
    reply = collect(door, return_id, count=3)

    told = reply.expect(201)
    assert told["lines"][0]["quantities"]["in_transit"] == 2
    paper = told["handover"]
    assert (paper["kind"], paper["units"], paper["in_warehouse"]) == ("pickup", 3, 0)
    assert (paper["number"], paper["driver_ref"]) == (f"{told['number']}-1", "tour-7")
    assert paper["items"][0]["quantity"] == 2
    assert collect(door, return_id, count=3).raw == reply.raw


def test_what_the_warehouse_found_stands_beside_what_the_driver_counted(
    door: Door, return_id: str
) -> None:
    collect(door, return_id).expect(201)
    receipt = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 1}]}
    door.ask(
        "warehouse",
        "POST",
        f"/v1/returns/{return_id}/receipts",
        receipt,
        Idempotency_Key="r",
        If_Match="*",
    ).expect(201)

    shown = door.ask("customer", "GET", f"/v1/returns/{return_id}/handovers").expect(200)

    assert [(one["units"], one["in_warehouse"]) for one in shown["items"]] == [(2, 1)]


def test_a_second_driver_of_the_same_parcel_has_a_receipt_of_their_own(
    door: Door, return_id: str
) -> None:
    collect(door, return_id).expect(201)

    again = collect(door, return_id, key="h2", driver_ref="tour-8").expect(201)

    assert again["handover"]["number"].endswith("-2")
    assert again["lines"][0]["quantities"]["in_transit"] == 2


def test_the_counter_gives_a_receipt(door: Door, return_id: str) -> None:
    body = {"store": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    path = f"/v1/returns/{return_id}/drop-off"

    done = door.ask("warehouse", "POST", path, body, Idempotency_Key="d", If_Match="*").expect(201)

    paper = done["handover"]
    assert (paper["kind"], paper["place"], paper["units"]) == ("counter", "WH1", 2)
    assert (paper["by"], paper["receipt_id"]) == ("warehouse", done["receipt_id"])
    assert paper["items"] == [{"sku": "85123A", "name": paper["items"][0]["name"], "quantity": 2}]
    listed = door.ask("support", "GET", f"/v1/returns/{return_id}/handovers").expect(200)
    assert listed["items"] == [paper]


def test_it_is_nobody_elses_business(door: Door, return_id: str) -> None:
    assert collect(door, return_id, who="customer").status == 403
    assert collect(door, return_id, driver_ref="\u202e").status == 400
    from_nowhere = door.ask("support", "GET", "/v1/returns/ret_x/handovers")
    assert (from_nowhere.status, from_nowhere.body["code"]) == (404, "return_not_found")
