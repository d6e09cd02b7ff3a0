"""Kits, exchanges and claims through the API: who may do what, and what they are shown."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.test_lifecycle import DELIVERY, LINE, ORDER, command

COUNT = {
    "warehouse": "WH1",
    "kind": "opening",
    "items": [{"sku": sku, "quantity": 10} for sku in ("85123A", "BLUE", "CUP", "POT")],
}
WISH = {
    "order_line_no": "1",
    "quantity": 1,
    "reason": "STYLE_COLOR",
    "resolution": "exchange",
    "exchange_for": "BLUE",
}
EVEN = {"even_replacements": ["1"]}
SWAP = {"order_no": "SO-1", "warehouse": "WH1", "lines": [WISH]}
CLAIM = {
    "order_no": "SO-1",
    "order_line_no": "1",
    "quantity": 1,
    "reason": "MISSING_ITEM",
    "wanted": "replacement",
    "note": "The box was empty",
    "photos": ["pho_1"],
    "documents": [{"kind": "photo", "ref": "pho_1"}],
}
KIT = {
    **LINE,
    "quantity": 2,
    "kit": [
        {"sku": "CUP", "quantity": 4, "share": "0.6", "name": "Cup"},
        {
            "sku": "POT",
            "quantity": 1,
            "share": "0.4",
            "unit_cost": {"amount": "12.00", "currency": "EUR"},
        },
    ],
}


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten of each on the shelf; three were sold and delivered."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


def acts(shop: Door, who: str, path: str, body: Any, **headers: str) -> Any:
    """A person's command on a child document, at whatever version."""
    sent = {"Idempotency_Key": path, "If_Match": "*", **headers}
    return shop.ask(who, "POST", path, body, **sent)


@pytest.fixture
def asked(shop: Door) -> dict[str, Any]:
    """One unit is to be exchanged for a blue one, and that was approved."""
    created = shop.ask("customer", "POST", "/v1/returns", SWAP).expect(201)
    return command(shop, "reviewer", created, "approve", EVEN)


def test_an_exchange_is_sent_and_the_return_shows_it(shop: Door, asked: dict[str, Any]) -> None:
    (line,) = asked["lines"]
    path = f"/v1/exchanges/{line['exchange_id']}"

    promised = shop.ask("customer", "GET", path)
    sent = acts(shop, "warehouse", f"{path}/ship", {"carrier": "post", "tracking_no": "T-1"})
    fulfilled = acts(shop, "support", f"{path}/fulfil", {})
    listed = shop.ask("customer", "GET", f"/v1/returns/{asked['id']}/exchanges").expect(200)

    assert (line["resolution"], line["exchange_for"]) == ("exchange", "BLUE")
    assert (promised.expect(200)["state"], promised.headers["ETag"]) == ("RESERVED", '"v1"')
    shipped = sent.expect(200)
    assert (shipped["state"], shipped["carrier"], shipped["tracking_no"]) == (
        "SHIPPED",
        "post",
        "T-1",
    )
    assert fulfilled.expect(200)["allowed"] == ["unexchange"]
    assert [(one["id"], one["state"]) for one in listed["items"]] == [
        (line["exchange_id"], "FULFILLED")
    ]


def test_what_is_unexchanged_is_expected_as_the_replacement(
    shop: Door, asked: dict[str, Any]
) -> None:
    path = f"/v1/exchanges/{asked['lines'][0]['exchange_id']}"
    acts(shop, "warehouse", f"{path}/ship", {}).expect(200)

    after = acts(shop, "support", f"{path}/unexchange", {}).expect(200)
    ret = shop.ask("customer", "GET", f"/v1/returns/{asked['id']}").expect(200)

    assert after["unexchanged"]
    assert (ret["lines"][0]["received_as"], ret["lines"][0]["resolution"]) == ("BLUE", "refund")


