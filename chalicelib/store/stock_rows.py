"""The rows of stock: balances, movements by goods and by serial number, transfers, alerts.

And what is on its way back, by warehouse and SKU: what a shop may soon promise again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.inventory.alerting import StockWatch
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.model import Movement
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.returns.finding import is_lost
from chalicelib.returns.lifecycle import is_receivable
from chalicelib.returns.model import Authorization, Return
from chalicelib.store.balances import balance_of
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item

STOCK_DUE = list_name("STOCK_DUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRow:
    """Units of a SKU that a return brings to a warehouse."""

    return_id: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDueRow:
    """A SKU in a warehouse that is to be looked at at `next_at`, though nothing moves."""

    warehouse: str
    sku: str
    next_at: datetime


def movement_rows(item: Item) -> Iterator[Row]:
    """One row for each SKU and warehouse, with the entries of that SKU, which sum to zero.

    And one for each serial number, with the entries that name it.
    """
    movement = record_in(item, Movement)
    sort = f"{rfc3339(movement.posted_at)}#{movement.movement_id}#{movement.part:04d}"
    for sku, warehouse in sorted({(entry.sku, entry.warehouse) for entry in movement.entries}):
        entries = tuple(entry for entry in movement.entries if entry.sku == sku)
        yield Row(
            list_name=list_name("MOVEMENTS", warehouse=warehouse, sku=sku),
            bucket="",
            sort=sort,
            body=replace(movement, entries=entries),
        )
    named = {(entry.sku, one) for entry in movement.entries for one in entry.serials}
    for sku, serial in sorted(named):
        yield Row(
            list_name=serial_list(sku, serial),
            bucket="",
            sort=sort,
            body=_of_serial(movement, sku, serial),
            is_static=True,
        )


def serial_list(sku: str, serial: str) -> str:
    return list_name("SERIAL", sku=sku, serial=serial)


def _of_serial(movement: Movement, sku: str, serial: str) -> Movement:
    """As if the movement moved this one unit only."""
    entries = tuple(
        replace(entry, quantity=1 if entry.quantity > 0 else -1, serials=(serial,))
        for entry in movement.entries
        if entry.sku == sku and serial in entry.serials
    )
    return replace(movement, entries=entries)


def balance_rows(item: Item) -> Iterator[Row]:
    balance = balance_of(item)
    place = f"{balance.account.value}#{balance.lot or ''}"
    yield Row(
        list_name=list_name("STOCK", warehouse=balance.warehouse),
        bucket="",
        sort=f"{balance.sku}#{place}",
        body=balance,
    )
    yield Row(
        list_name=list_name("STOCK", sku=balance.sku),
        bucket="",
        sort=f"{balance.warehouse}#{place}",
        body=balance,
    )


def incoming_rows(ret: Return) -> Iterator[Row]:
    """While approved units are awaited somewhere; received ones vanish from the list."""
    if ret.warehouse is None:
        return
    units: dict[str, int] = {}
    for line in ret.lines:
        for group in line.groups:
            is_coming = is_receivable(group) and not is_lost(group)
            if is_coming and group.authorization is Authorization.APPROVED:
                units[line.goods] = units.get(line.goods, 0) + group.size
    for sku, count in sorted(units.items()):
        yield Row(
            list_name=incoming_list(ret.warehouse, sku),
            bucket="",
            sort=ret.return_id,
            body=IncomingRow(return_id=ret.return_id, units=count),
        )


def incoming_list(warehouse: str, sku: str) -> str:
    return list_name("INCOMING", warehouse=warehouse, sku=sku)


def transfer_rows(item: Item) -> Iterator[Row]:
    """Of both warehouses, newest first."""
    transfer = record_in(item, StockTransfer)
    for warehouse in sorted({transfer.origin, transfer.target}):
        yield Row(
            list_name=list_name("TRANSFERS", warehouse=warehouse),
            bucket="",
            sort=f"{rfc3339(transfer.sent_at)}#{transfer.transfer_id}",
            body=transfer,
        )


def alert_rows(item: Item) -> Iterator[Row]:
    """By state, of all warehouses and of one."""
    alert = record_in(item, StockAlert)
    sort = f"{rfc3339(alert.raised_at)}#{alert.alert_id}"
    for warehouse in (None, alert.warehouse):
        yield Row(
            list_name=list_name("ALERTS", state=alert.state.value, warehouse=warehouse),
            bucket=f"{alert.raised_at:%Y-%m}",
            sort=sort,
            body=alert,
        )


def watch_rows(item: Item) -> Iterator[Row]:
    watch = record_in(item, StockWatch)
    if watch.next_at is None:
        return
    yield Row(
        list_name=STOCK_DUE,
        bucket=f"{watch.next_at:%Y-%m}",
        sort=f"{rfc3339(watch.next_at)}#{watch.warehouse}#{watch.sku}",
        body=StockDueRow(warehouse=watch.warehouse, sku=watch.sku, next_at=watch.next_at),
    )
