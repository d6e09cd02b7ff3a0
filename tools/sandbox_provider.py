"""A payment provider to try refunds with: no money, but all the trouble a real one makes.

    python -m tools.sandbox_provider --port 0 --state build/sandbox.sqlite

The first line printed is JSON: {"url": "http://127.0.0.1:41234", "port": 41234, "pid": 4711}.
It listens on 127.0.0.1 only, keeps what it did in the state file, and may be killed at any time.

    POST /v1/refunds       header Idempotency-Key; {"payment", "amount", "currency"} and optionally
                           "reference", "captured"; amounts are ints of minor units
                           201 succeeded, 202 pending, 402 declined: the refund as JSON
                           200 or 402 with Idempotent-Replayed: true for a key seen before
                           409 key_reused for a key with another body; 400 for a bad request
    GET  /v1/refunds?key=  200 the refund, or 404 not_found with the key
    GET  /v1/refunds       {"items": [...], "next_cursor"}; ?payment= ?limit=1..500 ?cursor=
    GET  /health           {"status": "ok"}
    POST /_sandbox/reset     forgets everything
    POST /_sandbox/complete  {"key", "status": "succeeded"|"declined", "reason"}: a late verdict

What happens to a refund is asked for by a word in `payment` (tools/sandbox/behaviours.py):

    (none of these)    succeeds
    decline            402 for every key
    decline-once       402 for the first key, the next one succeeds
    timeout            refunds, but answers too late
    timeout-lost       hangs and never refunds
    timeout-lost-once  hangs once per key, then as usual
    error              500 once per key and no refund, then as usual
    error-after        refunds, but answers 500
    malformed          refunds, but answers half of the JSON
    wrong-amount       refunds one minor unit less than asked
    pending            202 until completed
    captured-6000      declines what would take the payment's refunds above 6000 minor units
"""

import argparse
import json
import os
import re
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tools.sandbox.behaviours import Fault
from tools.sandbox.ledger import Asked, KeyReused, Ledger, Result

HOST = "127.0.0.1"
BODY_BYTES_MAX = 64 * 1024
BODY_BYTES_DISCARDED = 1024 * 1024
PAGE_MAX = 500
AMOUNT_MAX = 10**15
_STATUS_OF = {"succeeded": 201, "pending": 202, "declined": 402}


