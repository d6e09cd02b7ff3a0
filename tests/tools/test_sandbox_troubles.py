"""What a provider's banks and people do to a payment."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.asking_sandbox import (
    ask,
    control,
    process,
    refund,
    stands,
    wait_for,
)
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
FAILS_AFTER_S = 0.3


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.1, fails_after_s=FAILS_AFTER_S)
    yield running
    running.stop()


# --- what becomes of refunds --------------------------------------------------------------------


def test_a_late_failure_comes_by_itself(provider: Provider) -> None:
    status, made = refund(provider.url, "pay-fails-later")
    assert (status, made["status"], stands(provider.url)) == (201, "succeeded", "succeeded")

    wait_for(lambda: stands(provider.url) == "declined")

    assert ask(f"{provider.url}/v1/refunds?key=k1")[1]["reason"] == "bank_rejected"
    assert refund(provider.url, "pay-fails-later")[1]["status"] == "declined"


def test_a_refund_that_failed_may_be_made_anew(provider: Provider) -> None:
    refund(provider.url, "pay-fails-later-captured-1000")
    assert refund(provider.url, "pay-fails-later-captured-1000", key="k2")[0] == 402

    wait_for(lambda: stands(provider.url) == "declined")

    assert refund(provider.url, "pay-fails-later-captured-1000", key="k3")[0] == 201


def test_a_late_failure_comes_after_the_process_was_killed(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite"
    running, url = process(state)
    refund(url, "pay-fails-later")
    running.kill()
    running.communicate()

    running, url = process(state)
    try:
        wait_for(lambda: stands(url) == "declined")
    finally:
        running.kill()
        running.communicate()


def test_refunds_above_what_was_captured_are_declined(provider: Provider) -> None:
    control(provider.url, "captures", {"payment": "pay-1", "captured": 600})

    assert refund(provider.url, "pay-1", 601)[1]["reason"] == "exceeds_captured"
    assert refund(provider.url, "pay-1", 600, key="k2")[0] == 201
    assert refund(provider.url, "pay-1", 1, key="k3")[0] == 402
    control(provider.url, "captures", {"payment": "pay-1", "captured": 1000})
    assert refund(provider.url, "pay-1", 400, key="k4")[0] == 201


def test_a_refund_made_elsewhere_has_no_key_and_uses_up_the_payment(provider: Provider) -> None:
    made = control(
        provider.url,
        "refunds",
        {"payment": "pay-captured-1000", "amount": 700, "currency": "EUR"},
        status=201,
    )

    assert made["key"] is None
    assert refund(provider.url, "pay-captured-1000", 301)[0] == 402
    _, page = ask(f"{provider.url}/v1/refunds?payment=pay-captured-1000")
    assert [(one["key"], one["status"]) for one in page["items"]] == [
        (None, "succeeded"),
        ("k1", "declined"),
    ]


def test_a_key_that_was_forgotten_is_a_second_refund(provider: Provider) -> None:
    refund(provider.url, "pay-forgets-keys")
    assert refund(provider.url, "pay-forgets-keys")[0] == 200

    wait_for(lambda: refund(provider.url, "pay-forgets-keys")[0] == 201)

    status, told = ask(f"{provider.url}/v1/refunds?key=k1")
    assert (status, told["code"]) == (409, "several_refunds")
    assert len(ask(f"{provider.url}/v1/refunds")[1]["items"]) == 2


def test_the_list_is_of_a_time(provider: Provider) -> None:
    _, first = refund(provider.url, "pay-1")
    time.sleep(0.005)
    _, second = refund(provider.url, "pay-1", key="k2")

    def keys(query: str) -> list[str]:
        return [one["key"] for one in ask(f"{provider.url}/v1/refunds?{query}")[1]["items"]]

    assert keys(f"since={first['created_at']}") == ["k1", "k2"]
    assert keys(f"since={first['created_at']}&until={second['created_at']}") == ["k1"]
    assert keys(f"since={second['created_at']}&limit=1") == ["k2"]
    assert keys(f"until={second['created_at'][:19]}Z&since=2000-01-01T00:00:00Z") in ([], ["k1"])
    assert ask(f"{provider.url}/v1/refunds?since=yesterday")[1] == {"code": "bad_moment"}


# --- disputes -----------------------------------------------------------------------------------


def test_a_dispute_is_opened_and_decided(provider: Provider) -> None:
    asked = {"payment": "pay-1", "amount": 500, "currency": "EUR"}
    made = control(provider.url, "disputes", asked)

    assert (made["status"], made["amount"]) == ("open", 500)
    assert ask(f"{provider.url}/v1/disputes/{made['id']}") == (200, made)
    lost = control(provider.url, "disputes", {"id": made["id"], "status": "lost"})
    assert ask(f"{provider.url}/v1/disputes/{made['id']}")[1] == lost == {**made, "status": "lost"}


def test_what_is_no_dispute_is_not_found(provider: Provider) -> None:
    assert ask(f"{provider.url}/v1/disputes/x%2Fy") == (404, {"code": "not_found", "key": "x/y"})
    control(provider.url, "disputes", {"id": "x", "status": "lost"}, status=404)
    control(provider.url, "disputes", {"id": "x", "status": "eaten"}, status=400)
    control(provider.url, "disputes", {"payment": "pay-1", "amount": 0}, status=400)


def test_a_file_of_the_version_before_is_read_still(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.sqlite"
    before = sqlite3.connect(state)
    before.executescript(
        """CREATE TABLE refunds (
            seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE NOT NULL, id TEXT NOT NULL,
            asked TEXT NOT NULL, payment TEXT NOT NULL, amount INTEGER NOT NULL,
            currency TEXT NOT NULL, reference TEXT, status TEXT NOT NULL, reason TEXT,
            created_at TEXT NOT NULL);
        CREATE INDEX refunds_by_payment ON refunds (payment);
        CREATE TABLE seen (key TEXT PRIMARY KEY);
        CREATE VIEW answers AS SELECT key, id FROM refunds;
        INSERT INTO refunds (key, id, asked, payment, amount, currency, status, created_at)
        VALUES ('k1', 'sbx_1', '{"amount": 1000, "captured": null, "currency": "EUR",'
            || ' "payment": "pay-1", "reference": null}', 'pay-1', 1000, 'EUR', 'succeeded',
            '2026-11-21T09:00:00.000Z');"""
    )
    before.close()

    running = start(state)
    try:
        status, again = refund(running.url, "pay-1")
    finally:
        running.stop()

    assert (status, again["id"]) == (200, "sbx_1")


def test_payment_links_are_served_beside_refunds_and_forgotten_with_them(
    provider: Provider,
) -> None:
    asked = {"amount": 500, "currency": "EUR", "description": "difference"}
    status, link = ask(f"{provider.url}/v1/payment-links", asked, key="l1")
    assert (status, link["status"]) == (201, "open")

    paid = control(provider.url, "pay", {"key": "l1", "status": "paid"})

    assert ask(f"{provider.url}/v1/payment-links?key=l1") == (200, paid)
    control(provider.url, "reset", {})
    assert ask(f"{provider.url}/v1/payment-links?key=l1")[0] == 404
