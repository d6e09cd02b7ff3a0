"""A server that answers as Stripe's documentation says it does, and keeps what it was asked.

Refunds by idempotency key for as long as a test wants, lists newest first in pages, refusals as
recorded (docs.stripe.com/api/errors). It is no more of Stripe than the adapter uses.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, object]


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    form: dict[str, str]


@dataclass
class Stripe:
    """`before` and `after` may answer in place of it, before or after the refund is made."""

    captured: int = 10_000
    page: int = 100
    refunds: list[dict[str, Any]] = field(default_factory=list)
    saved: dict[str, tuple[dict[str, str], Reply]] = field(default_factory=dict)
    disputes: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    before: Callable[[Asked], Reply | None] = field(default=lambda asked: None)
    after: Callable[[Asked, Reply], Reply] = field(default=lambda asked, reply: reply)
    status: str = "succeeded"

    def __post_init__(self) -> None:
        stripe = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                sent = self.rfile.read(length).decode()
                asked = Asked(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    form={name: values[0] for name, values in parse_qs(sent).items()},
                )
                stripe.asked.append(asked)
                status, body = stripe.answer(asked)
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read `asked`, nobody reads a log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> Reply:
        instead = self.before(asked)
        if instead is not None:
            return instead
        if asked.path.startswith("/v1/disputes/"):
            return self.after(asked, self._dispute(asked.path.rpartition("/")[2]))
        reply = self._create(asked) if asked.method == "POST" else self._list(asked)
        return self.after(asked, reply)

    def _dispute(self, dispute_id: str) -> Reply:
        found = self.disputes.get(dispute_id)
        if found is None:
            return 404, problem("invalid_request_error", code="resource_missing", param="id")
        return 200, found

    def forget_keys(self) -> None:
        """What Stripe does with idempotency keys after a day or more."""
        self.saved.clear()

    def _create(self, asked: Asked) -> Reply:
        key = asked.headers["idempotency-key"]
        if key in self.saved:
            form, reply = self.saved[key]
            if form == asked.form:
                return reply
            return 400, problem("idempotency_error")
        reply = self._refund(asked.form)
        self.saved[key] = (asked.form, reply)
        return reply

    def _refund(self, form: dict[str, str]) -> Reply:
        given = sum(r["amount"] for r in self.refunds if r["status"] not in ("failed", "canceled"))
        if given >= self.captured:
            return 400, problem("invalid_request_error", code="charge_already_refunded")
        if given + int(form["amount"]) > self.captured:
            return 400, problem("invalid_request_error", param="amount")
        refund = made(
            len(self.refunds) + 1,
            amount=int(form["amount"]),
            status=self.status,
            payment_intent=form.get("payment_intent"),
            charge=form.get("charge", "ch_1"),
            metadata={
                name.removeprefix("metadata[").removesuffix("]"): value
                for name, value in form.items()
                if name.startswith("metadata[")
            },
        )
        self.refunds.insert(0, refund)
        return 200, refund

    def _list(self, asked: Asked) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.path).query).items()}
        found = [
            refund
            for refund in self.refunds
            if all(query.get(name) in (None, refund[name]) for name in ("payment_intent", "charge"))
            and int(query.get("created[gte]", 0)) <= refund["created"]
            and refund["created"] < int(query.get("created[lt]", 2**40))
        ]
        if "starting_after" in query:
            place = [refund["id"] for refund in found].index(query["starting_after"])
            found = found[place + 1 :]
        page = found[: min(self.page, int(query["limit"]))]
        return 200, {
            "object": "list",
            "url": "/v1/refunds",
            "has_more": len(page) < len(found),
            "data": page,
        }


def made(number: int, **changes: object) -> dict[str, Any]:
    """A refund object with the fields that its documentation shows."""
    return {
        "id": f"re_{number:024d}",
        "object": "refund",
        "amount": 1000,
        "balance_transaction": f"txn_{number}",
        "charge": "ch_1",
        "created": 1_692_942_318,
        "currency": "eur",
        "destination_details": {
            "card": {"reference": "123456789012", "type": "refund"},
            "type": "card",
        },
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "requested_by_customer",
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **changes,
    }


def disputed(number: int = 1, **changes: object) -> dict[str, Any]:
    """A dispute object with the fields that its documentation shows."""
    return {
        "id": f"dp_{number}",
        "object": "dispute",
        "amount": 1000,
        "balance_transactions": [],
        "charge": "ch_1",
        "created": 1_760_000_000,
        "currency": "eur",
        "evidence_details": {"due_by": 1_760_000_000, "has_evidence": False},
        "is_charge_refundable": False,
        "livemode": True,
        "metadata": {},
        "payment_intent": "pi_1",
        "reason": "product_not_received",
        "status": "needs_response",
        **changes,
    }


def problem(type_: str, *, code: str | None = None, param: str | None = None) -> dict[str, Any]:
    """An error object; fields that do not apply are left out, as Stripe does."""
    said = {"type": type_, "message": "As it says.", "code": code, "param": param}
    return {"error": {name: value for name, value in said.items() if value is not None}}
