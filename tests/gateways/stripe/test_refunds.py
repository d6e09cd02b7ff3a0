"""Refunds through Stripe: one refund a key, whatever gets lost, and nothing believed too early."""

from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.gateways.stripe import PAGES_MAX, StripeProvider
from chalicelib.gateways.stripe_client import API_VERSION
from chalicelib.settlement.ports import PaymentProvider, RefundOutcome, RefundRequest, RefundState
from tests.gateways.stripe.conftest import provider_at
from tests.gateways.stripe.server import Asked, Reply, Stripe, made, problem

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
KEY = "stl_a_1:card:1"


def request(
    minor: int = 1000, *, key: str = KEY, ref: str | None = "pi_1", currency: str = "EUR"
) -> RefundRequest:
    return RefundRequest(
        key=key,
        payment_id="card",
        provider_ref=ref,
        amount=Money(minor, currency),
        settlement_id="stl_a_1",
        reason="customer return",
    )


def refund(stripe: StripeProvider, told: RefundRequest | None = None) -> RefundOutcome:
    return stripe.refund(told or request(), timeout_s=3)


def find(stripe: StripeProvider, key: str = KEY) -> RefundOutcome:
    return stripe.find(key, timeout_s=3, provider_ref="pi_1")


def test_it_is_a_payment_provider(stripe: StripeProvider) -> None:
    provider: PaymentProvider = stripe

    assert provider.name == "stripe"


def test_a_refund_is_asked_for_as_the_api_wants_it(stripe: StripeProvider, server: Stripe) -> None:
    outcome = refund(stripe)

    assert (outcome.state, outcome.amount) == (RefundState.SUCCEEDED, Money(1000, "EUR"))
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v1/refunds")
    assert asked.form == {
        "payment_intent": "pi_1",
        "amount": "1000",
        "reason": "requested_by_customer",
        "metadata[tuiku_key]": KEY,
        "metadata[tuiku_settlement]": "stl_a_1",
        "metadata[tuiku_payment]": "pi_1",
    }
    assert asked.headers["idempotency-key"] == KEY
    assert asked.headers["authorization"] == "Bearer sk_test_1"
    assert asked.headers["stripe-version"] == API_VERSION
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_payment_that_is_known_by_its_charge_is_refunded_by_it(
    stripe: StripeProvider, server: Stripe
) -> None:
    assert refund(stripe, request(ref="ch_9")).state is RefundState.SUCCEEDED
    assert server.asked[0].form["charge"] == "ch_9"


def test_the_same_key_twice_is_one_refund(stripe: StripeProvider, server: Stripe) -> None:
    first = refund(stripe)

    assert refund(stripe) == first
    assert len(server.refunds) == 1


def test_an_answer_that_is_lost_is_found_by_the_key_in_the_list(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.after = lambda asked, reply: (500, {}) if asked.method == "POST" else reply

    lost = refund(stripe)

    assert (lost.state, lost.reason) == (RefundState.UNKNOWN, "http_500")
    assert find(stripe).state is RefundState.SUCCEEDED


@pytest.mark.parametrize("ref", [None, "", "pay-1", "re_1", "pi_1/../x", "pi_"])
def test_what_names_no_payment_of_theirs_is_not_sent(
    stripe: StripeProvider, server: Stripe, ref: str | None
) -> None:
    outcome = refund(stripe, request(ref=ref))

    assert outcome.reason == "payment_reference_missing"
    assert (outcome.state, server.asked) == (RefundState.DECLINED, [])


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("succeeded", RefundState.SUCCEEDED, None),
        ("pending", RefundState.PENDING, "pending"),
        ("requires_action", RefundState.PENDING, "requires_action"),
        ("failed", RefundState.DECLINED, "failed"),
        ("canceled", RefundState.DECLINED, "canceled"),
    ],
)
def test_each_status_has_its_outcome_at_once_and_when_asked(
    stripe: StripeProvider, server: Stripe, status: str, state: RefundState, reason: str | None
) -> None:
    server.status = status

    outcome = refund(stripe)

    assert (outcome.state, outcome.reason) == (state, reason)
    assert find(stripe) == outcome


