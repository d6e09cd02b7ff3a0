"""The payment links of the pretended provider: one per key, paid or expired as somebody says.

Kept in the state file of the refunds, with a connection of its own, so that a killed process loses
nothing that was answered.

    POST /v1/payment-links      header Idempotency-Key; {"amount", "currency", "description"}
                                201 the link, 200 for a key seen before, 409 key_reused
    GET  /v1/payment-links?key= 200 the link, or 404 not_found with the key
    POST /_sandbox/pay          {"key", "status": "paid"|"expired"}: what the customer does; told
                                to the listener as payment_link.paid, payment_link.expired
"""

import json
import re
import secrets
import sqlite3
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tools.sandbox.tellings import note

VALID = timedelta(days=3)
AMOUNT_MAX = 10**15
_SCHEMA = "CREATE TABLE IF NOT EXISTS links (key TEXT PRIMARY KEY, asked TEXT, link TEXT NOT NULL)"
Reply = tuple[int, dict[str, Any]]
"""A status and a body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the provider says about a key: status is open, paid or expired."""

    key: str
    url: str
    amount: int
    currency: str
    description: str
    status: str
    expires_at: str
    payment: str | None = None


class Links:
    """Links by key. Opening the same file again shows everything that was ever answered."""

    def __init__(self, path: Path, url: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._url = url
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA busy_timeout=5000")
        self._db.execute(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def reset(self) -> None:
        with self._lock:
            self._db.execute("DELETE FROM links")

    def reply(
        self, method: str, path: str, query: Mapping[str, str], key: str, content: bytes
    ) -> Reply | None:
        """The answer to a request about links; None for one that is about something else."""
        match method, path:
            case "POST", "/v1/payment-links":
                return self._create(key, content)
            case "GET", "/v1/payment-links":
                return self._shown(query.get("key", ""))
            case "POST", "/_sandbox/pay":
                return self._done(content)
        return None

    def _create(self, key: str, content: bytes) -> Reply:
        body = _object(content)
        amount, currency = body.get("amount"), body.get("currency")
        if not 1 <= len(key) <= 255:
            return 400, {"code": "key_required"}
        if type(amount) is not int or not 1 <= amount <= AMOUNT_MAX:
            return 400, {"code": "bad_amount"}
        if not isinstance(currency, str) or not re.fullmatch(r"[A-Z]{3}", currency):
            return 400, {"code": "bad_currency"}
        asked = json.dumps(body, sort_keys=True)
        link = Link(
            key=key,
            url=f"{self._url}/pay/{secrets.token_hex(8)}",
            amount=amount,
            currency=currency,
            description=str(body.get("description", "")),
            status="open",
            expires_at=(datetime.now(UTC) + VALID).isoformat(timespec="milliseconds"),
        )
        with self._lock:
            made = self._db.execute(
                "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", (key, asked, _text(link))
            )
            known = self._db.execute("SELECT asked, link FROM links WHERE key = ?", (key,))
            before, text = known.fetchone()
        if before != asked:
            return 409, {"code": "key_reused", "key": key}
        return 201 if made.rowcount == 1 else 200, json.loads(text)

    def _shown(self, key: str) -> Reply:
        link = self._find(key)
        if link is None:
            return 404, {"code": "not_found", "key": key}
        return 200, asdict(link)

    def _done(self, content: bytes) -> Reply:
        body = _object(content)
        key, status = str(body.get("key")), body.get("status")
        link = self._find(key)
        if link is None:
            return 404, {"code": "not_found", "key": key}
        if status not in ("paid", "expired") or link.status != "open":
            return 400, {"code": "bad_status"}
        payment = f"pay_{secrets.token_hex(8)}" if status == "paid" else None
        link = replace(link, status=status, payment=payment)
        with self._lock:
            # What is to be told is written with the change it is about.
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE links SET link = ? WHERE key = ?", (_text(link), key))
            note(self._db, f"payment_link.{status}", key, {"id": key, **asdict(link)})
            self._db.execute("COMMIT")
        return 200, asdict(link)

    def _find(self, key: str) -> Link | None:
        with self._lock:
            row = self._db.execute("SELECT link FROM links WHERE key = ?", (key,)).fetchone()
        return None if row is None else Link(**json.loads(row[0]))


def _text(link: Link) -> str:
    return json.dumps(asdict(link))


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
