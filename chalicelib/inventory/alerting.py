"""Raising, changing and ending the alerts of one SKU in one warehouse.

Run after every movement and when something falls due; it looks at what is true now, so it may run
twice, late or out of order. Which alerts are open is part of the watch that it writes: two runs at
once cannot raise the same alert twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.inventory.alert_days import AGEING, USUAL, AlertDays
from chalicelib.inventory.alerts import (
    AlertState,
    Cause,
    Shelf,
    StockAlert,
    causes,
    clock_key,
    next_due,
)
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.lots import Lot, LotReader
from chalicelib.inventory.model import PHYSICAL, Balance
from chalicelib.inventory.planning import PlanReader

_LOTS_MAX = 100
"""Lots of a SKU in a warehouse that are looked at; those beyond are looked at once others leave."""


class Looked(StrEnum):
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class StockWatch:
    """What is remembered of one SKU in one warehouse between two looks at it.

    `since`: from when on goods lie in an account; `open`: the alert of each cause.
    """

    warehouse: str
    sku: str
    since: dict[str, datetime] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    next_at: datetime | None = None
    version: int = 0


class AlertReader(PlanReader, LotReader, Protocol):
    """Reads what alerts are about, and those that are open."""

    def lots(self, wanted: Sequence[tuple[str, str]]) -> list[Lot]: ...

    def stock_watch(self, warehouse: str, sku: str) -> StockWatch: ...

    def stock_alert(self, alert_id: str) -> StockAlert | None: ...

    def stock_alerts(self, alert_ids: Sequence[str]) -> list[StockAlert]: ...


def look_after(
    reads: AlertReader, warehouse: str, sku: str, context: Context, *, days: AlertDays = USUAL
) -> Decided[Looked]:
    """Bring the alerts in step with the stock; nothing is written where nothing changed."""
    before = reads.stock_watch(warehouse, sku)
    balances = reads.balances(warehouse, [sku])
    shelf = Shelf(
        plan=reads.stock_plan(warehouse, sku),
        balances=balances,
        lots=reads.lots([(sku, lot) for lot in _lots_in(balances)]),
        since=_since(before, balances, context.now),
        days=days,
    )
    due = {cause.key: cause for cause in causes(shelf, context.now)}
    known = {alert.cause.key: alert for alert in reads.stock_alerts(list(before.open.values()))}
    records: list[Record] = []
    events: list[Event] = []
    open_now: dict[str, str] = {}
    for key, cause in due.items():
        alert, told = _told(known.get(key), cause, before, context)
        open_now[key] = alert.alert_id
        if alert is not known.get(key):
            records.append(alert)
            events += told
    for key, alert in known.items():
        if key not in due:
            alert, told = _resolved(alert, context)
            records.append(alert)
            events += told
    after = replace(
        before, since=dict(shelf.since), open=open_now, next_at=next_due(shelf, context.now)
    )
    if after != before:
        records.append(replace(after, version=before.version + 1))
    outcome = Looked.CHANGED if records else Looked.SAME
    return Decided(result=outcome, changes=Changes(records=tuple(records), events=tuple(events)))


def acknowledge(reads: AlertReader, alert_id: str, context: Context) -> Decided[StockAlert]:
    """Somebody has seen it; it stays until its cause is gone."""
    alert = reads.stock_alert(alert_id)
    if alert is None:
        raise NotFound("alert_not_found", f"There is no alert {alert_id}.")
    if alert.state is not AlertState.OPEN:
        return Decided(result=alert)
    require_seen(alert, context)
    alert, events = _changed(
        replace(
            alert,
            state=AlertState.ACKNOWLEDGED,
            acknowledged_at=context.now,
            acknowledged_by=context.actor.id,
        ),
        "stock_alert.acknowledged",
        context,
    )
    return Decided(result=alert, changes=Changes(records=(alert,), events=events))


def _since(before: StockWatch, balances: Sequence[Balance], now: datetime) -> dict[str, datetime]:
    """A clock runs while goods lie in an account; it starts anew when they lie there again."""
    lying = [one for one in balances if one.account in AGEING and one.quantity > 0]
    return {clock_key(one): before.since.get(clock_key(one), now) for one in lying}


def _lots_in(balances: Sequence[Balance]) -> list[str]:
    lots = {one.lot for one in balances if one.lot and one.account in PHYSICAL and one.quantity > 0}
    return sorted(lots)[:_LOTS_MAX]


def _told(
    known: StockAlert | None, cause: Cause, before: StockWatch, context: Context
) -> tuple[StockAlert, tuple[Event, ...]]:
    """The alert of a cause: a new one, or the open one with its present figures."""
    if known is None:
        alert = StockAlert(
            alert_id=derived_id("alt", before.warehouse, before.sku, cause.key, context.command_id),
            warehouse=before.warehouse,
            sku=before.sku,
            cause=cause,
            state=AlertState.OPEN,
            raised_at=context.now,
            version=0,
        )
        return _changed(alert, "stock_alert.raised", context)
    if known.cause == cause:
        return known, ()
    # Figures move with every sale: the alert follows them, and nobody is told each time.
    return replace(known, cause=cause, version=known.version + 1), ()


def _resolved(alert: StockAlert, context: Context) -> tuple[StockAlert, tuple[Event, ...]]:
    return _changed(
        replace(alert, state=AlertState.RESOLVED, resolved_at=context.now),
        "stock_alert.resolved",
        context,
    )


def _changed(
    alert: StockAlert, event_type: str, context: Context
) -> tuple[StockAlert, tuple[Event, ...]]:
    cause, alert = alert.cause, replace(alert, version=alert.version + 1)
    journal = Journal(alert.subject, alert.chain, context)
    facts: dict[str, Json] = {
        "alert_id": alert.alert_id,
        "version": alert.version,
        "kind": cause.kind.value,
        "state": alert.state.value,
        "warehouse": alert.warehouse,
        "sku": alert.sku,
        "lot": cause.lot,
        "account": cause.account.value if cause.account is not None else None,
        "purchase_id": cause.purchase_id,
        "quantity": cause.quantity,
        "limit": cause.limit,
    }
    journal.record(event_type, facts)
    return replace(alert, chain=journal.chain), tuple(journal.events)
