"""What a command decides to change, as data: the store writes it in one transaction.

A decision is a function of what it reads; it has no effect of its own, so it may be asked again
after a lost race. Records carry `version`: n means that version n−1 must be stored now (1: none).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from chalicelib.core.events import Event

T_co = TypeVar("T_co", covariant=True)


class Record(Protocol):
    """Anything the core table keeps as one item."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All writes of one command. Movements among `records` change balances as they are stored."""

    records: tuple[Record, ...] = ()
    events: tuple[Event, ...] = ()

    def __add__(self, other: "Changes") -> "Changes":
        return Changes(records=self.records + other.records, events=self.events + other.events)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Generic[T_co]):
    """What the caller is told, and what is written first."""

    result: T_co
    changes: Changes = field(default_factory=Changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """A caller's name for one request: who and where (`scope`), the key, what was asked."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a caller was told, kept so that a repeated request is told the same bytes."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False
