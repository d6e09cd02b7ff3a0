"""Doing what is due, one record after the other, as far as there is time.

EventBridge may start it twice, late or not at all, and the list of what is due may lag. All that is
harmless: each record is one command that decides on what is stored now. One that cannot be done is
told and left to the next run; so is what there was no time for.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar

from chalicelib import telemetry
from chalicelib.core.clock import Clock, rfc3339, utc_now
from chalicelib.core.errors import DomainError
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.store.execution import Commands
from chalicelib.store.pages import Page
from chalicelib.store.views import Views

Row = TypeVar("Row")
TIME_RESERVE_S = 20.0
"""What is left of the function's time when it stops; enough to count what is left to do."""
COUNTED_MAX = 10_000
log = telemetry.logger(__name__)


@dataclass(slots=True, kw_only=True)
class Sweep(ABC, Generic[Row]):
    """One run. `failed` were not done; `remaining` are due and were not tried (counted so far)."""

    commands: Commands
    views: Views
    clock: Clock
    correlation_id: str
    remaining_s: Callable[[], float]
    done: Counter[StrEnum] = field(default_factory=Counter)
    failed: int = 0
    remaining: int = 0

    @abstractmethod
    def page(self, until: datetime, cursor: str | None) -> Page[Row]:
        """Some of what is due before this moment, the longest due first."""

    @abstractmethod
    def facts(self, row: Row) -> dict[str, str]:
        """What a row is about, its id first; for the log."""

    @abstractmethod
    def take(self, row: Row, context: Context) -> StrEnum:
        """Do what is due about one record, as one command; what came of it."""

    @property
    @abstractmethod
    def worker(self) -> Actor:
        """Who does it."""

    def work(self) -> None:
        """Take what is due, the longest first, as far as there is time."""
        for row in self._due(self.clock()):
            if self.remaining or self.remaining_s() < TIME_RESERVE_S:
                self.remaining += 1
                if self.remaining >= COUNTED_MAX:
                    return
                continue
            self._take(row)

    def _due(self, now: datetime) -> Iterator[Row]:
        """Rows vanish from the list while it is read, but only behind the reader."""
        cursor: str | None = None
        while True:
            page = self.page(now + timedelta(milliseconds=1), cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _take(self, row: Row) -> None:
        now, facts = self.clock(), self.facts(row)
        subject = next(iter(facts.values()))
        context = Context(
            actor=self.worker,
            now=now,
            command_id=derived_id("cmd", self.worker.id, subject, rfc3339(now)),
            correlation_id=self.correlation_id,
        )
        try:
            outcome = self.take(row, context)
        except DomainError as error:
            self.failed += 1
            log.warning("what is due was not done", extra={**facts, "code": error.code})
        except Exception:  # one record must not stop the others
            self.failed += 1
            log.exception("unexpected error", extra=facts)
        else:
            self.done[outcome] += 1


def time_left(context: Any, detail: Any) -> Callable[[], float]:
    """Any: Lambda's own context object, and JSON of whoever sent the event.

    Until the function ends, or until the time that was asked for is used up.
    """
    asked = detail.get("seconds") if isinstance(detail, dict) else None
    if not isinstance(asked, int) or isinstance(asked, bool):
        return lambda: float(context.get_remaining_time_in_millis()) / 1000
    began = utc_now()
    return lambda: min(
        float(context.get_remaining_time_in_millis()) / 1000,
        TIME_RESERVE_S + asked - (utc_now() - began).total_seconds(),
    )
