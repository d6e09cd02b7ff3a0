"""Events by the hour in which they were stored, from the index of core: page by page, in order.

The index lags by seconds; who needs all events of an hour asks some minutes after its end.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib.core.events import Event
from chalicelib.store.codec import record_in
from chalicelib.store.keys import HOUR_SHARDS
from chalicelib.store.table import Item, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvents:
    """The events of core by hour."""

    core: Table

    def events(self, hour: datetime) -> Iterator[Event]:
        """All events that were stored in this hour, the oldest first; a page a shard is held."""
        shards = [self.core.hour(f"{hour:%Y-%m-%dT%H}#{shard}") for shard in range(HOUR_SHARDS)]
        for item in heapq.merge(*shards, key=_place):
            yield record_in(item, Event)

    def some(self, hour: datetime, *, after: str, limit: int) -> list[tuple[str, Event]]:
        """So many events of an hour at most, after a place in it, each with its own place."""
        shards = [f"{hour:%Y-%m-%dT%H}#{shard}" for shard in range(HOUR_SHARDS)]
        pages = [self.core.hour(shard, after=after, limit=limit) for shard in shards]
        first = islice(heapq.merge(*pages, key=_place), limit)
        return [(_place(item), record_in(item, Event)) for item in first]


def _place(item: Item) -> str:
    return str(item["at"]["S"])
