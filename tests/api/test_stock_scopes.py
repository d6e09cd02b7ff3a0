"""Staff of a warehouse see and move the stock of their own: every route, one row each."""

from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.api.methods import own_routes
from chalicelib.auth.principal import ALL, Kind, Role
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import ORDER
from tests.api.test_stock import COST, act, listed, post, sent, watched
from tests.stage import Stage

FOREIGN = {"warehouse": "WH1", "sku": "85123A"}
COUNTED = {"items": [{"sku": "85123A", "quantity": 6, "unit_cost": COST}]}
ANYWHERE = {
    ("GET", "/stock/lots"): "a date is read on goods, wherever they lie",
    ("GET", "/stock/shelf-life"): "one setting for all goods",
}
"""Routes that everybody may read, and why."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """A question about the other warehouse. `status` is what its neighbour is told."""

    method: str
    route: str
    status: int
    path: str = ""
    body: dict[str, Any] | None = None
    code: str = "warehouse_not_yours"

    @property
    def name(self) -> str:
        return f"{self.method} {self.path or self.route}"


ROWS = [
    Foreign("GET", "/stock", 403, "/stock?warehouse=WH1"),
    Foreign("GET", "/stock", 403, "/stock?warehouse=WH1&sku=85123A"),
    Foreign("GET", "/stock/movements", 403, "/stock/movements?warehouse=WH1&sku=85123A"),
    Foreign("POST", "/stock/counts", 403, body={"warehouse": "WH1", **COUNTED}),
    Foreign("POST", "/stock/count-sessions", 403, body={"warehouse": "WH1"}),
    Foreign("GET", "/stock/count-sessions/{session_id}", 404),
    Foreign("POST", "/stock/count-sessions/{session_id}", 403, body={"action": "cancel"}),
    Foreign(
        "POST",
        "/stock/transfers",
        403,
        body={"origin": "WH1", "target": "WH2", "items": [{"sku": "85123A", "quantity": 1}]},
    ),
    Foreign("GET", "/stock/transfers", 403, "/stock/transfers?warehouse=WH1"),
    Foreign("GET", "/stock/transfers/{transfer_id}", 404),
    Foreign("POST", "/stock/transfers/{transfer_id}", 403, body={"last": True}),
    Foreign(
        "POST",
        "/stock/adjustments",
        403,
        body={
            "warehouse": "WH1",
            "reason": "lost",
            "items": [{"sku": "85123A", "change": -1}],
        },
    ),
    Foreign("GET", "/stock/adjustments/{adjustment_id}", 404),
    Foreign("POST", "/stock/adjustments/{adjustment_id}", 403, body={"approve": True}),
    Foreign("GET", "/stock/atp", 403, "/stock/atp?sku=85123A&warehouse=WH1"),
    Foreign("GET", "/stock/valuation", 403, "/stock/valuation?warehouse=WH1"),
    Foreign("GET", "/stock/levels", 403, "/stock/levels?warehouse=WH1&sku=85123A"),
    Foreign("PUT", "/stock/levels", 403, body={**FOREIGN, "reorder_point": 1}),
    Foreign("PUT", "/stock/purchases", 403, body={**FOREIGN, "purchase_id": "PO-1", "quantity": 1}),
    Foreign("GET", "/stock/alerts", 200),
    Foreign("GET", "/stock/alerts/{alert_id}", 404),
    Foreign("POST", "/stock/alerts/{alert_id}", 403, body={}),
    Foreign(
        "PUT",
        "/stock/lots",
        403,
        body={"sku": "85123A", "lot": "L1", "expires_on": None},
        code="lot_not_yours",
    ),
    Foreign("PUT", "/stock/shelf-life", 403, body={"categories": {}}, code="all_warehouses_needed"),
    Foreign("GET", "/stock/serials", 404, "/stock/serials?sku=85123A&serial=N1"),
]


@dataclass(frozen=True, slots=True)
class Shop:
    """WH1 has stock and one of every document; WH2 has six units; `near` works in WH2."""

    door: Door
    ids: dict[str, str]

    def ask(self, who: str, row: Foreign) -> Reply:
        path = f"/v1{row.path or row.route}".format(**self.ids)
        headers = {}
        if row.method != "GET":
            headers = {"Idempotency_Key": f"{who}-{row.name}"[:80], "If_Match": "*"}
        return self.door.ask(who, row.method, path, row.body, **headers)


@pytest.fixture
def shop(door: Door, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Shop:
    door.sign_in("near", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    for place, count in (("WH1", 10), ("WH2", 6)):
        items = [{"sku": "85123A", "quantity": count, "unit_cost": COST}]
        body = {"warehouse": place, "kind": "opening", "items": items}
        post(door, "/v1/stock/counts", body).expect(201)
    gone = {
        "origin": "WH1",
        "target": "WH9",
        "items": [{"sku": "85123A", "quantity": 1, "serials": ["N1"]}],
    }
    monkeypatch.setenv("ADJUSTMENT_SECOND_ABOVE", "EUR=0.00")
    theft = {"warehouse": "WH1", "reason": "theft", "items": [{"sku": "85123A", "change": -1}]}
    level = {"warehouse": "WH1", "sku": "85123A", "reorder_point": 10}
    door.ask("warehouse", "PUT", "/v1/stock/levels", level, If_Match="*").expect(200)
    ids = {
        "transfer_id": post(door, "/v1/stock/transfers", gone).expect(201)["transfer_id"],
        "adjustment_id": post(door, "/v1/stock/adjustments", theft).expect(201)["adjustment_id"],
        "session_id": post(door, "/v1/stock/count-sessions", {"warehouse": "WH1"}).expect(201)[
            "session_id"
        ],
    }
    watched(stage)
    (alert,) = door.ask("auditor", "GET", "/v1/stock/alerts").expect(200)["items"]
    return Shop(door, {**ids, "alert_id": alert["alert_id"]})


def test_every_route_of_stock_has_a_row(door: Door) -> None:
    routes = {
        (method, path.removeprefix("/v1"))
        for path, method, _ in own_routes(door.app)
        if path.startswith("/v1/stock")
    }

    assert routes == {(row.method, row.route) for row in ROWS} | set(ANYWHERE)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_stock_of_another_warehouse_is_not_shown_and_not_touched(
    shop: Shop, row: Foreign
) -> None:
    reply = shop.ask("near", row)

    assert reply.status == row.status, reply.raw
    if row.status == 403:
        assert reply.body["code"] == row.code
    if row.status == 200:
        assert reply.body["items"] == []
    assert shop.ask("admin", row).status not in (403, 404)


@pytest.mark.parametrize("path", ["/stock?sku=85123A", "/stock/atp?sku=85123A"])
def test_of_goods_that_lie_in_many_places_one_sees_those_of_ones_own(shop: Shop, path: str) -> None:
    found = {
        who: {one["warehouse"] for one in shop.door.ask(who, "GET", f"/v1{path}").body["items"]}
        for who in ("near", "auditor")
    }

    assert found["near"] == {"WH2"}
    assert found["auditor"] >= {"WH1", "WH2"}


def test_of_a_return_one_sees_the_movements_of_ones_own_warehouse(shop: Shop) -> None:
    door = shop.door
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    line = {"order_line_no": "1", "quantity": 2, "reason": "CHANGED_MIND"}
    wanted = {"order_no": "SO-1", "lines": [line]}
    ret = door.ask("sales", "POST", "/v1/returns", wanted).expect(201)
    path = f"/v1/returns/{ret['id']}"
    act(door, path + "/approve", {}, who="reviewer", key="ok", seen=path).expect(200)
    for place in ("WH1", "WH2"):
        items = [{"sku": "85123A", "quantity": 1}]
        body = {"warehouse": place, "items": items}
        act(door, path + "/receipts", body, who="warehouse", key=place, seen=path).expect(201)

    asked = f"/v1/stock/movements?return_id={ret['id']}"
    found = {
        who: [one["entries"][0]["warehouse"] for one in door.ask(who, "GET", asked).body["items"]]
        for who in ("near", "auditor")
    }

    assert found == {"near": ["WH2"], "auditor": ["WH1", "WH2"]}


def test_both_ends_see_a_transfer_and_where_its_unit_is(door: Door, stage: Stage) -> None:
    items = [{"sku": "85123A", "quantity": 10, "unit_cost": COST}]
    body = {"warehouse": "WH1", "kind": "opening", "items": items}
    post(door, "/v1/stock/counts", body).expect(201)
    made = sent(door, serials=["N1"])
    listed(stage)
    for name, place in (("from", "WH1"), ("to", "WH2"), ("else", "WH3")):
        door.sign_in(name, Role.WAREHOUSE, warehouses=frozenset({place}))
    path = f"/v1/stock/transfers/{made['transfer_id']}"

    assert [door.ask(who, "GET", path).status for who in ("from", "to", "else")] == [200, 200, 404]
    arrived = {"items": [{"line_no": "1", "quantity": 4}]}
    act(door, path, arrived, who="to").expect(200)
    listed(stage)

    unit = "/v1/stock/serials?sku=85123A&serial=N1"
    assert [door.ask(who, "GET", unit).status for who in ("from", "to", "else")] == [404, 200, 404]
    history = door.ask("to", "GET", unit).expect(200)["history"]
    assert [one["kind"] for one in history] == ["transfer"]


def test_what_is_about_every_warehouse_is_not_for_staff_of_one(door: Door) -> None:
    door.sign_in("near", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    door.sign_in("far", Role.WAREHOUSE, warehouses=ALL)
    door.sign_in("partner", Role.MACHINE, kind=Kind.MACHINE, warehouses=frozenset({"WH2"}))

    for path in ("/v1/reconciliations?of=books", "/v1/reconciliations/job_1"):
        reply = door.ask("near", "GET", path)
        assert (reply.status, reply.body["code"]) == (403, "all_warehouses_needed")
    for path, body in (
        ("/v1/reconciliations", {"of": "books"}),
        ("/v1/imports", {"kind": "stock_counts"}),
    ):
        asked = door.ask("partner", "POST", path, body)
        assert (asked.status, asked.body["code"]) == (403, "all_warehouses_needed")
        assert door.ask("machine", "POST", path, body).status == 202
    for path in ("/v1/returns/ret_1/ledger", "/v1/orders/SO-1/ledger"):
        reply = door.ask("partner", "GET", path)
        assert (reply.status, reply.body["code"]) == (403, "all_warehouses_needed")
        assert door.ask("finance", "GET", path).status == 404
    assert door.ask("far", "GET", "/v1/reconciliations?of=books").status == 200


def test_staff_state_of_their_own_goods_when_their_lot_ends(door: Door) -> None:
    door.sign_in("near", Role.WAREHOUSE, warehouses=frozenset({"WH1", "WH2"}))
    items = [{"sku": "85123A", "lot": "L1", "quantity": 1}]
    post(door, "/v1/stock/counts", {"warehouse": "WH2", "items": items}).expect(201)
    body = {"sku": "85123A", "lot": "L1", "expires_on": "2027-06-30"}

    assert door.ask("near", "PUT", "/v1/stock/lots", body).status == 200
    assert door.ask("near", "PUT", "/v1/stock/lots", {**body, "lot": "L2"}).status == 403


def test_a_machine_of_a_partner_sees_the_stock_of_its_warehouse(shop: Shop) -> None:
    shop.door.sign_in("partner", Role.MACHINE, kind=Kind.MACHINE, warehouses=frozenset({"WH2"}))

    found = shop.door.ask("partner", "GET", "/v1/stock?sku=85123A").expect(200)["items"]
    promised = shop.door.ask("partner", "GET", "/v1/stock/atp?sku=85123A").expect(200)["items"]

    assert {one["warehouse"] for one in (*found, *promised)} == {"WH2"}
    assert shop.door.ask("partner", "GET", "/v1/stock/valuation?warehouse=WH1").status == 403
