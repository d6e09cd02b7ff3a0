"""The pretended carrier's HTTP side; what it says is in the package's own description."""

import base64
import json
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tools.sandbox_carrier import books, papers
from tools.sandbox_carrier.books import Books, Fault, KeyReused, Parcel
from tools.sandbox_carrier.sending import Sending, completed, send

CARRIER = "sandbox"
HOST = "127.0.0.1"
BODY_BYTES_MAX = 256 * 1024
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SCANS = frozenset({"picked_up", "in_transit", "delivered"})
_LABEL_FIELDS = frozenset({"reference", "units", "expires_at", "warehouse", "sender", "media_type"})
_PICKUP_FIELDS = frozenset({"slot_id", "reference", "units", "warehouse", "sender"})


class Answered(Exception):
    """The request ends here: a status and what is said."""

    def __init__(self, status: int, code: str, **details: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"code": code, **details}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningCarrier:
    """A running server; `stop` ends it, but not the answers that hang on purpose."""

    url: str
    port: int
    books: Books
    _server: ThreadingHTTPServer

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def start(*, port: int = 0, hang_s: float = 10.0) -> RunningCarrier:
    """Serve from a thread of this process; `hang_s` is how late a late answer is."""
    kept = Books()

    class Handler(_Handler):
        pass

    Handler.books = kept
    Handler.hang_s = hang_s
    server = _Server((HOST, port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    bound = server.server_address[1]
    return RunningCarrier(url=f"http://{HOST}:{bound}", port=bound, books=kept, _server=server)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    allow_reuse_address = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is what half of the faults are for; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    books: Books
    hang_s: float
    protocol_version = "HTTP/1.1"
    server_version = "tuiku-sandbox-carrier"
    timeout = 30
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route(
            {
                "/v1/pickup-slots": self._slots,
                "/health": lambda: self._send(200, {"status": "ok"}),
                "/_sandbox/parcels": self._parcels,
            }
        )

    def do_POST(self) -> None:
        self._route(
            {
                "/v1/labels": self._label,
                "/v1/pickups": self._pickup,
                "/v1/void": self._void,
                "/_sandbox/reset": self._reset,
                "/_sandbox/script": self._script,
                "/_sandbox/send": self._send_events,
            }
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what happened is in the books."""

    def _route(self, handlers: Mapping[str, Callable[[], None]]) -> None:
        address = urlsplit(self.path)
        self.query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        try:
            self.content = self._read()
            handler = handlers.get(address.path)
            if handler is None:
                raise Answered(404, "no_such_path")
            handler()
        except Answered as answered:
            self._send(answered.status, answered.body)

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            # Nobody knows where the next request begins.
            self.close_connection = True
            raise Answered(400, "bad_length")
        return self.rfile.read(int(length))

    def _label(self) -> None:
        key, asked = self._key(), self._object(_LABEL_FIELDS)
        media_type = asked.get("media_type", papers.PDF)
        if media_type not in (papers.PDF, papers.ZPL) or not isinstance(asked.get("units"), int):
            raise Answered(400, "bad_request")
        reference = self._text(asked, "reference")
        expires_at = self._text(asked, "expires_at")

        def made() -> tuple[dict[str, object], bool]:
            parcel, is_replay = self.books.label(key, asked)
            lines = [f"Return {reference}", f"To {asked.get('warehouse') or 'the warehouse'}"]
            content = papers.paper(media_type, lines, parcel.tracking_no)
            body: dict[str, object] = {
                "key": key,
                "tracking_no": parcel.tracking_no,
                "media_type": media_type,
                "content": base64.b64encode(content).decode(),
                "expires_at": expires_at,
            }
            return body, is_replay

        self._carry_out("label", key, reference, made)

    def _pickup(self) -> None:
        key, asked = self._key(), self._object(_PICKUP_FIELDS)
        reference, slot_id = self._text(asked, "reference"), self._text(asked, "slot_id")

        def made() -> tuple[dict[str, object], bool]:
            parcel, is_replay = self.books.pickup(key, slot_id, asked)
            return _booked(parcel), is_replay

        self._carry_out("pickup", key, reference, made)

    def _void(self) -> None:
        key = self._text(self._object(frozenset({"key"})), "key")

        def made() -> tuple[dict[str, object], bool]:
            self.books.void(key)
            return {"key": key, "status": "voided"}, True

        self._carry_out("void", key, key, made)

    def _slots(self) -> None:
        first = self.query.get("from", "")
        if not _DAY.fullmatch(first):
            raise Answered(400, "bad_day")

        def made() -> tuple[dict[str, object], bool]:
            free = self.books.slots(date.fromisoformat(first))
            told = [
                {"slot_id": name, "day": day.isoformat(), "window": window}
                for name, day, window in free
            ]
            return {"slots": told}, True

        self._carry_out("slots", "", self.query.get("warehouse", ""), made)

    def _carry_out(
        self,
        operation: str,
        key: str,
        reference: str,
        act: Callable[[], tuple[dict[str, object], bool]],
    ) -> None:
        """Do it, unless the script says otherwise, and answer as well as the script allows."""
        fault = self.books.next_fault(operation, reference)
        if fault is Fault.LOST:
            time.sleep(self.hang_s)
            self.close_connection = True
            return
        if fault is Fault.ERROR:
            raise Answered(500, "internal_error")
        try:
            if fault is Fault.REFUSE:
                raise books.Refused("scripted")
            body, is_replay = act()
        except books.Refused as refused:
            raise Answered(422, "refused", key=key, reason=str(refused)) from None
        except KeyReused:
            raise Answered(409, "key_reused", key=key) from None
        if fault is Fault.LATE:
            time.sleep(self.hang_s)
        if fault is Fault.ERROR_AFTER:
            raise Answered(500, "internal_error")
        self._send(200 if is_replay else 201, body, is_replay, fault is Fault.MALFORMED)

    def _parcels(self) -> None:
        self._send(200, {"parcels": [parcel.told() for parcel in self.books.all()]})

    def _reset(self) -> None:
        self.books.reset()
        self._send(200, {"status": "ok"})

    def _script(self) -> None:
        body = self._object(frozenset({"on", "do", "reference"}))
        steps, operation = body.get("do"), body.get("on")
        if operation not in ("label", "pickup", "void", "slots") or not isinstance(steps, list):
            raise Answered(400, "bad_script")
        try:
            faults = [Fault(step) for step in steps]
        except ValueError:
            raise Answered(400, "bad_script") from None
        self.books.expect(operation, str(body.get("reference") or ""), faults)
        self._send(200, {"status": "ok"})

    def _send_events(self) -> None:
        known = frozenset({"url", "secret", "events", "times", "order", "together", "age_s"})
        body = self._object(known)
        events = body.pop("events", None)
        if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
            raise Answered(400, "bad_events")
        told = tuple(completed(event, CARRIER) for event in events)
        for event in told:
            if event.get("status") in _SCANS:
                self.books.scanned(str(event.get("tracking_no")))
        try:
            sending = Sending(events=told, **body)
        except TypeError:
            raise Answered(400, "bad_request") from None
        self._send(200, {"answers": send(sending)})

    def _key(self) -> str:
        key = self.headers.get("Idempotency-Key", "")
        if not 1 <= len(key) <= 255:
            raise Answered(400, "key_required")
        return str(key)

    def _object(self, known: frozenset[str]) -> dict[str, Any]:
        try:
            body = json.loads(self.content)
        except (ValueError, RecursionError):
            raise Answered(400, "bad_json") from None
        if not isinstance(body, dict):
            raise Answered(400, "bad_json")
        unknown = sorted(body.keys() - known)
        if unknown:
            raise Answered(400, "unknown_field", field=unknown[0])
        return body

    def _text(self, body: Mapping[str, object], name: str) -> str:
        value = body.get(name)
        if not isinstance(value, str) or not 1 <= len(value) <= 255:
            raise Answered(400, "bad_field", field=name)
        return value

    def _send(
        self,
        status: int,
        body: Mapping[str, object],
        is_replay: bool = False,
        is_cut: bool = False,
    ) -> None:
        content = json.dumps(body).encode()
        content = content[: len(content) // 2] if is_cut else content
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if is_replay:
            self.send_header("Idempotent-Replayed", "true")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _booked(parcel: Parcel) -> dict[str, object]:
    slot = books.slot_of(parcel.slot_id or "")
    assert slot is not None, "only real slots are booked"
    return {
        "key": parcel.key,
        "reference": parcel.reference,
        "tracking_no": parcel.tracking_no,
        "slot_id": parcel.slot_id,
        "day": slot[0].isoformat(),
        "window": slot[1],
    }
