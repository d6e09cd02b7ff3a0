"""Who is believed to be a payment provider, and which of their bodies are events at all."""

import json
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.gateways import signing_secrets
from tests.api.door import Door
from tests.api.payments.telling import NEW, OLD, SANDBOX, event, outcome, put, sign, tell
from tests.gateways.stripe.server import made

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


# --- who signed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [NEW, OLD], ids=["new", "old"])
def test_both_secrets_of_a_rotation_are_good(bank: Door, secret: str) -> None:
    assert outcome(tell(bank, event(made(1)), secret=secret)) == "not_ours"


@pytest.mark.parametrize(
    "signature", ["", "t=1,v1=" + "0" * 64, "nonsense", "v1=" + "0" * 64], ids=str
)
def test_what_is_not_signed_is_refused(bank: Door, signature: str) -> None:
    reply = tell(bank, event(made(1)), Stripe_Signature=signature)

    assert (reply.status, reply.body["code"]) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("secret", "age_s", "status"),
    [("a-secret-of-nobody", 0, 401), (NEW, 330, 401), (NEW, -330, 401), (NEW, 290, 200)],
)
def test_a_signature_is_of_a_known_secret_and_of_now(
    bank: Door, secret: str, age_s: int, status: int
) -> None:
    assert tell(bank, event(made(1)), secret=secret, age_s=age_s).status == status


def test_a_signature_is_of_exactly_the_bytes_that_were_sent(bank: Door) -> None:
    raw = json.dumps(event(made(1)))
    for changed in (raw + " ", raw.replace("1000", "1001"), raw[:-1]):
        reply = tell(bank, changed, Stripe_Signature=sign(raw, NEW))
        assert reply.status == 401


def test_a_provider_speaks_for_itself_only(bank: Door) -> None:
    assert tell(bank, event(made(1)), secret=SANDBOX).status == 401
    assert tell(bank, event(made(1)), provider="sandbox", secret=NEW).status == 401
    there = tell(bank, event(made(1)), provider="sandbox", secret=SANDBOX)
    assert (there.status, there.body["code"]) == (422, "unreadable_news")


@pytest.mark.parametrize("provider", ["manual", "store_credit", "paypal", "stripe-webhook"])
def test_a_provider_that_is_not_set_up_is_not_there(bank: Door, provider: str) -> None:
    reply = tell(bank, event(made(1)), provider=provider)

    assert (reply.status, reply.body["code"]) == (404, "payment_provider_not_found")


def test_without_providers_nobody_is_believed(door: Door) -> None:
    assert tell(door, event(made(1))).status == 404
    assert tell(door, event(made(1)), provider="sandbox").status == 404


def test_a_signature_counts_before_anything_that_is_said(bank: Door) -> None:
    for raw in ("{", "[]", "", "\x00"):
        reply = bank.ask("nobody", "POST", "/v1/payment-events/stripe", raw)
        assert reply.status == 401


def test_a_secret_that_was_put_a_moment_ago_is_found(bank: Door) -> None:
    assert outcome(tell(bank, event(made(1)))) == "not_ours"
    put("stripe-webhook", "whsec-a-brand-new-one")
    reply = tell(bank, event(made(1)), secret="whsec-a-brand-new-one")
    assert reply.status == 401, "it is not asked for at every bad signature"

    wiring.payment_secrets()._read_at -= signing_secrets.ASKED_AGAIN_S

    assert outcome(tell(bank, event(made(1)), secret="whsec-a-brand-new-one")) == "not_ours"


# --- what is no event ---------------------------------------------------------------------------


@pytest.mark.parametrize("raw", ["{", "[]", '"x"', "", '{"a":1,"a":2}', '{"a":NaN}'])
def test_a_signed_body_that_is_no_object_is_malformed(bank: Door, raw: str) -> None:
    reply = tell(bank, raw)

    assert reply.status == (422 if raw == "" else 400)


def test_a_signed_object_that_is_no_event_is_unreadable(bank: Door) -> None:
    for body in ({}, event(made(1, amount="1000")), event(made(1), created="now")):
        reply = tell(bank, body)
        assert (reply.status, reply.body["code"]) == (422, "unreadable_news")


def test_a_huge_body_is_refused_before_it_is_looked_at(bank: Door) -> None:
    reply = tell(bank, json.dumps(event({**made(1), "description": "x" * 300_000})))

    assert (reply.status, reply.body["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "body",
    [
        event({"id": "ch_1", "object": "charge"}, "charge.refunded"),
        event({}, "something.new"),
        event(made(1), livemode=False),
    ],
    ids=["of a charge", "unknown", "test mode"],
)
def test_what_is_nothing_for_us_is_answered_well(bank: Door, body: dict[str, Any]) -> None:
    assert outcome(tell(bank, body)) == "ignored"
