"""Where stock beside balances lives in the core table: serial numbers, lots, documents, alerts."""

from collections.abc import Callable
from datetime import date
from typing import Any

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


def corrected_day(person: str, day: date) -> Place:
    return f"CORRECTED#{person}", f"DAY#{day.isoformat()}"


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


# By name, as in keys.py. Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[str, tuple[str, Callable[[Any], Place]]] = {
    "inventory.transferring.StockTransfer": (
        "STOCKTRANSFER",
        lambda r: stock_transfer(r.transfer_id),
    ),
    "inventory.adjusting.StockAdjustment": (
        "STOCKADJUSTMENT",
        lambda r: stock_adjustment(r.adjustment_id),
    ),
    "inventory.corrected_days.CorrectedDay": (
        "CORRECTED",
        lambda r: corrected_day(r.person, r.day),
    ),
    "inventory.count_sessions.CountSession": (
        "COUNTSESSION",
        lambda r: count_session(r.session_id),
    ),
    "inventory.count_sessions.OpenCounts": ("OPENCOUNTS", lambda r: open_counts(r.warehouse)),
    "inventory.lots.LotStatement": ("LOTSTATEMENT", lambda r: lot_stated(r.sku, r.lot)),
    "inventory.shelf_life.ShelfLives": ("SHELFLIFE", lambda _: shelf_lives()),
    "inventory.planning.StockPlan": ("STOCKPLAN", lambda r: stock_plan(r.warehouse, r.sku)),
    "inventory.alerting.StockWatch": ("STOCKWATCH", lambda r: stock_watch(r.warehouse, r.sku)),
    "inventory.alerts.StockAlert": ("STOCKALERT", lambda r: stock_alert(r.alert_id)),
}
