"""Our events as pages of EPCIS, along the hours in which they were recorded. Pure but for a port.

A page ends when it is full, or when so much was read that the caller is to ask again: a query never
reads more at once because it matches little.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.events import Event
from chalicelib.epcis import names
from chalicelib.epcis.telling import TOLD, Told, return_id_of, told_of
from chalicelib.returns.model import Return

ROWS_AT_ONCE = 50
ROWS_MAX = 500
HOURS_MAX = 72
"""Read for one page."""
WITHOUT_START = timedelta(days=1)
_AT_ONCE = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


class HourReader(Protocol):
    """Events by the hour in which they were stored, each with its place in that hour."""

    def some(self, hour: datetime, *, after: str, limit: int) -> list[tuple[str, Event]]: ...


class ReturnsReader(Protocol):
    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; None: any. Words are those of the CBV in their short form."""

    event_from: datetime | None = None
    event_before: datetime | None = None
    recorded_from: datetime | None = None
    recorded_before: datetime | None = None
    event_types: frozenset[str] | None = None
    actions: frozenset[str] | None = None
    biz_steps: frozenset[str] | None = None
    dispositions: frozenset[str] | None = None
    read_points: frozenset[str] | None = None
    biz_locations: frozenset[str] | None = None
    rmas: frozenset[str] | None = None
    epcs: frozenset[str] | None = None
    any_epcs: frozenset[str] | None = None
    epc_classes: frozenset[str] | None = None
    event_ids: frozenset[str] | None = None
    within: frozenset[str] | None = None

    def first_hour(self, now: datetime) -> datetime:
        """Nothing is recorded before it happened, so the later bound counts."""
        bounds = [one for one in (self.event_from, self.recorded_from) if one is not None]
        start = max(bounds, default=now - WITHOUT_START)
        return start.replace(minute=0, second=0, microsecond=0)

    def matches(self, told: Told) -> bool:
        place = told.warehouse
        return (
            (self.within is None or place in self.within)
            and _between(told.happened_at, self.event_from, self.event_before)
            and _between(told.recorded_at, self.recorded_from, self.recorded_before)
            and _one_of("ObjectEvent", self.event_types)
            and _one_of("OBSERVE", self.actions)
            and _one_of(told.biz_step, self.biz_steps)
            and _one_of(told.disposition, self.dispositions)
            and _one_of(place, self.read_points)
            and _one_of(place, self.biz_locations)
            and _one_of(told.number, self.rmas)
            and _one_of(told.event_id, self.event_ids)
            and _any_of(told.epcs, self.epcs)
            and _any_of(told.epcs, self.any_epcs)
            and _any_of(told.classes, self.epc_classes)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the next page begins: an hour, a place in it, and how many parts of the next event were
    told already.
    """

    hour: datetime
    after: str = ""
    skip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`next_place` is None where all is told; a page with one may be empty."""

    items: tuple[Told, ...]
    next_place: Place | None


@dataclass(slots=True)
class _Reading:
    """One page, while it is read."""

    asked: Asked
    hours: HourReader
    returns: ReturnsReader
    until: datetime
    per_page: int
    place: Place
    items: list[Told] = field(default_factory=list)
    rows: int = 0
    hours_read: int = 0

    def step(self) -> bool:
        """Read on; False once the page ends."""
        some = self.hours.some(self.place.hour, after=self.place.after, limit=ROWS_AT_ONCE)
        wanted = [return_id_of(event) for _, event in some if event.type in TOLD]
        ids = tuple(dict.fromkeys(one for one in wanted if one is not None))
        known = {one.return_id: one for one in self.returns.returns_of(ids)} if ids else {}
        for at, event in some:
            if event.time >= self.until:
                self.place = Place(hour=self.until)
                return False
            if not self._take(event, known):
                return False
            self.place = Place(hour=self.place.hour, after=at)
        self.rows += len(some)
        if len(some) < ROWS_AT_ONCE:
            self.place = Place(hour=self.place.hour + HOUR)
            self.hours_read += 1
        is_enough = self.rows >= ROWS_MAX or self.hours_read >= HOURS_MAX
        return not is_enough and len(self.items) < self.per_page and not self.is_over

    @property
    def is_over(self) -> bool:
        return self.place.hour >= self.until

    def _take(self, event: Event, known: dict[str, Return]) -> bool:
        matching = [told for told in told_of(event, known) if self.asked.matches(told)]
        for count, told in enumerate(matching):
            if count < self.place.skip:
                continue
            if len(self.items) >= self.per_page:
                self.place = replace(self.place, skip=count)
                return False
            self.items.append(told)
        return True


def page(
    asked: Asked,
    hours: HourReader,
    returns: ReturnsReader,
    *,
    start: Place | None,
    per_page: int,
    now: datetime,
) -> Page:
    """One page of what is asked for, from `start` on, the first recorded first."""
    bounds = [one for one in (asked.recorded_before,) if one is not None]
    until = min([now + _AT_ONCE, *bounds])
    reading = _Reading(
        asked=asked,
        hours=hours,
        returns=returns,
        until=until,
        per_page=per_page,
        place=start or Place(hour=asked.first_hour(now)),
    )
    while not reading.is_over and reading.step():
        pass
    return Page(items=tuple(reading.items), next_place=None if reading.is_over else reading.place)


def word_or_itself(text: str) -> str:
    """A word of the CBV in its short form, however the caller writes it."""
    return names.word(text) or text


def _between(moment: datetime, first: datetime | None, before: datetime | None) -> bool:
    return (first is None or first <= moment) and (before is None or moment < before)


def _one_of(value: str | None, wanted: frozenset[str] | None) -> bool:
    return wanted is None or value in wanted


def _any_of(values: Sequence[str] | dict[str, int], wanted: frozenset[str] | None) -> bool:
    return wanted is None or any(value in wanted for value in values)
