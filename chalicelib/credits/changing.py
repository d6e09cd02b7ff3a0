"""Giving store credit, spending it, and undoing either of the two.

Pure decisions: one command, one transaction over the account and one new entry. What expires is
ageing.py's business, what a return's settlement gives settling.py's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core.commands import Decided
from chalicelib.core.errors import Conflict, Invalid, NotFound
from chalicelib.core.events import Context
from chalicelib.core.money import Money
from chalicelib.credits.booking import (
    Change,
    Changed,
    account_of,
    changed,
    part_of,
    seen,
    taken,
    without,
)
from chalicelib.credits.model import (
    LOTS_MAX,
    CreditAccount,
    CreditEntry,
    CreditReason,
    EntryKind,
    Lot,
    LotChange,
    account_id_for,
    credit_id_of,
    entry_id_for,
    reversal_id_for,
)
from chalicelib.credits.ports import CreditReader

GRACE = timedelta(days=30)
"""How long credit is valid again at least when what it was spent on did not stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """Credit for a customer. `settles` of it is what a return owes, the rest is given on top."""

    customer_id: str
    amount: Money
    reason: CreditReason = CreditReason.GOODWILL
    settles: Money | None = None
    expires_at: datetime | None = None
    return_id: str | None = None
    order_no: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """So much of the credit pays for an order."""

    customer_id: str
    amount: Money
    order_no: str


def issue(reads: CreditReader, command: Issue, context: Context) -> Decided[CreditEntry]:
    """Give credit. Raises Invalid for no amount, Conflict where the account is full."""
    account_id = account_id_for(command.customer_id, command.amount.currency)
    known, entry = reads.credit(account_id, entry_id_for(account_id, context.command_id))
    if entry is not None:
        return Decided(result=entry)
    seen(account_of(known, command.customer_id, command.amount.currency, context), context)
    made = issued(known, command, context)
    return Decided(result=made.entry, changes=made.as_changes())


def issued(known: CreditAccount | None, command: Issue, context: Context) -> Changed:
    """The account with the credit, for a decision that gives it and does more."""
    _check_positive(command.amount)
    nothing = Money.zero(command.amount.currency)
    settles = nothing if command.settles is None else command.settles
    assert nothing <= settles <= command.amount, "a credit settles from nothing to all of it"
    if command.expires_at is not None and command.expires_at <= context.now:
        raise Invalid("expired_already", "A credit that is given is valid for a while.")
    account = account_of(known, command.customer_id, command.amount.currency, context)
    if len(account.lots) >= LOTS_MAX:
        raise Conflict("too_many_credits", f"An account has at most {LOTS_MAX} open credits.")
    lot = Lot(
        credit_id=credit_id_of(entry_id_for(account.account_id, context.command_id)),
        left=command.amount,
        issued_at=context.now,
        expires_at=command.expires_at,
    )
    change = Change(
        kind=EntryKind.ISSUE,
        lots=(part_of(lot, command.amount),),
        settles=settles,
        return_id=command.return_id,
        order_no=command.order_no,
        reason=command.reason,
        reference=command.reference,
    )
    return changed(account, (*account.lots, lot), change, context)


def spend(reads: CreditReader, command: Spend, context: Context) -> Decided[CreditEntry]:
    """Use credit, what expires first before the rest. Raises Conflict `credit_too_low`."""
    account_id = account_id_for(command.customer_id, command.amount.currency)
    known, entry = reads.credit(account_id, entry_id_for(account_id, context.command_id))
    if entry is not None:
        return Decided(result=entry)
    _check_positive(command.amount)
    account = account_of(known, command.customer_id, command.amount.currency, context)
    seen(account, context)
    balance = account.balance(context.now)
    if balance < command.amount:
        raise Conflict(
            "credit_too_low",
            f"{balance} are left, {command.amount} were asked.",
            balance=balance.amount,
            currency=balance.currency,
        )
    parts = taken(account, command.amount, context.now)
    change = Change(kind=EntryKind.SPEND, lots=parts, order_no=command.order_no)
    made = changed(account, without(account, parts), change, context)
    return Decided(result=made.entry, changes=made.as_changes())


