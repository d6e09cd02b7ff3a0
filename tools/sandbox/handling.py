"""The HTTP side of the pretended provider: what is asked becomes a call of its books.

tools/sandbox_provider.py describes every path.
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tools.sandbox.behaviours import Fault, Telling
from tools.sandbox.disputes import STATUSES, Disputes
from tools.sandbox.ledger import Asked, KeyReused, Ledger, Result, SeveralRefunds
from tools.sandbox.payment_links import Links
from tools.sandbox.tellings import Listener, Tellings

BODY_BYTES_MAX = 64 * 1024
BODY_BYTES_DISCARDED = 1024 * 1024
PAGE_MAX = 500
AMOUNT_MAX = 10**15
_STATUS_OF = {"succeeded": 201, "pending": 202, "declined": 402}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_DISPUTE = "/v1/disputes/"


class Refused(Exception):
    """The request is not understood, or not possible: a status and a stable code."""

    def __init__(self, status: int, code: str, **details: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, **details}


class Handling(BaseHTTPRequestHandler):
    ledger: Ledger
    disputes: Disputes
    tellings: Tellings
    links: Links
    hang_s: float
    protocol_version = "HTTP/1.1"
    server_version = "tuiku-sandbox"
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route(
            {
                "/v1/refunds": self._show,
                "/health": self._health,
                "/_sandbox/tellings": self._told,
            }
        )

    def do_POST(self) -> None:
        self._route(
            {
                "/v1/refunds": self._refund,
                "/_sandbox/reset": self._reset,
                "/_sandbox/complete": self._complete,
                "/_sandbox/refunds": self._made_elsewhere,
                "/_sandbox/captures": self._captured,
                "/_sandbox/disputes": self._disputed,
                "/_sandbox/listener": self._listen,
            }
        )
        self.tellings.wake()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened is in the books."""

    def _route(self, handlers: Mapping[str, Any]) -> None:
        address = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            self.content = self._read()
            handler = handlers.get(address.path)
            key = self.headers.get("Idempotency-Key", "")
            about_links = self.links.reply(
                self.command, address.path, self.query, key, self.content
            )
            if about_links is not None:
                self._answer(*about_links)
            elif handler is None and self.command == "GET" and address.path.startswith(_DISPUTE):
                self._show_dispute(unquote(address.path.removeprefix(_DISPUTE)))
            elif handler is None:
                raise Refused(404, "no_such_path")
            else:
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

    # --- the API --------------------------------------------------------------------------------

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
            self.tellings.wake()
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
            self._show_key(self.query["key"])
            return
        after = _int(self.query.get("cursor", "0"), low=0, high=2**62, code="bad_cursor")
        limit = _int(self.query.get("limit", "100"), low=1, high=PAGE_MAX, code="bad_limit")
        refunds, cursor = self.ledger.page(
            after=after,
            limit=limit,
            payment=self.query.get("payment"),
            since=_moment(self.query.get("since")),
            until=_moment(self.query.get("until")),
        )
        items = [asdict(refund) for refund in refunds]
        self._answer(200, {"items": items, "next_cursor": None if cursor is None else str(cursor)})

    def _show_key(self, key: str) -> None:
        try:
            refund = self.ledger.find(key)
        except SeveralRefunds:
            raise Refused(409, "several_refunds", key=key) from None
        if refund is None:
            raise Refused(404, "not_found", key=key)
        self._answer(200, asdict(refund))

    def _show_dispute(self, dispute_id: str) -> None:
        dispute = self.disputes.find(dispute_id)
        if dispute is None:
            raise Refused(404, "not_found", key=dispute_id)
        self._answer(200, asdict(dispute))

    def _health(self) -> None:
        self._answer(200, {"status": "ok"})

    # --- control --------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.ledger.reset()
        self.links.reset()
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

    def _made_elsewhere(self) -> None:
        refund = self.ledger.made_elsewhere(_asked(self.content))
        self._answer(_STATUS_OF[refund.status], asdict(refund))

    def _captured(self) -> None:
        body = _object(self.content)
        payment, captured = body.get("payment"), body.get("captured")
        if not isinstance(payment, str) or not _is_amount(captured, low=0):
            raise Refused(400, "bad_captured")
        self.ledger.captured(payment, int(str(captured)))
        self._answer(200, {"status": "ok"})

    def _disputed(self) -> None:
        body = _object(self.content)
        status = body.get("status", "open")
        if status not in STATUSES:
            raise Refused(400, "bad_status")
        if "id" in body:
            dispute = self.disputes.change(str(body["id"]), status)
        else:
            asked = _asked(json.dumps({k: v for k, v in body.items() if k != "status"}).encode())
            dispute = self.disputes.begin(
                asked.payment, asked.amount, asked.currency, status=status
            )
        if dispute is None:
            raise Refused(404, "not_found", key=str(body["id"]))
        self._answer(200, asdict(dispute))

    def _listen(self) -> None:
        body = _object(self.content)
        url, secret = body.get("url"), body.get("secret")
        if not body:
            self.tellings.listen(None)
        elif not isinstance(url, str) or not isinstance(secret, str):
            raise Refused(400, "bad_listener")
        else:
            try:
                telling = Telling(body.get("telling", Telling.ONCE))
            except ValueError:
                raise Refused(400, "bad_telling") from None
            self.tellings.listen(Listener(url=url, secret=secret, telling=telling))
        self._answer(200, {"status": "ok"})

    def _told(self) -> None:
        self._answer(200, {"items": self.tellings.told()})

    # --- answers --------------------------------------------------------------------------------

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
    if not _is_amount(amount, low=1):
        raise Refused(400, "bad_amount")
    if not isinstance(reference, str | None):
        raise Refused(400, "bad_reference")
    if captured is not None and not _is_amount(captured, low=0):
        raise Refused(400, "bad_captured")
    return Asked(
        payment=payment,
        amount=int(str(amount)),
        currency=currency,
        reference=reference,
        captured=captured,
    )


def _is_amount(value: object, *, low: int) -> bool:
    return type(value) is int and low <= value <= AMOUNT_MAX


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise Refused(400, "bad_json") from None
    if not isinstance(body, dict):
        raise Refused(400, "bad_json")
    return body


def _moment(text: str | None) -> str | None:
    """As moments are kept, to the millisecond, so that their texts compare."""
    if text is None:
        return None
    if not _MOMENT.fullmatch(text):
        raise Refused(400, "bad_moment")
    whole, _, rest = text.removesuffix("Z").partition(".")
    return f"{whole}.{rest[:3]:0<3}Z"


def _int(text: str, *, low: int, high: int, code: str) -> int:
    if not re.fullmatch(r"[0-9]{1,19}", text) or not low <= int(text) <= high:
        raise Refused(400, code)
    return int(text)
