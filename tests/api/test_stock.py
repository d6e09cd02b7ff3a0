"""Stock through the API: units, lots, transfers, corrections and counts."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.workers.deliveries_queue import deliver_messages
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.scans_queue import ingest_scans
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import ORDER
from tests.stage import LambdaContext, Stage, run_queue_worker

COST = {"amount": "40.00", "currency": "EUR"}
COUNT = {
    "warehouse": "WH1",
    "kind": "opening",
    "items": [{"sku": "85123A", "quantity": 10, "unit_cost": COST}],
}


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten units in stock at 40.00 each."""
    door.sign_in("guard", Role.WAREHOUSE, warehouses=frozenset({"WH1", "WH2"}))
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    return door


def listed(stage: Stage) -> None:
    """The stream and what follows it are worked on."""
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def watched(stage: Stage) -> None:
    """The stream is worked on, then what it sent, then the stream of that."""
    listed(stage)
    bodies = [message["body"] for message in stage.messages("deliveries")]
    assert run_queue_worker(deliver_messages, *bodies) == []
    listed(stage)


def post(door: Door, path: str, body: object, *, who: str = "warehouse", key: str = "") -> Reply:
    return door.ask(who, "POST", path, body, Idempotency_Key=key or f"{path}-{body}"[:200])


def act(
    door: Door,
    path: str,
    body: object,
    *,
    who: str = "warehouse",
    key: str = "act",
    seen: str | None = None,
) -> Reply:
    """A command on what was looked at just now, at its own address or at `seen`."""
    tag = door.ask("auditor", "GET", seen or path).headers["ETag"]
    return door.ask(who, "POST", path, body, Idempotency_Key=key, If_Match=tag)


def lying(door: Door, account: str, warehouse: str = "WH1") -> int:
    found = door.ask("auditor", "GET", f"/v1/stock?sku=85123A&warehouse={warehouse}").expect(200)
    return sum(one["quantity"] for one in found["items"] if one["account"] == account)


def sent(door: Door, **more: Any) -> dict[str, Any]:
    body = {"origin": "WH1", "target": "WH2", "items": [{"sku": "85123A", "quantity": 4, **more}]}
    made: dict[str, Any] = post(door, "/v1/stock/transfers", body).expect(201)
    return made


def test_goods_are_sent_and_arrive_with_what_differs(shop: Door) -> None:
    made = sent(shop, serials=["N1"])
    path = f"/v1/stock/transfers/{made['transfer_id']}"
    body = {"items": [{"line_no": "1", "quantity": 3, "damaged": 1}], "last": True}

    done = act(shop, path, body).expect(200)

    assert done["state"] == "arrived"
    (line,) = done["lines"]
    assert (line["arrived"], line["damaged"], line["missing"]) == (3, 1, 1)
    assert (lying(shop, "available"), lying(shop, "available", "WH2")) == (6, 2)
    assert lying(shop, "in_transit") == 0


