"""What the sandbox provider tells and can be asked: the adapter and the server understand each
other, and nothing else is believed."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import Invalid, TransientError
from chalicelib.core.money import Money
from chalicelib.gateways.payments import SandboxProvider
from chalicelib.gateways.sandbox_news import news_in
from chalicelib.ledger.agreement import BookedRefund, DifferenceKind, differences
from chalicelib.settlement.news import DisputeNews, DisputeStage, DisputeStanding, RefundNews
from chalicelib.settlement.ports import RefundState
from tests.gateways.conftest import request
from tools.sandbox.ledger import Asked
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
KEY = "set-1/pay-1/1"
REFUND = {
    "key": KEY,
    "id": "sbx_1",
    "payment": "pay-1",
    "amount": 1000,
    "currency": "EUR",
    "reference": "set-1",
    "status": "succeeded",
    "reason": None,
    "created_at": "2026-11-21T09:00:00.000Z",
}
DISPUTE = {
    "id": "dsp_1",
    "payment": "pay-1",
    "amount": 500,
    "currency": "EUR",
    "status": "open",
    "created_at": "2026-11-21T09:00:00.000Z",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.2, fails_after_s=0.05)
    yield running
    running.stop()


@pytest.fixture
def sandbox(server: Provider, http: urllib3.PoolManager) -> SandboxProvider:
    return SandboxProvider(server.url, http)


def event(data: object, **changes: object) -> bytes:
    told = {"id": "evt_1", "type": "refund.updated", "created_at": "2026-11-21T10:00:00+01:00"}
    return json.dumps({**told, "data": data, **changes}).encode()


def asked(payment: str, amount: int = 1000) -> Asked:
    return Asked(payment=payment, amount=amount, currency="EUR")


# --- what is told -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["succeeded", "declined", "pending"])
def test_a_refund_is_told_with_its_key_and_outcome(status: str) -> None:
    news = news_in(event({**REFUND, "status": status}))

    assert isinstance(news, RefundNews)
    assert (news.news_id, news.refund_id, news.key) == ("evt_1", "sbx_1", KEY)
    assert news.payment_refs == {"pay-1"}
    assert news.told_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
    assert (news.outcome.state, news.outcome.amount) == (RefundState(status), Money(1000, "EUR"))


def test_a_refund_made_elsewhere_has_no_key() -> None:
    news = news_in(event({**REFUND, "key": None}))

    assert isinstance(news, RefundNews)
    assert news.key is None


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        ("inquired", DisputeStage.INQUIRED),
        ("closed", DisputeStage.INQUIRY_CLOSED),
        ("open", DisputeStage.OPENED),
        ("won", DisputeStage.WON),
        ("lost", DisputeStage.LOST),
    ],
)
def test_each_stage_of_a_dispute_is_told(status: str, stage: DisputeStage) -> None:
    news = news_in(event({**DISPUTE, "status": status}, type="dispute.updated"))

    assert isinstance(news, DisputeNews)
    assert (news.dispute_id, news.stage, news.amount) == ("dsp_1", stage, Money(500, "EUR"))


def test_what_is_nothing_for_us_is_left_alone() -> None:
    assert news_in(event({}, type="payout.paid")) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        event({}),
        event(REFUND, id=""),
        event(REFUND, id="e" * 256),
        event(REFUND, created_at="2026-11-21T09:00:00"),
        event({**REFUND, "amount": 0}),
        event({**REFUND, "amount": "1000"}),
        event({**REFUND, "currency": "eur"}),
        event({**REFUND, "status": "eaten"}),
        event(REFUND, type="dispute.updated"),
        event({**DISPUTE, "amount": -1}, type="dispute.opened"),
    ],
)
def test_what_is_not_of_its_form_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid, match="unreadable_news"):
        news_in(body)


@given(st.binary(max_size=300))
def test_no_bytes_break_it(body: bytes) -> None:
    with suppress(Invalid):
        assert news_in(body) is None


# --- what can be asked --------------------------------------------------------------------------


def test_what_the_server_tells_is_what_the_adapter_reads(
    sandbox: SandboxProvider, server: Provider
) -> None:
    outcome = sandbox.refund(request(), timeout_s=3)
    kept = server.ledger.find(KEY)
    assert kept is not None
    data: dict[str, Any] = {name: getattr(kept, name) for name in REFUND}

    news = sandbox.news_in(event(data))

    assert isinstance(news, RefundNews)
    assert news.outcome == outcome == sandbox.find(KEY, timeout_s=3, provider_ref="pay-1")


def test_a_refund_of_another_payment_is_not_believed(sandbox: SandboxProvider) -> None:
    sandbox.refund(request(), timeout_s=3)

    found = sandbox.find(KEY, timeout_s=3, provider_ref="pay-2")

    assert (found.state, found.reason) == (RefundState.UNKNOWN, "wrong_refund")


def test_a_key_that_stands_for_two_refunds_is_for_a_person(
    sandbox: SandboxProvider, server: Provider
) -> None:
    for _ in range(2):
        server.ledger.refund(KEY, asked("pay-forgets-keys"))
        with server.tellings._books.transaction() as db:
            db.execute("DELETE FROM kept_keys")

    assert sandbox.find(KEY, timeout_s=3).state is RefundState.UNKNOWN


def test_all_refunds_of_a_payment_are_told_whoever_made_them(
    sandbox: SandboxProvider, server: Provider
) -> None:
    sandbox.refund(request(), timeout_s=3)
    server.ledger.made_elsewhere(asked("pay-1", 300))
    server.ledger.made_elsewhere(asked("pay-2", 300))

    found = sandbox.refunds_of("pay-1", timeout_s=3)

    assert found is not None
    assert [(one.key, one.amount.minor, one.stands) for one in found] == [
        (KEY, 1000, True),
        (None, 300, True),
    ]
    assert sandbox.refunds_of("pay & co/?#ä", timeout_s=3) == ()


def test_its_list_agrees_with_the_ledger_until_somebody_refunds_elsewhere(
    sandbox: SandboxProvider, server: Provider
) -> None:
    since = datetime.now(tz=UTC) - timedelta(seconds=1)
    until = since + timedelta(hours=1)
    outcome = sandbox.refund(request(key="stl_1:card:1"), timeout_s=3)
    booked = BookedRefund(
        key="stl_1:card:1",
        payment="pay-1",
        amount=Money(1000, "EUR"),
        is_paid=True,
        refund_id=outcome.refund_id,
    )

    assert differences([booked], sandbox.listed(since, until)) == []
    assert list(sandbox.listed(until, until + timedelta(hours=1))) == []
    server.ledger.made_elsewhere(asked("pay-1", 300))

    (one,) = differences([booked], sandbox.listed(since, until))
    assert one.kind is DifferenceKind.EXTRA


def test_a_long_list_is_read_to_its_end(sandbox: SandboxProvider, server: Provider) -> None:
    for number in range(501):
        server.ledger.refund(f"k{number}", asked("pay-1", 1))
    now = datetime.now(tz=UTC)

    found = sandbox.listed(now - timedelta(hours=1), now + timedelta(hours=1))

    assert [one.key for one in found] == [f"k{number}" for number in range(501)]


def test_a_dispute_says_how_it_stands(sandbox: SandboxProvider, server: Provider) -> None:
    made = server.disputes.begin("pay-1", 500, "EUR", status="open")
    server.disputes.change(made.id, "lost")

    found = sandbox.dispute(made.id, timeout_s=3)

    assert (found.standing, found.amount) == (DisputeStanding.LOST, Money(500, "EUR"))
    assert found.payment_refs == {"pay-1"}
    assert sandbox.dispute("dsp/?x", timeout_s=3).standing is DisputeStanding.NOT_FOUND


def test_nobody_listening_is_not_nothing(http: urllib3.PoolManager) -> None:
    away = SandboxProvider("http://127.0.0.1:1", http)
    now = datetime.now(tz=UTC)

    assert away.refunds_of("pay-1", timeout_s=1) is None
    assert away.dispute("dsp_1", timeout_s=1).standing is DisputeStanding.UNKNOWN
    with pytest.raises(TransientError, match="refunds_not_listed"):
        list(away.listed(now, now))
