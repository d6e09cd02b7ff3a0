"""Lists, long work and metrics through the API, once the stream has been worked on."""

import json
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.stage import LambdaContext, Stage


@pytest.fixture
def listed(door: Door, stage: Stage) -> dict[str, Any]:
    """One return under review, and the lists that know it."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    created: dict[str, Any] = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    return created


def ids(door: Door, who: str, path: str) -> list[str]:
    return [item["id"] for item in door.ask(who, "GET", path).expect(200)["items"]]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("", True),
        ("?status=UNDER_REVIEW", True),
        ("?status=APPROVED", False),
        ("?order_no=SO-1&customer_id=cus-1001", True),
        ("?customer_id=cus-2002", False),
        ("?limit=1", True),
    ],
)
def test_a_list_of_returns_is_filtered(
    door: Door, listed: dict[str, Any], query: str, is_found: bool
) -> None:
    assert ids(door, "support", f"/v1/returns{query}") == ([listed["id"]] if is_found else [])


@pytest.mark.parametrize(
    "query",
    ["status=NEW", "limit=0", "limit=201", "limit=1e2", "limit=-1", "cursor=!", "colour=red"],
)
def test_a_list_refuses_what_it_does_not_know(door: Door, query: str) -> None:
    reply = door.ask("support", "GET", f"/v1/returns?{query}")

    assert (reply.status, reply.body["code"]) == (400, "query_invalid")


def test_a_customer_lists_their_own_returns_only(door: Door, listed: dict[str, Any]) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")

    assert ids(door, "customer", "/v1/returns") == [listed["id"]]
    assert ids(door, "stranger", "/v1/returns") == []
    assert ids(door, "stranger", "/v1/returns?order_no=SO-1") == []
    assert door.ask("stranger", "GET", "/v1/returns?customer_id=cus-1001").status == 404


def test_a_review_is_a_task_of_reviewers(door: Door, listed: dict[str, Any]) -> None:
    tasks = door.ask("reviewer", "GET", "/v1/tasks?role=reviewer").expect(200)["items"]

    assert [task["subject"] for task in tasks] == [f"return/{listed['id']}"]
    assert ids(door, "support", "/v1/exceptions") == []


def test_stock_and_movements_of_goods_are_listed(door: Door, listed: dict[str, Any]) -> None:
    stock = door.ask("finance", "GET", "/v1/stock?sku=85123A").expect(200)["items"]
    moved = door.ask("finance", "GET", "/v1/stock/movements?sku=85123A&warehouse=WH1").expect(200)

    lying = {item["account"]: item["quantity"] for item in stock}
    assert lying["available"] == 7
    assert [item["kind"] for item in moved["items"]] == ["delivery", "opening_count"]
    for query in ("", "?sku=85123A", "?sku=A&warehouse=B&return_id=ret_1"):
        assert door.ask("finance", "GET", f"/v1/stock/movements{query}").status == 400


@pytest.mark.parametrize("path", ["/v1/reconciliations", "/v1/metrics/runs"])
def test_long_work_is_a_job_in_the_queue_once(door: Door, stage: Stage, path: str) -> None:
    first = door.ask("admin", "POST", path, {}, Idempotency_Key="k", X_Request_Id="follow-me")
    again = door.ask("admin", "POST", path, {}, Idempotency_Key="k")

    job = first.expect(202)
    queued = [json.loads(message["body"]) for message in stage.messages("jobs")]
    assert again.raw == first.raw
    assert {message["job_id"] for message in queued} == {job["id"]}
    assert queued[0]["correlation_id"] == "follow-me"
    assert door.ask("admin", "GET", first.headers["Location"]).expect(200)["state"] == "queued"


def test_metrics_are_read_for_a_period(door: Door) -> None:
    period = "from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z"

    metrics = door.ask("auditor", "GET", f"/v1/metrics/returns?{period}").expect(200)

    assert metrics["interval"] == "day"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=2026-11-08T00:00:00Z&to=2026-11-01T00:00:00Z",
        "from=2026-11-01&to=2026-11-08",
        "from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z&interval=minute",
    ],
)
def test_metrics_need_a_period(door: Door, query: str) -> None:
    assert door.ask("auditor", "GET", f"/v1/metrics/returns?{query}").status == 400


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("sku=85123A", True),
        ("sku=85123A&status=UNDER_REVIEW", True),
        ("sku=85123A&status=APPROVED", False),
        ("sku=OTHER", False),
        ("sort=oldest&status=UNDER_REVIEW", True),
        ("sort=oldest&warehouse=WH9&status=UNDER_REVIEW", False),
    ],
)
def test_returns_are_found_by_their_goods_and_queued_by_age(
    door: Door, listed: dict[str, Any], query: str, is_found: bool
) -> None:
    assert ids(door, "support", f"/v1/returns?{query}") == ([listed["id"]] if is_found else [])


def test_a_return_is_found_by_its_number_before_any_list_knows_it(door: Door) -> None:
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    made = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")
    path = f"/v1/returns?number={made['number'].lower()}"

    assert ids(door, "support", path) == ids(door, "customer", path) == [made["id"]]
    assert ids(door, "stranger", path) == []
    assert ids(door, "support", f"{path}&status=APPROVED") == []
    assert ids(door, "support", f"{path}&sku=OTHER") == []
    assert ids(door, "support", f"{path}&sku=85123A") == [made["id"]]
    assert ids(door, "support", "/v1/returns?number=R26AAAAAAAAA") == []


@pytest.mark.parametrize("query", ["sort=random", "sku=%23", "number=*"])
def test_returns_are_not_listed_by_what_is_unknown(door: Door, query: str) -> None:
    assert door.ask("support", "GET", f"/v1/returns?{query}").status == 400


def orders(door: Door, who: str, query: str) -> list[str]:
    page = door.ask(who, "GET", f"/v1/orders{query}").expect(200)
    return [order["order_no"] for order in page["items"]]


def test_orders_are_listed_by_customer_and_by_goods(door: Door, listed: dict[str, Any]) -> None:
    assert orders(door, "support", "") == ["SO-1"]
    assert orders(door, "support", "?customer_id=cus-1001") == ["SO-1"]
    assert orders(door, "support", "?customer_id=cus-2002") == []
    assert orders(door, "support", "?sku=85123A") == ["SO-1"]
    assert orders(door, "support", "?sku=85123A&customer_id=cus-2002") == []


def test_customers_list_their_own_orders_only(door: Door, listed: dict[str, Any]) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")

    assert orders(door, "customer", "") == orders(door, "customer", "?sku=85123A") == ["SO-1"]
    assert orders(door, "stranger", "") == orders(door, "stranger", "?sku=85123A") == []
    assert door.ask("stranger", "GET", "/v1/orders?customer_id=cus-1001").status == 404


def test_exceptions_are_listed_by_kind_and_by_return(
    door: Door, stage: Stage, listed: dict[str, Any]
) -> None:
    own = listed["id"]
    door.ask("reviewer", "POST", f"/v1/returns/{own}/approve", {}, If_Match="*").expect(200)
    body = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 3}]}
    path = f"/v1/returns/{own}/receipts"
    receipt = door.ask("warehouse", "POST", path, body, If_Match="*", Idempotency_Key="r")
    (surplus,) = receipt.expect(201)["exceptions"]
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())

    assert ids(door, "support", "/v1/exceptions?kind=OVER") == [surplus]
    assert ids(door, "support", "/v1/exceptions?kind=UNKNOWN") == []
    assert ids(door, "support", f"/v1/exceptions?return_id={own}") == [surplus]
    assert ids(door, "support", f"/v1/exceptions?return_id={own}&state=resolved") == []
    assert ids(door, "support", "/v1/exceptions?return_id=ret_other") == []
    assert door.ask("support", "GET", "/v1/exceptions?kind=NONE").status == 400
