"""The refunds of the pretended provider: one a key while the key is kept, and those made elsewhere.

Every change is written with what is to be told of it. What fails later does so by itself when its
time has come, whether anybody looks or not.
"""

import json
import secrets
import sqlite3
import time
from dataclasses import asdict, dataclass, fields

from tools.sandbox.behaviours import (
    Behaviour,
    Fault,
    behaviour_of,
    captured_in,
    fault_after,
    fault_instead,
)
from tools.sandbox.books import Books
from tools.sandbox.tellings import note, now_text

KEPT_S = 1.0
"""How long a payment that forgets keys keeps them."""


class KeyReused(Exception):
    """The key already stands for a refund that was asked for in other words."""


class SeveralRefunds(Exception):
    """More than one refund stands under the key: it was forgotten, and sent again."""


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
    """What the provider says of a refund: status is succeeded, declined or pending.

    `key` None: it was made elsewhere, by a person in the provider's own pages.
    """

    key: str | None
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
    """Refunds by key. `fails_after_s` is how late a late failure is."""

    def __init__(self, books: Books, *, fails_after_s: float = 2.0) -> None:
        self._books = books
        self._fails_after_s = fails_after_s

    def refund(self, key: str, asked: Asked) -> Result:
        """Carry out, or repeat what was answered before; raises KeyReused."""
        words = json.dumps(asdict(asked), sort_keys=True)
        behaviour = behaviour_of(asked.payment)
        with self._books.transaction() as db:
            _ripen(db)
            row = db.execute(
                "SELECT asked, refund FROM kept_keys"
                " WHERE key = ? AND ? < ifnull(kept_until, 1e12)",
                (key, time.time()),
            ).fetchone()
            if row is not None:
                if row["asked"] != words:
                    raise KeyReused(key)
                refund = _by_id(db, row["refund"])
                return Result(refund=refund, fault=Fault.NONE, is_replay=True)
            noted = db.execute("INSERT OR IGNORE INTO seen (key) VALUES (?)", (key,))
            fault = fault_instead(behaviour, is_first_request=noted.rowcount == 1)
            if fault is not Fault.NONE:
                return Result(refund=None, fault=fault)
            refund = self._carried_out(db, key, asked, behaviour)
            kept_until = time.time() + KEPT_S if behaviour is Behaviour.FORGETS_KEYS else None
            db.execute(
                "INSERT OR REPLACE INTO kept_keys (key, asked, refund, kept_until)"
                " VALUES (?, ?, ?, ?)",
                (key, words, refund.id, kept_until),
            )
            return Result(refund=refund, fault=fault_after(behaviour))

    def made_elsewhere(self, asked: Asked) -> Refund:
        """What a person does in the provider's own pages: a refund without a key."""
        with self._books.transaction() as db:
            _ripen(db)
            refund = _made(db, None, asked, Behaviour.SUCCEED)
            _keep(db, refund, fails_at=None)
            return refund

    def find(self, key: str) -> Refund | None:
        """The refund that stands under this key, else the last one; raises SeveralRefunds."""
        with self._books.transaction() as db:
            _ripen(db)
            rows = db.execute(
                "SELECT * FROM refunds WHERE key = ? ORDER BY seq DESC", (key,)
            ).fetchall()
        found = [_refund(row) for row in rows]
        standing = [refund for refund in found if refund.status != "declined"]
        if len(standing) > 1:
            raise SeveralRefunds(key)
        return next(iter(standing or found), None)

    def page(
        self,
        *,
        after: int,
        limit: int,
        payment: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> tuple[list[Refund], int | None]:
        """Refunds in the order they were made, and where the next page starts, if there is one."""
        with self._books.transaction() as db:
            _ripen(db)
            rows = db.execute(
                "SELECT * FROM refunds"
                " WHERE seq > ? AND payment = ifnull(?, payment)"
                " AND created_at >= ifnull(?, '') AND created_at < ifnull(?, '~')"
                " ORDER BY seq LIMIT ?",
                (after, payment, since, until, limit + 1),
            ).fetchall()
        shown = rows[:limit]
        return [_refund(row) for row in shown], shown[-1]["seq"] if len(rows) > limit else None

    def complete(self, key: str, *, status: str, reason: str | None) -> Refund | None:
        """What a bank does days later: a pending or even succeeded refund gets its final status."""
        with self._books.transaction() as db:
            row = db.execute(
                "SELECT id FROM refunds WHERE key = ? ORDER BY seq DESC LIMIT 1", (key,)
            ).fetchone()
            return None if row is None else _changed(db, row["id"], status, reason)

    def captured(self, payment: str, amount: int) -> None:
        """So much of the payment was captured in all: refunds above it are declined."""
        with self._books.transaction() as db:
            db.execute("INSERT OR REPLACE INTO captures VALUES (?, ?)", (payment, amount))

    def ripen(self) -> float | None:
        """Let fail what was to fail by now; when the next one will."""
        with self._books.transaction() as db:
            _ripen(db)
            found = db.execute("SELECT min(fails_at) FROM refunds").fetchone()[0]
        return None if found is None else float(found)

    def reset(self) -> None:
        self._books.forget()

    def _carried_out(
        self, db: sqlite3.Connection, key: str, asked: Asked, behaviour: Behaviour
    ) -> Refund:
        refund = _made(db, key, asked, behaviour)
        is_late = behaviour is Behaviour.FAILS_LATER and refund.status == "succeeded"
        _keep(db, refund, fails_at=time.time() + self._fails_after_s if is_late else None)
        return refund


def _made(db: sqlite3.Connection, key: str | None, asked: Asked, behaviour: Behaviour) -> Refund:
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
        created_at=now_text(),
    )


