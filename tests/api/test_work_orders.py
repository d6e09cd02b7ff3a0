"""Work orders through the API: what waits, opened, sent, back one way or another, called off."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.inventory.model import Account
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.api.shop import INSPECTION, RECEIPT, command, opened
from tests.stage import LambdaContext, Stage

REFURBISH = {"items": [{"line_no": "1", "quantity": 2, "disposition": "REFURBISH"}]}


@pytest.fixture
def waiting(door: Door) -> str:
    """Two units that are to be refurbished."""
    return_id = opened(door)
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", RECEIPT),
        ("inspector", "inspections", INSPECTION),
        ("warehouse", "dispositions", REFURBISH),
    ):
        assert command(door, who, return_id, name, body, If_Match="*").status in (200, 201)
    return return_id


def opens(door: Door, return_id: str, quantity: int = 2, who: str = "warehouse") -> Reply:
    body = {
        "kind": "REFURBISH",
        "warehouse": "WH1",
        "units": [{"return_id": return_id, "line_no": "1", "quantity": quantity}],
        "workshop": "WS-14",
    }
    return door.ask(who, "POST", "/v1/work-orders", body, Idempotency_Key=f"{who}-o")


def acts(
    door: Door, work: dict[str, Any], name: str, body: Any, who: str = "warehouse", **headers: str
) -> Reply:
    """Any: JSON."""
    path = f"/v1/work-orders/{work['id']}/{name}"
    sent = {"Idempotency_Key": f"{work['id']}-{name}-{who}", "If_Match": "*", **headers}
    return door.ask(who, "POST", path, body, **sent)


def back(*results: dict[str, Any]) -> dict[str, Any]:
    return {"results": [{"line_no": "1", "quantity": 1, **one} for one in results]}


def lying() -> dict[str, int]:
    found = wiring.reads().balances("WH1", ["85123A"])
    return {one.account.value: one.quantity for one in found if one.quantity}


def listed(door: Door, stage: Stage, path: str) -> list[dict[str, Any]]:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    items = door.ask("warehouse", "GET", path).expect(200)["items"]
    assert isinstance(items, list)
    return items


def test_what_waits_is_listed_until_an_order_has_it(door: Door, stage: Stage, waiting: str) -> None:
    (row,) = listed(door, stage, "/v1/work-orders/waiting?warehouse=WH1")
    assert (row["return_id"], row["kind"], row["quantity"]) == (waiting, "REFURBISH", 2)
    assert listed(door, stage, "/v1/work-orders/waiting?warehouse=WH1&kind=REPACK") == []

    work = opens(door, waiting).expect(201)

    assert listed(door, stage, "/v1/work-orders/waiting?warehouse=WH1") == []
    (shown,) = listed(door, stage, "/v1/work-orders?warehouse=WH1&state=OPEN")
    assert (shown["id"], shown["waiting"]) == (work["id"], 2)
    assert listed(door, stage, "/v1/work-orders?state=DONE") == []


def test_work_comes_back_in_parts_and_is_booked_once(door: Door, waiting: str) -> None:
    before = lying().get("available", 0)
    work = opens(door, waiting).expect(201)
    sent = acts(door, work, "send", {"carrier": "dhl", "tracking_no": "WORK-1"}).expect(200)
    cost = {"amount": "12.50", "currency": "EUR"}
    body = back({"outcome": "RESTOCK", "grade": "B", "work": "NEW_BOX", "cost": cost})

    first = acts(door, work, "back", body)
    again = acts(door, work, "back", body)
    rest = acts(door, work, "back", back({"outcome": "SCRAP"}), Idempotency_Key="rest").expect(200)

    assert sent["state"] == "SENT"
    assert first.expect(200)["state"] == "PARTLY_BACK"
    assert again.raw == first.raw
    assert rest["state"] == "DONE"
    assert rest["lines"][0]["back"][0]["cost"] == cost
    assert lying()["available"] == before + 1
    assert lying()["scrapped"] == 1
    read = door.ask("auditor", "GET", f"/v1/work-orders/{work['id']}").expect(200)
    assert read["waiting"] == 0


def test_parts_that_are_used_up_leave_the_shelf_and_are_told(door: Door, waiting: str) -> None:
    found = {"sku": "BULB", "change": 3, "unit_cost": {"amount": "1.50", "currency": "EUR"}}
    shelved = {"warehouse": "WH1", "reason": "found", "items": [found]}
    door.ask("warehouse", "POST", "/v1/stock/adjustments", shelved, Idempotency_Key="b").expect(201)
    work = opens(door, waiting).expect(201)
    acts(door, work, "send", {}).expect(200)
    result = {"outcome": "RESTOCK", "grade": "B", "parts": [{"sku": "BULB", "quantity": 2}]}

    done = acts(door, work, "back", back(result)).expect(200)
    lacking = acts(door, work, "back", back(result), Idempotency_Key="more")

    amount = {"amount": "3.00", "currency": "EUR"}
    (part,) = done["lines"][0]["back"][0]["parts"]
    assert (part["sku"], part["quantity"], part["worth"]) == ("BULB", 2, [amount])
    assert (done["cost"], done["costs"]) == (None, [amount])
    (left,) = [
        one for one in wiring.reads().balances("WH1", ["BULB"]) if one.account is Account.AVAILABLE
    ]
    assert left.quantity == 1
    assert lacking.expect(409)["code"] == "insufficient_stock"


def test_scrap_above_the_limit_becomes_a_proposal(
    door: Door, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRAP_SECOND_ABOVE", "EUR=0.01")
    work = opens(door, waiting).expect(201)
    acts(door, work, "send", {}).expect(200)

    done = acts(door, work, "back", back({"outcome": "SCRAP"})).expect(200)

    proposal_id = done["lines"][0]["back"][0]["proposal_id"]
    asked = door.ask("admin", "GET", f"/v1/scrap-proposals/{proposal_id}").expect(200)
    assert (asked["document"], asked["state"]) == (f"workorder/{work['id']}", "OPEN")


def test_what_is_called_off_is_on_hold(door: Door, waiting: str) -> None:
    work = opens(door, waiting).expect(201)

    wordless = acts(door, work, "cancel", {"reason": "OTHER"}, Idempotency_Key="c-0")
    done = acts(door, work, "cancel", {"reason": "TOO_EXPENSIVE"}).expect(200)

    assert wordless.expect(422)["code"] == "note_required"
    assert done["state"] == "CANCELLED"
    assert lying()["quarantine"] == 2
    late = acts(door, work, "send", {})
    assert late.expect(409)["code"] == "work_order_not_now"


def test_other_warehouses_are_not_the_callers(door: Door, waiting: str) -> None:
    door.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))

    foreign = opens(door, waiting, who="neighbour")
    work = opens(door, waiting).expect(201)
    unseen = door.ask("neighbour", "GET", f"/v1/work-orders/{work['id']}")
    untouched = acts(door, work, "send", {}, who="neighbour")
    customer = opens(door, waiting, who="customer")
    elsewhere = door.ask("neighbour", "GET", "/v1/work-orders/waiting?warehouse=WH1")

    assert foreign.expect(403)["code"] == "warehouse_not_yours"
    assert unseen.expect(404)["code"] == "work_order_not_found"
    assert untouched.expect(403)["code"] == "warehouse_not_yours"
    assert customer.status == 403
    assert elsewhere.expect(403)["code"] == "warehouse_not_yours"
    again = opens(door, waiting, quantity=1, who="neighbour")
    assert again.expect(403)["code"] == "warehouse_not_yours", "not what waits there"
    stale = acts(door, work, "send", {}, who="neighbour", If_Match='"v7"', Idempotency_Key="v7")
    assert stale.expect(403)["code"] == "warehouse_not_yours", "not what happened there"


def test_who_looked_at_another_version_is_told(door: Door, waiting: str) -> None:
    work = opens(door, waiting).expect(201)
    acts(door, work, "send", {}).expect(200)

    stale = acts(door, work, "back", back({"outcome": "HOLD"}), If_Match='"v1"')
    blind = door.ask(
        "warehouse",
        "POST",
        f"/v1/work-orders/{work['id']}/back",
        back({"outcome": "HOLD"}),
        Idempotency_Key="b-9",
    )

    assert stale.expect(412)["code"] == "stale_version"
    assert blind.status == 428
