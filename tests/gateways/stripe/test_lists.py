"""Stripe's own list of refunds, and amounts as it counts them."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import TransientError
from chalicelib.core.money import CURRENCY_DIGITS, Money
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.stripe import StripeProvider
from chalicelib.gateways.stripe_shapes import amount_of, money_in
from chalicelib.ledger.agreement import BookedRefund, DifferenceKind, differences
from chalicelib.settlement.ports import RefundRequest
from tests.gateways.stripe.server import Reply, Stripe, disputed, made, problem

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
KEY = "stl_a_1:card:1"
SINCE, UNTIL = datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


def test_its_list_agrees_with_the_ledger_until_somebody_refunds_elsewhere(
    stripe: StripeProvider, server: Stripe
) -> None:
    outcome = stripe.refund(
        RefundRequest(
            key=KEY,
            payment_id="card",
            provider_ref="pi_1",
            amount=Money(1000, "EUR"),
            settlement_id="stl_a_1",
            reason="customer return",
        ),
        timeout_s=3,
    )
    booked = BookedRefund(
        key=KEY,
        payment="pi_1",
        amount=Money(1000, "EUR"),
        is_paid=True,
        refund_id=outcome.refund_id,
    )
    first = list(stripe.listed(SINCE, UNTIL))
    server.refunds.insert(0, made(7))
    second = list(stripe.listed(SINCE, UNTIL))

    assert differences([booked], first) == []
    assert [one.kind for one in differences([booked], second)] == [DifferenceKind.EXTRA]
    query = parse_qs(urlsplit(server.asked[-1].path).query)
    assert (query["created[gte]"], query["created[lt]"]) == (["1672531200"], ["1704067200"])


def test_a_refund_is_listed_under_the_name_that_it_was_asked_for_by(
    stripe: StripeProvider, server: Stripe
) -> None:
    names = [{}, {"tuiku_payment": "ch_1"}, {"tuiku_payment": "pi_of_others"}]
    server.refunds = [made(n, metadata=named) for n, named in enumerate(names)]

    assert [one.payment for one in stripe.listed(SINCE, UNTIL)] == ["pi_1", "ch_1", "pi_1"]


def test_its_list_is_of_the_time_that_was_asked_for(stripe: StripeProvider, server: Stripe) -> None:
    server.refunds = [made(n, created=int(at.timestamp())) for n, at in ((2, UNTIL), (1, SINCE))]

    assert [one.refund_id[-1] for one in stripe.listed(SINCE, UNTIL)] == ["1"]


def test_its_list_is_read_page_by_page_and_faults_are_said(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.page = 1
    server.refunds = [made(3), made(2, status="failed"), made(1)]

    found = list(stripe.listed(SINCE, UNTIL))

    assert [(one.refund_id[-1], one.stands) for one in found] == [
        ("3", True),
        ("2", False),
        ("1", True),
    ]
    assert len(server.asked) == 3
    server.before = lambda asked: (500, {}) if "starting_after" in asked.path else None
    reading = stripe.listed(SINCE, UNTIL)
    assert next(reading).refund_id == found[0].refund_id
    with pytest.raises(TransientError, match="refunds_not_listed"):
        list(reading)


def test_refunds_of_a_payment_are_told_whoever_made_them(
    stripe: StripeProvider, server: Stripe
) -> None:
    server.refunds = [
        made(3, payment_intent="pi_2"),
        made(2, amount=300),
        made(1, metadata={"tuiku_key": KEY}),
    ]

    found = stripe.refunds_of("pi_1", timeout_s=3)

    assert found is not None
    assert [(one.amount.minor, one.key) for one in found] == [(300, None), (1000, KEY)]


@pytest.mark.parametrize("reply", [(500, {}), (200, {}), (403, problem("invalid_request_error"))])
def test_refunds_of_a_payment_that_cannot_be_read_are_not_known(
    stripe: StripeProvider, server: Stripe, reply: Reply
) -> None:
    server.before = lambda asked: reply

    assert stripe.refunds_of("pi_1", timeout_s=3) is None


def test_what_is_no_payment_of_theirs_has_no_refunds(
    stripe: StripeProvider, server: Stripe
) -> None:
    assert stripe.refunds_of("till 7", timeout_s=3) == ()
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("warning_needs_response", "inquired"),
        ("warning_under_review", "inquired"),
        ("warning_closed", "closed"),
        ("prevented", "closed"),
        ("needs_response", "open"),
        ("under_review", "open"),
        ("won", "won"),
        ("lost", "lost"),
        ("newer_word", "unknown"),
    ],
)
def test_a_dispute_says_how_it_stands(
    stripe: StripeProvider, server: Stripe, status: str, standing: str
) -> None:
    server.disputes["dp_1"] = disputed(status=status)

    found = stripe.dispute("dp_1", timeout_s=3)

    assert found.standing == standing
    if standing != "unknown":
        assert found.amount == Money(1000, "EUR")
        assert found.payment_refs == {"pi_1", "ch_1"}


@pytest.mark.parametrize(
    ("reply", "standing"),
    [
        (None, "not_found"),
        ((404, b"<html>proxy</html>"), "unknown"),
        ((500, {}), "unknown"),
        ((200, {}), "unknown"),
        ((200, disputed(2)), "unknown"),
        ((200, disputed(currency="xyz")), "unknown"),
    ],
)
def test_a_dispute_that_cannot_be_read_is_said_to_be_so(
    stripe: StripeProvider, server: Stripe, reply: Reply | None, standing: str
) -> None:
    server.before = lambda asked: reply

    assert stripe.dispute("dp_1", timeout_s=3).standing == standing


def test_a_name_with_odd_signs_asks_nothing_else(stripe: StripeProvider, server: Stripe) -> None:
    assert stripe.dispute("../refunds?limit=1", timeout_s=3).standing == "not_found"
    assert server.asked[0].path == "/v1/disputes/..%2Frefunds%3Flimit%3D1"


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1000, "EUR", 1000),
        (1000, "JPY", 1000),
        (5120, "KWD", 5120),
        (5124, "KWD", None),
        (500, "ISK", 50_000),
        (500, "UGX", None),
        (500, "MGA", 5),
        (501, "MGA", None),
        (12, "CLF", None),
        (1200, "CLF", 12),
    ],
)
def test_amounts_are_told_with_the_digits_that_they_have_there(
    minor: int, currency: str, amount: int | None
) -> None:
    assert amount_of(Money(minor, currency)) == amount


@given(st.integers(1, 10**12), st.sampled_from(sorted(CURRENCY_DIGITS)))
def test_an_amount_that_can_be_told_comes_back_the_same(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    amount = amount_of(money)

    assert amount is None or money_in(amount, currency.lower()) == money


@pytest.mark.parametrize("amount", [0, -5, 10**16])
def test_amounts_that_cannot_be_are_not_believed(amount: int) -> None:
    with pytest.raises(Unbelievable):
        money_in(amount, "eur")


@pytest.mark.parametrize("currency", ["ugx", "xyz", "EUR", ""])
def test_amounts_of_unclear_currencies_are_not_believed(currency: str) -> None:
    with pytest.raises(Unbelievable):
        money_in(1000, currency)
