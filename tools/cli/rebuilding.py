"""Views compared with what core says, and put right where they differ, while the stream goes on.

First every listed record of core: its rows, months and cursor. Then every item of views: rows and
cursors that no record stands behind. Whatever looks wrong is looked at again before it counts,
because the stream may be on its way. Metric rows are folded from events, not from records: they
are left alone.

What is written is on condition. A record is written over exactly the cursor that was read *before*
core was read, so what is written is never older than what the stream knew; a row is deleted only
while the cursor of its owner stays as it was.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

from chalicelib.devices.sequence import Seen
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.store.codec import record_in
from chalicelib.store.cursors import Cursor, Request, delete_row, row_item
from chalicelib.store.device_lists import SCAN_TYPE, DeviceLists, sequence_key
from chalicelib.store.key import Key
from chalicelib.store.projection import ACTIONS_MAX, Move, Projector
from chalicelib.store.rows import Row, cursor_key
from chalicelib.store.table import Cancelled, Item, Table
from tools.cli.view_items import (
    CURSOR_PREFIX,
    UNLISTED_PREFIXES,
    cursor_of,
    delete_as_seen,
    key_of,
    marks_of,
    owner_of,
    record_of,
    rows_made_of,
    still,
)

ROUNDS_MAX = 5
CHUNK = 50


class Kind(StrEnum):
    """What differs."""

    ROW_MISSING = "row_missing"
    ROW_DIFFERS = "row_differs"
    ROW_STRAY = "row_stray"
    MONTH_MISSING = "month_missing"
    CURSOR_DIFFERS = "cursor_differs"
    CURSOR_STRAY = "cursor_stray"
    UNREADABLE = "unreadable_record"
    NUMBERS_MISSING = "numbers_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One item of views that is not what core says; `record` is the item of core it tells of."""

    kind: Kind
    key: Key
    record: Key | None = None

    def as_json(self) -> dict[str, Any]:
        record = text_of(self.record) if self.record else None
        return {"kind": self.kind.value, "key": text_of(self.key), "record": record}


@dataclass(slots=True)
class Tally:
    """What came of it. `left`: records that others kept writing, or that no rows can be made of."""

    records: int = 0
    items: int = 0
    left: list[str] = field(default_factory=list)
    _found: dict[Difference, None] = field(default_factory=dict)
    _keys: set[Key] = field(default_factory=set)

    @property
    def differences(self) -> list[Difference]:
        return list(self._found)

    def add(self, differences: Iterable[Difference]) -> None:
        for difference in differences:
            self._found[difference] = None
            self._keys.add(difference.key)

    def has(self, key: Key) -> bool:
        return key in self._keys


