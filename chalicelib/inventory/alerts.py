"""What is to be said about the stock of one SKU in one warehouse, as it is now: pure.

An alert has a cause that can be looked up again: what it says changes with the stock, and it ends
when its cause does. Whether one is open already is alerting.py's business.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.inventory.alert_days import AGEING, USUAL, AlertDays
from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Account, Balance
from chalicelib.inventory.planning import StockPlan, available_in


class AlertKind(StrEnum):
    LOW_STOCK = "low_stock"
    PURCHASE_COVERED = "purchase_covered"
    AGEING = "ageing"
    LOT_EXPIRING = "lot_expiring"
    LOT_CONTRADICTED = "lot_contradicted"


class AlertState(StrEnum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


WATCHED = frozenset({Account.AVAILABLE.value, *(account.value for account in AGEING)})
"""Accounts of which there may be something to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why there is something to say. `limit`: the level or the days that were passed."""

    kind: AlertKind
    quantity: int
    limit: int | None = None
    lot: str | None = None
    account: Account | None = None
    purchase_id: str | None = None
    since: datetime | None = None
    expires_on: date | None = None

    @property
    def key(self) -> str:
        """The same cause as before, whatever its figures are now."""
        account = self.account.value if self.account is not None else ""
        return "#".join((self.kind.value, account, self.purchase_id or "", self.lot or ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAlert:
    """One alert; there is never a second one of the same cause beside it that is not resolved."""

    alert_id: str
    warehouse: str
    sku: str
    cause: Cause
    state: AlertState
    raised_at: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    resolved_at: datetime | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"stockalert/{self.alert_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """What is known of one SKU in one warehouse. `since`: from when on goods lie in an account.

    That is when the account last went from nothing to something: a stock that never runs out is
    older by this than its oldest unit is (docs/stock.md).
    """

    plan: StockPlan
    balances: Sequence[Balance]
    lots: Sequence[Lot] = ()
    since: Mapping[str, datetime] = field(default_factory=dict)
    days: AlertDays = USUAL


def clock_key(balance: Balance) -> str:
    return f"{balance.account.value}#{balance.lot or ''}"


def causes(shelf: Shelf, now: datetime) -> list[Cause]:
    """Everything there is to say at this moment."""
    return [
        *_low_stock(shelf),
        *_covered(shelf),
        *(cause for cause, due in _ageing(shelf) if due <= now),
        *(cause for cause, due in _expiring(shelf) if due <= now),
        *_contradicted(shelf),
    ]


def next_due(shelf: Shelf, now: datetime) -> datetime | None:
    """When there will be something to say though nothing moves; None: never."""
    coming = [due for _, due in (*_ageing(shelf), *_expiring(shelf)) if due > now]
    return min(coming, default=None)


def _low_stock(shelf: Shelf) -> Iterator[Cause]:
    level = shelf.plan.reorder_point
    available = available_in(shelf.balances)
    if level is not None and available <= level:
        yield Cause(kind=AlertKind.LOW_STOCK, quantity=available, limit=level)


def _covered(shelf: Shelf) -> Iterator[Cause]:
    """Purchases that are not needed any more: stock rose since, and stands above its level.

    What is due last is cut first; units that cover one purchase cover no other.
    """
    plan, available = shelf.plan, available_in(shelf.balances)
    spare = available - max(plan.reorder_point or 0, plan.safety_stock)
    used = 0
    for one in sorted(plan.purchases, key=lambda p: p.due_on or date.max, reverse=True):
        rise = available - one.available_then
        less = min(one.quantity, rise - used, spare - used)
        if less > 0:
            used += less
            yield Cause(
                kind=AlertKind.PURCHASE_COVERED,
                quantity=less,
                limit=one.quantity,
                purchase_id=one.purchase_id,
            )


def _ageing(shelf: Shelf) -> Iterator[tuple[Cause, datetime]]:
    for balance in shelf.balances:
        days = shelf.days.lying.get(balance.account, 0)
        since = shelf.since.get(clock_key(balance))
        if not days or since is None or balance.quantity <= 0:
            continue
        cause = Cause(
            kind=AlertKind.AGEING,
            quantity=balance.quantity,
            limit=days,
            lot=balance.lot,
            account=balance.account,
            since=since,
        )
        yield cause, since + timedelta(days=days)


def _expiring(shelf: Shelf) -> Iterator[tuple[Cause, datetime]]:
    known = {lot.lot: lot.judged_by for lot in shelf.lots}
    for balance in shelf.balances:
        expires_on = known.get(balance.lot or "")
        if balance.account is not Account.AVAILABLE or balance.quantity <= 0:
            continue
        if expires_on is None or not shelf.days.expiring:
            continue
        # A lot may have ended long before the calendar began.
        ahead = min(timedelta(days=shelf.days.expiring), expires_on - date.min)
        day = expires_on - ahead
        cause = Cause(
            kind=AlertKind.LOT_EXPIRING,
            quantity=balance.quantity,
            limit=shelf.days.expiring,
            lot=balance.lot,
            account=balance.account,
            expires_on=expires_on,
        )
        yield cause, datetime.combine(day, time(), tzinfo=UTC)


def _contradicted(shelf: Shelf) -> Iterator[Cause]:
    for lot in shelf.lots:
        if lot.is_contradicted:
            yield Cause(
                kind=AlertKind.LOT_CONTRADICTED,
                quantity=len(set(lot.dates_read)),
                lot=lot.lot,
                expires_on=lot.expires_on,
            )