def reverse(reads: CreditReader, entry_id: str, context: Context) -> Decided[CreditEntry]:
    """Undo an issue that nothing was spent of, or a spending; each once.

    What is restored is valid as long as it was, and for a while at least. What a settlement gave is
    taken back with the settlement (withdrawing.py). Raises NotFound, or Conflict `not_reversible`,
    `already_reversed`, `credit_already_spent`.
    """
    target = reads.credit_entry(entry_id)
    if target is None:
        raise NotFound("credit_entry_not_found", f"There is no credit entry {entry_id}.")
    known, done = reads.credit(target.account_id, reversal_id_for(entry_id))
    if done is not None:
        if done.command_id != context.command_id:
            raise Conflict("already_reversed", "This entry is undone already.", by=done.entry_id)
        return Decided(result=done)
    assert known is not None, "an entry has its account"
    seen(known, context)
    if target.kind is EntryKind.SPEND:
        made = _restored(known, target, context)
    elif target.kind is EntryKind.ISSUE and target.reason is not CreditReason.SETTLEMENT:
        made = cancelled(known, target, target.amount, context)
    else:
        raise Conflict(
            "not_reversible",
            "Only what was spent is restored, and only what was given by hand is taken back.",
            kind=target.kind.value,
            reason=target.reason.value if target.reason else None,
        )
    return Decided(result=made.entry, changes=made.as_changes())


def cancelled(
    account: CreditAccount, target: CreditEntry, amount: Money, context: Context
) -> Changed:
    """The account without so much of a credit that was given; raises Conflict
    `credit_already_spent` where any of it is gone, or has ended: booked so or not."""
    (given,) = target.lots
    valid = (lot for lot in account.lots if lot.is_valid(context.now))
    lot = next((lot for lot in valid if lot.credit_id == given.credit_id), None)
    left = lot.left if lot else Money.zero(account.currency)
    if left != target.amount:
        raise Conflict(
            "credit_already_spent",
            f"{left} of {target.amount} are left: only a whole credit is taken back.",
            left=left.amount,
            currency=left.currency,
        )
    assert lot is not None, "something of it is left"
    parts = (part_of(lot, amount),)
    on_top = target.amount - (target.settles or Money.zero(account.currency))
    change = Change(
        kind=EntryKind.CANCEL,
        lots=parts,
        settles=max(amount - on_top, Money.zero(account.currency)),
        return_id=target.return_id,
        order_no=target.order_no,
        reverses=target.entry_id,
        reason=target.reason,
    )
    return changed(account, without(account, parts), change, context)


def _restored(account: CreditAccount, target: CreditEntry, context: Context) -> Changed:
    lots = {lot.credit_id: lot for lot in account.lots}
    for part in target.lots:
        lots[part.credit_id] = _put_back(lots.get(part.credit_id), part, context.now)
    change = Change(
        kind=EntryKind.RESTORE,
        lots=target.lots,
        order_no=target.order_no,
        reverses=target.entry_id,
    )
    return changed(account, lots.values(), change, context)


def _put_back(known: Lot | None, part: LotChange, now: datetime) -> Lot:
    """The lot with the part in it again. One that is valid for longer now is reminded of anew."""
    until = known.expires_at if known else part.expires_at
    expires_at = valid_again_until(until, now)
    return Lot(
        credit_id=part.credit_id,
        left=part.amount + known.left if known else part.amount,
        issued_at=part.issued_at,
        expires_at=expires_at,
        reminded_at=known.reminded_at if known and expires_at == until else None,
    )


def valid_again_until(expires_at: datetime | None, now: datetime) -> datetime | None:
    """As long as it was, and for a while at least."""
    return None if expires_at is None else max(expires_at, now + GRACE)


def _check_positive(amount: Money) -> None:
    if amount.minor <= 0:
        raise Invalid("amount_not_positive", "An amount of credit is above nothing.")
