"""What the pretended provider has to tell, and to whom: signed requests, as badly as asked for.

What is to be told is written with the change it is about. Each is sent until it is taken (2xx), at
most a dozen times; a killed process goes on with what is left. Told backwards, the changes of one
refund wait for each other for a moment, and the last one is told first.
"""

import hashlib
import hmac
import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import urllib3

from tools.sandbox.behaviours import Telling, telling_of
from tools.sandbox.books import Books

SIGNATURE_HEADER = "X-Payment-Signature"
ATTEMPTS_MAX = 12
_TIMEOUT_S = 10.0
_LATE_S = 2.0
_TOGETHER_S = 1.0
_PAUSE_MAX_S = 10.0
_IDLE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told, and how where a payment asks for nothing else."""

    url: str
    secret: str
    telling: Telling = Telling.ONCE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    seq: int
    body: str
    attempts: int


def signature(secret: str, body: bytes, *, moment: int) -> str:
    """The header's value: the moment, and the HMAC of moment and body."""
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def now_text() -> str:
    return datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def note(db: sqlite3.Connection, type_: str, payment: str, data: Mapping[str, object]) -> None:
    """Write down that this is to be told, where somebody listens. Part of the change it is of."""
    listener = listener_in(db)
    if listener is None:
        return
    telling = telling_of(payment, listener.telling)
    if telling is Telling.NEVER:
        return
    now, about = time.time(), str(data["id"])
    waits = {Telling.LATE: _LATE_S, Telling.BACKWARDS: _TOGETHER_S}.get(telling, 0.0)
    event_id = f"evt_{secrets.token_hex(10)}"
    event = {"id": event_id, "type": type_, "created_at": now_text(), "data": data}
    times = 2 if telling is Telling.TWICE else 1
    db.execute(
        "INSERT INTO tellings (id, about, type, body, telling, due_at, times_left)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (event_id, about, type_, json.dumps(event), telling.value, now + waits, times),
    )


def listener_in(db: sqlite3.Connection) -> Listener | None:
    row = db.execute("SELECT url, secret, telling FROM listener").fetchone()
    if row is None:
        return None
    return Listener(url=row["url"], secret=row["secret"], telling=Telling(row["telling"]))


class Tellings:
    """Tells what is due, from a thread of its own. `ripen` lets changes happen whose time came,
    and says when the next one will."""

    def __init__(self, books: Books, ripen: Callable[[], float | None]) -> None:
        self._books = books
        self._ripen = ripen
        self._http = urllib3.PoolManager(retries=False)
        self._woken = threading.Event()
        self._is_over = False
        self._thread = threading.Thread(target=self._tell_all, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over = True
        self.wake()
        self._thread.join(timeout=2 * _TIMEOUT_S)
        self._http.clear()

    def wake(self) -> None:
        """There may be something new."""
        self._woken.set()

    def listen(self, listener: Listener | None) -> None:
        """From now on tell this one, and nobody else."""
        with self._books.transaction() as db:
            db.execute("DELETE FROM listener")
            if listener is not None:
                db.execute(
                    "INSERT INTO listener (one, url, secret, telling) VALUES (1, ?, ?, ?)",
                    (listener.url, listener.secret, listener.telling.value),
                )
        self.wake()

    def told(self) -> list[dict[str, object]]:
        """Everything that was or will be told, in the order it happened."""
        with self._books.transaction() as db:
            rows = db.execute(
                "SELECT id, about, type, telling, times_left, attempts, status FROM tellings"
                " ORDER BY seq"
            ).fetchall()
        return [dict(row) for row in rows]

    def _tell_all(self) -> None:
        while not self._is_over:
            self._woken.clear()
            ripe_at = self._ripen()
            with self._books.transaction() as db:
                listener, due = listener_in(db), _due(db, time.time())
                next_at = _next_at(db)
            if listener is not None and due:
                for one in due:
                    self._tell(listener, one)
                continue
            moments = [at for at in (ripe_at, next_at if listener else None) if at is not None]
            wait_s = min(moments, default=time.time() + _IDLE_S) - time.time()
            self._woken.wait(max(wait_s, 0.01))

    def _tell(self, listener: Listener, due: _Due) -> None:
        status = self._sent(listener, due.body.encode())
        is_taken = status is not None and 200 <= status < 300
        attempts = due.attempts + 1
        is_given_up = not is_taken and attempts >= ATTEMPTS_MAX
        pause_s = 0.0 if is_taken else min(0.1 * 2**attempts, _PAUSE_MAX_S)
        with self._books.transaction() as db:
            db.execute(
                "UPDATE tellings SET attempts = ?, status = ?, due_at = ?,"
                " times_left = CASE WHEN ? THEN 0 ELSE times_left - ? END WHERE seq = ?",
                (attempts, status, time.time() + pause_s, is_given_up, is_taken, due.seq),
            )

    def _sent(self, listener: Listener, body: bytes) -> int | None:
        """The status that was answered; None: nobody did."""
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: signature(listener.secret, body, moment=int(time.time())),
        }
        try:
            answer = self._http.request(
                "POST", listener.url, body=body, headers=headers, timeout=_TIMEOUT_S, redirect=False
            )
        except urllib3.exceptions.HTTPError:
            return None
        return int(answer.status)


def _due(db: sqlite3.Connection, now: float) -> list[_Due]:
    rows = db.execute(
        "SELECT seq, body, attempts FROM tellings WHERE times_left > 0 AND due_at <= ?"
        " ORDER BY CASE telling WHEN ? THEN -seq ELSE seq END LIMIT 100",
        (now, Telling.BACKWARDS.value),
    ).fetchall()
    return [_Due(seq=row["seq"], body=row["body"], attempts=row["attempts"]) for row in rows]


def _next_at(db: sqlite3.Connection) -> float | None:
    found = db.execute("SELECT min(due_at) FROM tellings WHERE times_left > 0").fetchone()[0]
    return None if found is None else float(found)