def test_who_sent_goods_does_not_say_alone_that_they_are_missing(
    shop: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADJUSTMENT_SECOND_ABOVE", "EUR=100.00")
    path = f"/v1/stock/transfers/{sent(shop)['transfer_id']}"

    own = act(shop, path, {"last": True}, key="own")
    done = act(shop, path, {"last": True}, who="guard", key="other").expect(200)

    assert (own.status, own.body["code"]) == (403, "second_person_needed")
    assert done["lines"][0]["missing"] == 4


def test_transfers_are_listed_by_warehouse(shop: Door, stage: Stage) -> None:
    made = sent(shop)
    listed(stage)

    for warehouse in ("WH1", "WH2"):
        path = f"/v1/stock/transfers?warehouse={warehouse}&state=sent"
        found = shop.ask("auditor", "GET", path).expect(200)
        assert [one["transfer_id"] for one in found["items"]] == [made["transfer_id"]]


def test_a_floor_worker_sends_only_from_where_they_work(shop: Door) -> None:
    body = {"origin": "WH9", "target": "WH1", "items": [{"sku": "85123A", "quantity": 1}]}
    shop.sign_in("elsewhere", Role.WAREHOUSE, warehouses=frozenset({"WH1"}))

    reply = post(shop, "/v1/stock/transfers", body, who="elsewhere")

    assert (reply.status, reply.body["code"]) == (403, "warehouse_not_yours")


def test_where_a_unit_is_and_was(shop: Door, stage: Stage) -> None:
    sent(shop, serials=["N1"])
    listed(stage)

    found = shop.ask("auditor", "GET", "/v1/stock/serials?sku=85123A&serial=N1").expect(200)

    assert (found["account"], found["warehouse"]) == ("in_transit", "WH1")
    assert found["unit_cost"] == COST
    (movement,) = found["history"]
    assert movement["kind"] == "transfer"
    assert sorted(one["quantity"] for one in movement["entries"]) == [-1, 1]
    reply = shop.ask("auditor", "GET", "/v1/stock/serials?sku=85123A&serial=N9")
    assert (reply.status, reply.body["code"]) == (404, "serial_not_found")


def test_two_units_sold_at_their_own_costs_come_back_at_the_sum_of_both(shop: Door) -> None:
    lines = [
        {**ORDER["lines"][0], "line_no": number, "quantity": 1, "unit_cost": cost}  # type: ignore[index]
        for number, cost in (
            ("1", {"amount": "19.00", "currency": "EUR"}),
            ("2", {"amount": "25.00", "currency": "EUR"}),
        )
    ]
    items = [
        {"line_no": "1", "quantity": 1, "serials": ["SN-1"]},
        {"line_no": "2", "quantity": 1, "serials": ["SN-2"]},
    ]
    order = {
        **ORDER,
        "lines": lines,
        "payments": [],
        "discount": {"amount": "0.00", "currency": "EUR"},
        "deliveries": [{**ORDER["deliveries"][0], "items": items}],  # type: ignore[index]
    }
    shop.ask("machine", "PUT", "/v1/orders/SO-1", order).expect(201)
    wanted = {
        "order_no": "SO-1",
        "lines": [
            {"order_line_no": number, "quantity": 1, "reason": "CHANGED_MIND"}
            for number in ("1", "2")
        ],
    }
    ret = shop.ask("sales", "POST", "/v1/returns", wanted).expect(201)
    path = f"/v1/returns/{ret['id']}"
    for who, name, body in (
        ("reviewer", "approve", {}),
        (
            "warehouse",
            "receipts",
            {
                "warehouse": "WH1",
                "items": [{"sku": "85123A", "quantity": 2, "serials": ["SN-1", "SN-2"]}],
            },
        ),
    ):
        tag = shop.ask("auditor", "GET", path).headers["ETag"]
        reply = shop.ask(who, "POST", f"{path}/{name}", body, Idempotency_Key=name, If_Match=tag)
        assert reply.status in (200, 201), reply.raw

    found = shop.ask("auditor", "GET", "/v1/stock?sku=85123A&warehouse=WH1").expect(200)
    (receiving,) = [one for one in found["items"] if one["account"] == "receiving"]
    assert receiving["value"] == [{"amount": "44.00", "currency": "EUR"}]
    unit = shop.ask("auditor", "GET", "/v1/stock/serials?sku=85123A&serial=SN-2").expect(200)
    assert unit["unit_cost"] == {"amount": "25.00", "currency": "EUR"}
    assert unit["account"] == "receiving"


def test_a_small_correction_is_posted_at_once(shop: Door) -> None:
    body = {
        "warehouse": "WH1",
        "reason": "lost",
        "items": [{"sku": "85123A", "change": -1}],
    }

    made = post(shop, "/v1/stock/adjustments", body).expect(201)

    assert (made["state"], made["value"]) == ("posted", [COST])
    assert (lying(shop, "available"), lying(shop, "missing")) == (9, 1)


def test_a_large_correction_waits_for_another_person(
    shop: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADJUSTMENT_SECOND_ABOVE", "EUR=100.00")
    body = {
        "warehouse": "WH1",
        "reason": "theft",
        "items": [{"sku": "85123A", "change": -3}],
    }
    made = post(shop, "/v1/stock/adjustments", body).expect(201)
    path = f"/v1/stock/adjustments/{made['adjustment_id']}"

    assert made["state"] == "waiting"
    assert lying(shop, "available") == 10
    own = act(shop, path, {"approve": True}, key="own")
    assert (own.status, own.body["code"]) == (403, "second_person_needed")
    done = act(shop, path, {"approve": True}, who="guard", key="other").expect(200)

    assert done["state"] == "posted"
    assert lying(shop, "missing") == 3


def scan(door: Door, scan_id: str, seq: int, quantity: int) -> Reply:
    body = {
        "scans": [
            {
                "scan_id": scan_id,
                "device_id": "gun-1",
                "seq": seq,
                "captured_at": rfc3339(utc_now()),
                "step": "counting",
                "warehouse": "WH1",
                "sku": "85123A",
                "quantity": quantity,
            }
        ]
    }
    return door.ask("warehouse", "POST", "/v1/scans", body)


def test_scans_are_counted_in_the_open_session_and_its_end_posts_the_difference(
    shop: Door, stage: Stage
) -> None:
    opened = post(
        shop, "/v1/stock/count-sessions", {"warehouse": "WH1", "skus": ["85123A"]}
    ).expect(201)
    path = f"/v1/stock/count-sessions/{opened['session_id']}"
    for _ in range(2):
        scan(shop, "scan-1", 1, 6)
    scan(shop, "scan-2", 2, 3)
    bodies = [message["body"] for message in stage.messages("scans")]
    assert run_queue_worker(ingest_scans, *bodies) == []

    seen = shop.ask("auditor", "GET", path).expect(200)
    (line,) = seen["lines"]
    assert (line["counted"], line["booked"]) == (9, None)
    done = act(shop, path, {"action": "close"}).expect(200)

    assert (done["state"], done["lines"][0]["booked"]) == ("closed", 10)
    assert lying(shop, "available") == 9


def test_a_recount_names_what_is_counted_again(shop: Door) -> None:
    opened = post(shop, "/v1/stock/count-sessions", {"warehouse": "WH1"}).expect(201)
    path = f"/v1/stock/count-sessions/{opened['session_id']}"

    reply = act(shop, path, {"action": "recount"})

    assert reply.status == 400
    assert act(shop, path, {"action": "cancel"}).expect(200)["state"] == "cancelled"


def test_a_lot_is_stated_and_read(shop: Door) -> None:
    body = {"sku": "85123A", "lot": "L1", "expires_on": "2027-06-30"}
    stated = shop.ask("warehouse", "PUT", "/v1/stock/lots", body).expect(200)

    found = shop.ask("auditor", "GET", "/v1/stock/lots?sku=85123A&lot=L1").expect(200)

    assert found == stated
    assert (found["expires_on"], found["version"]) == ("2027-06-30", 1)
    reply = shop.ask("auditor", "GET", "/v1/stock/lots?sku=85123A&lot=L9")
    assert (reply.status, reply.body["code"]) == (404, "lot_not_found")


def test_how_long_goods_must_keep_is_stated_as_a_whole(shop: Door) -> None:
    path, body = "/v1/stock/shelf-life", {"categories": {"Food": 30}}
    shop.ask("finance", "PUT", path, body, If_Match="*").expect(200)

    assert shop.ask("auditor", "GET", path).expect(200)["categories"] == {"Food": 30}
    assert shop.ask("customer", "GET", path).status == 403