def test_a_promise_is_taken_back_once(shop: Door, asked: dict[str, Any]) -> None:
    path = f"/v1/exchanges/{asked['lines'][0]['exchange_id']}/cancel"
    body = {"reason": "NOT_AVAILABLE"}

    first = acts(shop, "support", path, body)
    again = acts(shop, "support", path, body)
    other = acts(shop, "support", path, body, Idempotency_Key="other")

    assert first.expect(200)["state"] == "CANCELLED"
    assert again.raw == first.raw
    assert other.expect(409)["code"] == "exchange_not_open"


def test_too_little_to_exchange_for_is_said_and_may_be_done_without(shop: Door) -> None:
    body = {**SWAP, "lines": [{**WISH, "exchange_for": "GREEN"}]}
    created = shop.ask("customer", "POST", "/v1/returns", body).expect(201)
    path = f"/v1/returns/{created['id']}/approve"

    refused = shop.ask("reviewer", "POST", path, EVEN, If_Match="*").expect(409)
    approved = shop.ask(
        "reviewer", "POST", path, {"without_replacement": ["1"]}, If_Match="*"
    ).expect(200)

    assert (refused["code"], refused["details"]["available"]) == ("replacement_out_of_stock", 0)
    assert (approved["lines"][0]["resolution"], approved["status"]) == ("refund", "APPROVED")


def test_a_foreign_warehouse_does_not_send_it(shop: Door, asked: dict[str, Any]) -> None:
    shop.sign_in("neighbour", Role.WAREHOUSE, warehouses=frozenset({"WH2"}))
    path = f"/v1/exchanges/{asked['lines'][0]['exchange_id']}/ship"

    refused = acts(shop, "neighbour", path, {})

    assert refused.expect(403)["code"] == "warehouse_not_yours"


def test_a_claim_is_opened_and_decided(shop: Door) -> None:
    created = shop.ask("customer", "POST", "/v1/claims", CLAIM)
    claim = created.expect(201)
    path = f"/v1/claims/{claim['id']}"

    approved = acts(shop, "reviewer", f"{path}/approve", {}, If_Match='"v1"').expect(200)
    resolved = acts(shop, "finance", f"{path}/resolve", {"outcome": "both"}).expect(200)
    order = shop.ask("customer", "GET", "/v1/orders/SO-1").expect(200)
    listed = shop.ask("customer", "GET", "/v1/orders/SO-1/claims").expect(200)

    assert (created.headers["Location"], created.headers["ETag"]) == (path, '"v1"')
    assert (claim["state"], claim["units"], claim["allowed"]) == (
        "OPEN",
        "1",
        ["approve", "deny", "cancel"],
    )
    assert (approved["state"], resolved["state"], resolved["outcome"]) == (
        "APPROVED",
        "RESOLVED",
        "both",
    )
    assert (order["lines"][0]["reserved"], order["lines"][0]["returnable_quantity"]) == (1, 2)
    assert [one["state"] for one in listed["items"]] == ["RESOLVED"]


def test_a_denied_claim_answers_its_customer(shop: Door) -> None:
    claim = shop.ask("support", "POST", "/v1/claims", CLAIM).expect(201)
    body = {"code": "DELIVERY_PROVEN", "note": "It was signed for"}

    told = acts(shop, "reviewer", f"/v1/claims/{claim['id']}/deny", body).expect(200)

    shown = shop.ask("customer", "GET", f"/v1/claims/{claim['id']}").expect(200)
    assert (claim["note"], told["note"], told["answer"]) == (None, None, None), "remembered"
    assert shown["note"] == CLAIM["note"]
    assert (shown["denial"], shown["answer"]) == ("DELIVERY_PROVEN", "It was signed for")


def test_a_customer_takes_a_claim_back(shop: Door) -> None:
    claim = shop.ask("customer", "POST", "/v1/claims", CLAIM).expect(201)

    after = acts(shop, "customer", f"/v1/claims/{claim['id']}/cancel", {}).expect(200)

    assert after["state"] == "CANCELLED"


