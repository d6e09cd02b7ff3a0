"""Stripe's webhooks: signed, and told in settlement's words; anything else is left alone."""

import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid
from chalicelib.core.money import Money
from chalicelib.core.signatures import signers
from chalicelib.gateways.stripe_news import BODY_BYTES_MAX, news_in
from chalicelib.settlement.news import DisputeNews, DisputeStage, RefundNews
from chalicelib.settlement.ports import RefundState
from tests.gateways.stripe.server import disputed, made

AT = 1_760_000_000
KEY = "stl_a_1:card:1"


def event(type_: str, about: dict[str, Any], **changes: object) -> bytes:
    """An event as its documentation shows it."""
    told = {
        "id": "evt_1",
        "object": "event",
        "api_version": "2024-10-28.acacia",
        "created": AT,
        "data": {"object": about},
        "livemode": True,
        "pending_webhooks": 1,
        "request": {"id": "req_1", "idempotency_key": KEY},
        "type": type_,
        **changes,
    }
    return json.dumps(told).encode()


def test_a_refund_that_fails_later_says_its_key_and_why() -> None:
    about = made(1, status="failed", failure_reason="lost_or_stolen_card")
    about["metadata"] = {"tuiku_key": KEY}

    news = news_in(event("refund.failed", about), is_live=True)

    assert isinstance(news, RefundNews)
    assert (news.key, news.refund_id) == (KEY, about["id"])
    assert news.payment_refs == {"pi_1", "ch_1"}
    assert news.told_at == datetime.fromtimestamp(AT, tz=UTC)
    assert news.outcome.state is RefundState.DECLINED
    assert (news.outcome.reason, news.outcome.amount) == (
        "lost_or_stolen_card",
        Money(1000, "EUR"),
    )


@pytest.mark.parametrize("type_", ["refund.created", "refund.updated", "charge.refund.updated"])
def test_a_refund_that_was_made_elsewhere_has_no_key(type_: str) -> None:
    news = news_in(event(type_, made(1)), is_live=True)

    assert isinstance(news, RefundNews)
    assert (news.key, news.outcome.state) == (None, RefundState.SUCCEEDED)


@pytest.mark.parametrize(
    ("type_", "status", "stage"),
    [
        ("charge.dispute.created", "needs_response", DisputeStage.OPENED),
        ("charge.dispute.created", "warning_needs_response", DisputeStage.INQUIRED),
        ("charge.dispute.funds_withdrawn", "needs_response", DisputeStage.WITHDRAWN),
        ("charge.dispute.funds_reinstated", "won", DisputeStage.REINSTATED),
        ("charge.dispute.closed", "won", DisputeStage.WON),
        ("charge.dispute.closed", "lost", DisputeStage.LOST),
        ("charge.dispute.closed", "warning_closed", DisputeStage.INQUIRY_CLOSED),
    ],
)
def test_each_stage_of_a_dispute_is_told(type_: str, status: str, stage: DisputeStage) -> None:
    news = news_in(event(type_, disputed(status=status)), is_live=True)

    assert isinstance(news, DisputeNews)
    assert (news.stage, news.amount) == (stage, Money(1000, "EUR"))
    assert (news.dispute_id, news.reason) == ("dp_1", "product_not_received")


@pytest.mark.parametrize(
    "body",
    [
        event("charge.dispute.closed", disputed(status="prevented")),
        event("charge.refunded", {"id": "ch_1", "object": "charge"}),
        event("something.new", {}),
        event("refund.updated", made(1), livemode=False),
    ],
    ids=["closed otherwise", "of a charge", "unknown", "test mode"],
)
def test_what_is_nothing_for_us_is_left_alone(body: bytes) -> None:
    assert news_in(body, is_live=True) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        event("refund.updated", {"id": "re_1"}),
        event("refund.updated", made(1, amount=-1)),
        event("refund.updated", made(1), created=10**18),
        event("charge.dispute.created", disputed(currency="xyz")),
        event("charge.dispute.created", disputed(amount="1000")),
        b" " * (BODY_BYTES_MAX + 1),
    ],
)
def test_what_is_not_of_their_form_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match="unreadable_news"):
        news_in(body, is_live=True)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(body: bytes) -> None:
    with suppress(Invalid):
        assert news_in(body, is_live=True) is None


def header(body: bytes, secret: bytes, moment: int = AT) -> str:
    """As Stripe signs: HMAC-SHA256 of `<timestamp>.<body>`, with its old scheme v0 beside it."""
    mac = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac},v0={'0' * 64}"


@pytest.mark.parametrize(
    ("secret", "changed", "late_s", "is_theirs"),
    [
        (b"whsec_present", b"", 0, True),
        (b"whsec_before", b"", 0, True),
        (b"whsec_present", b"", 300, True),
        (b"whsec_present", b"", 301, False),
        (b"whsec_present", b" ", 0, False),
        (b"whsec_of_others", b"", 0, False),
    ],
    ids=["present", "rotated", "five minutes", "too late", "changed body", "another secret"],
)
def test_their_signature_is_of_the_scheme_that_we_check(
    secret: bytes, changed: bytes, late_s: int, is_theirs: bool
) -> None:
    body = event("refund.updated", made(1))
    known = {"stripe": [b"whsec_present", b"whsec_before"]}

    found = signers(
        header(body, secret), body + changed, known, datetime.fromtimestamp(AT + late_s, tz=UTC)
    )

    assert bool(found) is is_theirs