class Refused(Exception):
    """The request is not understood, or not possible: a status and a stable code."""

    def __init__(self, status: int, code: str, **details: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, **details}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A running server; `stop` ends it, but not the answers that hang on purpose."""

    url: str
    port: int
    ledger: Ledger
    _server: ThreadingHTTPServer

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.ledger.close()


def start(state: Path, *, port: int = 0, hang_s: float = 10.0) -> Provider:
    """Serve from a thread of this process; `hang_s` is how late a late answer is."""
    ledger = Ledger(state)
    server = _server(ledger, port=port, hang_s=hang_s)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    bound = server.server_address[1]
    return Provider(url=f"http://{HOST}:{bound}", port=bound, ledger=ledger, _server=server)


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.sandbox_provider", description="A pretended payment provider."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--state", type=Path, default=Path("build/sandbox.sqlite"))
    parser.add_argument("--hang-s", type=float, default=10.0, help="how late a late answer is")
    options = parser.parse_args(arguments)
    provider = start(options.state, port=options.port, hang_s=options.hang_s)
    about = {"url": provider.url, "port": provider.port, "pid": os.getpid()}
    print(json.dumps(about), flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        provider.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    # A restarted provider takes its port again at once.
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what half of the behaviours are for; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


def _server(ledger: Ledger, *, port: int, hang_s: float) -> ThreadingHTTPServer:
    class Handler(_Handler):
        pass

    Handler.ledger = ledger
    Handler.hang_s = hang_s
    return _Server((HOST, port), Handler)


class _Handler(BaseHTTPRequestHandler):
    ledger: Ledger
    hang_s: float
    protocol_version = "HTTP/1.1"
    server_version = "tuiku-sandbox"
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route({"/v1/refunds": self._show, "/health": self._health})

    def do_POST(self) -> None:
        self._route(
            {
                "/v1/refunds": self._refund,
                "/_sandbox/reset": self._reset,
                "/_sandbox/complete": self._complete,
            }
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened is in the ledger."""

    def _route(self, handlers: Mapping[str, Any]) -> None:
        address = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            self.content = self._read()
            handler = handlers.get(address.path)
            if handler is None:
                raise Refused(404, "no_such_path")
            handler()
        except Refused as refused:
            self._answer(refused.status, refused.body)

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            # Nobody knows where the next request begins.
            self.close_connection = True
            raise Refused(400, "bad_length")
        if int(length) > BODY_BYTES_MAX:
            # Closed with unread bytes, a connection loses our answer as well.
            self.close_connection = True
            self.rfile.read(min(int(length), BODY_BYTES_DISCARDED))
            raise Refused(400, "bad_length")
        return self.rfile.read(int(length))

    def _refund(self) -> None:
        key = self.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 255:
            raise Refused(400, "key_required")
        try:
            result = self.ledger.refund(key, _asked(self.content))
        except KeyReused:
            raise Refused(409, "key_reused", key=key) from None
        if result.fault is Fault.LOST:
            self._hang()
            self.close_connection = True
        elif result.fault is Fault.ERROR:
            self._answer(500, {"code": "internal_error"})
        else:
            self._answer_refund(result)

    def _answer_refund(self, result: Result) -> None:
        assert result.refund is not None, "only faults come without a refund"
        if result.fault is Fault.LATE:
            self._hang()
        status = _STATUS_OF[result.refund.status]
        if result.is_replay and status == 201:
            status = 200
        body = json.dumps(asdict(result.refund)).encode()
        if result.fault is Fault.MALFORMED:
            body = body[: len(body) // 2]
        headers = {"Idempotent-Replayed": "true"} if result.is_replay else {}
        self._send(status, body, headers)

    def _show(self) -> None:
        if "key" in self.query:
            refund = self.ledger.find(self.query["key"])
            if refund is None:
                raise Refused(404, "not_found", key=self.query["key"])
            self._answer(200, asdict(refund))
            return
        after = _int(self.query.get("cursor", "0"), low=0, high=2**62, code="bad_cursor")
        limit = _int(self.query.get("limit", "100"), low=1, high=PAGE_MAX, code="bad_limit")
        refunds, cursor = self.ledger.page(
            after=after, limit=limit, payment=self.query.get("payment")
        )
        items = [asdict(refund) for refund in refunds]
        self._answer(200, {"items": items, "next_cursor": None if cursor is None else str(cursor)})

    def _health(self) -> None:
        self._answer(200, {"status": "ok"})

    def _reset(self) -> None:
        self.ledger.reset()
        self._answer(200, {"status": "ok"})

    def _complete(self) -> None:
        body = _object(self.content)
        status, reason = body.get("status"), body.get("reason")
        if status not in ("succeeded", "declined") or not isinstance(reason, str | None):
            raise Refused(400, "bad_status")
        refund = self.ledger.complete(str(body.get("key")), status=status, reason=reason)
        if refund is None:
            raise Refused(404, "not_found", key=str(body.get("key")))
        self._answer(200, asdict(refund))

    def _hang(self) -> None:
        time.sleep(self.hang_s)

    def _answer(self, status: int, body: Mapping[str, object]) -> None:
        self._send(status, json.dumps(body).encode(), {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _asked(content: bytes) -> Asked:
    body = _object(content)
    unknown = sorted(body.keys() - {"payment", "amount", "currency", "reference", "captured"})
    if unknown:
        raise Refused(400, "unknown_field", field=unknown[0])
    payment, currency, reference = (body.get(n) for n in ("payment", "currency", "reference"))
    amount, captured = body.get("amount"), body.get("captured")
    if not isinstance(payment, str) or not 1 <= len(payment) <= 255:
        raise Refused(400, "bad_payment")
    if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
        raise Refused(400, "bad_currency")
    if type(amount) is not int or not 1 <= amount <= AMOUNT_MAX:
        raise Refused(400, "bad_amount")
    if not isinstance(reference, str | None):
        raise Refused(400, "bad_reference")
    if captured is not None and (type(captured) is not int or not 0 <= captured <= AMOUNT_MAX):
        raise Refused(400, "bad_captured")
    return Asked(
        payment=payment, amount=amount, currency=currency, reference=reference, captured=captured
    )


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json") from None
    if not isinstance(body, dict):
        raise Refused(400, "bad_json")
    return body


def _int(text: str, *, low: int, high: int, code: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or not low <= int(text) <= high:
        raise Refused(400, code)
    return int(text)


if __name__ == "__main__":
    main()
