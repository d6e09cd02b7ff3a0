"""The pretended payment provider keeps its word: each test talks to the real server over HTTP."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from tools.sandbox.behaviours import Behaviour, behaviour_of, captured_in
from tools.sandbox_provider import Provider, start

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

LATE_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    status: int
    body: Any
    headers: dict[str, str]


class Caller:
    """A client without any cleverness."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = urllib3.PoolManager(maxsize=32)

    def refund(self, key: str | None, *, timeout_s: float = 5, **body: object) -> Heard:
        asked = {"payment": "pay-1", "amount": 1000, "currency": "EUR", **body}
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.post("/v1/refunds", asked, headers=headers, timeout_s=timeout_s)

    def post(
        self,
        path: str,
        body: object,
        *,
        headers: dict[str, str] | None = None,
        timeout_s: float = 5,
    ) -> Heard:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = self._http.request(
            "POST",
            self._url + path,
            body=content,
            headers=headers,
            timeout=timeout_s,
            retries=False,
        )
        return _heard(answer)

    def get(self, path: str, **query: str) -> Heard:
        answer = self._http.request("GET", self._url + path, fields=query, retries=False)
        return _heard(answer)

    def close(self) -> None:
        self._http.clear()


def _heard(answer: urllib3.BaseHTTPResponse) -> Heard:
    return Heard(status=answer.status, body=json.loads(answer.data), headers=dict(answer.headers))


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    running = start(tmp_path / "sandbox.sqlite", hang_s=LATE_S)
    yield running
    running.stop()


@pytest.fixture
def caller(provider: Provider) -> Iterator[Caller]:
    client = Caller(provider.url)
    yield client
    client.close()


def test_a_refund_succeeds_and_can_be_found_by_its_key(caller: Caller) -> None:
    made = caller.refund("k1", amount=9667, currency="GBP", reference="set-1")

    assert made.status == 201
    assert made.body["status"] == "succeeded"
    assert (made.body["amount"], made.body["currency"]) == (9667, "GBP")
    assert caller.get("/v1/refunds", key="k1").body == made.body


def test_the_same_key_is_answered_the_same_without_a_second_refund(caller: Caller) -> None:
    first = caller.refund("k1")

    again = caller.refund("k1")

    assert again.status == 200
    assert again.body == first.body
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(caller.get("/v1/refunds").body["items"]) == 1


@pytest.mark.parametrize(
    "change",
    [{"amount": 999}, {"currency": "USD"}, {"payment": "pay-2"}, {"reference": "other"}],
    ids=lambda change: next(iter(change)),
)
def test_a_key_cannot_be_used_for_another_refund(caller: Caller, change: dict[str, Any]) -> None:
    first = caller.refund("k1")

    other = caller.refund("k1", **change)

    assert (other.status, other.body["code"]) == (409, "key_reused")
    assert caller.get("/v1/refunds", key="k1").body == first.body


def test_a_key_sent_by_many_at_once_is_one_refund(caller: Caller) -> None:
    answers: list[Heard] = []
    threads = [
        threading.Thread(target=lambda: answers.append(caller.refund("k1"))) for _ in range(16)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status for answer in answers) == [200] * 15 + [201]
    assert len({answer.body["id"] for answer in answers}) == 1


def test_decline_declines_every_key_and_repeats_it(caller: Caller) -> None:
    first = caller.refund("k1", payment="pay-decline")

    assert (first.status, first.body["status"]) == (402, "declined")
    assert first.body["reason"] == "card_declined"
    assert caller.refund("k1", payment="pay-decline").body == first.body
    assert caller.refund("k2", payment="pay-decline").status == 402


def test_decline_once_pays_the_next_key_but_never_the_declined_one(caller: Caller) -> None:
    assert caller.refund("k1", payment="pay-decline-once").status == 402

    assert caller.refund("k1", payment="pay-decline-once").status == 402
    assert caller.refund("k2", payment="pay-decline-once").status == 201


