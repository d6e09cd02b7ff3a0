"""Store credit through the API: given, spent, settled, withdrawn; and who may see it."""

import json
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.api.shop import INSPECTION, RECEIPT, command
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.stage import LambdaContext, Stage

CREDIT = "/v1/customers/cus-1001/credit"
ENTRIES = f"{CREDIT}/entries?currency=EUR"
GIFT = {"amount": {"amount": "25.00", "currency": "EUR"}, "reason": "goodwill"}


def money(amount: str, currency: str = "EUR") -> dict[str, str]:
    return {"amount": amount, "currency": currency}


def gives(door: Door, body: Any = GIFT, who: str = "finance", **more: str) -> Reply:
    headers = {"Idempotency_Key": "give-1", "If_Match": "*", **more}
    return door.ask(who, "POST", CREDIT, body, **headers)


def spends(door: Door, amount: str, key: str = "spend-1") -> Reply:
    body = {"amount": money(amount), "order_no": "SO-9"}
    return door.ask("machine", "POST", f"{CREDIT}/spend", body, Idempotency_Key=key)


def undoes(door: Door, entry_id: str, key: str = "undo-1") -> Reply:
    path = f"/v1/credit-entries/{entry_id}/reverse"
    return door.ask("finance", "POST", path, {}, Idempotency_Key=key, If_Match="*")


def account(door: Door, who: str = "support") -> dict[str, Any]:
    (one,) = door.ask(who, "GET", CREDIT).expect(200)["accounts"]
    return dict(one)


