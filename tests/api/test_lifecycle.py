"""A return from the order to the money, through the API; and what each step refuses."""

from typing import Any

import pytest

from tests.api.door import Door

LINE = {
    "line_no": "1",
    "sku": "85123A",
    "name": "T-light holder",
    "category": "Home",
    "quantity": 3,
    "unit_price": {"amount": "100.00", "currency": "EUR"},
    "unit_cost": {"amount": "40.00", "currency": "EUR"},
}
DELIVERY = {
    "delivery_no": "D-1",
    "warehouse": "WH1",
    "shipped_at": "2026-11-01T08:00:00Z",
    "delivered_at": "2026-11-03T08:00:00Z",
    "items": [{"line_no": "1", "quantity": 3}],
}
ORDER = {
    "customer_id": "cus-1001",
    "currency": "EUR",
    "placed_at": "2026-11-01T07:00:00Z",
    "policy_version": "no-window",
    "discount": {"amount": "10.00", "currency": "EUR"},
    "lines": [LINE],
    "payments": [
        {
            "payment_id": "p-1",
            "method": "transfer",
            "provider": "manual",
            "captured": {"amount": "290.00", "currency": "EUR"},
        }
    ],
    "deliveries": [DELIVERY],
}
COUNT = {"warehouse": "WH1", "kind": "opening", "items": [{"sku": "85123A", "quantity": 10}]}
RETURN = {
    "order_no": "SO-1",
    "lines": [{"order_line_no": "1", "quantity": 2, "reason": "CHANGED_MIND"}],
}


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten units in stock, of which three were sold and delivered."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


@pytest.fixture
def asked(shop: Door) -> dict[str, Any]:
    """Two units asked back by the customer."""
    created = shop.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    assert isinstance(created, dict)
    return created


def seen(door: Door, return_id: str) -> str:
    """The ETag of the return as it is now."""
    return door.ask("auditor", "GET", f"/v1/returns/{return_id}").headers["ETag"]


def command(door: Door, who: str, ret: dict[str, Any], name: str, body: object) -> dict[str, Any]:
    path = f"/v1/returns/{ret['id']}/{name}"
    reply = door.ask(
        who,
        "POST",
        path,
        body,
        Idempotency_Key=f"{ret['id']}-{name}",
        If_Match=seen(door, ret["id"]),
    )
    assert reply.status in (200, 201), reply.raw
    answer: dict[str, Any] = reply.body
    return answer


def test_a_return_goes_from_request_to_money(shop: Door, asked: dict[str, Any]) -> None:
    assert asked["status"] == "UNDER_REVIEW"
    assert asked["quote"] == {"amount": "193.33", "currency": "EUR"}

    approved = command(shop, "reviewer", asked, "approve", {})
    received = command(
        shop,
        "warehouse",
        asked,
        "receipts",
        {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]},
    )
    inspected = command(
        shop,
        "inspector",
        asked,
        "inspections",
        {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]},
    )
    disposed = command(
        shop,
        "inspector",
        asked,
        "dispositions",
        {
            "items": [
                {"line_no": "1", "quantity": 1, "disposition": "RESTOCK"},
                {"line_no": "1", "quantity": 1, "disposition": "SCRAP"},
            ]
        },
    )
    settled = command(shop, "finance", asked, "settlements", {"mode": "execute"})
    confirmed = shop.ask(
        "finance",
        "POST",
        f"/v1/settlements/{settled['settlement_id']}/confirm",
        {"payment_id": "p-1", "proof": "SEPA 1"},
        Idempotency_Key="confirm-1",
        If_Match=f'"v{settled["version"]}"',
    ).expect(200)
    final = shop.ask("customer", "GET", f"/v1/returns/{asked['id']}").expect(200)

    statuses = [step["status"] for step in (approved, received, inspected, disposed)]
    assert statuses == ["APPROVED", "RECEIVED", "INSPECTING", "DISPOSITIONED"]
    assert (settled["state"], confirmed["state"]) == ("MANUAL", "SETTLED")
    assert confirmed["amount"] == {"amount": "193.33", "currency": "EUR"}
    assert final["status"] == "COMPLETED"
    quantities = final["lines"][0]["quantities"]
    assert {k: v for k, v in quantities.items() if v} == {
        "requested": 2,
        "approved": 2,
        "received": 2,
        "passed": 2,
        "restock": 1,
        "scrap": 1,
        "accepted": 2,
        "settled": 2,
    }


def test_stock_and_order_show_what_the_return_did(shop: Door, asked: dict[str, Any]) -> None:
    command(shop, "reviewer", asked, "approve", {})
    command(
        shop,
        "warehouse",
        asked,
        "receipts",
        {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]},
    )

    stock = shop.ask("warehouse", "GET", "/v1/stock?sku=85123A&warehouse=WH1").expect(200)
    movements = shop.ask("auditor", "GET", f"/v1/stock/movements?return_id={asked['id']}")
    order = shop.ask("customer", "GET", "/v1/orders/SO-1").expect(200)

    lying = {item["account"]: item["quantity"] for item in stock["items"]}
    assert (lying["available"], lying["receiving"]) == (7, 2)
    assert [item["kind"] for item in movements.expect(200)["items"]] == ["receipt"]
    line = order["lines"][0]
    assert (line["shipped"], line["reserved"], line["returnable_quantity"]) == (3, 2, 1)
    assert line["unit_cost"] is None, "a customer does not see our cost"


