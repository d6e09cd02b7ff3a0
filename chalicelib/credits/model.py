"""A customer's store credit in one currency: lots with a last moment each, and what changed them.

The account is one item, whose version guards the balance; entries are written once and for good,
and come to the same when they are added up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money

LOTS_MAX = 200
"""Open lots of one account: far more than anyone collects, and few enough for one item."""


REMINDED_BEFORE = timedelta(days=14)
"""So long before a credit expires its customer is reminded of it; not of one given for less."""


class CreditReason(StrEnum):
    """Why credit was given. SETTLEMENT: in place of money that a return owes."""

    SETTLEMENT = "settlement"
    GOODWILL = "goodwill"
    BONUS = "bonus"
    CORRECTION = "correction"


class EntryKind(StrEnum):
    ISSUE = "issue"
    SPEND = "spend"
    EXPIRE = "expire"
    CANCEL = "cancel"
    RESTORE = "restore"


GROWS = frozenset({EntryKind.ISSUE, EntryKind.RESTORE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What is left of one credit that was given. `expires_at` is the first moment it is not valid
    any more; None: it stays."""

    credit_id: str
    left: Money
    issued_at: datetime
    expires_at: datetime | None = None
    reminded_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.expires_at is None or now < self.expires_at

    @property
    def remind_at(self) -> datetime | None:
        """When its customer is to be reminded of it; None where nobody is, or was already."""
        if self.expires_at is None or self.reminded_at is not None:
            return None
        remind_at = self.expires_at - REMINDED_BEFORE
        return remind_at if self.issued_at < remind_at else None

    @property
    def next_at(self) -> datetime | None:
        """When next something happens to it by itself."""
        return self.remind_at or self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class LotChange:
    """How much of which lot an entry moved; with what is needed to put it back."""

    credit_id: str
    amount: Money
    issued_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditEntry:
    """One change of an account. Amounts have no sign: the kind says which way they go.

    `settles` of an issue is what was owed by a return; the rest was given on top. `reverses` names
    the entry that this one undoes. `reference` is a number of the merchant's, never words.
    """

    entry_id: str
    account_id: str
    kind: EntryKind
    amount: Money
    lots: tuple[LotChange, ...]
    balance: Money
    made_at: datetime
    made_by: str
    command_id: str
    settles: Money | None = None
    return_id: str | None = None
    order_no: str | None = None
    reverses: str | None = None
    reason: CreditReason | None = None
    reference: str | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAccount:
    """Lots in the order in which they are spent: what expires first, then what was given first."""

    account_id: str
    customer_id: str
    currency: str
    lots: tuple[Lot, ...] = ()
    updated_at: datetime
    version: int = 0
    chain: Chain = Chain()

    def __post_init__(self) -> None:
        assert all(lot.left.minor > 0 for lot in self.lots), "an open lot has something left"
        assert all(lot.left.currency == self.currency for lot in self.lots), "one currency"
        ids = {lot.credit_id for lot in self.lots}
        assert len(ids) == len(self.lots), "each lot once"

    @property
    def subject(self) -> str:
        return f"credit/{self.account_id}"

    def balance(self, now: datetime) -> Money:
        """What may be spent at this moment: expired lots are worth nothing, booked or not."""
        return Money.total((lot.left for lot in self.lots if lot.is_valid(now)), self.currency)

    @property
    def booked(self) -> Money:
        """All that is left, with what has expired and was not booked so yet."""
        return Money.total((lot.left for lot in self.lots), self.currency)

    @property
    def next_at(self) -> datetime | None:
        """When the next lot is to be reminded of or expires."""
        return min((lot.next_at for lot in self.lots if lot.next_at is not None), default=None)

    def with_lots(self, lots: Iterable[Lot]) -> "CreditAccount":
        """The account with these lots, in order and without those that are used up."""
        left = (lot for lot in lots if lot.left)
        return replace(self, lots=tuple(sorted(left, key=_spent_first)))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditOf:
    """Leads from a customer to their account in one currency; never changed."""

    customer_id: str
    currency: str
    account_id: str
    version: int = 1


def account_id_for(customer_id: str, currency: str) -> str:
    """One account a customer and currency; the id tells neither."""
    return derived_id("cra", customer_id, currency)


def entry_id_for(account_id: str, command_id: str) -> str:
    """A command changes an account once."""
    return derived_id("cre", account_id, command_id)


def credit_id_of(entry_id: str) -> str:
    """The credit that an issue gave; by its id the entry is found again."""
    return f"crd_{entry_id.removeprefix('cre_')}"


def entry_id_of(credit_id: str) -> str:
    """The entry that gave a credit."""
    return f"cre_{credit_id.removeprefix('crd_')}"


def reversal_id_for(entry_id: str) -> str:
    """An entry is undone once, whoever asks for it."""
    return derived_id("cre", "reverse", entry_id)


def added_up(entries: Iterable[CreditEntry], currency: str) -> Money:
    """What the entries come to: the account's `booked`, if every one was written."""
    total = Money.zero(currency)
    for entry in entries:
        total = total + entry.amount if entry.kind in GROWS else total - entry.amount
    return total


def _spent_first(lot: Lot) -> tuple[bool, float, datetime, str]:
    expiry = lot.expires_at.timestamp() if lot.expires_at else 0.0
    return (lot.expires_at is None, expiry, lot.issued_at, lot.credit_id)
