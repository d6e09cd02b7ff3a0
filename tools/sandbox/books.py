"""The one SQLite file in which the pretended provider keeps everything.

Every change is one transaction, so a killed process loses nothing that was answered. Safe to share
between threads: one connection behind one lock.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_VERSION = 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS refunds (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, id TEXT UNIQUE NOT NULL,
    payment TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL,
    reference TEXT, status TEXT NOT NULL, reason TEXT, created_at TEXT NOT NULL, fails_at REAL);
CREATE INDEX IF NOT EXISTS refunds_of_key ON refunds (key);
CREATE INDEX IF NOT EXISTS refunds_of_payment ON refunds (payment);
CREATE INDEX IF NOT EXISTS refunds_that_fail ON refunds (fails_at) WHERE fails_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS kept_keys (
    key TEXT PRIMARY KEY, asked TEXT NOT NULL, refund TEXT NOT NULL, kept_until REAL);
CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS captures (payment TEXT PRIMARY KEY, captured INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS disputes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, payment TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL,
    created_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tellings (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, about TEXT NOT NULL,
    type TEXT NOT NULL, body TEXT NOT NULL, telling TEXT NOT NULL, due_at REAL NOT NULL,
    times_left INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, status INTEGER);
CREATE INDEX IF NOT EXISTS tellings_left ON tellings (due_at) WHERE times_left > 0;
CREATE TABLE IF NOT EXISTS listener (
    one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, secret TEXT NOT NULL,
    telling TEXT NOT NULL);
"""
_FROM_VERSION_1 = """
DROP VIEW IF EXISTS answers;
DROP INDEX IF EXISTS refunds_by_payment;
ALTER TABLE refunds RENAME TO refunds_before;
"""
_MOVED = """
INSERT INTO refunds (seq, key, id, payment, amount, currency, reference, status, reason, created_at)
    SELECT seq, key, id, payment, amount, currency, reference, status, reason, created_at
    FROM refunds_before;
INSERT INTO kept_keys (key, asked, refund) SELECT key, asked, id FROM refunds_before;
DROP TABLE refunds_before;
"""
_TABLES = ("refunds", "kept_keys", "seen", "captures", "disputes", "tellings")


class Books:
    """Opening the same file again shows everything that was ever answered."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        # In WAL mode a commit reaches the operating system before it returns, which is enough to
        # survive a killed process; only a power cut needs the slower FULL.
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(self._script())

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def forget(self) -> None:
        """All of it but who listens."""
        with self.transaction() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _script(self) -> str:
        """The tables, with what a file of the version before has in them."""
        columns = {row["name"] for row in self._connection.execute("PRAGMA table_info(refunds)")}
        is_first_version = "asked" in columns
        steps = (_FROM_VERSION_1, _SCHEMA, _MOVED) if is_first_version else (_SCHEMA,)
        return f"BEGIN;{''.join(steps)}PRAGMA user_version = {_VERSION};COMMIT;"