def test_a_refund_that_fails_days_later_says_why(stripe: StripeProvider, server: Stripe) -> None:
    refund(stripe)
    server.refunds[0] |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}

    outcome = find(stripe)

    assert (outcome.state, outcome.reason) == (RefundState.DECLINED, "expired_or_canceled_card")


def test_more_than_was_captured_is_declined(stripe: StripeProvider, server: Stripe) -> None:
    outcome = refund(stripe, request(10_001))

    assert (outcome.state, outcome.reason) == (RefundState.DECLINED, "exceeds_captured")
    assert [asked.method for asked in server.asked] == ["POST", "GET"]


def test_a_refusal_is_not_believed_where_our_own_refund_is_its_reason(
    stripe: StripeProvider, server: Stripe
) -> None:
    refund(stripe, request(10_000))
    server.forget_keys()

    again = refund(stripe, request(10_000))

    assert again.state is RefundState.SUCCEEDED
    assert len(server.refunds) == 1


def test_a_refusal_is_not_believed_while_the_list_cannot_be_read(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.before = lambda asked: (503, {}) if asked.method == "GET" else None

    outcome = refund(stripe, request(10_001))

    assert (outcome.state, outcome.reason) == (RefundState.UNKNOWN, "http_503")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ((409, problem("idempotency_error", code="idempotency_key_in_use")), "http_409"),
        ((400, problem("idempotency_error")), "key_reused"),
        ((401, problem("invalid_request_error")), "http_401"),
        ((429, problem("invalid_request_error", code="rate_limit")), "http_429"),
        ((500, problem("api_error")), "http_500"),
        ((400, problem("api_error")), "bad_answer"),
        ((400, {"code": "not_stripe"}), "bad_answer"),
        ((404, b"<html>proxy</html>"), "bad_answer"),
        ((302, b""), "http_302"),
        ((200, b"{}"), "bad_answer"),
        ((200, made(1, metadata={"tuiku_key": "other"})), "wrong_refund"),
        ((200, made(1)), "wrong_refund"),
        ((200, made(1, metadata={"tuiku_key": KEY}, payment_intent="pi_2")), "wrong_refund"),
        ((200, made(1, metadata={"tuiku_key": KEY}, amount=999)), "amount_mismatch"),
        ((200, made(1, metadata={"tuiku_key": KEY}, currency="usd")), "amount_mismatch"),
        ((200, made(1, metadata={"tuiku_key": KEY}, currency="EUR")), "bad_answer"),
        ((200, made(1, metadata={"tuiku_key": KEY}, status="new")), "bad_answer"),
        ((200, made(1, metadata={"tuiku_key": KEY}, amount="1000")), "bad_answer"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_say_what_became_of_it_stays_unknown(
    stripe: StripeProvider, server: Stripe, reply: Reply, reason: str
) -> None:
    server.before = lambda asked: reply

    outcome = refund(stripe)

    assert (outcome.state, outcome.reason) == (RefundState.UNKNOWN, reason)


def test_a_code_that_is_none_is_not_repeated(stripe: StripeProvider, server: Stripe) -> None:
    strange: Reply = (402, problem("card_error", code="Ring +49 1234"))
    server.before = lambda asked: strange if asked.method == "POST" else None

    assert refund(stripe).reason == "refused"


def test_nobody_there_is_unknown(http: urllib3.PoolManager) -> None:
    stripe = provider_at("http://127.0.0.1:1", http, "sk")

    assert refund(stripe).reason == "unreachable"
    assert find(stripe).reason == "unreachable"


def test_without_a_secret_key_nothing_is_sent(http: urllib3.PoolManager, server: Stripe) -> None:
    stripe = provider_at(server.url, http)

    assert (refund(stripe).reason, find(stripe).reason) == ("no_credentials", "no_credentials")
    assert server.asked == []


def test_a_key_that_was_rolled_is_replaced_at_its_first_refusal(
    server: Stripe, http: urllib3.PoolManager
) -> None:
    stripe = provider_at(server.url, http, "rk_old", "rk_new")
    server.before = lambda asked: (
        (401, problem("invalid_request_error"))
        if asked.headers["authorization"] != "Bearer rk_new"
        else None
    )

    assert refund(stripe).state is RefundState.SUCCEEDED

    assert [asked.headers["authorization"] for asked in server.asked] == [
        "Bearer rk_old",
        "Bearer rk_new",
    ]
    assert {asked.headers["idempotency-key"] for asked in server.asked} == {KEY}


def test_an_address_without_a_scheme_is_refused(http: urllib3.PoolManager) -> None:
    with pytest.raises(ValueError, match="https"):
        provider_at("api.stripe.com", http, "sk")


def test_a_key_that_they_never_saw_is_not_found(stripe: StripeProvider, server: Stripe) -> None:
    refund(stripe, request(key="stl_a_1:card:2"))

    assert find(stripe).state is RefundState.NOT_FOUND
    query = parse_qs(urlsplit(server.asked[-1].path).query)
    assert query == {"payment_intent": ["pi_1"], "limit": ["100"]}


def test_a_key_is_looked_for_on_every_page(stripe: StripeProvider, server: Stripe) -> None:
    server.page, server.captured = 2, 10**6
    for number in range(1, 6):
        refund(stripe, request(1, key=f"stl_a_1:card:{number}"))

    assert find(stripe).refund_id == server.refunds[-1]["id"]
    assert find(stripe, "stl_a_1:card:9").state is RefundState.NOT_FOUND


def test_a_list_without_an_end_says_nothing(stripe: StripeProvider, server: Stripe) -> None:
    endless: Reply = (200, {"object": "list", "has_more": True, "data": [made(1)]})
    server.before = lambda asked: endless

    assert find(stripe).reason == "too_many_refunds"
    assert len(server.asked) == PAGES_MAX


def test_a_page_that_promises_more_and_is_empty_is_not_believed(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.before = lambda asked: (200, {"object": "list", "has_more": True, "data": []})

    assert find(stripe).reason == "bad_answer"


def test_two_refunds_that_stand_under_one_key_are_for_a_person(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.refunds = [made(n, metadata={"tuiku_key": KEY}) for n in (1, 2)]

    assert find(stripe).reason == "several_refunds"


def test_a_failed_refund_beside_one_that_stands_does_not_count(
    stripe: StripeProvider, server: Stripe
) -> None:
    failed = made(2, metadata={"tuiku_key": KEY}, status="failed")
    server.refunds = [failed, made(1, metadata={"tuiku_key": KEY})]

    assert find(stripe).refund_id == "re_000000000000000000000001"


def test_searching_ends_in_time(server: Stripe, http: urllib3.PoolManager) -> None:
    moments = iter(range(0, 1000, 2))
    stripe = provider_at(server.url, http, "sk", monotonic=lambda: float(next(moments)))
    server.before = lambda asked: (200, {"object": "list", "has_more": True, "data": [made(1)]})

    assert stripe.find(KEY, timeout_s=3, provider_ref="pi_1").reason == "timeout"
    assert len(server.asked) == 1


def test_what_it_cannot_pay_exactly_is_not_sent(stripe: StripeProvider, server: Stripe) -> None:
    assert refund(stripe, request(1234, currency="KWD")).reason == "amount_not_payable"
    assert refund(stripe, request(0)).reason == "amount_not_payable"
    assert server.asked == []


def lost(asked: Asked, reply: Reply) -> Reply:
    """What a proxy says when the answer got lost."""
    return (502, b"") if asked.method == "POST" else reply


@settings(deadline=None, max_examples=30)
@given(st.lists(st.sampled_from(["send", "lose", "forget", "find"]), min_size=1, max_size=8))
def test_however_often_it_is_asked_and_lost_one_key_is_one_refund(steps: list[str]) -> None:
    server = Stripe(captured=1000)
    http = urllib3.PoolManager()
    stripe = provider_at(server.url, http, "sk")
    try:
        for step in steps:
            server.after = lost if step == "lose" else (lambda asked, reply: reply)
            if step == "forget":
                server.forget_keys()
            elif step == "find":
                find(stripe)
            elif find(stripe).state is RefundState.NOT_FOUND:
                # As settlement does it: ask first, because it may have been sent before.
                refund(stripe)
        assert len(server.refunds) == (1 if {"send", "lose"} & set(steps) else 0)
    finally:
        http.clear()
        server.stop()
