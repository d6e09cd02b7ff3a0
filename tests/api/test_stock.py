"""Stock through the API: units, lots, transfers, corrections, counts, levels, alerts, promises."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
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


def post(door: Door, path: str, body: object, *, who: str = "warehouse", key: str = "") -> Reply:
    return door.ask(who, "POST", path, body, Idempotency_Key=key or f"{path}-{body}"[:200])


def act(door: Door, path: str, body: object, *, who: str = "warehouse", key: str = "act") -> Reply:
    """A command on what was looked at just now."""
    tag = door.ask("auditor", "GET", path).headers["ETag"]
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
                "captured_at": "2026-11-21T09:00:00Z",
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


def test_low_stock_is_an_alert_that_ends_by_itself(shop: Door, stage: Stage) -> None:
    level = {"warehouse": "WH1", "sku": "85123A", "reorder_point": 10, "safety_stock": 2}
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match="*").expect(200)
    _watched(stage)
    (alert,) = shop.ask("auditor", "GET", "/v1/stock/alerts?warehouse=WH1").expect(200)["items"]
    assert (alert["kind"], alert["quantity"], alert["limit"]) == ("low_stock", 10, 10)

    seen = act(shop, f"/v1/stock/alerts/{alert['alert_id']}", {}).expect(200)
    assert seen["state"] == "acknowledged"
    tag = shop.ask("auditor", "GET", "/v1/stock/levels?warehouse=WH1&sku=85123A").headers["ETag"]
    level["reorder_point"] = 1
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match=tag).expect(200)
    _watched(stage)

    resolved = shop.ask("auditor", "GET", "/v1/stock/alerts?state=resolved").expect(200)
    assert [one["alert_id"] for one in resolved["items"]] == [alert["alert_id"]]


def test_a_purchase_is_told_and_ends(shop: Door) -> None:
    body = {"purchase_id": "PO-1", "warehouse": "WH1", "sku": "85123A", "quantity": 5}

    told = shop.ask("machine", "PUT", "/v1/stock/purchases", body).expect(200)
    assert [one["available_then"] for one in told["purchases"]] == [10]
    done = shop.ask("machine", "PUT", "/v1/stock/purchases", {**body, "quantity": 0}).expect(200)

    assert done["purchases"] == []


def test_what_can_be_promised_leaves_the_safety_stock_out(shop: Door, stage: Stage) -> None:
    level = {"warehouse": "WH1", "sku": "85123A", "reorder_point": None, "safety_stock": 2}
    shop.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match="*").expect(200)
    listed(stage)

    named = shop.ask("machine", "GET", "/v1/stock/atp?sku=85123A,NONE&warehouse=WH1")
    anywhere = shop.ask("machine", "GET", "/v1/stock/atp?sku=85123A&returns_share=0.5")

    assert [(one["sku"], one["atp"]) for one in named.expect(200)["items"]] == [
        ("85123A", 8),
        ("NONE", 0),
    ]
    (found,) = anywhere.expect(200)["items"]
    assert (found["warehouse"], found["available"], found["incoming_returns"]) == ("WH1", 10, 0)
    assert named.headers["Cache-Control"] == "private, max-age=5"


def test_nothing_is_sent_while_nothing_has_changed(shop: Door) -> None:
    path = "/v1/stock/atp?sku=85123A&warehouse=WH1"
    tag = shop.ask("machine", "GET", path).headers["ETag"]

    assert shop.ask("machine", "GET", path, If_None_Match=tag).status == 304
    sent(shop)
    assert shop.ask("machine", "GET", path, If_None_Match=tag).status == 200


@pytest.mark.parametrize("query", ["sku=", "sku=A,%20B!", "", "sku=A&returns_share=2"])
def test_a_question_that_says_nothing_is_refused(shop: Door, query: str) -> None:
    assert shop.ask("machine", "GET", f"/v1/stock/atp?{query}").status == 400


def test_a_hundred_skus_are_the_most(shop: Door) -> None:
    many = ",".join(f"S{number}" for number in range(101))

    assert shop.ask("machine", "GET", f"/v1/stock/atp?sku={many}&warehouse=WH1").status == 400


def test_units_on_their_way_back_are_told_apart(shop: Door, stage: Stage) -> None:
    shop.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    wanted = {
        "order_no": "SO-1",
        "lines": [{"order_line_no": "1", "quantity": 2, "reason": "CHANGED_MIND"}],
    }
    ret = shop.ask("sales", "POST", "/v1/returns", wanted).expect(201)
    path = f"/v1/returns/{ret['id']}"
    tag = shop.ask("auditor", "GET", path).headers["ETag"]
    shop.ask("reviewer", "POST", f"{path}/approve", {}, Idempotency_Key="ok", If_Match=tag).expect(
        200
    )
    listed(stage)

    query = "/v1/stock/atp?sku=85123A&warehouse=WH1&returns_share=0.5"
    (found,) = shop.ask("machine", "GET", query).expect(200)["items"]

    assert (found["available"], found["incoming_returns"]) == (7, 2)
    assert (found["expected_returns"], found["atp"]) == (1, 8)


def test_stock_is_worth_what_it_was_issued_at(shop: Door, stage: Stage) -> None:
    sent(shop)
    listed(stage)

    found = shop.ask("finance", "GET", "/v1/stock/valuation?warehouse=WH1").expect(200)

    value = {one["account"]: one["value"] for one in found["accounts"]}
    assert value["available"] == [{"amount": "240.00", "currency": "EUR"}]
    assert value["in_transit"] == [{"amount": "160.00", "currency": "EUR"}]
    assert found["next_cursor"] is None
    assert shop.ask("sales", "GET", "/v1/stock/valuation?warehouse=WH1").status == 403


def _watched(stage: Stage) -> None:
    """The stream is worked on, then what it sent, then the stream of that."""
    listed(stage)
    bodies = [message["body"] for message in stage.messages("deliveries")]
    assert run_queue_worker(deliver_messages, *bodies) == []
    listed(stage)
