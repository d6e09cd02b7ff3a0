"""How far a record of core has been projected into the lists, and the writes that move it on.

A cursor is an item of views: the version that was applied last, and the keys of the rows that it
made. While a large move is on its way it is held: then it also says which version is to come, by
which move, and names the rows of both versions. Pure.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any

from chalicelib.store.codec import body_of, encode
from chalicelib.store.key import Key
from chalicelib.store.rows import Row
from chalicelib.store.table import Item

PACKED_FROM = 1_000
"""Bytes. Keys of rows repeat each other: packed, those of a thousand rows take some 15 KB of 100,
and the cursor is written with every version of its record."""

Request = dict[str, Any]
"""One action of a transaction, in the words of DynamoDB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A large move has begun to bring the rows to `version`; `by` is that move and no other."""

    version: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far a record of core was projected, and into which rows; version 0: not at all."""

    version: int = 0
    rows: tuple[Key, ...] = ()
    hold: Hold | None = None

    @property
    def promised(self) -> int:
        """The newest version that is here or on its way."""
        return self.version if self.hold is None else max(self.version, self.hold.version)


def cursor_in(item: Item | None) -> Cursor:
    """The cursor of an item; one that is not there has been nowhere yet."""
    if item is None:
        return Cursor()
    rows = tuple(Key(pk, sk) for pk, sk in json.loads(body_of(item) or "[]"))
    hold = None
    if "held_by" in item:
        hold = Hold(version=int(item["held_for"]["N"]), by=item["held_by"]["S"])
    return Cursor(version=int(item["v"]["N"]), rows=rows, hold=hold)


def put_cursor(table: str, key: Key, before: Cursor, after: Cursor) -> Request:
    """Put the cursor on, over exactly the one that was read."""
    item: Item = {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "type": {"S": "CURSOR"},
        "v": {"N": str(after.version)},
        **_names(after.rows),
    }
    if after.hold is not None:
        item |= {"held_for": {"N": str(after.hold.version)}, "held_by": {"S": after.hold.by}}
    return {"Put": {"TableName": table, "Item": item, **_stands_at(before)}}


def still_held(table: str, key: Key, held: Cursor) -> Request:
    """Nothing but the condition that the cursor is held by this move."""
    place = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    return {"ConditionCheck": {"TableName": table, "Key": place, **_stands_at(held)}}


def put_row(table: str, row: Row) -> Request:
    """Write a row, whatever was there."""
    return {"Put": {"TableName": table, "Item": row_item(row)}}


def delete_row(table: str, key: Key) -> Request:
    """Remove a row; one that is not there is as good."""
    return {"Delete": {"TableName": table, "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}}}}


def row_item(row: Row) -> Item:
    """A row as it is stored."""
    return {
        "pk": {"S": row.key.pk},
        "sk": {"S": row.key.sk},
        "type": {"S": "ROW"},
        "body": {"S": encode(row.body)},
    }


def _names(rows: tuple[Key, ...]) -> Item:
    text = json.dumps([[row.pk, row.sk] for row in rows], separators=(",", ":"))
    if len(text) < PACKED_FROM:
        return {"body": {"S": text}}
    return {"packed": {"B": zlib.compress(text.encode(), 6)}}


def _stands_at(cursor: Cursor) -> Request:
    if cursor.hold is not None:
        return {
            "ConditionExpression": "held_by = :by",
            "ExpressionAttributeValues": {":by": {"S": cursor.hold.by}},
        }
    if cursor.version == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "v = :before AND attribute_not_exists(held_by)",
        "ExpressionAttributeValues": {":before": {"N": str(cursor.version)}},
    }