def test_a_stranger_finds_neither_exchange_nor_claim(shop: Door, asked: dict[str, Any]) -> None:
    shop.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")
    claim = shop.ask("customer", "POST", "/v1/claims", CLAIM).expect(201)

    replies = [
        shop.ask("stranger", "GET", f"/v1/exchanges/{asked['lines'][0]['exchange_id']}"),
        shop.ask("stranger", "GET", f"/v1/returns/{asked['id']}/exchanges"),
        shop.ask("stranger", "POST", "/v1/claims", CLAIM),
        shop.ask("stranger", "GET", f"/v1/claims/{claim['id']}"),
        acts(shop, "stranger", f"/v1/claims/{claim['id']}/cancel", {}),
        shop.ask("stranger", "GET", "/v1/orders/SO-1/claims"),
        shop.ask("support", "GET", "/v1/exchanges/nothing"),
    ]

    assert [reply.status for reply in replies] == [404] * len(replies)
    for reply in replies:
        assert "cus-1001" not in reply.raw


def test_a_kit_is_shown_with_its_parts_and_what_each_was_paid(shop: Door) -> None:
    items = [{"line_no": "1", "quantity": 2}]
    told = {**ORDER, "lines": [KIT], "deliveries": [{**DELIVERY, "items": items}]}

    first = shop.ask("machine", "PUT", "/v1/orders/SO-2", told)
    again = shop.ask("machine", "PUT", "/v1/orders/SO-2", told)
    shown = shop.ask("customer", "GET", "/v1/orders/SO-2").expect(200)

    kit, cups, pots = first.expect(201)["lines"]
    assert (kit["kind"], kit["shipped"], kit["returnable_quantity"]) == ("kit", 2, 2)
    assert [(x["line_no"], x["kit_of"], x["quantity"]) for x in (cups, pots)] == [
        ("1.1", "1", 8),
        ("1.2", "1", 2),
    ]
    assert [x["paid"]["amount"] for x in (kit, cups, pots)] == ["190.00", "114.00", "76.00"]
    assert [x["unit_cost"]["amount"] for x in (cups, pots)] == ["6.00", "12.00"]
    assert (cups["name"], pots["name"]) == ("Cup", "POT")
    assert again.expect(200)["version"] == 1
    assert shown["lines"][2]["unit_cost"] is None
    assert shown["lines"][0]["kit"][1]["unit_cost"] is None


def test_whole_kits_are_counted_by_what_their_parts_make(shop: Door) -> None:
    items = [{"line_no": "1", "quantity": 2}]
    told = {**ORDER, "lines": [KIT], "deliveries": [{**DELIVERY, "items": items}]}
    shop.ask("machine", "PUT", "/v1/orders/SO-2", told).expect(201)
    cup = {"order_line_no": "1.1", "quantity": 1, "reason": "CHANGED_MIND"}
    shop.ask("customer", "POST", "/v1/returns", {"order_no": "SO-2", "lines": [cup]}).expect(201)

    kit = shop.ask("customer", "GET", "/v1/orders/SO-2").expect(200)["lines"][0]

    assert (kit["shipped"], kit["reserved"], kit["returnable_quantity"]) == (2, 1, 1)


def test_the_line_of_a_part_is_not_told(shop: Door) -> None:
    part = {**LINE, "line_no": "1.1", "quantity": 8}

    refused = shop.ask("machine", "PUT", "/v1/orders/SO-2", {**ORDER, "lines": [KIT, part]})
    unknown = {**part, "kit_of": "1"}
    unread = shop.ask("machine", "PUT", "/v1/orders/SO-2", {**ORDER, "lines": [KIT, unknown]})

    problem = refused.expect(422)
    assert [(e["pointer"], e["code"]) for e in problem["errors"]] == [
        ("/lines/1/line_no", "part_line_told")
    ]
    assert unread.expect(400)["errors"][0]["code"] == "unknown_field"
