"""What payment providers tell through the API: asked about first, and booked once."""

import pytest

from chalicelib import wiring
from tests.api.door import Door
from tests.api.payments.telling import (
    SANDBOX,
    accepted,
    event,
    found_again,
    legs,
    lost,
    outcome,
    settle,
    tell,
    types,
)
from tests.gateways.stripe.server import Stripe, disputed, made
from tools.sandbox.ledger import Asked
from tools.sandbox_provider import Provider

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


# --- what is booked -----------------------------------------------------------------------------


def test_a_lost_answer_is_booked_when_stripe_tells_of_it(bank: Door, stripe: Stripe) -> None:
    return_id = accepted(bank)
    lost(stripe)
    settle(bank, return_id)
    assert [state for state, _ in legs(bank, return_id)] == ["UNKNOWN"]
    (refund,) = stripe.refunds
    body = event(refund)

    silent = tell(bank, body)
    assert (silent.status, silent.body["code"]) == (503, "provider_silent")
    assert "Retry-After" in silent.headers
    found_again(stripe)

    assert outcome(tell(bank, body)) == "booked"
    assert legs(bank, return_id) == [("PAID", None)]
    asked = len(stripe.asked)
    assert outcome(tell(bank, body)) == "booked", "the same event again is told the same"
    assert len(stripe.asked) == asked
    assert types(bank, return_id).count("refund.paid") == 1


def test_an_event_says_who_told_it(bank: Door, stripe: Stripe) -> None:
    return_id = accepted(bank)
    settle(bank, return_id)
    stripe.refunds[0] |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}

    assert outcome(tell(bank, event(stripe.refunds[0], "refund.failed"))) == "failed_later"

    path = f"/v1/returns/{return_id}/timeline?limit=100"
    items = bank.ask("finance", "GET", path).expect(200)["items"]
    (failed,) = [one for one in items if one["type"] == "refund.failed_later"]
    assert (failed["actor"], failed["role"]) == ("provider:stripe", "provider")
    assert legs(bank, return_id) == [("FROZEN", "failed_later")]


def test_failed_before_succeeded_ends_where_stripe_stands(bank: Door, stripe: Stripe) -> None:
    return_id = accepted(bank)
    settle(bank, return_id)
    before = dict(stripe.refunds[0])
    stripe.refunds[0] |= {"status": "failed", "failure_reason": "declined"}

    failed = tell(bank, event(stripe.refunds[0], "refund.failed", id="evt_2"))
    succeeded = tell(bank, event(before, id="evt_1"))

    assert [outcome(failed), outcome(succeeded)] == ["failed_later", "unchanged"]
    assert legs(bank, return_id) == [("FROZEN", "failed_later")]


def test_an_amount_that_differs_is_a_task_and_moves_nothing(bank: Door, stripe: Stripe) -> None:
    return_id = accepted(bank)
    lost(stripe)
    settle(bank, return_id)
    found_again(stripe)
    stripe.refunds[0]["amount"] -= 1

    replies = [tell(bank, event(stripe.refunds[0], id=f"evt_{n}")) for n in (1, 2)]

    assert [outcome(one) for one in replies] == ["contradicted"] * 2
    assert [state for state, _ in legs(bank, return_id)] == ["UNKNOWN"]
    assert types(bank, return_id).count("refund.contradicted") == 1


def test_a_forged_amount_is_not_believed(bank: Door, stripe: Stripe) -> None:
    """Even where the secret got into wrong hands, only Stripe says what is true."""
    return_id = accepted(bank)
    lost(stripe)
    settle(bank, return_id)
    found_again(stripe)
    stripe.refunds[0] |= {"status": "failed"}
    forged = {**stripe.refunds[0], "status": "succeeded", "amount": 1}

    assert outcome(tell(bank, event(forged))) == "booked"

    assert [state for state, _ in legs(bank, return_id)] == ["DECLINED"]


def test_a_refund_made_elsewhere_is_counted_once(bank: Door, stripe: Stripe) -> None:
    accepted(bank)
    stripe.refunds.insert(0, made(7, amount=1234))

    replies = [tell(bank, event(made(7, amount=1234), id=f"evt_{n}")) for n in (1, 2, 1)]

    assert [outcome(one) for one in replies] == [
        "refunded_elsewhere",
        "unchanged",
        "refunded_elsewhere",
    ]
    (payment,) = bank.ask("finance", "GET", "/v1/orders/SO-1").expect(200)["payments"]
    assert payment["refunded"] == {"amount": "12.34", "currency": "EUR"}


def test_a_refund_of_nothing_known_is_answered_well_and_not_kept(
    bank: Door, stripe: Stripe
) -> None:
    stranger = made(7, payment_intent="pi_of_another_shop", charge="ch_9")

    assert outcome(tell(bank, event(stranger))) == "not_ours"
    ours_elsewhere = made(8, metadata={"tuiku_key": "stl_x_y:card:1"})
    assert outcome(tell(bank, event(ours_elsewhere, id="evt_2"))) == "not_ours"
    assert stripe.asked == [], "nobody is asked about what is not ours"


@pytest.mark.parametrize("reverse", [False, True], ids=["in order", "backwards"])
def test_a_dispute_is_booked_as_it_stands(bank: Door, stripe: Stripe, reverse: bool) -> None:
    accepted(bank)
    stripe.disputes["dp_1"] = disputed(status="won")
    events = [
        event(disputed(), "charge.dispute.created", id="evt_1"),
        event(disputed(), "charge.dispute.funds_withdrawn", id="evt_2"),
        event(disputed(status="won"), "charge.dispute.closed", id="evt_3"),
    ]

    told = [outcome(tell(bank, one)) for one in (events[::-1] if reverse else events)]

    assert told == ["disputed", "unchanged", "unchanged"]
    events_told = [one.type for one in wiring.reads().events("order/SO-1")]
    assert events_told[-2:] == ["payment.charged_back", "payment.chargeback_won"]


# --- the sandbox, which tells as Stripe does ----------------------------------------------------


def test_the_sandbox_tells_what_its_banks_did_later(bank: Door, sandbox: Provider) -> None:
    return_id = accepted(bank, "sandbox", "pay-1")
    settlement = settle(bank, return_id)
    key = f"{settlement['settlement_id']}:p-1:1"
    refund = sandbox.ledger.complete(key, status="declined", reason="account_closed")
    assert refund is not None
    body = {
        "id": "evt_1",
        "type": "refund.updated",
        "created_at": "2026-11-21T09:00:00Z",
        "data": {name: getattr(refund, name) for name in refund.__slots__},
    }

    told = [tell(bank, body, provider="sandbox", secret=SANDBOX) for _ in range(2)]

    assert [outcome(one) for one in told] == ["failed_later"] * 2
    assert legs(bank, return_id) == [("FROZEN", "failed_later")]


def test_the_sandbox_tells_of_refunds_made_elsewhere(bank: Door, sandbox: Provider) -> None:
    accepted(bank, "sandbox", "pay-1")
    refund = sandbox.ledger.made_elsewhere(Asked(payment="pay-1", amount=500, currency="EUR"))
    body = {
        "id": "evt_1",
        "type": "refund.created",
        "created_at": "2026-11-21T09:00:00Z",
        "data": {name: getattr(refund, name) for name in refund.__slots__},
    }

    assert outcome(tell(bank, body, provider="sandbox", secret=SANDBOX)) == "refunded_elsewhere"