def test_timeout_refunds_but_answers_too_late(caller: Caller) -> None:
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        caller.refund("k1", payment="pay-timeout", timeout_s=0.1)

    assert caller.get("/v1/refunds", key="k1").body["status"] == "succeeded"
    assert caller.refund("k1", payment="pay-timeout", timeout_s=0.4).status == 200


def test_timeout_lost_never_refunds(caller: Caller) -> None:
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        caller.refund("k1", payment="pay-timeout-lost", timeout_s=0.1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        caller.refund("k1", payment="pay-timeout-lost", timeout_s=LATE_S + 5)

    found = caller.get("/v1/refunds", key="k1")
    assert (found.status, found.body) == (404, {"code": "not_found", "key": "k1"})


def test_timeout_lost_once_refunds_when_asked_again(caller: Caller) -> None:
    with pytest.raises(urllib3.exceptions.ReadTimeoutError):
        caller.refund("k1", payment="pay-timeout-lost-once", timeout_s=0.1)

    assert caller.get("/v1/refunds", key="k1").status == 404
    assert caller.refund("k1", payment="pay-timeout-lost-once").status == 201


def test_error_fails_once_per_key_without_a_refund(caller: Caller) -> None:
    assert caller.refund("k1", payment="pay-error").status == 500

    assert caller.get("/v1/refunds", key="k1").status == 404
    assert caller.refund("k1", payment="pay-error").status == 201


def test_error_after_fails_although_the_refund_was_made(caller: Caller) -> None:
    assert caller.refund("k1", payment="pay-error-after").status == 500

    assert caller.get("/v1/refunds", key="k1").body["status"] == "succeeded"


def test_malformed_breaks_the_first_answer_only(caller: Caller) -> None:
    with pytest.raises(json.JSONDecodeError):
        caller.refund("k1", payment="pay-malformed")

    assert caller.refund("k1", payment="pay-malformed").body["status"] == "succeeded"


def test_wrong_amount_refunds_another_amount(caller: Caller) -> None:
    assert caller.refund("k1", payment="pay-wrong-amount", amount=1000).body["amount"] == 999


def test_a_pending_refund_stays_pending_until_completed(caller: Caller) -> None:
    made = caller.refund("k1", payment="pay-pending")
    again = caller.refund("k1", payment="pay-pending")

    caller.post("/_sandbox/complete", {"key": "k1", "status": "declined", "reason": "closed"})

    assert (made.status, made.body["status"]) == (202, "pending")
    assert again.body == made.body
    assert caller.get("/v1/refunds", key="k1").body["status"] == "declined"
    assert caller.refund("k1", payment="pay-pending").status == 402


def test_refunds_stop_at_what_was_captured(caller: Caller) -> None:
    assert caller.refund("k1", amount=6000, captured=10000).status == 201

    over = caller.refund("k2", amount=4001, captured=10000)

    assert (over.status, over.body["reason"]) == (402, "exceeds_captured")
    assert caller.refund("k3", amount=4000, captured=10000).status == 201


def test_the_reference_may_name_what_was_captured(caller: Caller) -> None:
    assert caller.refund("k1", payment="pay-captured-1500", amount=1000).status == 201

    assert caller.refund("k2", payment="pay-captured-1500", amount=501).status == 402


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"payment": ""}, "bad_payment"),
        ({"payment": 7}, "bad_payment"),
        ({"amount": 0}, "bad_amount"),
        ({"amount": -5}, "bad_amount"),
        ({"amount": "10.00"}, "bad_amount"),
        ({"amount": 10.5}, "bad_amount"),
        ({"amount": True}, "bad_amount"),
        ({"currency": "eur"}, "bad_currency"),
        ({"currency": None}, "bad_currency"),
        ({"reference": 5}, "bad_reference"),
        ({"captured": "1"}, "bad_captured"),
        ({"amuont": 5}, "unknown_field"),
    ],
)
def test_a_bad_request_is_refused_and_not_kept(
    caller: Caller, body: dict[str, Any], code: str
) -> None:
    refused = caller.refund("k1", **body)

    assert (refused.status, refused.body["code"]) == (400, code)
    assert caller.get("/v1/refunds", key="k1").status == 404


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 60_000])
def test_what_is_not_a_json_object_is_refused(caller: Caller, content: bytes) -> None:
    refused = caller.post("/v1/refunds", content, headers={"Idempotency-Key": "k1"})

    assert (refused.status, refused.body["code"]) == (400, "bad_json")


