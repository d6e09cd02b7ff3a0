"""Partners through the API: set up, told, asked and answered."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Kind, Role
from chalicelib.core.clock import utc_now
from chalicelib.core.events import Actor, Context
from chalicelib.notices.preparing import prepare_for_return
from tests.api.door import Door, Reply
from tests.api.shop import opened

PARTNER = {"endpoint": "https://wms.example.com/notices", "secret": "wms-one"}


def put(door: Door, body: Any = None, who: str = "admin", match: str = "*") -> Reply:
    return door.ask(who, "PUT", "/v1/partners/WH1", body or PARTNER, If_Match=match)


@pytest.fixture
def notice(door: Door) -> dict[str, Any]:
    """The notice of an approved return of two units."""
    put(door).expect(200)
    return_id = opened(door)
    door.ask("reviewer", "POST", f"/v1/returns/{return_id}/approve", {}, If_Match="*").expect(200)
    context = Context(
        actor=Actor(id="worker", role="system"),
        now=utc_now(),
        command_id="cmd_1",
        correlation_id="story",
    )
    (made,) = wiring.commands().run(
        lambda reads: prepare_for_return(reads, return_id, context), context=context
    )
    path = f"/v1/notices/{made.notice_id}"
    told: dict[str, Any] = door.ask("machine", "GET", path).expect(200)
    return told


def confirm(door: Door, notice: dict[str, Any], who: str = "machine", **more: Any) -> Reply:
    path = f"/v1/notices/{notice['id']}/confirmations"
    return door.ask(who, "POST", path, {"confirmation_id": "c-1", "kind": "received", **more})


def test_a_partner_is_set_up_read_and_changed_at_the_version_that_was_seen(door: Door) -> None:
    assert put(door).expect(200) == {
        "warehouse": "WH1",
        "endpoint": PARTNER["endpoint"],
        "secret": "wms-one",
        "enabled": True,
        "client_id": None,
        "version": 1,
    }
    assert put(door, PARTNER | {"enabled": False}, match='"v1"').expect(200)["version"] == 2
    assert put(door, match='"v1"').status == 412
    assert door.ask("auditor", "GET", "/v1/partners/WH1").expect(200)["enabled"] is False
    missing = door.ask("auditor", "GET", "/v1/partners/WH9")
    assert (missing.status, missing.body["code"]) == (404, "partner_not_found")
    assert put(door, who="warehouse").status == 403
    private = put(door, {"endpoint": "https://10.0.0.1/", "secret": "s"})
    assert (private.status, private.body["code"]) == (422, "bad_endpoint")


def test_a_notice_says_what_comes_without_naming_anybody(
    door: Door, notice: dict[str, Any]
) -> None:
    (ret,) = notice["returns"]

    assert (notice["state"], notice["warehouse"]) == ("PREPARED", "WH1")
    assert [(line["sku"], line["quantity"]) for line in ret["lines"]] == [("85123A", 2)]
    assert "cus-1001" not in str(notice)


def test_a_confirmation_is_booked_once_and_compared(door: Door, notice: dict[str, Any]) -> None:
    items = [{"sku": "85123A", "quantity": 3, "damaged": 1}]

    reply = confirm(door, notice, items=items, final=True)
    again = confirm(door, notice, items=items, final=True)

    told = reply.expect(201)
    (tally,) = told["tallies"]
    assert (tally["announced"], tally["received"], tally["over"], tally["damaged"]) == (2, 3, 1, 1)
    assert (len(told["receipts"]), len(told["exceptions"])) == (1, 2)
    assert again.expect(201) == told
    after = door.ask("machine", "GET", f"/v1/notices/{notice['id']}").expect(200)
    assert after["state"] == "CONFIRMED"
    other = confirm(door, notice, items=[], final=True)
    assert (other.status, other.body["code"]) == (409, "confirmation_id_reused")


def test_accepting_it_is_an_acknowledgement(door: Door, notice: dict[str, Any]) -> None:
    confirm(door, notice, kind="accepted").expect(201)

    after = door.ask("support", "GET", f"/v1/notices/{notice['id']}").expect(200)
    assert after["state"] == "ACKNOWLEDGED"


def test_a_machine_that_is_bound_to_other_warehouses_finds_no_notice(
    door: Door, notice: dict[str, Any]
) -> None:
    for name, warehouse in (("wms-1", "WH1"), ("wms-9", "WH9")):
        door.sign_in(name, Role.MACHINE, kind=Kind.MACHINE, warehouses=frozenset({warehouse}))

    assert door.ask("wms-9", "GET", f"/v1/notices/{notice['id']}").status == 404
    assert door.ask("wms-9", "GET", "/v1/notices").expect(200)["items"] == []
    foreign = confirm(door, notice, who="wms-9", final=True)
    assert (foreign.status, foreign.body["code"]) == (403, "warehouse_not_yours")
    confirm(door, notice, who="wms-1", final=True).expect(201)


def test_where_the_partner_has_a_machine_of_its_own_no_other_one_confirms(
    door: Door, notice: dict[str, Any]
) -> None:
    assert put(door, PARTNER | {"client_id": "wms-1"}).expect(200)["client_id"] == "wms-1"
    for name in ("wms-1", "wms-2"):
        door.sign_in(name, Role.MACHINE, kind=Kind.MACHINE)
    items = [{"sku": "85123A", "quantity": 1}]

    other = confirm(door, notice, who="wms-2", items=items)

    assert (other.status, other.body["code"]) == (403, "not_the_partner")
    told = confirm(door, notice, who="wms-1", items=items).expect(201)
    assert confirm(door, notice, who="wms-2", items=items).status == 403
    assert confirm(door, notice, who="wms-1", items=items).expect(201) == told
    confirm(door, notice, who="warehouse", confirmation_id="by-hand", final=True).expect(201)


def test_a_partner_of_another_warehouse_is_not_read(door: Door) -> None:
    put(door).expect(200)
    for name, warehouse in (("here", "WH1"), ("elsewhere", "WH9")):
        door.sign_in(name, Role.WAREHOUSE, warehouses=frozenset({warehouse}))

    door.ask("here", "GET", "/v1/partners/WH1").expect(200)
    foreign = door.ask("elsewhere", "GET", "/v1/partners/WH1")
    assert (foreign.status, foreign.body["code"]) == (404, "partner_not_found")


def test_it_is_for_those_of_the_warehouse(door: Door, notice: dict[str, Any]) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))
    path = f"/v1/notices/{notice['id']}"

    assert door.ask("elsewhere", "GET", path).status == 404
    foreign = confirm(door, notice, who="elsewhere", final=True)
    assert (foreign.status, foreign.body["code"]) == (403, "warehouse_not_yours")
    assert door.ask("customer", "GET", path).status == 403
    assert door.ask("machine", "GET", "/v1/notices/asn_x").body["code"] == "notice_not_found"
    unknown = confirm(door, {"id": "asn_x"}, final=True)
    assert (unknown.status, unknown.body["code"]) == (404, "notice_not_found")
    assert confirm(door, notice, kind="guessed").status == 400
