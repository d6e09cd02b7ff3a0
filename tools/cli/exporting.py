"""Records from a scan into a file: a hundred at a time, whatever the size of the table."""

import csv
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Protocol

from chalicelib.core.errors import TransientError
from chalicelib.core.events import Event
from chalicelib.orders.model import Contact
from chalicelib.store import keys
from chalicelib.store.balances import balance_of
from chalicelib.store.codec import body_of, decode
from chalicelib.store.table import Item, Table
from tools.cli.shapes import CONTACT_COLUMNS, Row, Shape, cell, contact_cells, plain
from tools.stack.errors import StackError

_CHUNK = 100
_BOM = "\ufeff"
"""Without it a spreadsheet reads UTF-8 as something else. The import takes files with it."""
FORMATS = {".csv": "csv", ".ndjson": "ndjson", ".jsonl": "ndjson"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is exported: a shape, from `since` on, before `until`, with people or without.

    `source` is what events name as theirs.
    """

    shape: Shape
    since: datetime | None = None
    until: datetime | None = None
    with_contacts: bool = False
    source: str = "tuiku"

    def takes(self, record: Any) -> bool:
        if self.shape.at is None:
            return True
        at = self.shape.at(record)
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)


@dataclass(slots=True)
class Exported:
    """How many records were written, and which could not be read."""

    records: int = 0
    unreadable: int = 0


class Writer(Protocol):
    def write(self, record: Any, contact: Contact | None) -> None: ...


class CsvWriter:
    """One or more rows a record, under a header row."""

    def __init__(self, file: IO[str], wish: Wish) -> None:
        more = CONTACT_COLUMNS if wish.with_contacts else ()
        self._wish = wish
        self._columns = (*wish.shape.columns, *more)
        file.write(_BOM)
        self._rows = csv.writer(file, lineterminator="\n")
        self._rows.writerow(self._columns)

    def write(self, record: Any, contact: Contact | None) -> None:
        for row in self._wish.shape.rows(record):
            self._rows.writerow([cell(value) for value in self._cells(row, record, contact)])

    def _cells(self, row: Row, record: Any, contact: Contact | None) -> Iterator[Any]:
        if self._wish.with_contacts:
            note = getattr(record, "note", None) or getattr(record, "review_note", None)
            row = {**row, **contact_cells(contact, note)}
        return (row[column] for column in self._columns)


class NdjsonWriter:
    """One JSON object a line, with all that the record says."""

    def __init__(self, file: IO[str], wish: Wish) -> None:
        self._file = file
        self._wish = wish

    def write(self, record: Any, contact: Contact | None) -> None:
        if isinstance(record, Event):
            told: Any = record.as_cloudevent(self._wish.source)
        else:
            told = plain(record, is_private=not self._wish.with_contacts)
        if self._wish.with_contacts and self._wish.shape.has_contacts:
            told["contact"] = None if contact is None else plain(contact, is_private=False)
        self._file.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n")


def exported(items: Iterable[Item], core: Table, wish: Wish, writer: Writer) -> Exported:
    """Writes what the wish takes, in the order of the scan."""
    done = Exported()
    chunk: list[Any] = []
    for item in items:
        record = _record(item, wish.shape)
        if record is None:
            done.unreadable += 1
        elif wish.takes(record):
            chunk.append(record)
        if len(chunk) == _CHUNK:
            done.records += _written(chunk, core, wish, writer)
            chunk = []
    done.records += _written(chunk, core, wish, writer)
    return done


def _written(chunk: Sequence[Any], core: Table, wish: Wish, writer: Writer) -> int:
    contacts: dict[str, Contact] = {}
    refs = {ref for record in chunk if (ref := getattr(record, "contact_ref", None))}
    if wish.with_contacts and refs:
        wanted = sorted(refs)
        found = core.get([keys.contact(ref) for ref in wanted])
        for ref, item in zip(wanted, found, strict=True):
            body = None if item is None else body_of(item)
            if body is not None:
                contacts[ref] = decode(body, Contact)
    for record in chunk:
        writer.write(record, contacts.get(getattr(record, "contact_ref", None) or ""))
    return len(chunk)


def _record(item: Item, shape: Shape) -> Any:
    """None for what cannot be read; `tuiku verify` tells more about it."""
    try:
        if shape.item_type == "BALANCE":
            return balance_of(item)
        body = body_of(item)
        return None if body is None else decode(body, shape.record)
    except (TransientError, AssertionError, KeyError, ValueError):
        return None


def format_of(out: Path) -> str:
    """By the extension of the file."""
    try:
        return FORMATS[out.suffix.lower()]
    except KeyError:
        raise StackError(
            f"{out} does not say which format is meant: end it with {', '.join(FORMATS)}."
        ) from None


@contextmanager
def whole_file(out: Path) -> Iterator[IO[str]]:
    """A file for its owner's eyes that is there when it is complete, and not before."""
    part = out.with_name(f".{out.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(out)
    except OSError as exc:
        raise StackError(f"{out} cannot be written: {exc.strerror or exc}.") from exc
    finally:
        part.unlink(missing_ok=True)
