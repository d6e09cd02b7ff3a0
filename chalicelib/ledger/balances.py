"""Balances of the money ledger, and what must be true of them however events came.

Pure. Reconciliation asks for the faults; a return that is settled owes nothing any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.ledger.model import NEVER_CREDIT, NEVER_DEBIT, Account, Posting
from chalicelib.ledger.posting import posting_for


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFault:
    """Something in the ledger that cannot be: a code, and the posting or account it is about."""

    code: str
    subject: str
    about: str
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Balances:
    """Of one subject and currency; a debit balance is positive."""

    currency: str
    by_account: Mapping[tuple[Account, str | None], int]

    @classmethod
    def of(cls, postings: Iterable[Posting], currency: str) -> "Balances":
        sums: dict[tuple[Account, str | None], int] = {}
        for posting in postings:
            assert posting.currency == currency, "balances are of one currency"
            for entry in posting.entries:
                place = (entry.account, entry.detail)
                sums[place] = sums.get(place, 0) + entry.minor
        return cls(currency, sums)

    def minor(self, account: Account, detail: str | None = None) -> int:
        """The balance of an account, or of one detail of it."""
        return sum(
            minor
            for (one, of), minor in self.by_account.items()
            if one is account and detail in (None, of)
        )

    def owed(self) -> Money:
        """What the customer is owed: neither sent nor given in another way."""
        return Money(-self.minor(Account.CUSTOMER_DUE), self.currency)

    def under_way(self) -> Money:
        """What was sent, with no answer yet."""
        return Money(-self.minor(Account.UNDER_WAY), self.currency)

    def refunded(self, payment_id: str) -> Money:
        """What really went back to a payment."""
        return Money(-self.minor(Account.REFUNDED, payment_id), self.currency)


def faults_of(subject: str, postings: Iterable[Posting]) -> list[LedgerFault]:
    """What cannot be true of one subject's postings, which are of one currency."""
    postings = list(postings)
    found = [*_repeated(subject, postings), *_badly_reversed(subject, postings)]
    if not postings:
        return found
    currency = postings[0].currency
    if any(posting.currency != currency for posting in postings):
        return [*found, LedgerFault(code="mixed_currencies", subject=subject, about=currency)]
    balances = Balances.of(postings, currency)
    for (account, detail), minor in balances.by_account.items():
        is_wrong = (minor > 0 and account in NEVER_DEBIT) or (minor < 0 and account in NEVER_CREDIT)
        if is_wrong:
            about = account.value if detail is None else f"{account.value}/{detail}"
            amount = Money(minor, currency)
            found.append(
                LedgerFault(code="wrong_side", subject=subject, about=about, amount=amount)
            )
    return found


def unposted(events: Iterable[Event], postings: Iterable[Posting]) -> list[LedgerFault]:
    """Where the ledger does not say what the events say: missing, other, or without an event."""
    stored = {posting.posting_id: posting for posting in postings}
    found = []
    for event in events:
        expected = posting_for(event)
        if expected is None:
            continue
        posting = stored.pop(expected.posting_id, None)
        if posting is None:
            code = "not_posted"
        elif posting != expected:
            code = "posted_otherwise"
        else:
            continue
        found.append(LedgerFault(code=code, subject=event.subject, about=event.id))
    for posting in stored.values():
        found.append(
            LedgerFault(code="without_event", subject=posting.subject, about=posting.posting_id)
        )
    return found


def _repeated(subject: str, postings: list[Posting]) -> Iterable[LedgerFault]:
    seen: set[str] = set()
    for posting in postings:
        if posting.event_id in seen:
            yield LedgerFault(code="posted_twice", subject=subject, about=posting.event_id)
        seen.add(posting.event_id)


def _badly_reversed(subject: str, postings: list[Posting]) -> Iterable[LedgerFault]:
    by_id = {posting.posting_id: posting for posting in postings}
    gone: set[str] = set()
    for posting in postings:
        if posting.reverses is None:
            continue
        target = by_id.get(posting.reverses)
        if target is None:
            code = "reverses_nothing"
        elif posting.reverses in gone:
            code = "reversed_twice"
        elif not _undoes(posting, target):
            code = "reverses_otherwise"
        else:
            gone.add(posting.reverses)
            continue
        yield LedgerFault(code=code, subject=subject, about=posting.posting_id)


def _undoes(posting: Posting, target: Posting) -> bool:
    there = {(entry.account, entry.detail): entry.minor for entry in target.entries}
    back = {(entry.account, entry.detail): -entry.minor for entry in posting.entries}
    return there == back
