"""Exchanges and money through the API: who states what, and what each is answered."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from tests.api.door import Door
from tests.api.payments.telling import sign
from tests.api.test_children import COUNT, acts
from tests.api.test_lifecycle import ORDER, command
from tools.sandbox_provider import Provider, start

SECRET = "what-the-sandbox-signs-with"
MORE = {"amount": "120.00", "currency": "EUR"}
LESS = {"amount": "80.00", "currency": "EUR"}
WISH = {
    "order_line_no": "1",
    "quantity": 1,
    "reason": "STYLE_COLOR",
    "resolution": "exchange",
    "exchange_for": "BLUE",
}


def asked(price: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    priced = {} if price is None else {"exchange_price": price}
    return {"order_no": "SO-1", "warehouse": "WH1", "lines": [{**WISH, **priced, **more}]}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.1)
    yield running
    running.stop()


@pytest.fixture
def shop(door: Door) -> Door:
    """Ten of each on the shelf; three were sold for 96.67, 96.66 and 96.67."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    return door


@pytest.fixture
def bank(shop: Door, sandbox: Provider, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A shop whose provider makes payment links."""
    monkeypatch.setenv("SANDBOX_PROVIDER_URL", sandbox.url)
    monkeypatch.setenv("PAYMENT_PROVIDERS", "sandbox")
    boto3.client("ssm").put_parameter(
        Name="/tuiku-test-payments/sandbox-webhook", Value=SECRET, Type="SecureString"
    )
    wiring.payment_desk.cache_clear()
    return shop


def promised(shop: Door, price: dict[str, str]) -> str:
    """The address of an exchange for a blue one at this price."""
    created = shop.ask("support", "POST", "/v1/returns", asked()).expect(201)
    ret = command(shop, "reviewer", created, "approve", {"replacement_prices": {"1": price}})
    return f"/v1/exchanges/{ret['lines'][0]['exchange_id']}"


def pays(sandbox: Provider, key: str) -> None:
    """The customer opens the link and pays."""
    body = json.dumps({"key": key, "status": "paid"}).encode()
    assert sandbox.links.reply("POST", "/_sandbox/pay", {}, "", body) is not None


def test_a_customer_states_no_price(shop: Door) -> None:
    for body in (asked(MORE), asked(exchange_even=True)):
        refused = shop.ask("customer", "POST", "/v1/returns", body).expect(403)
        assert refused["code"] == "price_not_yours"

    draft = shop.ask("customer", "POST", "/v1/returns", {**asked(), "submit": False}).expect(201)
    path = f"/v1/returns/{draft['id']}"
    edited = shop.ask("customer", "PATCH", path, {"lines": asked(LESS)["lines"]}, If_Match="*")
    assert edited.expect(403)["code"] == "price_not_yours"


def test_staff_may_state_it_with_the_request(shop: Door) -> None:
    created = shop.ask("support", "POST", "/v1/returns", asked(LESS)).expect(201)
    ret = command(shop, "reviewer", created, "approve", {})

    exchange = shop.ask(
        "customer", "GET", f"/v1/exchanges/{ret['lines'][0]['exchange_id']}"
    ).expect(200)

    assert created["lines"][0]["exchange_price"] == LESS
    assert (exchange["value"]["amount"], exchange["price"]) == ("96.67", LESS)
    assert (exchange["state"], exchange["to_pay"]) == ("RESERVED", None)


def test_a_person_approves_no_other_goods_without_a_price(shop: Door) -> None:
    created = shop.ask("customer", "POST", "/v1/returns", asked()).expect(201)
    path = f"/v1/returns/{created['id']}/approve"

    previewed = shop.ask("reviewer", "POST", f"{path}/preview", {}).expect(200)
    refused = shop.ask("reviewer", "POST", path, {}, If_Match="*").expect(409)
    even = {"even_replacements": ["1"]}
    approved = shop.ask("reviewer", "POST", path, even, If_Match="*").expect(200)

    assert [one["code"] for one in previewed["obstacles"]] == ["replacement_price_required"]
    assert refused["code"] == "replacement_price_required"
    assert approved["approvals"][0]["even_replacements"] == ["1"]


def test_what_it_costs_more_is_paid_before_it_is_sent(shop: Door) -> None:
    path = promised(shop, MORE)
    due = {"amount": "23.33", "currency": "EUR"}

    waiting = acts(shop, "warehouse", f"{path}/ship", {}).expect(409)
    by_customer = acts(shop, "customer", f"{path}/paid", {"amount": due, "reference": "b-1"})
    wrong = acts(shop, "finance", f"{path}/paid", {"amount": MORE, "reference": "b-1"})
    paid = acts(
        shop, "finance", f"{path}/paid", {"amount": due, "reference": "b-1"}, Idempotency_Key="p"
    ).expect(200)
    sent = acts(shop, "warehouse", f"{path}/ship", {}, Idempotency_Key="again").expect(200)

    assert waiting["code"] == "payment_awaited"
    assert by_customer.status == 403
    assert wrong.expect(409)["details"]["due"] == due
    assert (paid["state"], paid["paid"]) == ("RESERVED", due)
    assert sent["state"] == "SHIPPED"


def test_without_a_provider_there_is_no_link(shop: Door) -> None:
    wiring.payment_desk.cache_clear()
    refused = acts(shop, "support", f"{promised(shop, MORE)}/payment-link", {})

    assert refused.expect(409)["code"] == "no_payment_links"


def test_a_customer_pays_by_a_link_and_the_provider_is_believed_only_when_asked(
    bank: Door, sandbox: Provider
) -> None:
    path = promised(bank, MORE)
    link = acts(bank, "customer", f"{path}/payment-link", {}).expect(200)["payment_link"]
    key = f"{path.rsplit('/', 1)[1]}:1"
    told = json.dumps({"id": "evt_1", "type": "payment_link.paid", "data": {"key": key}})
    # The form of the sandbox's events has a moment, too.
    told = json.dumps({**json.loads(told), "created_at": "2026-11-22T10:00:00Z"})

    def tells() -> str:
        sent = {"X_Payment_Signature": sign(told, SECRET)}
        reply = bank.ask("nobody", "POST", "/v1/payment-events/sandbox", told, **sent)
        return str(reply.expect(200)["outcome"])

    assert tells() == "unchanged"
    pays(sandbox, key)
    assert [tells(), tells()] == ["booked", "booked"]

    assert link["url"].startswith(sandbox.url)
    assert (link["state"], link["amount"]["amount"]) == ("OPEN", "23.33")
    after = bank.ask("customer", "GET", path).expect(200)
    assert (after["state"], after["paid"]["amount"]) == ("RESERVED", "23.33")
    assert (after["payment_link"]["state"], after["payment_link"]["url"]) == ("PAID", None)


def test_anothers_exchange_has_no_link(bank: Door) -> None:
    bank.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2")
    path = promised(bank, MORE)

    refused = acts(bank, "stranger", f"{path}/payment-link", {})

    assert refused.expect(404)["code"] == "exchange_not_found"


def test_a_replacement_is_sent_ahead_and_its_units_are_charged_for(shop: Door) -> None:
    path = promised(shop, LESS)
    held = {
        "reference": "auth-1",
        "amount": {"amount": "96.67", "currency": "EUR"},
        "expires_at": "2027-03-01T00:00:00Z",
    }

    unbacked = acts(shop, "warehouse", f"{path}/cross-ship", {})
    waived = acts(shop, "warehouse", f"{path}/cross-ship", {"waived": {"reason": "Trust me"}})
    sent = acts(
        shop, "warehouse", f"{path}/cross-ship", {"authorisation": held}, Idempotency_Key="x"
    ).expect(200)
    early = acts(shop, "finance", f"{path}/release", {})
    charged = acts(shop, "finance", f"{path}/charge", {"amount": LESS, "reference": "cap-1"})

    assert unbacked.expect(422)["code"] == "authorisation_required"
    assert waived.expect(403)["code"] == "waiver_not_yours"
    assert sent["cross_shipment"]["authorised"]["amount"] == "96.67"
    assert sent["allowed"] == ["fulfil", "unexchange", "release"]
    assert early.expect(409)["code"] == "goods_awaited"
    assert charged.expect(409)["code"] == "exchange_not_open"


def test_finance_may_waive_what_backs_it(shop: Door) -> None:
    body = {"waived": {"reason": "A customer of ten years"}}

    sent = acts(shop, "finance", f"{promised(shop, LESS)}/cross-ship", body).expect(200)

    assert sent["cross_shipment"]["waived_by"] == "finance"
    assert "ten years" not in json.dumps(sent)
