"""What the sandbox client believes of a server that lies, drips, and breaks off."""

import json
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core.money import Money
from chalicelib.gateways.payments import SandboxProvider
from chalicelib.settlement.ports import RefundOutcome, RefundState
from tests.gateways.conftest import request

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])

# A server that answers whatever a test wants: bytes as they are, one connection each.


class Liar:
    """Accepts, reads one request, answers the canned bytes and hangs up."""

    def __init__(self) -> None:
        self.answer = b""
        self.requests = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def says(self, status: int, body: object, *, headers: str = "") -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
        self.answer = head.encode() + content

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2)
                try:
                    _read_request(connection)
                    self.requests += 1
                    connection.sendall(self.answer)
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(1)
                except OSError:
                    continue


def _read_request(connection: socket.socket) -> None:
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536) or b"\r\n\r\n"
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-le")),
        0,
    )
    while len(body) < length:
        body += connection.recv(65536)


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    server = Liar()
    yield server
    server.close()


def refund(**changes: object) -> dict[str, object]:
    """What an honest provider would say about request()."""
    return {
        "key": "set-1/pay-1/1",
        "id": "re-1",
        "payment": "pay-1",
        "amount": 1000,
        "currency": "EUR",
        "status": "succeeded",
        "reason": None,
        **changes,
    }


def test_the_liar_is_believed_when_it_says_the_truth(liar: Liar, http: urllib3.PoolManager) -> None:
    liar.says(201, refund())

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    assert outcome == RefundOutcome(
        state=RefundState.SUCCEEDED, refund_id="re-1", amount=Money(1000, "EUR")
    )


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (201, refund(amount=1001), "amount_mismatch"),
        (201, refund(currency="USD"), "amount_mismatch"),
        (402, refund(amount=1, status="declined"), "amount_mismatch"),
        (201, refund(currency="???"), "bad_answer"),
        (201, refund(amount="1000"), "bad_answer"),
        (201, refund(amount=1000.0), "bad_answer"),
        (201, refund(amount=-1000), "bad_answer"),
        (201, refund(amount=10**30), "bad_answer"),
        (201, refund(status="done"), "bad_answer"),
        (201, refund(id=None), "bad_answer"),
        (201, refund(status="declined"), "bad_answer"),
        (402, refund(), "bad_answer"),
        (402, {"error": "pay the proxy"}, "bad_answer"),
        (201, refund(key="another"), "wrong_refund"),
        (201, refund(payment="another"), "wrong_refund"),
        (200, b"<html>welcome</html>", "bad_answer"),
        (200, b"", "bad_answer"),
        (200, b"\xff\xfe", "bad_answer"),
        (200, b"[" * 60_000, "bad_answer"),
        (200, b" " * 70_000, "answer_too_large"),
        (204, b"", "http_204"),
        (400, {"code": "bad_amount"}, "http_400"),
        (401, {}, "http_401"),
        (404, {"code": "not_found", "key": "set-1/pay-1/1"}, "http_404"),
        (409, {"code": "key_reused"}, "key_reused"),
        (429, {}, "http_429"),
        (500, refund(), "http_500"),
        (503, {}, "http_503"),
    ],
)
def test_what_cannot_be_believed_is_unknown(
    liar: Liar, http: urllib3.PoolManager, status: int, body: object, reason: str
) -> None:
    liar.says(status, body)

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    assert outcome == RefundOutcome(state=RefundState.UNKNOWN, reason=reason)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, {"code": "not_found", "key": "another"}, "http_404"),
        (404, {"code": "not_found"}, "http_404"),
        (404, b"<html>no such page</html>", "http_404"),
        (200, refund(key="another"), "wrong_refund"),
        (200, {"items": [], "next_cursor": None}, "bad_answer"),
        (402, refund(status="declined"), "http_402"),
    ],
)
def test_an_answer_that_does_not_name_the_key_is_not_not_found(
    liar: Liar, http: urllib3.PoolManager, status: int, body: object, reason: str
) -> None:
    liar.says(status, body)

    outcome = SandboxProvider(liar.url, http).find("set-1/pay-1/1", timeout_s=1)

    assert outcome == RefundOutcome(state=RefundState.UNKNOWN, reason=reason)


def test_a_redirect_is_not_followed(liar: Liar, http: urllib3.PoolManager) -> None:
    liar.says(307, b"", headers=f"Location: {liar.url}/elsewhere\r\n")
    before = liar.requests

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    assert outcome.reason == "http_307"
    assert liar.requests == before + 1


def test_a_lost_answer_is_not_asked_for_again(liar: Liar, http: urllib3.PoolManager) -> None:
    liar.answer = b""
    before = liar.requests

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    assert outcome == RefundOutcome(state=RefundState.UNKNOWN, reason="connection_lost")
    assert liar.requests == before + 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 201 X\r\nContent-Length: 500\r\n\r\n{",
        b"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 201 X\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n{}}",
        b"HTTP/9 what\r\n\r\n",
        b"HTTP/1.1 201 X\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 201 " + b"x" * 70_000,
        b"HTTP/1.1 abc X\r\n\r\n",
        b"HTTP/1.1 201 X\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 201 X\r\nContent-Length: 5, 6\r\n\r\n{}",
        b"\x00\x01\x02",
    ],
)
def test_a_broken_http_answer_is_unknown(
    liar: Liar, http: urllib3.PoolManager, answer: bytes
) -> None:
    liar.answer = answer
    provider = SandboxProvider(liar.url, http)

    assert provider.refund(request(), timeout_s=1).state is RefundState.UNKNOWN
    assert provider.find("set-1/pay-1/1", timeout_s=1).state is RefundState.UNKNOWN


def test_a_chunked_answer_is_read(liar: Liar, http: urllib3.PoolManager) -> None:
    content = json.dumps(refund()).encode()
    head = b"HTTP/1.1 201 X\r\nTransfer-Encoding: chunked\r\n\r\n"
    liar.answer = head + f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    assert outcome.state is RefundState.SUCCEEDED


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(changes=st.dictionaries(st.sampled_from(sorted(refund())), _json, min_size=1))
def test_no_answer_raises_and_only_the_true_amount_succeeds(
    liar: Liar, http: urllib3.PoolManager, changes: dict[str, object]
) -> None:
    liar.says(201, refund(**changes))

    outcome = SandboxProvider(liar.url, http).refund(request(), timeout_s=1)

    if outcome.state is not RefundState.UNKNOWN:
        said = refund(**changes)
        assert (said["amount"], said["currency"]) == (1000, "EUR")
        assert said["key"] == "set-1/pay-1/1"


def test_a_body_that_comes_in_drips_ends_at_the_deadline(http: urllib3.PoolManager) -> None:
    done = threading.Event()
    with Drip(done) as url:
        outcome = SandboxProvider(url, http).refund(request(), timeout_s=0.15)
        done.set()

    assert outcome == RefundOutcome(state=RefundState.UNKNOWN, reason="timeout")


class Drip:
    """One answer, a byte every 50 ms: never slow enough for a read timeout."""

    def __init__(self, done: threading.Event) -> None:
        self._done = done
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread: threading.Thread | None = None

    def __enter__(self) -> str:
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        assert self._thread is not None
        self._thread.join(timeout=5)
        self._socket.close()

    def _serve(self) -> None:
        connection, _ = self._socket.accept()
        with connection:
            _read_request(connection)
            connection.sendall(b"HTTP/1.1 201 X\r\nContent-Length: 60000\r\n\r\n")
            pause: Callable[[float], bool] = self._done.wait
            while not pause(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return
