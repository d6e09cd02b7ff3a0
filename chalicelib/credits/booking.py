"""One change of a credit account: its lots afterwards, the entry that says it, and the event.

Pure. What may change is decided by the use cases. The entry's id follows from the command, so the
same command again finds what it did.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Record
from chalicelib.core.errors import Stale
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.money import Money
from chalicelib.credits.model import (
    CreditAccount,
    CreditEntry,
    CreditOf,
    CreditReason,
    EntryKind,
    Lot,
    LotChange,
    account_id_for,
    entry_id_for,
    reversal_id_for,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an entry is to say beside what the account says."""

    kind: EntryKind
    lots: tuple[LotChange, ...]
    settles: Money | None = None
    return_id: str | None = None
    order_no: str | None = None
    reverses: str | None = None
    reason: CreditReason | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The account and its new entry, as one change that others may write with their own."""

    account: CreditAccount
    entry: CreditEntry
    events: tuple[Event, ...]

    @property
    def records(self) -> tuple[Record, ...]:
        """A new account comes with what leads to it from its customer."""
        written: tuple[Record, ...] = (self.account, self.entry)
        if self.account.version > 1:
            return written
        link = CreditOf(
            customer_id=self.account.customer_id,
            currency=self.account.currency,
            account_id=self.account.account_id,
        )
        return (*written, link)

    def as_changes(self) -> Changes:
        return Changes(records=self.records, events=self.events)


def changed(
    account: CreditAccount, lots: Iterable[Lot], change: Change, context: Context
) -> Changed:
    """The account with these lots, as one entry and one event."""
    after = replace(account.with_lots(lots), version=account.version + 1, updated_at=context.now)
    entry = CreditEntry(
        entry_id=entry_id_for(account.account_id, context.command_id)
        if change.reverses is None
        else reversal_id_for(change.reverses),
        account_id=account.account_id,
        kind=change.kind,
        amount=Money.total((part.amount for part in change.lots), account.currency),
        lots=change.lots,
        balance=after.balance(context.now),
        made_at=context.now,
        made_by=context.actor.id,
        command_id=context.command_id,
        settles=change.settles,
        return_id=change.return_id,
        order_no=change.order_no,
        reverses=change.reverses,
        reason=change.reason,
        reference=change.reference,
    )
    journal = Journal(account.subject, account.chain, context)
    journal.record(_EVENTS[change.kind], _facts(after, entry))
    after = replace(after, chain=journal.chain)
    return Changed(account=after, entry=entry, events=tuple(journal.events))


_EVENTS = {
    EntryKind.ISSUE: "credit.issued",
    EntryKind.SPEND: "credit.spent",
    EntryKind.EXPIRE: "credit.expired",
    EntryKind.CANCEL: "credit.cancelled",
    EntryKind.RESTORE: "credit.restored",
}


def account_facts(account: CreditAccount) -> dict[str, Json]:
    """Whose account it is, and the version that an event belongs to."""
    return {
        "account_id": account.account_id,
        "customer_id": account.customer_id,
        "version": account.version,
    }


def money(amount: Money) -> dict[str, Json]:
    return {"amount": amount.amount, "currency": amount.currency}


def lots_facts(parts: Iterable[LotChange]) -> list[Json]:
    """Which credits, and how much of each."""
    return [
        {
            "credit_id": part.credit_id,
            "amount": money(part.amount),
            "expires_at": rfc3339(part.expires_at) if part.expires_at else None,
        }
        for part in parts
    ]


def _facts(account: CreditAccount, entry: CreditEntry) -> dict[str, Json]:
    facts: dict[str, Json] = {
        **account_facts(account),
        "entry_id": entry.entry_id,
        "amount": money(entry.amount),
        "balance": money(entry.balance),
        "return_id": entry.return_id,
        "order_no": entry.order_no,
        "reverses": entry.reverses,
        "reason": entry.reason.value if entry.reason else None,
        "reference": entry.reference,
        "lots": lots_facts(entry.lots),
    }
    if entry.settles is not None:
        facts["settles"] = money(entry.settles)
        facts["credit_id"] = entry.lots[0].credit_id
    return facts


def account_of(
    known: CreditAccount | None, customer_id: str, currency: str, context: Context
) -> CreditAccount:
    """The customer's account, or a new one that nothing was written to."""
    return known or CreditAccount(
        account_id=account_id_for(customer_id, currency),
        customer_id=customer_id,
        currency=currency,
        updated_at=context.now,
    )


def seen(account: CreditAccount, context: Context) -> CreditAccount:
    """The account at the version that its caller looked at; raises Stale."""
    expected = context.expected_version
    if expected is not None and expected != account.version:
        raise Stale(
            "stale_version",
            f"The credit account is at version {account.version}, not {expected}.",
            subject=account.subject,
            expected=expected,
            actual=account.version,
        )
    return account


def part_of(lot: Lot, amount: Money) -> LotChange:
    """So much of a lot."""
    return LotChange(
        credit_id=lot.credit_id,
        amount=amount,
        issued_at=lot.issued_at,
        expires_at=lot.expires_at,
    )


def taken(account: CreditAccount, amount: Money, now: datetime) -> tuple[LotChange, ...]:
    """What is spent for an amount that the balance carries: what expires first before the rest."""
    parts: list[LotChange] = []
    for lot in account.lots:
        if not lot.is_valid(now) or not amount:
            continue
        part = min(lot.left, amount)
        parts.append(part_of(lot, part))
        amount -= part
    assert not amount, "the balance carries it"
    return tuple(parts)


def without(account: CreditAccount, parts: Sequence[LotChange]) -> list[Lot]:
    """The account's lots less these parts of them."""
    gone = {part.credit_id: part.amount for part in parts}
    nothing = Money.zero(account.currency)
    return [replace(lot, left=lot.left - gone.get(lot.credit_id, nothing)) for lot in account.lots]
