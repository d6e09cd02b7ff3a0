"""Getting goods back through the API: labels, parcels, drop-off, pickups and giving up."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import opened
from tests.stage import Stage
from tools.sandbox_carrier import RunningCarrier, start
from tools.sandbox_carrier.books import Fault

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

ANY = "*"


@pytest.fixture
def carrier(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCarrier]:
    """The sandbox carrier over real HTTP; it is slower to answer than we wait."""
    running = start(hang_s=0.1)
    monkeypatch.setenv("SANDBOX_CARRIER_URL", running.url)
    wiring.carrier_desk.cache_clear()
    yield running
    running.stop()


@pytest.fixture
def ret(door: Door, carrier: RunningCarrier) -> str:
    """An approved return of two units."""
    return_id = opened(door)
    post(door, "reviewer", return_id, "approve").expect(200)
    return return_id


def post(
    door: Door, who: str, return_id: str, name: str, body: Any = None, **headers: str
) -> Reply:
    sent = {"Idempotency_Key": f"{name}-{body}", "If_Match": ANY, **headers}
    return door.ask(who, "POST", f"/v1/returns/{return_id}/{name}", body or {}, **sent)


def quantities(door: Door, return_id: str) -> dict[str, int]:
    (line,) = door.ask("support", "GET", f"/v1/returns/{return_id}").expect(200)["lines"]
    return {name: count for name, count in line["quantities"].items() if count}


def shipments(door: Door, return_id: str, who: str = "customer") -> Any:
    return door.ask(who, "GET", f"/v1/returns/{return_id}/shipments").expect(200)


# --- labels -------------------------------------------------------------------------------------


def test_a_customer_gets_a_label_and_prints_it(door: Door, ret: str, stage: Stage) -> None:
    reply = post(door, "customer", ret, "labels", {"carrier": "sandbox"})

    made = reply.expect(201)
    assert made["shipment"]["state"] == "LABELLED"
    assert made["status"] == "AWAITING_SHIPMENT"
    assert reply.headers["Location"] == f"/v1/returns/{ret}/shipments"
    assert reply.headers["ETag"] == f'"v{made["version"]}"'
    (item,) = shipments(door, ret)["items"]
    assert item["lines"] == [{"line_no": "1", "quantity": 2}]
    assert item["label_url"].split("?")[0].endswith(f"{item['shipment_id']}.pdf")
    key = f"files/labels/{ret}/{item['shipment_id']}.pdf"
    (content,) = [c for name, c in stage.objects("files/labels/").items() if name == key]
    assert content.startswith(b"%PDF-")


def test_the_same_request_again_is_answered_with_the_same_bytes(
    door: Door, ret: str, carrier: RunningCarrier
) -> None:
    first = post(door, "customer", ret, "labels", {"carrier": "sandbox"})

    again = post(door, "customer", ret, "labels", {"carrier": "sandbox"})

    assert again.raw == first.raw
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(carrier.books.all()) == 1


@pytest.mark.parametrize("fault", [Fault.ERROR_AFTER, Fault.MALFORMED, Fault.ERROR])
def test_a_carrier_that_did_not_answer_well_never_makes_a_second_label(
    door: Door, ret: str, carrier: RunningCarrier, fault: Fault
) -> None:
    carrier.books.expect("label", "", [fault, fault])
    silent = post(door, "customer", ret, "labels", {"carrier": "sandbox"})
    assert silent.status == 503
    assert silent.body["code"] == "carrier_silent"
    assert silent.headers["Retry-After"] == "5"
    assert shipments(door, ret)["items"][0]["state"] == "REQUESTED"

    post(door, "customer", ret, "labels", {"carrier": "sandbox"}).expect(201)

    assert len(carrier.books.all()) == 1
    assert [one["state"] for one in shipments(door, ret)["items"]] == ["LABELLED"]


def test_a_refusal_is_told_with_its_reason(door: Door, ret: str, carrier: RunningCarrier) -> None:
    carrier.books.expect("label", "", [Fault.REFUSE])

    made = post(door, "customer", ret, "labels", {"carrier": "sandbox"}).expect(201)

    assert (made["shipment"]["state"], made["shipment"]["reason"]) == ("REFUSED", "scripted")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"carrier": "nobody"}, 422, "unknown_carrier"),
        ({"carrier": "own"}, 409, "label_not_offered"),
        ({"carrier": "Sand Box"}, 400, "body_invalid"),
        ({"carrier": "sandbox", "lines": []}, 400, "body_invalid"),
        ({"carrier": "sandbox", "lines": [{"line_no": "9", "quantity": 1}]}, 422, "unknown_line"),
        (
            {"carrier": "sandbox", "lines": [{"line_no": "1", "quantity": 3}]},
            409,
            "fewer_units_fit",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_labelled_is_refused(
    door: Door, ret: str, carrier: RunningCarrier, body: Any, status: int, code: str
) -> None:
    reply = post(door, "customer", ret, "labels", body)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert carrier.books.all() == []


def test_a_link_is_given_only_while_the_label_may_be_used(
    door: Door, ret: str, carrier: RunningCarrier
) -> None:
    post(door, "customer", ret, "labels", {"carrier": "sandbox"}).expect(201)
    (before,) = shipments(door, ret)["items"]

    number = before["tracking_no"].lower()
    post(door, "customer", ret, "shipments", {"carrier": "sandbox", "tracking_no": number})

    (after,) = shipments(door, ret)["items"]
    assert before["label_url"] is not None
    assert (after["state"], after["label_url"]) == ("IN_TRANSIT", None)


# --- parcels ------------------------------------------------------------------------------------


def test_a_customer_says_what_was_sent_parcel_by_parcel(door: Door, ret: str) -> None:
    one = {"line_no": "1", "quantity": 1}
    first = {"carrier": "dhl", "tracking_no": "JD0001", "lines": [one]}
    post(door, "customer", ret, "shipments", first).expect(201)
    assert quantities(door, ret)["in_transit"] == 1

    second = post(door, "customer", ret, "shipments", {"carrier": "dhl", "tracking_no": "JD0002"})

    assert second.expect(201)["status"] == "IN_TRANSIT"
    assert quantities(door, ret)["in_transit"] == 2
    assert [one["tracking_no"] for one in shipments(door, ret)["items"]] == ["JD0001", "JD0002"]


@pytest.mark.parametrize("name", ["labels", "shipments", "drop-off", "mark-lost", "refuse"])
def test_people_have_to_name_the_version(door: Door, ret: str, name: str) -> None:
    bodies: dict[str, Any] = {
        "labels": {"carrier": "sandbox"},
        "shipments": {"carrier": "dhl"},
        "drop-off": {"store": "WH1", "items": [{"sku": "85123A", "quantity": 1}]},
        "mark-lost": {"reason": "STOLEN", "fault": "us"},
        "refuse": {"reason": "NOT_OURS"},
    }
    reply = post(door, "admin", ret, name, bodies[name], If_Match="")
    assert reply.status == 428

    stale = post(door, "admin", ret, name, bodies[name], If_Match='"v1"')

    assert stale.status == 412


def test_what_is_anothers_is_not_there(door: Door, ret: str, carrier: RunningCarrier) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-9")

    replies = [
        door.ask("stranger", "GET", f"/v1/returns/{ret}/shipments"),
        post(door, "stranger", ret, "labels", {"carrier": "sandbox"}),
        post(door, "stranger", ret, "shipments", {"carrier": "dhl", "tracking_no": "JD0001"}),
        post(door, "stranger", ret, "cancel-pickup"),
        door.ask("stranger", "GET", f"/v1/pickup-slots?return_id={ret}"),
        door.ask(
            "stranger",
            "PUT",
            f"/v1/returns/{ret}/pickup",
            {"slot_id": "2026-12-01.am"},
            If_Match=ANY,
        ),
    ]

    assert [(one.status, one.body["code"]) for one in replies] == [(404, "return_not_found")] * 6
    assert carrier.books.all() == []


def test_roles_that_only_look_change_nothing(door: Door, ret: str) -> None:
    for name in ("labels", "shipments", "mark-lost", "short-close", "refuse", "drop-off"):
        assert post(door, "auditor", ret, name).status == 403


# --- the counter of a store ---------------------------------------------------------------------


def test_goods_are_handed_over_at_the_counter_by_the_number_of_the_return(
    door: Door, ret: str
) -> None:
    number = door.ask("customer", "GET", f"/v1/returns/{ret}").expect(200)["number"]
    door.sign_in("clerk", Role.WAREHOUSE, warehouses=frozenset({"STORE-7"}))
    items = [{"sku": "85123A", "quantity": 2}]

    done = post(door, "clerk", number, "drop-off", {"store": "STORE-7", "items": items})

    assert done.expect(201)["status"] == "RECEIVED"
    assert done.body["exceptions"] == []
    elsewhere = post(door, "clerk", number, "drop-off", {"store": "WH1", "items": items})
    assert (elsewhere.status, elsewhere.body["code"]) == (403, "warehouse_not_yours")
    handed = {"store": "STORE-7", "items": items}
    unknown = post(door, "clerk", "R26AAAAAAAA0", "drop-off", handed, Idempotency_Key="another")
    assert unknown.status == 404


def test_the_code_is_shown_to_who_chose_the_store(door: Door, carrier: RunningCarrier) -> None:
    opened(door)
    body = {
        "order_no": "SO-1",
        "method": "store",
        "lines": [{"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}],
    }
    created = door.ask("customer", "POST", "/v1/returns", body).expect(201)

    assert shipments(door, created["id"])["drop_off_code"] == created["number"]


# --- pickups ------------------------------------------------------------------------------------


def test_a_pickup_is_chosen_changed_and_given_back(
    door: Door, ret: str, carrier: RunningCarrier
) -> None:
    asked = door.ask("customer", "GET", f"/v1/pickup-slots?return_id={ret}&from=2026-12-01")
    told = asked.expect(200)
    assert told["carrier"] == "sandbox"
    first, second = (slot["slot_id"] for slot in told["slots"][:2])

    def books(slot_id: str) -> Any:
        path = f"/v1/returns/{ret}/pickup"
        reply = door.ask("customer", "PUT", path, {"slot_id": slot_id}, If_Match=ANY)
        return reply.expect(200)["pickup"]

    assert books(first)["slot_id"] == first
    assert books(second)["slot_id"] == second
    assert shipments(door, ret)["pickup"]["window"] == "13:00-17:00"

    after = post(door, "customer", ret, "cancel-pickup").expect(200)

    assert after["pickup"] is None
    assert [one.is_void for one in carrier.books.all()] == [True, True]
    again = post(door, "customer", ret, "cancel-pickup", {}, Idempotency_Key="anew")
    assert (again.status, again.body["code"]) == (409, "no_pickup")


def test_a_slot_that_is_taken_is_told_and_what_was_booked_stays(
    door: Door, ret: str, carrier: RunningCarrier
) -> None:
    path = f"/v1/returns/{ret}/pickup"
    door.ask("customer", "PUT", path, {"slot_id": "2026-12-02.am"}, If_Match=ANY).expect(200)
    carrier.books.expect("pickup", "", [Fault.REFUSE])

    reply = door.ask("customer", "PUT", path, {"slot_id": "2026-12-02.pm"}, If_Match=ANY)

    told = reply.expect(200)
    assert told["pickup"]["slot_id"] == "2026-12-02.am"
    assert (told["shipment"]["state"], told["shipment"]["reason"]) == ("REFUSED", "scripted")


# --- giving up ----------------------------------------------------------------------------------


def test_lost_units_are_paid_where_the_customer_is_not_at_fault(door: Door, ret: str) -> None:
    body = {
        "reason": "LOST_IN_TRANSIT",
        "fault": "carrier",
        "lines": [{"line_no": "1", "quantity": 1}],
    }
    post(door, "support", ret, "mark-lost", body).expect(200)

    counts = quantities(door, ret)
    assert (counts["lost"], counts["accepted"], counts["awaiting"]) == (1, 1, 1)


def test_the_rest_is_short_closed_or_turned_away_and_free_again(door: Door, ret: str) -> None:
    one = [{"line_no": "1", "quantity": 1}]
    post(door, "support", ret, "short-close", {"reason": "SENT_FEWER", "lines": one}).expect(200)

    closed = post(door, "warehouse", ret, "refuse", {"reason": "HAZARDOUS"}).expect(200)

    assert closed["status"] == "COMPLETED"
    (line,) = door.ask("support", "GET", "/v1/orders/SO-1").expect(200)["lines"]
    assert line["returnable_quantity"] == 3


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("mark-lost", {"reason": "SHRINKAGE", "fault": "us"}, "unknown_reason"),
        ("short-close", {"reason": "OTHER"}, "note_required"),
        ("refuse", {"reason": "NOT_SENT"}, "unknown_reason"),
    ],
)
def test_reasons_are_from_a_list(door: Door, ret: str, name: str, body: Any, code: str) -> None:
    reply = post(door, "admin", ret, name, body)

    assert (reply.status, reply.body["code"]) == (422, code)


def test_the_floor_gives_up_only_what_it_waits_for(door: Door, ret: str) -> None:
    door.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH9"}))

    for name in ("mark-lost", "short-close", "refuse"):
        body: Any = {"reason": "OTHER", "note": "Seen nowhere."}
        if name == "mark-lost":
            body |= {"fault": "us", "lines": [{"line_no": "1", "quantity": 1}]}
        reply = post(door, "elsewhere", ret, name, body)
        assert (reply.status, reply.body["code"]) == (403, "warehouse_not_yours")


def test_without_a_carrier_nothing_is_offered(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_CARRIER_URL", raising=False)
    wiring.carrier_desk.cache_clear()
    return_id = opened(door)

    reply = door.ask("customer", "GET", f"/v1/pickup-slots?return_id={return_id}")

    assert (reply.status, reply.body["code"]) == (409, "pickup_not_offered")
