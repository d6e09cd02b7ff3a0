"""One page of a list: a bounded number of rows and months is read for it, however long the list.

A cursor is opaque: the place of the last row, with a digest of the list and filters it belongs to.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Generic, TypeVar

from chalicelib.core.errors import Invalid
from chalicelib.store.codec import decode
from chalicelib.store.key import Key
from chalicelib.store.row import Pointer, bucket_mark, partition
from chalicelib.store.table import BATCH_GET_MAX, Item, Table

T = TypeVar("T")
LIMIT_MAX = 200
LIMIT_DEFAULT = 50
BUCKETS_MAX = 24
"""Months looked into for one page; a list of a status that is over may be empty for long."""
ROWS_MAX = 1000
"""Rows read for one page, where a filter lets few of them through."""
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows, and where to go on; None at the end. A page may be short, or empty, before it."""

    items: tuple[T, ...]
    next_cursor: str | None


def page_of(table: Table, ask: "Ask[T]", limit: int, cursor: str | None) -> Page[T]:
    """Reads until one row more than asked for is found, which tells that there is more."""
    assert 1 <= limit <= LIMIT_MAX, "a page has a size"
    reading = _Reading(table, ask, start=ask.place_of(cursor), limit=limit)
    found: list[T] = []
    places: list[Place] = []
    for row, place in reading.rows():
        if len(found) == limit:
            return Page(items=tuple(found), next_cursor=ask.cursor_at(places[-1]))
        found.append(row)
        places.append(place)
    end = reading.stopped_at
    return Page(items=tuple(found), next_cursor=ask.cursor_at(end) if end else None)


@dataclass(frozen=True, slots=True)
class Place:
    """A row in a list; `sort` None: all of the bucket has been read."""

    bucket: str
    sort: str | None


def _everything(_: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Ask(Generic[T]):
    """What is listed and how. `said` names the filters that `keep` applies.

    `is_pointed_to`: the list holds pointers; the rows that they point to are read, and filtered.
    `until` ends a list that begins with its oldest row: where its places reach this text.
    """

    name: str
    kind: type[T]
    keep: Callable[[T], bool] = _everything
    said: str = ""
    prefix: str = ""
    is_bucketed: bool = False
    newest_first: bool = True
    is_pointed_to: bool = False
    until: str | None = None

    def cursor_at(self, place: Place) -> str:
        text = json.dumps([self._digest(), place.bucket, place.sort], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def place_of(self, cursor: str | None) -> Place | None:
        if cursor is None:
            return None
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            held = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError) as exc:
            raise _bad_cursor() from exc
        match held:
            case [str(digest), str(bucket), str() | None as sort] if digest == self._digest():
                if self._is_place(bucket, sort):
                    return Place(bucket, sort)
        raise _bad_cursor()

    def _is_place(self, bucket: str, sort: str | None) -> bool:
        """What DynamoDB would refuse as a key is a cursor that we never made."""
        if not (_MONTH.fullmatch(bucket) if self.is_bucketed else bucket == ""):
            return False
        if sort is None:
            return self.is_bucketed
        return sort != "" and sort.isascii() and sort.isprintable() and sort.startswith(self.prefix)

    def _digest(self) -> str:
        order = "newest" if self.newest_first else "oldest"
        said = f"{self.name}\x1f{self.prefix}\x1f{self.said}\x1f{order}"
        return sha256(said.encode()).hexdigest()[:16]


@dataclass(slots=True)
class _Reading(Generic[T]):
    """One walk through the months of a list. `stopped_at` is where a limit ended it."""

    table: Table
    ask: Ask[T]
    start: Place | None
    limit: int
    stopped_at: Place | None = None
    rows_read: int = 0

    def rows(self) -> Iterator[tuple[T, Place]]:
        """The rows that the filters let through, with their places."""
        rows = self._pointed_to() if self.ask.is_pointed_to else self._own()
        return (found for found in rows if self.ask.keep(found[0]))

    def _own(self) -> Iterator[tuple[T, Place]]:
        for item, place in self._stored():
            yield decode(item["body"]["S"], self.ask.kind), place

    def _pointed_to(self) -> Iterator[tuple[T, Place]]:
        """Many are read in one call: those of a whole page, unless filters let few through.

        A row that is gone is skipped: its record moved on, and its pointer is about to follow.
        """
        stored = self._stored()
        while chunk := list(islice(stored, min(self.limit + 1, BATCH_GET_MAX))):
            targets = self.table.get([_target(item) for item, _ in chunk])
            for (_, place), target in zip(chunk, targets, strict=True):
                if target is not None:
                    yield decode(target["body"]["S"], self.ask.kind), place

    def _stored(self) -> Iterator[tuple[Item, Place]]:
        """What the list itself holds, up to its end or a limit."""
        buckets = self._buckets()
        for bucket in buckets[:BUCKETS_MAX]:
            for item in self._items(bucket):
                if self.ask.until is not None and item["sk"]["S"] >= self.ask.until:
                    return
                yield item, Place(bucket, item["sk"]["S"])
            if self.stopped_at is not None:
                return
        if len(buckets) > BUCKETS_MAX:
            self.stopped_at = Place(buckets[BUCKETS_MAX - 1], None)

    def _items(self, bucket: str) -> Iterator[Item]:
        start = self.start
        after = start.sort if start is not None and start.bucket == bucket else None
        while True:
            # More each time: a filter that lets few rows through costs few calls.
            asked = min(max(self.limit + 1, self.rows_read), ROWS_MAX - self.rows_read)
            items = self.table.query(
                partition(self.ask.name, bucket),
                prefix=self.ask.prefix,
                limit=asked,
                after=after,
                newest_first=self.ask.newest_first,
                consistent=False,
            )
            self.rows_read += len(items)
            yield from items
            if len(items) < asked:
                return
            after = items[-1]["sk"]["S"]
            if self.rows_read >= ROWS_MAX:
                self.stopped_at = Place(bucket, after)
                return

    def _buckets(self) -> list[str]:
        """The months to look into, the present one first; one more than may be tells of more."""
        start = self.start
        unfinished = [start.bucket] if start is not None and start.sort is not None else []
        if not self.ask.is_bucketed:
            return unfinished if start is not None else [""]
        marks = self.table.query(
            bucket_mark(self.ask.name, "").pk,
            limit=BUCKETS_MAX + 1,
            after=start.bucket if start is not None else None,
            newest_first=self.ask.newest_first,
            consistent=False,
        )
        return [*unfinished, *(mark["sk"]["S"] for mark in marks)]


def _target(pointing: Item) -> Key:
    return Key(decode(pointing["body"]["S"], Pointer).target, pointing["sk"]["S"])


def _bad_cursor() -> Invalid:
    return Invalid("bad_cursor", "This cursor is not of this list; begin without one.")