@pytest.mark.parametrize("key", [None, "k" * 256])
def test_a_key_is_required(caller: Caller, key: str | None) -> None:
    refused = caller.refund(key)

    assert (refused.status, refused.body["code"]) == (400, "key_required")


def test_a_huge_body_is_refused(caller: Caller) -> None:
    refused = caller.post("/v1/refunds", b"x" * 70_000, headers={"Idempotency-Key": "k1"})

    assert (refused.status, refused.body["code"]) == (400, "bad_length")
    assert caller.get("/health").status == 200


def test_pages_hold_every_refund_once_and_in_order(caller: Caller) -> None:
    for number in range(7):
        caller.refund(f"k{number}", payment="pay-a" if number % 2 else "pay-b")

    keys: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = caller.get("/v1/refunds", limit="3", cursor=cursor).body
        keys += [refund["key"] for refund in page["items"]]
        cursor = page["next_cursor"]

    assert keys == [f"k{number}" for number in range(7)]
    of_one = caller.get("/v1/refunds", payment="pay-a").body["items"]
    assert [refund["key"] for refund in of_one] == ["k1", "k3", "k5"]


@pytest.mark.parametrize(
    ("query", "code"),
    [({"limit": "0"}, "bad_limit"), ({"limit": "x"}, "bad_limit"), ({"cursor": "-"}, "bad_cursor")],
)
def test_a_bad_page_is_refused(caller: Caller, query: dict[str, str], code: str) -> None:
    refused = caller.get("/v1/refunds", **query)

    assert (refused.status, refused.body["code"]) == (400, code)


def test_reset_forgets_everything(caller: Caller) -> None:
    caller.refund("k1", payment="pay-decline-once")

    caller.post("/_sandbox/reset", {})

    assert caller.get("/v1/refunds").body == {"items": [], "next_cursor": None}
    assert caller.refund("k1", payment="pay-decline-once").status == 402


def test_unknown_paths_and_keys_are_not_found(caller: Caller) -> None:
    assert caller.get("/v2/refunds").status == 404
    assert caller.post("/_sandbox/complete", {"key": "?", "status": "succeeded"}).status == 404


def test_a_killed_process_remembers_what_it_answered(tmp_path: Path) -> None:
    state = tmp_path / "state" / "sandbox.sqlite"
    process, caller = _start_process(state)
    made = [caller.refund(f"k{number}") for number in range(20)]
    process.kill()
    process.communicate()

    process, caller = _start_process(state)
    found = [caller.get("/v1/refunds", key=f"k{number}").body for number in range(20)]
    process.kill()
    process.communicate()

    assert found == [answer.body for answer in made]


def _start_process(state: Path) -> tuple[subprocess.Popen[str], Caller]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.sandbox_provider", "--port", "0", "--state", str(state)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    about = json.loads(process.stdout.readline())
    assert about["pid"] == process.pid
    return process, Caller(about["url"])


@pytest.mark.parametrize("behaviour", list(Behaviour))
def test_each_word_in_a_reference_means_itself(behaviour: Behaviour) -> None:
    assert behaviour_of(f"pay-{behaviour.value.upper()}-0001") is behaviour


def test_the_captured_amount_is_read_from_the_reference() -> None:
    assert captured_in("pay-captured-6000") == 6000
    assert captured_in("pay-6000") is None
