"""A return paid through a provider that signs, and the provider's events as they are sent."""

import hashlib
import hmac
import json
from typing import Any

import boto3

from chalicelib.core.clock import utc_now
from tests.api.door import Door, Reply
from tests.api.test_lifecycle import COUNT, ORDER, RETURN, command
from tests.gateways.stripe.server import Stripe

NEW, OLD = "whsec-the-new-secret", "whsec-the-old-secret"
SANDBOX = "what-the-sandbox-signs-with"
HEADERS = {"stripe": "Stripe_Signature", "sandbox": "X_Payment_Signature"}


def put(name: str, value: str) -> None:
    boto3.client("ssm").put_parameter(
        Name=f"/tuiku-test-payments/{name}", Value=value, Type="SecureString", Overwrite=True
    )


def sign(raw: str, secret: str, age_s: int = 0) -> str:
    moment = int(utc_now().timestamp()) - age_s
    mac = hmac.new(secret.encode(), f"{moment}.{raw}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def tell(
    door: Door,
    body: object,
    *,
    provider: str = "stripe",
    secret: str = NEW,
    age_s: int = 0,
    **headers: str,
) -> Reply:
    raw = body if isinstance(body, str) else json.dumps(body)
    sent = {HEADERS.get(provider, "Stripe_Signature"): sign(raw, secret, age_s), **headers}
    return door.ask("nobody", "POST", f"/v1/payment-events/{provider}", raw, **sent)


def event(about: dict[str, Any], type_: str = "refund.updated", **changes: Any) -> dict[str, Any]:
    """As Stripe's documentation shows it."""
    return {
        "id": "evt_1",
        "object": "event",
        "api_version": "2024-10-28.acacia",
        "created": int(utc_now().timestamp()),
        "data": {"object": about},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": None},
        "type": type_,
        **changes,
    }


def outcome(reply: Reply) -> str:
    return str(reply.expect(200)["outcome"])


def accepted(door: Door, provider: str = "stripe", ref: str = "pi_1") -> str:
    """Two units of 96.67 and 96.66, paid through the provider, are back; the id of the return."""
    payment = {
        "payment_id": "p-1",
        "method": "card",
        "provider": provider,
        "provider_ref": ref,
        "captured": {"amount": "290.00", "currency": "EUR"},
    }
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", {**ORDER, "payments": [payment]}).expect(201)
    ret: dict[str, Any] = door.ask("customer", "POST", "/v1/returns", RETURN).expect(201)
    for who, name, body in (
        ("reviewer", "approve", {}),
        (
            "warehouse",
            "receipts",
            {"warehouse": "WH1", "items": [{"sku": "85123A", "quantity": 2}]},
        ),
        (
            "inspector",
            "inspections",
            {"groups": [{"line_no": "1", "quantity": 2, "grade": "A", "result": "passed"}]},
        ),
    ):
        command(door, who, ret, name, body)
    return str(ret["id"])


def settle(door: Door, return_id: str) -> dict[str, Any]:
    path = f"/v1/returns/{return_id}/settlements"
    sent = {"If_Match": "*", "Idempotency_Key": "settle"}
    settled = door.ask("finance", "POST", path, {"mode": "execute"}, **sent).expect(201)
    assert isinstance(settled, dict)
    return settled


def legs(door: Door, return_id: str) -> list[tuple[str, str | None]]:
    path = f"/v1/returns/{return_id}/settlements"
    (settlement,) = door.ask("finance", "GET", path).expect(200)["items"]
    return [(leg["state"], leg["reason"]) for leg in settlement["legs"]]


def types(door: Door, return_id: str) -> list[str]:
    path = f"/v1/returns/{return_id}/timeline?limit=100"
    return [one["type"] for one in door.ask("finance", "GET", path).expect(200)["items"]]


def lost(stripe: Stripe) -> None:
    """Stripe refunds, but its answers get lost."""
    stripe.after = lambda asked, reply: (500, {}) if asked.method == "POST" else reply
    stripe.before = lambda asked: (503, {}) if asked.method == "GET" else None


def found_again(stripe: Stripe) -> None:
    stripe.after = lambda asked, reply: reply
    stripe.before = lambda asked: None
