"""The money ledger of one subject as finance and auditors see it."""

from collections.abc import Sequence
from typing import Self

from chalicelib.contracts.fields import MomentOut, MoneyOut, View
from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.ledger.balances import Balances, LedgerFault, faults_of, unposted
from chalicelib.ledger.model import Account, Posting


class SideView(View):
    """An amount of an account; one of `debit` and `credit` is null. `detail` names the payment,
    credit or dispute."""

    account: Account
    detail: str | None
    debit: MoneyOut | None
    credit: MoneyOut | None

    @classmethod
    def of(cls, account: Account, detail: str | None, amount: Money) -> Self:
        is_debit = amount.minor > 0
        return cls(
            account=account,
            detail=detail,
            debit=amount if is_debit else None,
            credit=None if is_debit else -amount,
        )


class PostingView(View):
    """What one event meant in money: debits equal credits."""

    posting_id: str
    event_id: str
    event_type: str
    posted_at: MomentOut
    reverses: str | None
    entries: tuple[SideView, ...]

    @classmethod
    def of(cls, posting: Posting) -> Self:
        return cls(
            posting_id=posting.posting_id,
            event_id=posting.event_id,
            event_type=posting.event_type,
            posted_at=posting.posted_at,
            reverses=posting.reverses,
            entries=tuple(
                SideView.of(entry.account, entry.detail, Money(entry.minor, posting.currency))
                for entry in posting.entries
            ),
        )


class LedgerFaultView(View):
    code: str
    about: str

    @classmethod
    def of(cls, fault: LedgerFault) -> Self:
        return cls(code=fault.code, about=fault.about)


class LedgerView(View):
    """`owed` is neither sent nor given in another way, `under_way` was sent and is not answered.

    `balanced`: debits equal credits, every event about money has its posting, and no account is on
    a side where it cannot be; else `faults` say what is wrong.
    """

    subject: str
    currency: str
    postings: tuple[PostingView, ...]
    balances: tuple[SideView, ...]
    owed: MoneyOut
    under_way: MoneyOut
    balanced: bool
    faults: tuple[LedgerFaultView, ...]

    @classmethod
    def of(
        cls, subject: str, currency: str, events: Sequence[Event], postings: Sequence[Posting]
    ) -> Self:
        faults = [*unposted(events, postings), *faults_of(subject, postings)]
        of_currency = [posting for posting in postings if posting.currency == currency]
        balances = Balances.of(of_currency, currency)
        return cls(
            subject=subject,
            currency=currency,
            postings=tuple(PostingView.of(posting) for posting in postings),
            balances=tuple(
                SideView.of(account, detail, Money(minor, currency))
                for (account, detail), minor in balances.by_account.items()
                if minor
            ),
            owed=balances.owed(),
            under_way=balances.under_way(),
            balanced=not faults,
            faults=tuple(LedgerFaultView.of(fault) for fault in faults),
        )