@pytest.fixture
def settlement(door: Door) -> dict[str, Any]:
    """Two units for 193.33 that were given as credit."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    asked: dict[str, Any] = json.loads(json.dumps(RETURN))
    asked["lines"][0]["resolution"] = "store_credit"
    ret = door.ask("customer", "POST", "/v1/returns", asked).expect(201)
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("warehouse", "receipts", RECEIPT),
        ("inspector", "inspections", INSPECTION),
    ):
        command(door, who, ret["id"], name, body, If_Match="*")
    paid = command(door, "finance", ret["id"], "settlements", {}, If_Match="*").expect(201)
    return dict(paid)


def test_a_settlement_gives_credit_that_its_customer_sees(
    door: Door, settlement: dict[str, Any]
) -> None:
    assert (settlement["state"], settlement["legs"][0]["provider"]) == ("SETTLED", "store_credit")

    own = account(door, "customer")

    assert own["balance"] == money("193.33")
    assert [one["credit_id"] for one in own["credits"]] == [settlement["credit_id"]]
    assert own["credits"][0]["expires_at"] is None


def test_credit_is_given_spent_and_put_back(door: Door) -> None:
    given = gives(door).expect(201)
    spent = spends(door, "10.00").expect(201)
    left = account(door)
    restored = undoes(door, spent["id"]).expect(201)

    assert (given["kind"], given["reason"], given["settles"]) == (
        "issue",
        "goodwill",
        money("0.00"),
    )
    assert (spent["kind"], spent["balance"], spent["order_no"]) == ("spend", money("15.00"), "SO-9")
    assert left["balance"] == money("15.00")
    assert (restored["kind"], restored["reverses"]) == ("restore", spent["id"])
    assert account(door)["balance"] == money("25.00")


def test_the_same_request_again_is_answered_alike(door: Door) -> None:
    gives(door).expect(201)

    first, again = spends(door, "10.00"), spends(door, "10.00")

    assert (again.raw, again.headers["Idempotency-Replayed"]) == (first.raw, "true")
    assert account(door)["balance"] == money("15.00")


def test_no_more_is_spent_than_is_there(door: Door) -> None:
    gives(door)

    reply = spends(door, "25.01")

    assert (reply.status, reply.body["code"]) == (409, "credit_too_low")
    assert reply.body["details"] == {"balance": "25.00", "currency": "EUR"}


def test_credit_of_which_something_was_spent_is_not_taken_back(door: Door) -> None:
    given = gives(door).expect(201)
    spends(door, "0.01")

    reply = undoes(door, given["id"])

    assert (reply.status, reply.body["code"]) == (409, "credit_already_spent")


def test_a_currency_is_an_account_of_its_own(door: Door) -> None:
    gives(door)
    yen = {**GIFT, "amount": money("300", "JPY")}
    gives(door, yen, Idempotency_Key="give-2").expect(201)

    accounts = door.ask("support", "GET", CREDIT).expect(200)["accounts"]

    assert [one["balance"] for one in accounts] == [money("25.00"), money("300", "JPY")]


def test_who_never_had_credit_has_no_account(door: Door) -> None:
    assert door.ask("support", "GET", CREDIT).expect(200)["accounts"] == []


def test_credit_ends_when_whoever_gives_it_says_so(door: Door) -> None:
    gives(door, {**GIFT, "expires_at": "2090-01-01T00:00:00Z"}).expect(201)

    assert account(door)["credits"][0]["expires_at"] == "2090-01-01T00:00:00.000Z"


def test_without_a_word_it_is_valid_as_the_shop_has_set(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_CREDIT_DAYS", "730")

    given = gives(door).expect(201)

    assert given["credits"][0]["expires_at"].endswith("T00:00:00.000Z")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({**GIFT, "amount": money("0.00")}, 422, "amount_not_positive"),
        ({**GIFT, "amount": money("-1.00")}, 400, "body_invalid"),
        ({**GIFT, "expires_at": "2020-01-01T00:00:00Z"}, 422, "expired_already"),
        ({**GIFT, "reason": "settlement"}, 400, "body_invalid"),
        ({"amount": GIFT["amount"]}, 400, "body_invalid"),
    ],
    ids=["nothing", "less than nothing", "over", "a reason of settlements", "no reason"],
)
def test_what_is_no_credit_is_refused(door: Door, body: Any, status: int, code: str) -> None:
    reply = gives(door, body)

    assert (reply.status, reply.body["code"]) == (status, code)


def test_who_looked_at_another_version_of_the_account_is_told(door: Door) -> None:
    gives(door)

    reply = gives(door, Idempotency_Key="give-2", If_Match='"v7"')

    assert (reply.status, reply.body["code"]) == (412, "stale_version")
    assert gives(door, Idempotency_Key="give-3", If_Match='"v1"').status == 201


def test_a_statement_lists_what_changed_the_newest_first(door: Door, stage: Stage) -> None:
    gives(door)
    spends(door, "10.00")
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())

    told = door.ask("finance", "GET", ENTRIES).expect(200)["items"]
    first = door.ask("customer", "GET", f"{ENTRIES}&limit=1").expect(200)

    assert [(one["kind"], one["made_by"]) for one in told] == [
        ("spend", "machine"),
        ("issue", "finance"),
    ]
    assert [(one["kind"], one["made_by"]) for one in first["items"]] == [("spend", None)]
    assert first["next_cursor"] is not None
    assert door.ask("finance", "GET", f"{CREDIT}/entries?currency=JPY").expect(200)["items"] == []


def test_finance_lists_the_accounts_in_which_something_is_left(door: Door, stage: Stage) -> None:
    gives(door)
    empty = "/v1/customers/cus-2002/credit"
    given = door.ask("finance", "POST", empty, GIFT, Idempotency_Key="g-2", If_Match="*")
    undoes(door, given.expect(201)["id"]).expect(201)
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())

    (one,) = door.ask("auditor", "GET", "/v1/credits").expect(200)["items"]

    assert (one["customer_id"], one["booked"], one["credits"]) == ("cus-1001", money("25.00"), 1)
    assert door.ask("finance", "GET", "/v1/credits?currency=JPY").expect(200)["items"] == []


def test_a_customer_sees_their_own_credit_only(door: Door) -> None:
    gives(door)
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")

    for path in (CREDIT, ENTRIES):
        reply = door.ask("stranger", "GET", path)
        assert (reply.status, reply.body["code"]) == (404, "customer_not_found")
    assert account(door, "customer")["balance"] == money("25.00")


@pytest.mark.parametrize("who", ["customer", "support", "machine", "auditor"])
def test_only_finance_gives_credit(door: Door, who: str) -> None:
    assert gives(door, who=who).status == 403


def test_customers_neither_spend_nor_list(door: Door) -> None:
    body = {"amount": money("1.00"), "order_no": "SO-9"}
    sent = {"Idempotency_Key": "s-1", "If_Match": "*"}

    assert door.ask("customer", "POST", f"{CREDIT}/spend", body, **sent).status == 403
    assert door.ask("customer", "GET", "/v1/credits").status == 403


def test_credit_of_a_settlement_is_withdrawn_and_paid_in_money(
    door: Door, settlement: dict[str, Any]
) -> None:
    path = f"/v1/settlements/{settlement['settlement_id']}"
    sent = {"Idempotency_Key": "w-1", "If_Match": f'"v{settlement["version"]}"'}

    withdrawn = door.ask("finance", "POST", f"{path}/withdraw-credit", {}, **sent).expect(200)

    (leg,) = withdrawn["legs"]
    assert (withdrawn["state"], withdrawn["credit_id"]) == ("FAILED", None)
    assert (leg["state"], leg["provider"], leg["reason"]) == (
        "DECLINED",
        "manual",
        "credit_withdrawn",
    )
    assert account(door)["balance"] == money("0.00")
    retried = door.ask("finance", "POST", f"{path}/retry", {}, Idempotency_Key="r", If_Match="*")
    assert retried.expect(200)["state"] == "MANUAL", "the order was paid by transfer"


def test_what_is_spent_is_not_withdrawn(door: Door, settlement: dict[str, Any]) -> None:
    spends(door, "0.01").expect(201)
    path = f"/v1/settlements/{settlement['settlement_id']}/withdraw-credit"

    reply = door.ask("finance", "POST", path, {}, Idempotency_Key="w-1", If_Match="*")

    assert (reply.status, reply.body["code"]) == (409, "credit_already_spent")
