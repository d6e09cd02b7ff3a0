"""Finding the sale of a blind return through the API."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER
from tests.stage import LambdaContext, Stage

LINE = {"sku": "85123A", "quantity": 2, "reason": "CHANGED_MIND"}
BLIND = {"customer_id": "cus-1001", "lines": [LINE]}


@pytest.fixture
def shop(door: Door, stage: Stage) -> Door:
    """An order of the customer and one of somebody else, with the same goods, and lists."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    other = {**ORDER, "customer_id": "cus-2002"}
    door.ask("machine", "PUT", "/v1/orders/SO-2", other).expect(201)
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    return door


def blind(door: Door, **more: Any) -> str:
    created = door.ask("support", "POST", "/v1/returns", {**BLIND, **more}).expect(201)
    return str(created["id"])


def match(door: Door, who: str, return_id: str, **sale: str) -> Reply:
    entry = {"line_no": "1", "order_no": "SO-1", "order_line_no": "1", **sale}
    path = f"/v1/returns/{return_id}/match"
    return door.ask(who, "POST", path, {"lines": [entry]}, If_Match="*")


def proposals(door: Door, who: str, return_id: str) -> Reply:
    return door.ask(who, "GET", f"/v1/returns/{return_id}/proposals")


def test_the_customers_own_order_is_proposed_first(shop: Door) -> None:
    items = proposals(shop, "support", blind(shop)).expect(200)["items"]

    assert [item["order_no"] for item in items] == ["SO-1", "SO-2"]
    assert items[0] == {
        "line_no": "1",
        "order_no": "SO-1",
        "order_line_no": "1",
        "sku": "85123A",
        "returnable": 3,
        "delivered_at": "2026-11-03T08:00:00.000Z",
        "window_ends": None,
        "score": items[0]["score"],
        "reasons": ["customer", "date"],
    }
    assert items[0]["score"] > items[1]["score"]


def test_a_proposal_can_be_taken_as_it_is(shop: Door) -> None:
    own = blind(shop)
    best = proposals(shop, "support", own).expect(200)["items"][0]

    done = match(shop, "support", own, order_no=best["order_no"]).expect(200)

    assert (done["order_no"], done["status"], done["open_exceptions"]) == (
        "SO-1",
        "UNDER_REVIEW",
        0,
    )
    assert done["quote"] == {"amount": "193.33", "currency": "EUR"}
    order = shop.ask("support", "GET", "/v1/orders/SO-1").expect(200)
    assert order["lines"][0]["returnable_quantity"] == 1


def test_another_process_that_knew_the_return_blind_finds_its_order(shop: Door) -> None:
    from chalicelib import wiring
    from chalicelib.store.execution import Commands

    elsewhere = Commands(table=wiring.core_table())
    own = blind(shop)
    assert elsewhere.reads().return_and_order(own)[1] is None

    match(shop, "support", own).expect(200)

    ret, order, task = elsewhere.reads().review_of(own)
    assert ret is not None
    assert order is not None
    assert (ret.order_no, order.order_no) == ("SO-1", "SO-1")
    assert task is not None


def test_what_has_its_sale_is_not_looked_for(shop: Door) -> None:
    own = blind(shop)
    match(shop, "support", own).expect(200)

    again = [proposals(shop, "support", own), match(shop, "support", own)]

    assert [(reply.status, reply.body["code"]) for reply in again] == [(409, "sale_known")] * 2


def test_lines_of_several_orders_are_refused_by_name(shop: Door) -> None:
    own = blind(shop, lines=[LINE, {**LINE, "reason": "SIZE_TOO_LARGE", "quantity": 1}])
    body = {
        "lines": [
            {"line_no": "1", "order_no": "SO-1", "order_line_no": "1"},
            {"line_no": "2", "order_no": "SO-2", "order_line_no": "1"},
        ]
    }

    reply = shop.ask("support", "POST", f"/v1/returns/{own}/match", body, If_Match="*")

    assert (reply.status, reply.body["code"]) == (422, "sale_does_not_fit")
    (error,) = reply.body["errors"]
    assert (error["pointer"], error["code"]) == ("/lines/1/order_no", "several_orders")


def test_a_person_names_the_version(shop: Door) -> None:
    own = blind(shop)
    body = {"lines": [{"line_no": "1", "order_no": "SO-1", "order_line_no": "1"}]}

    assert shop.ask("support", "POST", f"/v1/returns/{own}/match", body).status == 428


@pytest.mark.parametrize("who", ["customer", "sales", "reviewer", "machine", "auditor"])
def test_only_support_finds_sales(shop: Door, who: str) -> None:
    own = blind(shop)

    assert proposals(shop, who, own).status == 403
    assert match(shop, who, own).status == 403


def test_a_return_that_is_not_there_has_no_proposals(shop: Door) -> None:
    assert proposals(shop, "support", "ret_nobody").status == 404


def test_a_customer_is_not_shown_the_sales_of_others(shop: Door) -> None:
    shop.sign_in("eve", Role.CUSTOMER, customer_id="cus-2002")

    assert proposals(shop, "eve", blind(shop)).status == 403
