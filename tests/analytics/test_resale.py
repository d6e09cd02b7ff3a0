"""The share of returned units that is sold again is measured, and only where enough came back."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from chalicelib.analytics.model import Interval, MetricRow
from chalicelib.analytics.resale import Resale, resales
from tests.builders import NOW


class Rows:
    """A reader that says what it was asked."""

    def __init__(self, *rows: MetricRow) -> None:
        self.all = rows

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]:
        assert (dimension, interval) == ("warehouse", Interval.DAY)
        return [row for row in self.all if since <= row.start < until]

    def complete_until(self) -> datetime | None:
        return None


def day(ago: int, group: str, **counts: int) -> MetricRow:
    start = NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago)
    return MetricRow(start=start, dimension="warehouse", group=group, counts=counts)


def test_it_is_counted_by_warehouse_over_whole_days_of_the_last_weeks() -> None:
    reader = Rows(
        day(91, "A", approved_units=900, restock_units=900),
        day(90, "A", approved_units=40, restock_units=10),
        day(1, "A", approved_units=20, restock_units=20),
        day(1, "B", approved_units=60, received_units=60),
        day(0, "A", approved_units=900, restock_units=900),
    )

    found = resales(reader, NOW)

    assert found == {
        "A": Resale(approved=60, restocked=30),
        "B": Resale(approved=60, restocked=0),
    }


@pytest.mark.parametrize(
    ("approved", "restocked", "share"),
    [
        (49, 49, None),
        (0, 0, None),
        (50, 25, "0.500"),
        (60, 40, "0.666"),
        (50, 70, "1.000"),
        (50, -3, "0.000"),
    ],
)
def test_the_share_is_rounded_down_and_never_above_one(
    approved: int, restocked: int, share: str | None
) -> None:
    found = Resale(approved=approved, restocked=restocked).share

    assert found == (None if share is None else Decimal(share))
