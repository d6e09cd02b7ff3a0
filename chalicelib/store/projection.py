"""Keeps the lists in step with the truth, from whatever order the stream tells it in.

For each record of core a cursor notes the version that was applied last and the rows it made. New
rows, the deletion of rows that vanished, and the cursor are one transaction on the condition that
the cursor is still the one that was read: so a repeated or late version changes nothing, and two
projectors cannot leave rows of two versions behind. Many records share a transaction where they
can, which is what a long import needs; what is refused in company is written alone.

A record with more rows than one transaction takes is moved in parts, and its cursor held for that:
see `Projector.write`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from pynamodb.exceptions import VerboseClientError

from chalicelib.core.errors import TransientError
from chalicelib.store.cursors import (
    Cursor,
    Hold,
    Request,
    cursor_in,
    delete_row,
    put_cursor,
    put_row,
    still_held,
)
from chalicelib.store.key import Key
from chalicelib.store.rows import PROJECTED_TYPES, Row, bucket_mark, cursor_key, rows_of
from chalicelib.store.table import BATCH_GET_MAX, Cancelled, Item, Table

ROUNDS_MAX = 5
ACTIONS_MAX = 100
"""What DynamoDB takes in one transaction."""
_MARKS_MAX = 50_000
"""Months that a process remembers; more of them are marked again, which does no harm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An item of core as it was after a change; `is_gone`: as it was before it was deleted."""

    item: Item
    is_gone: bool = False

    @property
    def key(self) -> Key:
        return cursor_key(self.item["pk"]["S"], self.item["sk"]["S"])

    @property
    def version(self) -> int:
        """A deletion counts as one version more, so that late news cannot bring rows back."""
        return int(self.item["v"]["N"]) + self.is_gone

    @property
    def is_listed(self) -> bool:
        """Whether any list shows it. A lock that stands in for a document is no document yet."""
        return self.item.get("type", {}).get("S") in PROJECTED_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One record's rows, from where its cursor stands to where a newer version puts them.

    `is_whole`: rows that never change are written, too, even those that should be there already.
    """

    key: Key
    before: Cursor
    after: Cursor
    rows: Sequence[Row]
    is_whole: bool = False

    def written(self) -> Iterator[Row]:
        """What is to be put. Of a move that was left unfinished nobody knows what is there."""
        is_sure = not self.is_whole and self.before.hold is None
        there = set(self.before.rows) if is_sure else set()
        return (row for row in self.rows if not (row.is_static and row.key in there))

    def changes(self, table: str) -> list[Request]:
        """Rows come before rows go: a list may show a record twice for a moment, never not."""
        vanished = set(self.before.rows) - set(self.after.rows)
        return [
            *(put_row(table, row) for row in self.written()),
            *(delete_row(table, gone) for gone in sorted(vanished, key=_text)),
        ]

    def actions(self, table: str) -> list[Request]:
        """All of it as one transaction, however large."""
        return [put_cursor(table, self.key, self.before, self.after), *self.changes(table)]

    def held(self) -> Cursor:
        """The cursor while the move is carried out: it names all rows that may be there."""
        known = dict.fromkeys([*self.before.rows, *self.after.rows])
        hold = Hold(version=self.after.version, by=uuid4().hex)
        return replace(self.before, rows=tuple(known), hold=hold)


