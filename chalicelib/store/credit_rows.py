"""What lists say about accounts of store credit: what is left in them, and when that changes."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.money import Money
from chalicelib.credits.model import CreditAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRow:
    """An account in a list. `booked` is all that is left, with what expired since and was not
    booked so yet; `next_at` is when it is reminded of or expires next."""

    account_id: str
    customer_id: str
    booked: Money
    credits: int
    next_at: datetime | None
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDueRow:
    """An account to which something happens by itself at `next_at`."""

    account_id: str
    next_at: datetime


def credit_row(account: CreditAccount) -> CreditRow:
    """What a list says about an account."""
    return CreditRow(
        account_id=account.account_id,
        customer_id=account.customer_id,
        booked=account.booked,
        credits=len(account.lots),
        next_at=account.next_at,
        updated_at=account.updated_at,
        version=account.version,
    )