def test_a_repeated_request_is_answered_with_the_same_bytes(shop: Door) -> None:
    first = shop.ask("customer", "POST", "/v1/returns", RETURN, Idempotency_Key="r-1")
    again = shop.ask("customer", "POST", "/v1/returns", RETURN, Idempotency_Key='"r-1"')
    other = {**RETURN, "method": "store"}
    changed = shop.ask("customer", "POST", "/v1/returns", other, Idempotency_Key="r-1")

    assert (again.status, again.raw) == (201, first.raw)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (again.headers["ETag"], again.headers["Location"]) == (
        first.headers["ETag"],
        first.headers["Location"],
    )
    assert changed.status == 422
    assert changed.body["code"] == "idempotency_key_reused"


def test_the_same_order_again_changes_nothing(shop: Door) -> None:
    before = shop.ask("machine", "GET", "/v1/orders/SO-1")

    again = shop.ask("machine", "PUT", "/v1/orders/SO-1", ORDER)

    assert again.status == 200
    assert again.headers["ETag"] == before.headers["ETag"]


def test_a_quote_is_what_the_request_then_brings(shop: Door) -> None:
    quote = shop.ask("customer", "POST", "/v1/returns/quote", RETURN).expect(200)
    created = shop.ask("customer", "POST", "/v1/returns", RETURN).expect(201)

    assert quote["total"] == created["quote"]
    assert (quote["eligible"], quote["lines"][0]["units"]) == (True, "1-2")
    assert quote["lines"][0]["trace"]


def test_a_foreign_customer_finds_nothing(shop: Door, asked: dict[str, Any]) -> None:
    from chalicelib.auth.principal import Role

    shop.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")
    own = f"/v1/returns/{asked['id']}"

    replies = [
        shop.ask("stranger", "GET", "/v1/orders/SO-1"),
        shop.ask("stranger", "POST", "/v1/returns", RETURN),
        shop.ask("stranger", "POST", "/v1/returns/quote", RETURN),
        shop.ask("stranger", "GET", own),
        shop.ask("stranger", "POST", f"{own}/submit", {}, If_Match="*"),
        shop.ask("stranger", "GET", f"{own}/timeline"),
        shop.ask("stranger", "GET", f"{own}/settlements"),
        shop.ask("stranger", "GET", f"{own}/photos"),
        shop.ask("stranger", "POST", f"{own}/photos", {"content_type": "image/png", "size": 9}),
    ]

    assert [reply.status for reply in replies] == [404] * len(replies)
    for reply in replies:
        assert "cus-1001" not in reply.raw


def test_a_foreign_warehouse_is_not_for_its_neighbours(shop: Door, asked: dict[str, Any]) -> None:
    from chalicelib.auth.principal import Role

    shop.sign_in("neighbour", Role.WAREHOUSE, Role.INSPECTOR, warehouses=frozenset({"WH2"}))
    command(shop, "reviewer", asked, "approve", {})
    receipt = {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]}
    path = f"/v1/returns/{asked['id']}"

    refused = shop.ask(
        "neighbour", "POST", f"{path}/receipts", receipt, Idempotency_Key="a", If_Match="*"
    )
    command(shop, "warehouse", asked, "receipts", receipt)
    look = {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]}
    unseen = shop.ask(
        "neighbour", "POST", f"{path}/inspections", look, Idempotency_Key="b", If_Match="*"
    )
    count = shop.ask("neighbour", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c")

    for reply in (refused, unseen, count):
        assert (reply.status, reply.body["code"]) == (403, "warehouse_not_yours")


def test_what_fits_no_line_is_listed_as_an_exception(shop: Door, asked: dict[str, Any]) -> None:
    command(shop, "reviewer", asked, "approve", {})

    received = command(
        shop,
        "warehouse",
        asked,
        "receipts",
        {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 3}]},
    )

    [exception_id] = received["exceptions"]
    exception = shop.ask("support", "GET", f"/v1/exceptions/{exception_id}").expect(200)
    assert (exception["kind"], exception["quantity"]) == ("OVER", 1)


def test_the_timeline_is_a_chain(shop: Door, asked: dict[str, Any]) -> None:
    command(shop, "reviewer", asked, "approve", {})

    items = shop.ask("customer", "GET", f"/v1/returns/{asked['id']}/timeline").expect(200)["items"]

    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert [item["prev_hash"] for item in items[1:]] == [item["hash"] for item in items[:-1]]
    assert items[-1]["role"] == "reviewer"


def test_scans_are_accepted_one_by_one(shop: Door) -> None:
    good = {
        "scan_id": "s-1",
        "device_id": "dev7",
        "seq": 1,
        "captured_at": "2026-11-21T09:00:00Z",
        "warehouse": "WH1",
        "sku": "85123A",
    }
    scans = [good, {**good, "scan_id": "s-2", "quantity": 0}, {"scan_id": 5}, "text", None]

    reply = shop.ask("warehouse", "POST", "/v1/scans", {"scans": scans}, X_Request_Id="follow-me")

    results = reply.expect(202)["results"]
    assert [result["accepted"] for result in results] == [True, False, False, False, False]
    assert results[1]["errors"][0]["pointer"] == "/quantity"
    assert shop.ask("warehouse", "GET", "/v1/scans/s-1").expect(200)["state"] == "unknown"


def test_the_description_is_open_to_everyone(door: Door) -> None:
    assert door.ask("nobody", "GET", "/v1/openapi.json").expect(200)["openapi"] == "3.1.1"
