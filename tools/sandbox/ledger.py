"""The refunds of the pretended provider, in one SQLite file: one per key, for ever.

Every change is one transaction, so a killed process loses nothing that was answered. Safe to share
between threads: one connection behind one lock.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from tools.sandbox.behaviours import (
    Behaviour,
    Fault,
    behaviour_of,
    captured_in,
    fault_after,
    fault_instead,
)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS refunds (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT UNIQUE NOT NULL, id TEXT NOT NULL,
    asked TEXT NOT NULL, payment TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
    reference TEXT, status TEXT NOT NULL, reason TEXT, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS refunds_by_payment ON refunds (payment);
CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY);
CREATE VIEW IF NOT EXISTS answers AS
    SELECT key, id, payment, amount, currency, reference, status, reason, created_at, seq
    FROM refunds;
"""


class KeyReused(Exception):
    """The key already stands for a refund that was asked for in other words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The body of a request for a refund; amounts count minor units."""

    payment: str
    amount: int
    currency: str
    reference: str | None = None
    captured: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """What the provider says about a key: status is succeeded, declined or pending."""

    key: str
    id: str
    payment: str
    amount: int
    currency: str
    reference: str | None
    status: str
    reason: str | None
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """No refund when the fault came instead of it."""

    refund: Refund | None
    fault: Fault
    is_replay: bool = False


class Ledger:
    """Refunds by key. Opening the same file again shows everything that was ever answered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # In WAL mode a commit reaches the operating system before it returns, which is enough to
        # survive a killed process; only a power cut needs the slower FULL.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def refund(self, key: str, asked: Asked) -> Result:
        """Carry out, or repeat what was answered before; raises KeyReused."""
        words = json.dumps(asdict(asked), sort_keys=True)
        behaviour = behaviour_of(asked.payment)
        with self._transaction() as db:
            row = db.execute("SELECT asked FROM refunds WHERE key = ?", (key,)).fetchone()
            if row is not None:
                if row[0] != words:
                    raise KeyReused(key)
                return Result(refund=_find(db, key), fault=Fault.NONE, is_replay=True)
            noted = db.execute("INSERT OR IGNORE INTO seen (key) VALUES (?)", (key,))
            fault = fault_instead(behaviour, is_first_request=noted.rowcount == 1)
            if fault is not Fault.NONE:
                return Result(refund=None, fault=fault)
            refund = _carry_out(db, key, asked, behaviour)
            _insert(db, refund, words)
            return Result(refund=refund, fault=fault_after(behaviour))

    def find(self, key: str) -> Refund | None:
        with self._transaction() as db:
            return _find(db, key)

    def page(
        self, *, after: int, limit: int, payment: str | None
    ) -> tuple[list[Refund], int | None]:
        """Refunds in the order they were made, and where the next page starts, if there is one."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT * FROM answers WHERE seq > ? AND payment = ifnull(?, payment)"
                " ORDER BY seq LIMIT ?",
                (after, payment, limit + 1),
            ).fetchall()
        shown = rows[:limit]
        return [_refund(row) for row in shown], shown[-1]["seq"] if len(rows) > limit else None

    def complete(self, key: str, *, status: str, reason: str | None) -> Refund | None:
        """What a bank does days later: a pending or even succeeded refund gets its final status."""
        with self._transaction() as db:
            db.execute(
                "UPDATE refunds SET status = ?, reason = ? WHERE key = ?", (status, reason, key)
            )
            return _find(db, key)

    def reset(self) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM refunds")
            db.execute("DELETE FROM seen")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")


def _carry_out(db: sqlite3.Connection, key: str, asked: Asked, behaviour: Behaviour) -> Refund:
    status, reason = _verdict(db, asked, behaviour)
    wrong_by = 1 if behaviour is Behaviour.WRONG_AMOUNT else 0
    return Refund(
        key=key,
        id=f"sbx_{secrets.token_hex(8)}",
        payment=asked.payment,
        amount=asked.amount - wrong_by,
        currency=asked.currency,
        reference=asked.reference,
        status=status,
        reason=reason,
        created_at=datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )


def _verdict(db: sqlite3.Connection, asked: Asked, behaviour: Behaviour) -> tuple[str, str | None]:
    earlier, refunded = db.execute(
        "SELECT count(*), ifnull(sum(amount) FILTER (WHERE status <> 'declined'), 0)"
        " FROM refunds WHERE payment = ?",
        (asked.payment,),
    ).fetchone()
    captured = asked.captured if asked.captured is not None else captured_in(asked.payment)
    if captured is not None and refunded + asked.amount > captured:
        return "declined", "exceeds_captured"
    if behaviour is Behaviour.DECLINE or (behaviour is Behaviour.DECLINE_ONCE and not earlier):
        return "declined", "card_declined"
    if behaviour is Behaviour.PENDING:
        return "pending", "bank_pending"
    return "succeeded", None


def _insert(db: sqlite3.Connection, refund: Refund, words: str) -> None:
    db.execute(
        "INSERT INTO refunds (asked, key, id, payment, amount, currency, reference, status,"
        " reason, created_at) VALUES (:asked, :key, :id, :payment, :amount, :currency, :reference,"
        " :status, :reason, :created_at)",
        {"asked": words, **asdict(refund)},
    )


def _find(db: sqlite3.Connection, key: str) -> Refund | None:
    row = db.execute("SELECT * FROM answers WHERE key = ?", (key,)).fetchone()
    return None if row is None else _refund(row)


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(**{field.name: row[field.name] for field in fields(Refund)})
