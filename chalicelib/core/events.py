"""Events: what happened, who did it and when, numbered without gaps and hash-chained per aggregate.

CloudEvents-shaped; self-contained, because a stream may split a transaction. Personal data never
enters an event: the chain could not be cleaned later, so events carry references only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.core.clock import rfc3339
from chalicelib.core.ids import derived_id

SPEC_VERSION = "1.0"
if TYPE_CHECKING:
    Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
else:
    Json = Any  # The store's codec reads annotations at run time and knows no recursive alias.


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a person, a device, a machine or a schedule; an id, never a name."""

    id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One command: who asks, when, and the ids by which it is followed and recognised.

    `expected_version` is the version the caller looked at (If-Match), or None.
    """

    actor: Actor
    now: datetime
    command_id: str
    correlation_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact about one aggregate. `subject` is `<kind>/<id>`; `seq` counts from 1 in it."""

    id: str
    type: str
    subject: str
    seq: int
    time: datetime
    actor: Actor
    correlation_id: str
    command_id: str
    data: dict[str, Json]
    prev_hash: str
    hash: str
    version: int = 1

    def as_cloudevent(self, source: str) -> dict[str, Json]:
        """The CloudEvents 1.0 JSON form; extension names are lower case, as the spec asks."""
        return {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": source,
            "type": self.type,
            "subject": self.subject,
            "time": rfc3339(self.time),
            "datacontenttype": "application/json",
            "dataschema": f"https://tuiku.dev/events/{self.type}/v1",
            "sequence": self.seq,
            "actorid": self.actor.id,
            "actorrole": self.actor.role,
            "correlationid": self.correlation_id,
            "commandid": self.command_id,
            "prevhash": self.prev_hash,
            "hash": self.hash,
            "data": self.data,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The head of an aggregate's events: how many there are, and the hash of the last."""

    seq: int = 0
    head: str = ""

    def append(
        self, subject: str, event_type: str, data: Mapping[str, Json], context: Context
    ) -> tuple["Chain", Event]:
        """The next event and the chain that ends with it."""
        seq = self.seq + 1
        unhashed = Event(
            id=derived_id("evt", subject, str(seq), context.command_id),
            type=event_type,
            subject=subject,
            seq=seq,
            time=context.now,
            actor=context.actor,
            correlation_id=context.correlation_id,
            command_id=context.command_id,
            data=dict(data),
            prev_hash=self.head,
            hash="",
        )
        digest = event_hash(unhashed)
        return Chain(seq=seq, head=digest), replace(unhashed, hash=digest)


@dataclass(slots=True)
class Journal:
    """Collects the events of one command on one aggregate, keeping the chain in step."""

    subject: str
    chain: Chain
    context: Context
    events: list[Event] = field(default_factory=list)

    def record(self, event_type: str, data: Mapping[str, Json]) -> None:
        """Append one event."""
        self.chain, event = self.chain.append(self.subject, event_type, data, self.context)
        self.events.append(event)


def event_hash(event: Event) -> str:
    """SHA-256 over the canonical JSON of all that the event says, the previous hash included."""
    said = {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "seq": event.seq,
        "time": rfc3339(event.time),
        "actor": [event.actor.id, event.actor.role],
        "correlation_id": event.correlation_id,
        "command_id": event.command_id,
        "data": event.data,
        "prev_hash": event.prev_hash,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def chain_fault(events: list[Event]) -> int | None:
    """The position (from 0) of the first event that does not fit the chain, or None."""
    head = ""
    for place, event in enumerate(events):
        fits = event.seq == place + 1 and event.prev_hash == head
        if not fits or event_hash(event) != event.hash:
            return place
        head = event.hash
    return None