class Projector:
    """Writes the views table. Remembers which months it has marked, so keep one a process."""

    def __init__(self, table: Table, *, actions_max: int = ACTIONS_MAX) -> None:
        self._table = table
        self._actions_max = actions_max
        self._marked: set[Key] = set()

    def batch(self, images: Iterable[Image], *, again: bool = False) -> "Batch":
        """Reads the cursors of the images at once. `again` also redoes what was applied before."""
        newest: dict[Key, int] = {}
        for image in images:
            newest[image.key] = max(newest.get(image.key, 0), image.version)
        return Batch(projector=self, newest=newest, cursors=self.cursors(newest), again=again)

    def cursors(self, keys: Iterable[Key]) -> dict[Key, Cursor]:
        wanted = list(keys)
        if not wanted:
            return {}
        return dict(zip(wanted, map(cursor_in, self._table.get(wanted)), strict=True))

    def write(self, move: Move) -> bool:
        """Move one record's rows on; False where somebody else moved them first.

        A large move takes several transactions. The first holds the cursor: it notes the version
        that is on its way and every row that may come to be there. Each further one is on condition
        that the cursor is still held by this very move, and the last puts the cursor where the rows
        are. Whoever comes with the same version or a newer one takes a held cursor over, and what
        the former holder has not written yet is refused from then on; so a move that died on its
        way is finished by the next news of the record, or by rebuilding. Older news does nothing.
        """
        self._mark([move])
        actions = move.actions(self._table.name)
        if len(actions) <= self._actions_max:
            return self._transact(actions)
        return self._write_in_parts(move)

    def _write_in_parts(self, move: Move) -> bool:
        name, room = self._table.name, self._actions_max - 1
        held = move.held()
        if not self._transact([put_cursor(name, move.key, move.before, held)]):
            return False
        changes = move.changes(name)
        starts = range(0, len(changes), room)
        for start in starts:
            is_last = start == starts[-1]
            guard = (
                put_cursor(name, move.key, held, move.after)
                if is_last
                else still_held(name, move.key, held)
            )
            if not self._transact([guard, *changes[start : start + room]]):
                return False
        return True

    def write_together(self, moves: Iterable[Move]) -> Iterator[Move]:
        """Those that were written. Others were refused, perhaps for the company they were in."""
        moves = list(moves)
        self._mark(moves)
        for group in self._groups(moves):
            try:
                written = self._transact([action for _, actions in group for action in actions])
            except VerboseClientError:
                continue  # One of them is impossible; which one shows when each is written alone.
            if written:
                yield from (move for move, _ in group)

    def _groups(self, moves: Iterable[Move]) -> Iterator[list[tuple[Move, list[Request]]]]:
        """As many as one transaction takes; what is too large for one at all is left out."""
        group: list[tuple[Move, list[Request]]] = []
        size = 0
        for move in moves:
            actions = move.actions(self._table.name)
            if len(actions) > self._actions_max:
                continue
            if group and size + len(actions) > self._actions_max:
                yield group
                group, size = [], 0
            group.append((move, actions))
            size += len(actions)
        if group:
            yield group

    def _transact(self, actions: Sequence[Request]) -> bool:
        try:
            self._table.transact(actions, uuid4().hex)
        except Cancelled:
            return False
        return True

    def _mark(self, moves: Iterable[Move]) -> None:
        """Note the months before their first row is there; a month without rows does no harm.

        Not in the transaction: all projectors would meet at the mark of the present month.
        """
        rows = (row for move in moves for row in move.written() if row.bucket)
        marks = dict.fromkeys(bucket_mark(row.list_name, row.bucket) for row in rows)
        new = [mark for mark in marks if mark not in self._marked]
        if not new:
            return
        self._table.put_all([{"pk": {"S": mark.pk}, "sk": {"S": mark.sk}} for mark in new])
        if len(self._marked) > _MARKS_MAX:
            self._marked.clear()
        self._marked.update(new)


@dataclass(slots=True)
class Batch:
    """Images that are projected together: only the newest of each record is written.

    `add` each, `write` once, then `apply` each: it tells what came of it, and writes what is left.
    """

    projector: Projector
    newest: dict[Key, int]
    cursors: dict[Key, Cursor] = field(default_factory=dict)
    again: bool = False
    moves: dict[Key, Move] = field(default_factory=dict)
    written: set[Key] = field(default_factory=set)

    def add(self, image: Image) -> bool:
        """Whether it could be read; raises where it could not."""
        move = self._move(image)
        if move is not None:
            self.moves[move.key] = move
        return True

    def write(self) -> None:
        """Write what was added, many records at a time, as far as that goes."""
        for move in self.projector.write_together(self.moves.values()):
            self.cursors[move.key] = move.after
            self.written.add(move.key)

    def apply(self, image: Image) -> bool:
        """Whether rows were written. Raises TransientError where it is to be tried again."""
        key = image.key
        if key in self.written and image.version == self.newest[key]:
            self.written.remove(key)
            return True
        for _ in range(ROUNDS_MAX):
            move = self._move(image)
            if move is None:
                return False
            if self.projector.write(move):
                self.cursors[key] = move.after
                return True
            self.cursors |= self.projector.cursors([key])
        raise TransientError("views_busy", "Others keep writing the same rows.")

    def _move(self, image: Image) -> Move | None:
        """None where there is nothing to write: an older image, or one that was applied before."""
        key, version = image.key, image.version
        before = self.cursors[key]
        if version < max(self.newest[key], before.promised):
            return None
        if version == before.version and before.hold is None and not self.again:
            return None
        rows = () if image.is_gone else rows_of(image.item)
        after = Cursor(version=version, rows=tuple(row.key for row in rows))
        return Move(key=key, before=before, after=after, rows=rows, is_whole=self.again)


def rebuild(core: Table, projector: Projector) -> int:
    """Project all of core again; how many records were written. Safe while the stream goes on."""
    written = 0
    images: list[Image] = []
    for item in core.scan(PROJECTED_TYPES):
        images.append(Image(item=item))
        if len(images) == BATCH_GET_MAX:
            written += _redo(projector, images)
            images = []
    return written + _redo(projector, images)


def _redo(projector: Projector, images: Sequence[Image]) -> int:
    batch = projector.batch(images, again=True)
    for image in images:
        batch.add(image)
    batch.write()
    return sum(batch.apply(image) for image in images)


def _text(key: Key) -> tuple[str, str]:
    return key.pk, key.sk
