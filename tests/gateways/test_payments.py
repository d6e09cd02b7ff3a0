"""What the payment clients make of a real provider's answers: the sandbox server's."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from chalicelib.core.money import Money
from chalicelib.gateways.payments import ManualProvider, SandboxProvider
from chalicelib.settlement.ports import PaymentProvider, RefundOutcome, RefundRequest, RefundState
from tests.gateways.conftest import request
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

LATE_S = 0.4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=LATE_S)
    yield running
    running.stop()


@pytest.fixture
def sandbox(server: Provider, http: urllib3.PoolManager) -> SandboxProvider:
    return SandboxProvider(server.url, http)


def test_both_are_payment_providers(http: urllib3.PoolManager) -> None:
    providers: list[PaymentProvider] = [SandboxProvider("http://x", http), ManualProvider()]

    assert [provider.name for provider in providers] == ["sandbox", "manual"]


def test_a_refund_succeeds_with_the_providers_id_and_amount(
    sandbox: SandboxProvider, server: Provider
) -> None:
    outcome = sandbox.refund(request(minor=9667), timeout_s=3)

    assert outcome.state is RefundState.SUCCEEDED
    assert outcome.amount == Money(9667, "EUR")
    kept = server.ledger.find("set-1/pay-1/1")
    assert kept is not None
    assert (kept.id, kept.amount, kept.reference) == (outcome.refund_id, 9667, "set-1")
    assert sandbox.find("set-1/pay-1/1", timeout_s=3) == outcome


def test_the_payment_id_is_sent_when_there_is_no_reference(
    sandbox: SandboxProvider, server: Provider
) -> None:
    without = RefundRequest(
        key="k",
        payment_id="pay-9",
        provider_ref=None,
        amount=Money(1, "JPY"),
        settlement_id="set-1",
        reason="return",
    )

    assert sandbox.refund(without, timeout_s=3).state is RefundState.SUCCEEDED
    kept = server.ledger.find("k")
    assert kept is not None
    assert (kept.payment, kept.amount, kept.currency) == ("pay-9", 1, "JPY")


def test_the_same_key_twice_is_one_refund(sandbox: SandboxProvider, server: Provider) -> None:
    first = sandbox.refund(request(), timeout_s=3)

    again = sandbox.refund(request(), timeout_s=3)

    assert again == first
    assert len(server.ledger.page(after=0, limit=10, payment=None)[0]) == 1


@pytest.mark.parametrize(
    ("payment", "state", "reason", "found", "again"),
    [
        ("decline", "declined", "card_declined", "declined", "declined"),
        ("decline-once", "declined", "card_declined", "declined", "declined"),
        ("captured-999", "declined", "exceeds_captured", "declined", "declined"),
        ("timeout", "unknown", "timeout", "succeeded", "succeeded"),
        ("timeout-lost", "unknown", "timeout", "not_found", "unknown"),
        ("timeout-lost-once", "unknown", "timeout", "not_found", "succeeded"),
        ("error", "unknown", "http_500", "not_found", "succeeded"),
        ("error-after", "unknown", "http_500", "succeeded", "succeeded"),
        ("malformed", "unknown", "bad_answer", "succeeded", "succeeded"),
        ("wrong-amount", "unknown", "amount_mismatch", "succeeded", "unknown"),
        ("pending", "pending", "bank_pending", "pending", "pending"),
    ],
    ids=lambda value: value if "-" in value else "",
)
def test_each_trouble_has_its_outcome_then_and_later(
    sandbox: SandboxProvider, payment: str, state: str, reason: str, found: str, again: str
) -> None:
    outcome = sandbox.refund(request(payment), timeout_s=0.2)

    assert (outcome.state, outcome.reason) == (state, reason)
    assert sandbox.find("set-1/pay-1/1", timeout_s=3).state == found
    assert sandbox.refund(request(payment), timeout_s=0.2).state == again


def test_after_a_decline_the_next_key_is_paid(sandbox: SandboxProvider) -> None:
    sandbox.refund(request("decline-once"), timeout_s=3)

    outcome = sandbox.refund(request("decline-once", key="set-1/pay-1/2"), timeout_s=3)

    assert outcome.state is RefundState.SUCCEEDED


def test_what_was_found_says_another_amount_openly(sandbox: SandboxProvider) -> None:
    sandbox.refund(request("wrong-amount", minor=1000), timeout_s=3)

    assert sandbox.find("set-1/pay-1/1", timeout_s=3).amount == Money(999, "EUR")


def test_a_key_used_for_another_amount_stays_unknown(sandbox: SandboxProvider) -> None:
    sandbox.refund(request(minor=1000), timeout_s=3)

    outcome = sandbox.refund(request(minor=2000), timeout_s=3)

    assert outcome == RefundOutcome(state=RefundState.UNKNOWN, reason="key_reused")


def test_a_key_with_odd_signs_is_found(sandbox: SandboxProvider) -> None:
    key = "set&key=other#1/ä".encode().decode("latin-1")

    sandbox.refund(request(key=key), timeout_s=3)

    assert sandbox.find(key, timeout_s=3).state is RefundState.SUCCEEDED


def test_nobody_listening_is_unknown(http: urllib3.PoolManager) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    provider = SandboxProvider(f"http://127.0.0.1:{port}", http)

    outcomes = [provider.refund(request(), timeout_s=1), provider.find("k", timeout_s=1)]

    assert outcomes == [RefundOutcome(state=RefundState.UNKNOWN, reason="unreachable")] * 2


@pytest.mark.parametrize("base_url", ["http://", "http://127.0.0.1:99999", "http://[::1"])
def test_a_wrong_address_is_unknown(http: urllib3.PoolManager, base_url: str) -> None:
    outcome = SandboxProvider(base_url, http).refund(request(), timeout_s=0.2)

    assert outcome.state is RefundState.UNKNOWN


@pytest.mark.parametrize("base_url", ["", "not a url", "ftp://x"])
def test_what_is_no_web_address_is_refused_at_once(
    http: urllib3.PoolManager, base_url: str
) -> None:
    with pytest.raises(ValueError, match="begins with https"):
        SandboxProvider(base_url, http)


def test_a_manual_refund_waits_for_its_proof() -> None:
    manual = ManualProvider()

    waiting = RefundOutcome(state=RefundState.PENDING, reason="awaiting_proof")
    assert manual.refund(request(), timeout_s=1) == waiting
    assert manual.find("k", timeout_s=1) == waiting