def _verdict(db: sqlite3.Connection, asked: Asked, behaviour: Behaviour) -> tuple[str, str | None]:
    earlier, refunded = db.execute(
        "SELECT count(*), ifnull(sum(amount) FILTER (WHERE status <> 'declined'), 0)"
        " FROM refunds WHERE payment = ?",
        (asked.payment,),
    ).fetchone()
    captured = _captured(db, asked)
    if captured is not None and refunded + asked.amount > captured:
        return "declined", "exceeds_captured"
    if behaviour is Behaviour.DECLINE or (behaviour is Behaviour.DECLINE_ONCE and not earlier):
        return "declined", "card_declined"
    if behaviour is Behaviour.PENDING:
        return "pending", "bank_pending"
    return "succeeded", None


def _captured(db: sqlite3.Connection, asked: Asked) -> int | None:
    if asked.captured is not None:
        return asked.captured
    row = db.execute("SELECT captured FROM captures WHERE payment = ?", (asked.payment,)).fetchone()
    return captured_in(asked.payment) if row is None else int(row["captured"])


def _keep(db: sqlite3.Connection, refund: Refund, *, fails_at: float | None) -> None:
    """Every refund is told of twice, as it begins and as it stands: who listens may hear the
    second first."""
    db.execute(
        "INSERT INTO refunds (key, id, payment, amount, currency, reference, status, reason,"
        " created_at, fails_at) VALUES (:key, :id, :payment, :amount, :currency, :reference,"
        " :status, :reason, :created_at, :fails_at)",
        {**asdict(refund), "fails_at": fails_at},
    )
    began = {**asdict(refund), "status": "pending", "reason": None}
    note(db, "refund.created", refund.payment, began)
    if refund.status != "pending":
        note(db, "refund.updated", refund.payment, asdict(refund))


def _changed(db: sqlite3.Connection, refund_id: str, status: str, reason: str | None) -> Refund:
    db.execute(
        "UPDATE refunds SET status = ?, reason = ?, fails_at = NULL WHERE id = ?",
        (status, reason, refund_id),
    )
    refund = _by_id(db, refund_id)
    note(db, "refund.updated", refund.payment, asdict(refund))
    return refund


def _ripen(db: sqlite3.Connection) -> None:
    rows = db.execute("SELECT id FROM refunds WHERE fails_at <= ?", (time.time(),)).fetchall()
    for row in rows:
        _changed(db, row["id"], "declined", "bank_rejected")


def _by_id(db: sqlite3.Connection, refund_id: str) -> Refund:
    return _refund(db.execute("SELECT * FROM refunds WHERE id = ?", (refund_id,)).fetchone())


def _refund(row: sqlite3.Row) -> Refund:
    return Refund(**{field.name: row[field.name] for field in fields(Refund)})
