"""How fast goods sell where they lie, by the ledger of that warehouse: what left it for customers.

Pure. A delivery counts from when it was posted. Only the newest movements are looked at: of goods
that move very often the time that is looked back is shorter, and the rate as good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.inventory.model import Account, Movement, MovementKind

DAYS_MIN, DAYS_MAX = 14, 365
"""Goods that have been there for less than two weeks have no rate yet."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """Units that were sold within so many days, the last ones."""

    units: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Units of one SKU that can be sold in a warehouse now, and its sales; None: not known."""

    on_hand: int
    sales: Sales | None = None


def sales_of(
    movements: Sequence[Movement], warehouse: str, now: datetime, *, days: int, is_all: bool
) -> Sales | None:
    """The sales by these movements of one SKU, the newest first; `is_all`: there are no older ones.

    None where goods have not been there for long enough, and where none was ever sold from: returns
    may go to a place that sends nothing to customers, and says nothing of demand.
    """
    if not any(one.kind is MovementKind.DELIVERY for one in movements):
        return None
    seen = -((movements[-1].posted_at - now) // _DAY)
    looked_back = max(1, min(days, seen))
    if is_all and looked_back < min(DAYS_MIN, days):
        return None
    since = now - looked_back * _DAY
    units = sum(_sold(one, warehouse) for one in movements if one.posted_at >= since)
    return Sales(units=units, days=looked_back)


def _sold(movement: Movement, warehouse: str) -> int:
    if movement.kind is not MovementKind.DELIVERY:
        return 0
    return sum(
        entry.quantity
        for entry in movement.entries
        if entry.account is Account.CUSTOMER and entry.warehouse == warehouse
    )
