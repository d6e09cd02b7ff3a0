"""Disputes of the pretended provider: opened and decided by control calls, as a bank would."""

import secrets
import sqlite3
from dataclasses import asdict, dataclass, fields

from tools.sandbox.books import Books
from tools.sandbox.tellings import note, now_text

STATUSES = ("inquired", "closed", "open", "won", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """`inquired`: the bank asks and took nothing; `closed`: it will not take anything."""

    id: str
    payment: str
    amount: int
    currency: str
    status: str
    created_at: str


class Disputes:
    def __init__(self, books: Books) -> None:
        self._books = books

    def begin(self, payment: str, amount: int, currency: str, *, status: str) -> Dispute:
        dispute = Dispute(
            id=f"dsp_{secrets.token_hex(8)}",
            payment=payment,
            amount=amount,
            currency=currency,
            status=status,
            created_at=now_text(),
        )
        with self._books.transaction() as db:
            db.execute(
                "INSERT INTO disputes (id, payment, amount, currency, status, created_at)"
                " VALUES (:id, :payment, :amount, :currency, :status, :created_at)",
                asdict(dispute),
            )
            note(db, "dispute.opened", payment, asdict(dispute))
        return dispute

    def change(self, dispute_id: str, status: str) -> Dispute | None:
        with self._books.transaction() as db:
            db.execute("UPDATE disputes SET status = ? WHERE id = ?", (status, dispute_id))
            dispute = _find(db, dispute_id)
            if dispute is not None:
                note(db, "dispute.updated", dispute.payment, asdict(dispute))
            return dispute

    def find(self, dispute_id: str) -> Dispute | None:
        with self._books.transaction() as db:
            return _find(db, dispute_id)


def _find(db: sqlite3.Connection, dispute_id: str) -> Dispute | None:
    row = db.execute("SELECT * FROM disputes WHERE id = ?", (dispute_id,)).fetchone()
    return None if row is None else Dispute(**{one.name: row[one.name] for one in fields(Dispute)})
