"""Keeps the lists in step with the truth, from whatever order the stream tells it in.

For each record of core a cursor notes the version that was applied last and the rows it made. New
rows, the deletion of rows that vanished, and the cursor are one transaction on the condition that
the cursor is still the one that was read: so a repeated or late version changes nothing, and two
projectors cannot leave rows of two versions behind. Many records share a transaction where they
can, which is what a long import needs; what is refused in company is written alone.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from pynamodb.exceptions import VerboseClientError

from chalicelib.core.errors import TransientError
from chalicelib.store.codec import encode
from chalicelib.store.keys import Key
from chalicelib.store.rows import PROJECTED_TYPES, Row, bucket_mark, cursor_key, rows_of
from chalicelib.store.table import BATCH_GET_MAX, Cancelled, Item, Table

ROUNDS_MAX = 5
ACTIONS_MAX = 100
"""What DynamoDB takes in one transaction. Most rows has a movement: one for each SKU and warehouse,
so never more than the balances it changed in one transaction of its own."""


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
class Cursor:
    """How far a record of core was projected, and into which rows."""

    version: int = 0
    rows: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One record's rows, from where its cursor stands to where a newer version puts them."""

    key: Key
    before: Cursor
    after: Cursor
    rows: Sequence[Row]

    def actions(self, table: str) -> list[dict[str, Any]]:
        vanished = set(self.before.rows) - set(self.after.rows)
        return [
            _put_cursor(table, self.key, self.before, self.after),
            *(_put_row(table, row) for row in self.rows),
            *(_delete_row(table, gone) for gone in sorted(vanished, key=_text)),
        ]


class Projector:
    """Writes the views table. Remembers which months it has marked, so keep one a process."""

    def __init__(self, table: Table) -> None:
        self._table = table
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
        return dict(zip(wanted, map(_cursor, self._table.get(wanted)), strict=True))

    def write(self, move: Move) -> bool:
        """Move one record's rows on; False where somebody else moved them first."""
        self._mark(move.rows)
        actions = move.actions(self._table.name)
        assert len(actions) <= ACTIONS_MAX, "the rows of a record fit one transaction"
        return self._transact(actions)

    def write_together(self, moves: Iterable[Move]) -> Iterator[Move]:
        """Those that were written. Others were refused, perhaps for the company they were in."""
        for group in self._groups(moves):
            try:
                written = self._transact([action for _, actions in group for action in actions])
            except VerboseClientError:
                continue  # One of them is impossible; which one shows when each is written alone.
            if written:
                yield from (move for move, _ in group)

    def _groups(self, moves: Iterable[Move]) -> Iterator[list[tuple[Move, list[dict[str, Any]]]]]:
        group: list[tuple[Move, list[dict[str, Any]]]] = []
        size = 0
        for move in moves:
            self._mark(move.rows)
            actions = move.actions(self._table.name)
            if group and size + len(actions) > ACTIONS_MAX:
                yield group
                group, size = [], 0
            group.append((move, actions))
            size += len(actions)
        if group:
            yield group

    def _transact(self, actions: Sequence[dict[str, Any]]) -> bool:
        try:
            self._table.transact(actions, uuid4().hex)
        except Cancelled:
            return False
        return True

    def _mark(self, rows: Sequence[Row]) -> None:
        """Note the months before their first row is there; a month without rows does no harm.

        Not in the transaction: all projectors would meet at the mark of the present month.
        """
        for row in rows:
            mark = bucket_mark(row.list_name, row.bucket)
            if row.bucket and mark not in self._marked:
                self._table.put({"pk": {"S": mark.pk}, "sk": {"S": mark.sk}})
                self._marked.add(mark)


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
        if version < max(self.newest[key], before.version):
            return None
        if version == before.version and not self.again:
            return None
        rows = () if image.is_gone else rows_of(image.item)
        after = Cursor(version=version, rows=tuple(row.key for row in rows))
        return Move(key=key, before=before, after=after, rows=rows)


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


def _cursor(item: Item | None) -> Cursor:
    if item is None:
        return Cursor()
    rows = tuple(Key(pk, sk) for pk, sk in json.loads(item["body"]["S"]))
    return Cursor(version=int(item["v"]["N"]), rows=rows)


def _put_cursor(table: str, key: Key, before: Cursor, after: Cursor) -> dict[str, Any]:
    body = json.dumps([[row.pk, row.sk] for row in after.rows], separators=(",", ":"))
    put: dict[str, Any] = {
        "TableName": table,
        "Item": {
            "pk": {"S": key.pk},
            "sk": {"S": key.sk},
            "type": {"S": "CURSOR"},
            "v": {"N": str(after.version)},
            "body": {"S": body},
        },
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    if before.version:
        put["ConditionExpression"] = "v = :before"
        put["ExpressionAttributeValues"] = {":before": {"N": str(before.version)}}
    return {"Put": put}


def _put_row(table: str, row: Row) -> dict[str, Any]:
    item = {
        "pk": {"S": row.key.pk},
        "sk": {"S": row.key.sk},
        "type": {"S": "ROW"},
        "body": {"S": encode(row.body)},
    }
    return {"Put": {"TableName": table, "Item": item}}


def _delete_row(table: str, key: Key) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}}}}


def _text(key: Key) -> tuple[str, str]:
    return key.pk, key.sk
