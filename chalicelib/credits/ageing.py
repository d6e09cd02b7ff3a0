"""What time does to store credit: a reminder before a lot expires, and the booking when it has.

Pure, and decided on what is stored now: a list that lags behind, or a run that comes twice or at
the same time, changes nothing. Expired credit cannot be spent even before it is booked.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Context, Journal
from chalicelib.core.money import Money
from chalicelib.credits.booking import (
    Change,
    account_facts,
    changed,
    lots_facts,
    money,
    part_of,
    without,
)
from chalicelib.credits.model import (
    CreditAccount,
    CreditEntry,
    EntryKind,
    Lot,
    entry_id_for,
)
from chalicelib.credits.ports import CreditReader


class Outcome(StrEnum):
    """What became of an account that was due. UNCHANGED: it is due no more, or not yet."""

    REMINDED = "reminded"
    EXPIRED = "expired"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """What was done: the entry of what expired, or how many lots were reminded of."""

    expired: CreditEntry | None = None
    reminded: int = 0

    @property
    def outcome(self) -> Outcome:
        if self.expired is not None:
            return Outcome.EXPIRED
        return Outcome.REMINDED if self.reminded else Outcome.UNCHANGED


def age(reads: CreditReader, account_id: str, context: Context) -> Decided[Aged]:
    """Book what has expired by now, or else remind of what is about to; nothing where neither is.

    An account of which something expires is reminded of the rest by the next run.
    """
    known, entry = reads.credit(account_id, entry_id_for(account_id, context.command_id))
    if known is None or entry is not None:
        return Decided(result=Aged(expired=entry))
    over = tuple(part_of(lot, lot.left) for lot in known.lots if not lot.is_valid(context.now))
    if over:
        change = Change(kind=EntryKind.EXPIRE, lots=over)
        made = changed(known, without(known, over), change, context)
        return Decided(result=Aged(expired=made.entry), changes=made.as_changes())
    due = [lot for lot in known.lots if lot.remind_at is not None and lot.remind_at <= context.now]
    if not due:
        return Decided(result=Aged())
    changes = _reminded(known, due, context)
    return Decided(result=Aged(reminded=len(due)), changes=changes)


def _reminded(account: CreditAccount, due: list[Lot], context: Context) -> Changes:
    """No entry: no money moves. The lots are marked, so that nobody is reminded twice."""
    marked = [replace(lot, reminded_at=context.now) if lot in due else lot for lot in account.lots]
    after = replace(account.with_lots(marked), version=account.version + 1, updated_at=context.now)
    journal = Journal(account.subject, account.chain, context)
    amount = Money.total((lot.left for lot in due), account.currency)
    first = min(lot.expires_at for lot in due if lot.expires_at is not None)
    journal.record(
        "credit.expiring",
        {
            **account_facts(after),
            "amount": money(amount),
            "expires_at": rfc3339(first),
            "lots": lots_facts(part_of(lot, lot.left) for lot in due),
        },
    )
    return Changes(records=(replace(after, chain=journal.chain),), events=tuple(journal.events))


def end_of_validity(now: datetime, days: int | None) -> datetime | None:
    """The first moment at which credit given now is not valid any more: its last day (UTC) is
    whole. None: it stays."""
    if days is None:
        return None
    return datetime.combine(now.date() + timedelta(days=days + 1), time.min, tzinfo=UTC)
