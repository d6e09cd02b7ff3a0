"""Withdrawing through the API: two steps, a receipt in two languages, and whose things are seen."""

import hashlib
import json
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER

STATED = {"name": "Anna Smith", "order_no": "SO-1", "email": "anna@example.com"}


@pytest.fixture
def shop(door: Door) -> Door:
    """Three units were sold to Germany, and delivered just now."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", sold_now("DE")).expect(201)
    return door


def sold_now(region: str) -> dict[str, Any]:
    """Delivered in the future of every clock, so that no period is over."""
    delivery: Any = ORDER["deliveries"]
    moved = {**delivery[0], "delivered_at": "2090-01-02T08:00:00Z"}
    return {**ORDER, "region": region, "deliveries": [moved]}


def stated(door: Door, who: str = "customer", **more: Any) -> Any:
    return door.ask(who, "POST", "/v1/withdrawals", {**STATED, **more}).expect(201)


def confirm(door: Door, who: str, withdrawal_id: str, **headers: str) -> Reply:
    sent = {"If_Match": '"v1"', **headers}
    return door.ask(who, "POST", f"/v1/withdrawals/{withdrawal_id}/confirm", {}, **sent)


def declared(door: Door, who: str = "customer", **more: Any) -> Any:
    return confirm(door, who, stated(door, who, **more)["id"]).expect(200)


def match(door: Door, who: str, withdrawal_id: str, body: Any) -> Reply:
    return door.ask(who, "POST", f"/v1/withdrawals/{withdrawal_id}/match", body, If_Match="*")


def test_a_customer_withdraws_in_two_steps_and_gets_a_return(shop: Door) -> None:
    first = shop.ask("customer", "POST", "/v1/withdrawals", STATED)

    body = first.expect(201)
    done = confirm(shop, "customer", body["id"]).expect(200)

    ret = shop.ask("customer", "GET", f"/v1/returns/{done['return_id']}").expect(200)
    assert first.headers["Location"] == f"/v1/withdrawals/{body['id']}"
    assert (body["state"], body["declared_at"], body["receipt"]) == ("STATED", None, None)
    assert (done["state"], done["law"], done["order_no"]) == ("MATCHED", "EU_14", "SO-1")
    assert done["include_shipping"] is True
    assert (ret["type"], ret["status"]) == ("withdrawal", "APPROVED")
    assert ret["lines"][0]["quantities"]["awaiting"] == 3


def test_confirming_again_is_harmless(shop: Door) -> None:
    own = stated(shop)["id"]

    first = confirm(shop, "customer", own, Idempotency_Key="k")
    replayed = confirm(shop, "customer", own, Idempotency_Key="k")
    again = confirm(shop, "customer", own)

    assert first.raw == replayed.raw == again.raw
    assert replayed.headers["Idempotency-Replayed"] == "true"


def test_a_person_confirms_what_they_looked_at(shop: Door) -> None:
    own = stated(shop)["id"]

    blind = shop.ask("customer", "POST", f"/v1/withdrawals/{own}/confirm", {})
    stale = confirm(shop, "customer", own, If_Match='"v9"')

    assert (blind.status, stale.status) == (428, 412)


def test_an_order_that_nobody_knows_is_no_reason_to_refuse(shop: Door) -> None:
    done = declared(shop, order_no="my order of last week")

    assert (done["state"], done["unmatched"]) == ("CONFIRMED", "order_unknown")
    assert done["receipt"]["issued_at"] == done["declared_at"]


@pytest.mark.parametrize(
    ("wanted", "language", "said"),
    [
        ("en", "en", "Acknowledgement of your withdrawal"),
        ("zh-CN", "zh-CN", "回执"),
        ("zh;q=0.9, fr", "zh-CN", "回执"),
        ("fr", "en", "Acknowledgement of your withdrawal"),
    ],
)
def test_the_receipt_is_in_the_language_that_was_asked_for(
    shop: Door, wanted: str, language: str, said: str
) -> None:
    done = declared(shop, statement="It scratches.")
    path = f"/v1/withdrawals/{done['id']}/receipt"

    reply = shop.ask("customer", "GET", path, Accept_Language=wanted)

    receipt = reply.expect(200)
    digest = hashlib.sha256(receipt["text"].encode()).hexdigest()
    assert (receipt["language"], reply.headers["Content-Language"]) == (language, language)
    assert reply.headers["Vary"] == "Accept-Language"
    assert receipt["sha256"] == done["receipt"]["sha256"][language] == digest
    for part in (said, done["id"], "Anna Smith", "SO-1", "It scratches."):
        assert part in receipt["text"]


def test_there_is_no_receipt_before_it_is_confirmed(shop: Door) -> None:
    own = stated(shop)["id"]

    reply = shop.ask("customer", "GET", f"/v1/withdrawals/{own}/receipt")

    assert (reply.status, reply.body["code"]) == (409, "withdrawal_not_confirmed")


def test_reading_shows_who_declared_it_and_commands_do_not(shop: Door) -> None:
    own = stated(shop, address="Hauptstr. 1")["id"]

    answer = confirm(shop, "customer", own)
    read = shop.ask("support", "GET", f"/v1/withdrawals/{own}")

    assert "Anna" not in answer.raw
    assert read.expect(200)["declarant"] == {
        "name": "Anna Smith",
        "order_no": "SO-1",
        "email": "anna@example.com",
        "address": "Hauptstr. 1",
        "statement": None,
    }
    assert read.headers["ETag"] == '"v2"'


def test_another_customer_sees_and_confirms_nothing(shop: Door) -> None:
    own = stated(shop)["id"]
    shop.sign_in("eve", Role.CUSTOMER, customer_id="cus-2002")

    seen = [
        shop.ask("eve", "GET", f"/v1/withdrawals/{own}"),
        shop.ask("eve", "GET", f"/v1/withdrawals/{own}/receipt"),
        confirm(shop, "eve", own),
    ]

    assert [reply.body["code"] for reply in seen] == ["withdrawal_not_found"] * 3


def test_a_customer_cannot_withdraw_from_the_sale_of_another(shop: Door) -> None:
    shop.sign_in("eve", Role.CUSTOMER, customer_id="cus-2002")

    foreign = declared(shop, "eve")
    unknown = declared(shop, "eve", order_no="SO-999")

    # Both answers are the same, so that nobody learns whether there is such an order.
    assert foreign["unmatched"] == unknown["unmatched"] == "order_unknown"
    other = shop.ask("eve", "POST", "/v1/withdrawals", {**STATED, "customer_id": "cus-1001"})
    assert (other.status, other.body["code"]) == (404, "customer_not_found")


def test_a_shop_that_passes_declarations_on_proves_the_customer_by_the_address(
    door: Door,
) -> None:
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    order = {**sold_now("DE"), "contact": {"email": "anna@example.com"}}
    door.ask("machine", "PUT", "/v1/orders/SO-1", order).expect(201)

    stranger = declared(door, "machine", email="eve@example.com")
    anna = declared(door, "machine")

    assert (stranger["state"], stranger["unmatched"]) == ("CONFIRMED", "not_theirs")
    assert (anna["state"], anna["customer_id"]) == ("MATCHED", "cus-1001")


def test_a_person_matches_what_could_not_be_found(shop: Door) -> None:
    done = declared(shop, order_no="SO-l", lines=[{"sku": "85123A", "quantity": 2}])

    matched = match(shop, "support", done["id"], {"order_no": "SO-1"}).expect(200)

    assert (matched["state"], matched["include_shipping"]) == ("MATCHED", False)
    assert matched["declared_at"] == done["declared_at"]
    again = match(shop, "support", done["id"], {"no_sale": True})
    assert (again.status, again.body["code"]) == (409, "withdrawal_already_matched")


def test_a_person_may_find_that_there_is_no_sale(shop: Door) -> None:
    done = declared(shop, order_no="SO-l")

    assert match(shop, "admin", done["id"], {"no_sale": True}).expect(200)["state"] == "SET_ASIDE"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"no_sale": False},
        {"order_no": "SO-1", "no_sale": True},
        {"return_id": "ret_1", "lines": [{"sku": "A", "quantity": 1}]},
    ],
)
def test_a_match_says_one_thing(shop: Door, body: dict[str, Any]) -> None:
    reply = match(shop, "support", declared(shop, order_no="?")["id"], body)

    assert reply.status == 400
    assert [error["code"] for error in reply.body["errors"]] == ["one_outcome"]


@pytest.mark.parametrize("who", ["reviewer", "sales", "customer", "machine"])
def test_only_support_matches(shop: Door, who: str) -> None:
    own = declared(shop, order_no="?")["id"]

    assert match(shop, who, own, {"no_sale": True}).status == 403


@pytest.mark.parametrize("who", ["warehouse", "finance", "auditor", "supplier", "device"])
def test_who_takes_no_declarations_neither_states_nor_reads_one(shop: Door, who: str) -> None:
    own = stated(shop)["id"]

    assert shop.ask(who, "POST", "/v1/withdrawals", STATED).status == 403
    assert shop.ask(who, "GET", f"/v1/withdrawals/{own}").status == 403


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"email": "nobody"}, 400),
        ({"name": ""}, 400),
        ({"lines": [{"sku": "A", "quantity": 0}]}, 400),
        ({"email": None}, 422),
        ({"lines": [{"quantity": 1}]}, 422),
    ],
)
def test_a_statement_that_says_nothing_is_refused(
    shop: Door, change: dict[str, Any], status: int
) -> None:
    assert shop.ask("customer", "POST", "/v1/withdrawals", {**STATED, **change}).status == status


def test_events_of_a_withdrawal_are_without_personal_data(shop: Door) -> None:
    from chalicelib import wiring

    done = declared(shop, order_no="Anna's order", statement="It scratches.")

    events = wiring.reads().events(f"withdrawal/{done['id']}")
    told = json.dumps([event.data for event in events])
    assert len(events) == 2
    assert not [word for word in ("Anna", "example.com", "scratches") if word in told]
