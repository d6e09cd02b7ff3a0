"""Where stock beside balances lives in the core table: serial numbers, lots, documents, alerts."""

from collections.abc import Callable
from typing import Any

from chalicelib.inventory.adjusting import StockAdjustment
from chalicelib.inventory.alerting import StockWatch
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.count_sessions import CountSession, OpenCounts
from chalicelib.inventory.lots import LotStatement
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.shelf_life import ShelfLives
from chalicelib.inventory.transferring import StockTransfer

Place = tuple[str, str]
"""Partition and place in it."""


def serial(sku: str, serial_: str) -> Place:
    return f"SERIAL#{sku}#{serial_}", "SERIAL"


def lot_seen(sku: str, lot: str) -> Place:
    """What was read on goods of a lot; what was stated about it lies beside it."""
    return f"LOT#{sku}#{lot}", "SEEN"


def lot_stated(sku: str, lot: str) -> Place:
    return f"LOT#{sku}#{lot}", "STATED"


def shelf_lives() -> Place:
    """There is one such setting."""
    return "SHELFLIFE#goods", "SHELFLIFE"


def stock_transfer(transfer_id: str) -> Place:
    return f"STOCKTRANSFER#{transfer_id}", "STOCKTRANSFER"


def stock_adjustment(adjustment_id: str) -> Place:
    return f"STOCKADJUSTMENT#{adjustment_id}", "STOCKADJUSTMENT"


def count_session(session_id: str) -> Place:
    return f"COUNTSESSION#{session_id}", "COUNTSESSION"


def open_counts(warehouse: str) -> Place:
    return f"OPENCOUNTS#{warehouse}", "OPENCOUNTS"


def stock_plan(warehouse: str, sku: str) -> Place:
    """Beside the balances."""
    return f"STOCK#{warehouse}#{sku}", "PLAN"


def stock_watch(warehouse: str, sku: str) -> Place:
    """Beside the balances."""
    return f"STOCK#{warehouse}#{sku}", "WATCH"


def stock_alert(alert_id: str) -> Place:
    return f"STOCKALERT#{alert_id}", "STOCKALERT"


# Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[type, tuple[str, Callable[[Any], Place]]] = {
    StockTransfer: ("STOCKTRANSFER", lambda r: stock_transfer(r.transfer_id)),
    StockAdjustment: ("STOCKADJUSTMENT", lambda r: stock_adjustment(r.adjustment_id)),
    CountSession: ("COUNTSESSION", lambda r: count_session(r.session_id)),
    OpenCounts: ("OPENCOUNTS", lambda r: open_counts(r.warehouse)),
    LotStatement: ("LOTSTATEMENT", lambda r: lot_stated(r.sku, r.lot)),
    ShelfLives: ("SHELFLIFE", lambda _: shelf_lives()),
    StockPlan: ("STOCKPLAN", lambda r: stock_plan(r.warehouse, r.sku)),
    StockWatch: ("STOCKWATCH", lambda r: stock_watch(r.warehouse, r.sku)),
    StockAlert: ("STOCKALERT", lambda r: stock_alert(r.alert_id)),
}
