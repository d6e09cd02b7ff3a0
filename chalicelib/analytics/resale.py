"""Which share of the units of approved returns was sold again, by warehouse, over the last weeks.

A measure over all goods of a warehouse: returns that never came, and goods that were scrapped or
went elsewhere, lower it. Where few returns were approved nothing is said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from chalicelib.analytics.model import Interval, start_of
from chalicelib.analytics.queries import MetricReader

PERIOD = timedelta(days=90)
UNITS_MIN = 50
_STEP = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resale:
    """Units that were approved, and units that were restocked, in the same time."""

    approved: int = 0
    restocked: int = 0

    @property
    def share(self) -> Decimal | None:
        """From 0 to 1, rounded down; None where too little is known."""
        if self.approved < UNITS_MIN:
            return None
        exact = Decimal(min(max(self.restocked, 0), self.approved)) / self.approved
        return exact.quantize(_STEP, rounding=ROUND_DOWN)


def resales(reader: MetricReader, now: datetime) -> Mapping[str, Resale]:
    """By warehouse, over whole days; as many rows are read as there are warehouses and days."""
    until = start_of(now, Interval.DAY)
    found: dict[str, Resale] = {}
    for row in reader.rows("warehouse", Interval.DAY, until - PERIOD, until):
        before = found.get(row.group, Resale())
        found[row.group] = Resale(
            approved=before.approved + row.counts.get("approved_units", 0),
            restocked=before.restocked + row.counts.get("restock_units", 0),
        )
    return found
