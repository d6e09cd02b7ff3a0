"""Events by hour, read from the index of core, and the metric rows made of them, kept in views.

`METRIC#<dimension>#hour#<day>` holds the hours of a day, `METRIC#<dimension>#day#<month>` the days
of a month: a question reads the partitions of its period and no others.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from chalicelib.analytics.model import Interval, MetricRow, start_of
from chalicelib.core.clock import from_rfc3339, rfc3339
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Event
from chalicelib.store.codec import decode, encode
from chalicelib.store.hours import StoredEvents
from chalicelib.store.key import Key
from chalicelib.store.table import Cancelled, Item, Table

CHECKPOINT = Key("METRIC#CHECKPOINT", "CHECKPOINT")
_CHUNK_MAX = 90
_ROUNDS_MAX = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """The port that analytics folds through and reads by."""

    core: Table
    views: Table

    def events(self, hour: datetime) -> Iterator[Event]:
        """All events that were stored in this hour."""
        return StoredEvents(core=self.core).events(hour)

    def save(self, interval: Interval, rows: Iterable[MetricRow], as_of: datetime) -> None:
        """Overwrite these rows, but none that was counted later than `as_of`."""
        left = iter(rows)
        while chunk := list(islice(left, _CHUNK_MAX)):
            self._save([self._put(interval, row, as_of) for row in chunk])

    def rows(
        self, dimension: str, interval: Interval, since: datetime, until: datetime
    ) -> list[MetricRow]:
        """The rows of a dimension that begin in [since, until)."""
        partitions = dict.fromkeys(
            _partition(dimension, interval, moment) for moment in _days(since, until)
        )
        found = [row for pk in partitions for row in self._rows(pk)]
        return [row for row in found if since <= row.start < until]

    def rows_of_day(self, day: datetime, dimensions: Iterable[str]) -> list[MetricRow]:
        """All hours of a day, in these dimensions."""
        return [
            row
            for dimension in dimensions
            for row in self._rows(_partition(dimension, Interval.HOUR, day))
        ]

    def complete_until(self) -> datetime | None:
        """The end of the last hour that is complete; None before the first run."""
        (item,) = self.views.get([CHECKPOINT])
        return None if item is None else from_rfc3339(item["until"]["S"])

    def advance(self, until: datetime) -> None:
        """Note that all hours before are complete. Going back would only cost work."""
        self.views.put(
            {
                "pk": {"S": CHECKPOINT.pk},
                "sk": {"S": CHECKPOINT.sk},
                "type": {"S": "METRIC_CHECKPOINT"},
                "until": {"S": rfc3339(until)},
            }
        )

    def _rows(self, pk: str) -> Iterator[MetricRow]:
        for item in self.views.query(pk):
            yield decode(item["body"]["S"], MetricRow)

    def _put(self, interval: Interval, row: MetricRow, as_of: datetime) -> dict[str, Any]:
        form = "%Y-%m-%dT%H" if interval is Interval.HOUR else "%Y-%m-%d"
        item: Item = {
            "pk": {"S": _partition(row.dimension, interval, row.start)},
            "sk": {"S": f"{row.start:{form}}#{row.group}"},
            "type": {"S": "METRIC"},
            "v": {"N": "1"},
            "as_of": {"S": rfc3339(as_of)},
            "body": {"S": encode(row)},
        }
        return {
            "Put": {
                "TableName": self.views.name,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(as_of) OR as_of <= :as_of",
                "ExpressionAttributeValues": {":as_of": item["as_of"]},
            }
        }

    def _save(self, puts: list[dict[str, Any]]) -> None:
        """Rows that another run counted later are left out; conflicts are tried again."""
        for _ in range(_ROUNDS_MAX):
            if not puts:
                return
            try:
                self.views.transact(puts, uuid4().hex)
            except Cancelled as exc:
                puts = [
                    put
                    for put, reason in zip(puts, exc.reasons, strict=True)
                    if reason != "ConditionalCheckFailed"
                ]
                continue
            return
        raise TransientError("store_busy", "Others are writing the same metrics.")


def _partition(dimension: str, interval: Interval, moment: datetime) -> str:
    form = "%Y-%m-%d" if interval is Interval.HOUR else "%Y-%m"
    return f"METRIC#{dimension}#{interval.value}#{moment:{form}}"


def _days(since: datetime, until: datetime) -> Iterator[datetime]:
    day = start_of(since, Interval.DAY)
    while day < until:
        yield day
        day += _DAY
