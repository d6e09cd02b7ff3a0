"""Store credit: what a customer has, and what changed it."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import Code, Id, Moment, MomentOut, MoneyOut, Price, Strict, View
from chalicelib.credits.model import CreditAccount, CreditEntry, CreditReason, EntryKind, Lot
from chalicelib.store.credit_rows import CreditRow

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["EUR"])]
Given = Literal["goodwill", "bonus", "correction"]
"""Why a person gives credit; what settlements give has a reason of its own."""


class IssueCreditBody(Strict):
    """Credit on top of what returns give. Without `expires_at` it is valid as the shop has set.

    `reference` is a number of yours, such as that of a ticket.
    """

    amount: Price
    reason: Given
    expires_at: Moment | None = None
    reference: Code | None = None
    return_id: Id | None = None
    order_no: Id | None = None


class SpendCreditBody(Strict):
    """So much of the credit pays for an order."""

    amount: Price
    order_no: Id


class CreditsQuery(PageQuery):
    """Which accounts: those in one currency, or all."""

    currency: Currency | None = None


class EntriesQuery(PageQuery):
    """Of the account in which currency."""

    currency: Currency


class LotView(View):
    """One credit and what is left of it; `expires_at` null: it stays."""

    credit_id: str
    left: MoneyOut
    issued_at: MomentOut
    expires_at: MomentOut | None

    @classmethod
    def of(cls, lot: Lot) -> Self:
        return cls(
            credit_id=lot.credit_id,
            left=lot.left,
            issued_at=lot.issued_at,
            expires_at=lot.expires_at,
        )


class CreditAccountView(View):
    """What may be spent in one currency now, what is spent first at the top.

    `version` is what If-Match names when credit of this currency is given or undone.
    """

    account_id: str
    currency: str
    balance: MoneyOut
    credits: tuple[LotView, ...]
    version: int

    @classmethod
    def of(cls, account: CreditAccount, now: MomentOut) -> Self:
        return cls(
            account_id=account.account_id,
            currency=account.currency,
            balance=account.balance(now),
            credits=tuple(LotView.of(lot) for lot in account.lots if lot.is_valid(now)),
            version=account.version,
        )


class CustomerCreditView(View):
    """One account a currency; none where there never was any credit."""

    customer_id: str
    accounts: tuple[CreditAccountView, ...]


class LotChangeView(View):
    """How much of which credit an entry moved."""

    credit_id: str
    amount: MoneyOut
    expires_at: MomentOut | None


class CreditEntryView(View):
    """One change of an account, and the balance after it. Amounts have no sign: `kind` says whether
    it grew (`issue`, `restore`) or shrank (`spend`, `expire`, `cancel`).

    `settles` of an issue is what of it a return owed; `made_by` is told to staff only.
    """

    id: str
    account_id: str
    kind: EntryKind
    amount: MoneyOut
    balance: MoneyOut
    credits: tuple[LotChangeView, ...]
    reason: CreditReason | None
    reference: str | None
    settles: MoneyOut | None
    return_id: str | None
    order_no: str | None
    reverses: str | None
    made_at: MomentOut
    made_by: str | None

    @classmethod
    def of(cls, entry: CreditEntry, *, for_staff: bool) -> Self:
        return cls(
            id=entry.entry_id,
            account_id=entry.account_id,
            kind=entry.kind,
            amount=entry.amount,
            balance=entry.balance,
            credits=tuple(
                LotChangeView(
                    credit_id=part.credit_id, amount=part.amount, expires_at=part.expires_at
                )
                for part in entry.lots
            ),
            reason=entry.reason,
            reference=entry.reference,
            settles=entry.settles,
            return_id=entry.return_id,
            order_no=entry.order_no,
            reverses=entry.reverses,
            made_at=entry.made_at,
            made_by=entry.made_by if for_staff else None,
        )


class CreditEntriesPage(View):
    items: tuple[CreditEntryView, ...]
    next_cursor: str | None


class CreditRowView(View):
    """An account in a list. `booked` is all that is left, with what expired since the last run."""

    account_id: str
    customer_id: str
    booked: MoneyOut
    credits: int
    next_at: MomentOut | None
    updated_at: MomentOut
    version: int

    @classmethod
    def of(cls, row: CreditRow) -> Self:
        return cls(
            account_id=row.account_id,
            customer_id=row.customer_id,
            booked=row.booked,
            credits=row.credits,
            next_at=row.next_at,
            updated_at=row.updated_at,
            version=row.version,
        )


class CreditsPage(View):
    items: tuple[CreditRowView, ...]
    next_cursor: str | None
