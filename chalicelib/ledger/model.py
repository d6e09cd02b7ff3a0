"""Postings: what an event meant in money, in entries that sum to zero, written once and for good.

Pure. An entry is a debit where positive, a credit where negative. A mistake is corrected by a
posting that names the one it reverses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.ids import derived_id
from chalicelib.core.money import MINOR_MAX, Money


class Account(StrEnum):
    """Where money of returns is. `detail` of an entry names the payment, credit or dispute.

    Debits: `returned` (sales taken back), `compensation`, `charged` (what customers paid on top),
    `disputed` (the bank took it, undecided), `supplier_due`, `supplier_paid`. Credits:
    `customer_due`, `under_way` (sent, not answered), `refunded`, `charged_back`, `fees`,
    `store_credit`, `credit_spent`, `credit_expired`, `exchanged`, `supplier_recovery`. Either:
    `write_off`, and `credit_given`, which is between a return (credit) and the credit account that
    it was given to (debit) and comes to nothing over both.
    """

    RETURNED = "returned"
    COMPENSATION = "compensation"
    CUSTOMER_DUE = "customer_due"
    UNDER_WAY = "under_way"
    REFUNDED = "refunded"
    FEES = "fees"
    CHARGED = "charged"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"
    CREDIT_GIVEN = "credit_given"
    STORE_CREDIT = "store_credit"
    CREDIT_SPENT = "credit_spent"
    CREDIT_EXPIRED = "credit_expired"
    EXCHANGED = "exchanged"
    SUPPLIER_DUE = "supplier_due"
    SUPPLIER_PAID = "supplier_paid"
    SUPPLIER_RECOVERY = "supplier_recovery"
    WRITE_OFF = "write_off"


NEVER_DEBIT = frozenset(
    {
        Account.CUSTOMER_DUE,
        Account.UNDER_WAY,
        Account.REFUNDED,
        Account.FEES,
        Account.CHARGED_BACK,
        Account.STORE_CREDIT,
        Account.CREDIT_SPENT,
        Account.CREDIT_EXPIRED,
        Account.EXCHANGED,
        Account.SUPPLIER_RECOVERY,
    }
)
NEVER_CREDIT = frozenset(
    {
        Account.RETURNED,
        Account.COMPENSATION,
        Account.CHARGED,
        Account.DISPUTED,
        Account.SUPPLIER_DUE,
        Account.SUPPLIER_PAID,
    }
)
"""A balance on the wrong side of these means that money was given twice or came from nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One side of a posting: a debit where `minor` is positive, else a credit."""

    account: Account
    minor: int
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What one event meant. `subject` is that of the event; entries are of one currency."""

    posting_id: str
    event_id: str
    event_type: str
    subject: str
    currency: str
    entries: tuple[Entry, ...]
    posted_at: datetime
    reverses: str | None = None
    version: int = 1

    def __post_init__(self) -> None:
        assert self.entries, "a posting moves something"
        assert sum(entry.minor for entry in self.entries) == 0, "debits equal credits"
        assert all(0 < abs(entry.minor) <= MINOR_MAX for entry in self.entries), "real amounts"
        places = {(entry.account, entry.detail) for entry in self.entries}
        assert len(places) == len(self.entries), "a posting names an account once"
        assert self.version == 1, "a posting is never changed"

    @property
    def moved(self) -> Money:
        """The debits, which are as much as the credits."""
        return Money(sum(entry.minor for entry in self.entries if entry.minor > 0), self.currency)


def posting_id_for(event_id: str) -> str:
    """An event is posted once: its posting has one id, however often it is made."""
    return derived_id("pst", event_id)


def combined(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """One entry an account, in order of mention, without those that come to nothing."""
    sums: dict[tuple[Account, str | None], int] = {}
    for entry in entries:
        place = (entry.account, entry.detail)
        sums[place] = sums.get(place, 0) + entry.minor
    return tuple(
        Entry(account=account, detail=detail, minor=minor)
        for (account, detail), minor in sums.items()
        if minor
    )


def reversing(posting: Posting, *, event_id: str, event_type: str, at: datetime) -> Posting:
    """The posting that undoes another, because of an event of its own."""
    return Posting(
        posting_id=posting_id_for(event_id),
        event_id=event_id,
        event_type=event_type,
        subject=posting.subject,
        currency=posting.currency,
        entries=tuple(
            Entry(account=entry.account, detail=entry.detail, minor=-entry.minor)
            for entry in posting.entries
        ),
        posted_at=at,
        reverses=posting.posting_id,
    )