@dataclass(slots=True, kw_only=True)
class Rebuild:
    """Compares, and where it is not dry, mends. `patience_s`: how late the stream may be."""

    core: Table
    views: Table
    is_dry: bool = False
    patience_s: float = 5.0
    sleep: Callable[[float], object] = time.sleep
    tally: Tally = field(default_factory=Tally)
    _projector: Projector = field(init=False)
    _late: list[Key] = field(default_factory=list)
    _suspects: list[Item] = field(default_factory=list)
    _marked: set[Key] = field(default_factory=set)
    _unnumbered: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._projector = Projector(self.views)

    def records(self, items: Iterator[Item]) -> None:
        """All records of core, as they come from a scan."""
        for mixed in _chunks(items):
            self.tally.records += len(mixed)
            self._numbers([item for item in mixed if item["type"]["S"] == SCAN_TYPE])
            chunk = [item for item in mixed if item["type"]["S"] != SCAN_TYPE]
            found = {place: found for place, found in self._compared(chunk).items() if found}
            if self.is_dry:
                self._late += found
            elif found:
                self.tally.add(each for differences in found.values() for each in differences)
                self._mend(list(found))
        self._look_again()

    def strays(self, items: Iterator[Item]) -> None:
        """All items of views, as they come from a scan."""
        for chunk in _chunks(items):
            self.tally.items += len(chunk)
            listed = [i for i in chunk if not i["pk"]["S"].startswith(UNLISTED_PREFIXES)]
            self._rows([i for i in listed if not i["pk"]["S"].startswith(CURSOR_PREFIX)])
            self._cursors([i for i in listed if i["pk"]["S"].startswith(CURSOR_PREFIX)])
        self._remove_suspects()

    # --- from core to views

    def _compared(self, items: Sequence[Item]) -> dict[Key, list[Difference]]:
        """What differs, by key in core, from what these items say, whatever is newer by now."""
        made = {key_of(item): rows_made_of(item) for item in items}
        wanted = {place: rows for place, rows in made.items() if rows is not None}
        for place in made.keys() - wanted.keys():
            self.tally.add([Difference(kind=Kind.UNREADABLE, key=place, record=place)])
            self.tally.left.append(text_of(place))
        marks = {mark for rows in wanted.values() for mark in marks_of(rows)} - self._marked
        asked = [row.key for rows in wanted.values() for row in rows]
        asked += [*marks, *(cursor_key(place.pk, place.sk) for place in wanted)]
        there = dict(zip(asked, self.views.get(asked), strict=True)) if asked else {}
        self._marked |= {mark for mark in marks if there[mark] is not None}
        versions = {key_of(item): int(item["v"]["N"]) for item in items}
        return {
            place: list(self._differences(place, versions[place], rows, there))
            for place, rows in wanted.items()
        }

    def _numbers(self, scans: Sequence[Item]) -> None:
        """The numbers of scans by device: what is missing is added, which can do no harm."""
        lists = DeviceLists(self.views)
        for seen in lists.differing(record_in(item, ScanOutcome) for item in scans):
            if self.is_dry:
                self._unnumbered.append(seen)
                continue
            lists.add(seen)
            self.tally.add([_without_numbers(seen)])

    def _differences(
        self, place: Key, version: int, rows: Sequence[Row], there: dict[Key, Item | None]
    ) -> Iterator[Difference]:
        for row in rows:
            stored = there[row.key]
            if stored is None:
                yield Difference(kind=Kind.ROW_MISSING, key=row.key, record=place)
            elif stored != row_item(row):
                yield Difference(kind=Kind.ROW_DIFFERS, key=row.key, record=place)
        for mark in marks_of(rows) - self._marked:
            yield Difference(kind=Kind.MONTH_MISSING, key=mark)
        at = cursor_key(place.pk, place.sk)
        cursor, keys = cursor_of(there[at]), {row.key for row in rows}
        is_there = cursor is not None and cursor.version == version and cursor.hold is None
        if cursor is None or not is_there or set(cursor.rows) != keys:
            yield Difference(kind=Kind.CURSOR_DIFFERS, key=at, record=place)

    def _mend(self, places: Sequence[Key]) -> None:
        """Together where that goes; what somebody else moved meanwhile, alone and again."""
        moves = self._moves(places)
        for move in self._projector.write_together(moves.values()):
            self._marked |= marks_of(move.rows)
            moves = {place: left for place, left in moves.items() if left is not move}
        for place in moves:
            if not any(self._mended(place) for _ in range(ROUNDS_MAX)):
                self.tally.left.append(text_of(place))

    def _mended(self, place: Key) -> bool:
        """Nothing is left to do for a record that is gone, or that no rows can be made of."""
        return all(self._projector.write(move) for move in self._moves([place]).values())

    def _moves(self, places: Sequence[Key]) -> dict[Key, Move]:
        """To the rows of each record as it is now, from its cursor as it was just before."""
        keys = [cursor_key(place.pk, place.sk) for place in places]
        cursors = [cursor_of(stored) for stored in self.views.get(keys)]
        for key, cursor in zip(keys, cursors, strict=True):
            if cursor is None:
                # No condition can name a cursor that says nothing: it is as if there were none.
                self.views.transact([delete_row(self.views.name, key)], uuid4().hex)
        named = [cursor or Cursor() for cursor in cursors]
        owners = self._owners_of([row for cursor in named for row in cursor.rows])
        moves: dict[Key, Move] = {}
        for key, place, cursor, item in zip(
            keys, places, named, self.core.get(places), strict=True
        ):
            rows = None if item is None else rows_made_of(item)
            if item is not None and rows is not None:
                own = tuple(row for row in cursor.rows if owners[row] == place)
                after = Cursor(version=int(item["v"]["N"]), rows=tuple(row.key for row in rows))
                before = replace(cursor, rows=own)
                moves[place] = Move(key=key, before=before, after=after, rows=rows, is_whole=True)
        return moves

    def _owners_of(self, rows: Sequence[Key]) -> dict[Key, Key | None]:
        """Whose the rows are: a cursor that was tampered with may name those of others."""
        items = self.views.get(rows) if rows else []
        pairs = zip(rows, items, strict=True)
        return {row: owner_of(item) if item is not None else None for row, item in pairs}

    def _look_again(self) -> None:
        """What still differs when the stream has had its time differs indeed."""
        late = self._late
        for wait_s in (min(1.0, self.patience_s), max(0.0, self.patience_s - 1.0)):
            if late or self._unnumbered:
                self.sleep(wait_s)
            found: list[Difference] = []
            still_late: list[Key] = []
            for start in range(0, len(late), CHUNK):
                items = [item for item in self.core.get(late[start : start + CHUNK]) if item]
                for place, differences in self._compared(items).items():
                    found += differences
                    still_late += [place] if differences else []
            late = still_late
        self.tally.add(found)
        there = DeviceLists(self.views).sequences([seen.device_id for seen in self._unnumbered])
        for seen in self._unnumbered:
            if not there[seen.device_id].holds(seen):
                self.tally.add([_without_numbers(seen)])

    # --- from views to core

    def _rows(self, rows: Sequence[Item]) -> None:
        """Rows that the cursor of their owner does not name."""
        owners = [owner_of(row) for row in rows]
        places = [cursor_key(owner.pk, owner.sk) for owner in owners if owner is not None]
        cursors = dict(zip(places, self.views.get(places), strict=True)) if places else {}
        for row, owner in zip(rows, owners, strict=True):
            stored = cursors.get(cursor_key(owner.pk, owner.sk)) if owner else None
            if not _names(stored, key_of(row)):
                self._stray(row, owner)

    def _stray(self, seen: Item, owner: Key | None) -> None:
        """Looked at again: the cursor first, then the row, then what core would make of it."""
        key = key_of(seen)
        at = cursor_key(owner.pk, owner.sk) if owner else None
        (stored,) = self.views.get([at]) if at else (None,)
        (again,) = self.views.get([key])
        (record,) = self.core.get([owner]) if owner else (None,)
        made = rows_made_of(record) if record else ()
        is_wanted = made is None or key in {row.key for row in made}
        if again != seen or _names(stored, key) or is_wanted or self.tally.has(key):
            return
        self.tally.add([Difference(kind=Kind.ROW_STRAY, key=key, record=owner)])
        if not self.is_dry:
            actions = [delete_as_seen(self.views.name, seen)]
            actions += [still(self.views.name, at, stored)] if at else []
            self._transact(actions, key)

    def _cursors(self, cursors: Sequence[Item]) -> None:
        """Cursors that have rows and no record behind them are suspects."""
        having = [c for c in cursors if (known := cursor_of(c)) is None or known.rows]
        records = self.core.get([record_of(cursor) for cursor in having]) if having else []
        self._suspects += [c for c, item in zip(having, records, strict=True) if item is None]

    def _remove_suspects(self) -> None:
        """Unless the stream brought the deletion meanwhile: the record went without it."""
        if self._suspects:
            self.sleep(self.patience_s)
        for seen in self._suspects:
            at, place = key_of(seen), record_of(seen)
            (cursor,) = self.views.get([at])
            (record,) = self.core.get([place])
            if record is not None or cursor != seen:
                continue
            self.tally.add([Difference(kind=Kind.CURSOR_STRAY, key=at, record=place)])
            if not self.is_dry:
                owners = self._owners_of((cursor_of(seen) or Cursor()).rows)
                own = [row for row, owner in owners.items() if owner == place]
                self._remove(at, seen, own)

    def _remove(self, at: Key, seen: Item, rows: Sequence[Key]) -> None:
        """A cursor with its rows: those that one transaction does not take go before."""
        name, room = self.views.name, ACTIONS_MAX - 1
        rest = len(rows) // room * room
        for start in range(0, rest, room):
            deletes = [delete_row(name, row) for row in rows[start : start + room]]
            self._transact([*deletes, still(name, at, seen)], at)
        last = [delete_row(name, row) for row in rows[rest:]]
        self._transact([*last, delete_as_seen(name, seen)], at)

    def _transact(self, actions: list[Request], about: Key) -> None:
        """What is refused was moved by the stream meanwhile: then it is the stream's."""
        try:
            self.views.transact(actions, uuid4().hex)
        except Cancelled:
            self.tally.left.append(text_of(about))


def _without_numbers(seen: Seen) -> Difference:
    return Difference(kind=Kind.NUMBERS_MISSING, key=sequence_key(seen.device_id))


def text_of(key: Key) -> str:
    return f"{key.pk} {key.sk}"


def _names(cursor: Item | None, row: Key) -> bool:
    known = cursor_of(cursor)
    return known is not None and row in known.rows


def _chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    chunk: list[Item] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
