"""How far the lists are behind the truth, measured at the records themselves: nothing is written.

The newest events are asked for, and for each whether its record has been projected as far as the
event says. What is found is a lower bound: older events than those looked at may wait, too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core.events import Event
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.rows import PROJECTED_TYPES, cursor_key
from chalicelib.store.table import Table

NEWEST = 20
"""Events looked at in each shard of the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """At least so many events wait to be projected; the oldest of them for so long."""

    waiting: int
    age_s: float


def measure(core: Table, views: Table, now: datetime) -> Lag:
    """Two hours back at most: what waits for longer is shown by the events of each hour since."""
    wanted = [(event, *place) for event in _newest(core, now) if (place := _place(event))]
    cursors = views.get([key for _, key, _ in wanted]) if wanted else []
    waiting = [
        event
        for (event, _, version), cursor in zip(wanted, cursors, strict=True)
        if cursor is None or int(cursor["v"]["N"]) < version
    ]
    oldest = min((event.time for event in waiting), default=now)
    age_s = max(0.0, (now - oldest).total_seconds())
    return Lag(waiting=len(waiting), age_s=round(age_s, 3))


def _newest(core: Table, now: datetime) -> Iterator[Event]:
    for shard in range(keys.HOUR_SHARDS):
        for hour in (now, now - timedelta(hours=1)):
            name = f"{hour:%Y-%m-%dT%H}#{shard}"
            found = core.by_hour(name, limit=NEWEST, newest_first=True)
            bodies = [body for item in found if (body := body_of(item)) is not None]
            yield from (decode(body, Event) for body in bodies)
            if found:
                break


def _place(event: Event) -> tuple[Key, int] | None:
    """Where it is noted how far the record of the event was projected, and how far it should be."""
    kind = event.subject.partition("/")[0].upper()
    version = event.data.get("version")
    if kind not in PROJECTED_TYPES or not isinstance(version, int):
        return None
    return cursor_key(keys.partition(event.subject), kind), version
