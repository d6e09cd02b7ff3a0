"""Payment links of the sandbox server, and what is believed of a server that lies."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.exchanges.ports import LinkAnswer, LinkRequest
from chalicelib.gateways.payment_links import SandboxLinks
from tests.gateways.test_payments_liar import Liar
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

KEY = "exg_1_a:1"
GOOD: dict[str, Any] = {
    "key": KEY,
    "url": "https://pay.example/1",
    "amount": 500,
    "currency": "EUR",
    "status": "open",
    "expires_at": "2026-11-24T09:00:00Z",
    "payment": None,
}


def request(key: str = KEY, minor: int = 500) -> LinkRequest:
    return LinkRequest(key=key, amount=Money(minor, "EUR"), description="R26ABCD2345X")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=0.1)
    yield running
    running.stop()


@pytest.fixture
def links(server: Provider, http: urllib3.PoolManager) -> SandboxLinks:
    return SandboxLinks(server.url, http)


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    running = Liar()
    yield running
    running.close()


def done(server: Provider, status: str, key: str = KEY) -> None:
    body = json.dumps({"key": key, "status": status}).encode()
    told = server.links.reply("POST", "/_sandbox/pay", {}, "", body)
    assert told is not None
    assert told[0] == 200


def test_a_link_is_made_once_for_a_key(links: SandboxLinks) -> None:
    assert links.find(KEY, timeout_s=3).state is LinkAnswer.NOT_FOUND

    first = links.create(request(), timeout_s=3)
    again = links.create(request(), timeout_s=3)

    assert first == again == links.find(KEY, timeout_s=3)
    assert (first.state, first.amount, first.reference) == (
        LinkAnswer.OPEN,
        Money(500, "EUR"),
        None,
    )
    assert first.url is not None
    assert links.create(request(minor=501), timeout_s=3).reason == "key_reused"


@pytest.mark.parametrize(
    ("status", "state"), [("paid", LinkAnswer.PAID), ("expired", LinkAnswer.EXPIRED)]
)
def test_what_became_of_a_link_is_asked(
    links: SandboxLinks, server: Provider, status: str, state: LinkAnswer
) -> None:
    links.create(request(), timeout_s=3)
    done(server, status)

    found = links.find(KEY, timeout_s=3)

    assert found.state is state
    assert (found.reference is not None) == (state is LinkAnswer.PAID)


def test_a_killed_server_remembers_its_links(tmp_path: Path, http: urllib3.PoolManager) -> None:
    first = start(tmp_path / "sandbox.sqlite")
    made = SandboxLinks(first.url, http).create(request(), timeout_s=3)
    first.stop()

    second = start(tmp_path / "sandbox.sqlite")
    found = SandboxLinks(second.url, http).find(KEY, timeout_s=3)
    second.stop()

    assert found == made


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, GOOD, "http_500"),
        (404, {"code": "not_found", "key": "another"}, "http_404"),
        (200, {**GOOD, "key": "another"}, "wrong_link"),
        (200, {**GOOD, "status": "paid"}, "bad_answer"),
        (200, {**GOOD, "status": "lost"}, "bad_answer"),
        (200, {**GOOD, "amount": 0}, "bad_answer"),
        (200, {**GOOD, "currency": "XXX"}, "bad_answer"),
        (200, {**GOOD, "url": "javascript:alert(1)"}, "bad_answer"),
        (200, {**GOOD, "url": "https://x/" + "a" * 2000}, "bad_answer"),
        (200, {**GOOD, "expires_at": "2026-11-24T09:00:00"}, "bad_answer"),
        (200, b"{", "bad_answer"),
    ],
)
def test_what_is_not_understood_is_unknown(
    liar: Liar, http: urllib3.PoolManager, status: int, body: object, reason: str
) -> None:
    liar.says(status, body)

    found = SandboxLinks(liar.url, http).find(KEY, timeout_s=3)

    assert (found.state, found.reason) == (LinkAnswer.UNKNOWN, reason)


@given(st.binary(max_size=200) | st.dictionaries(st.sampled_from(list(GOOD)), st.integers()))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_a_server_says_raises(
    liar: Liar, http: urllib3.PoolManager, body: object
) -> None:
    liar.says(200, body)

    assert SandboxLinks(liar.url, http).find(KEY, timeout_s=3).state is LinkAnswer.UNKNOWN


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b'{"type": "payment_link.paid", "data": {"key": "k"}}', "k"),
        (b'{"type": "refund.updated", "data": {"key": "k"}}', None),
        (b'{"type": "payment_link.paid", "data": {}}', None),
        (b"[]", None),
        (b"\xff", None),
    ],
)
def test_a_message_names_the_link_that_it_is_about(
    http: urllib3.PoolManager, body: bytes, key: str | None
) -> None:
    assert SandboxLinks("http://127.0.0.1:1", http).key_in(body) == key


def test_nobody_there_is_no_answer(http: urllib3.PoolManager) -> None:
    gone = SandboxLinks("http://127.0.0.1:1", http)

    assert gone.create(request(), timeout_s=1).state is LinkAnswer.UNKNOWN
    with pytest.raises(ValueError, match="https"):
        SandboxLinks("pay.example", http)
