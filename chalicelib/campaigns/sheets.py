"""A list that grows while a job works, as CSV files of a bounded size in the bucket.

The file that is being filled is written anew each time the job notes how far it is, so what a
worker found before it died is there for the next one, and a list of any length needs the memory of
one file. Most lists are one file.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from chalicelib.core.events import Json
from chalicelib.core.spreadsheets import safe_cell

CONTENT_TYPE = "text/csv"
PART_BYTES = 4 * 1024 * 1024
"""From here on a file is full; what belongs together is still added as a whole."""
_READ_BYTES_MAX = 4 * PART_BYTES


class ReportFiles(Protocol):
    def read(self, key: str, *, size_max: int) -> bytes: ...

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class GrowingSheet:
    """`part` is the file that is being filled, from 1; `rows` says how many are in it.

    A list without rows has no file.
    """

    files: ReportFiles
    prefix: str
    header: tuple[str, ...]
    part: int = 1
    rows: int = 0
    part_bytes: int = PART_BYTES
    is_kept: bool = False
    _text: io.StringIO = field(default_factory=lambda: io.StringIO(newline=""))

    def __post_init__(self) -> None:
        self._begin()

    def restore(self, told: Json) -> None:
        """Go on where a checkpoint says that the list stood: rows after that are found again."""
        if not isinstance(told, dict):
            return
        part, rows = told.get("part"), told.get("rows")
        if not isinstance(part, int) or not isinstance(rows, int):
            return
        self.part = part
        self._begin()
        if rows:
            for row in islice(rows_of(self.files, self.key(part)), rows):
                self._write(row)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows that belong together: they come to stand in one file."""
        if self._text.tell() >= self.part_bytes:
            self.keep()
            self.part += 1
            self._begin()
        for row in rows:
            self._write(row)
            self.is_kept = False

    def keep(self) -> dict[str, Json]:
        """Write what is not written yet; the answer is what a checkpoint remembers."""
        if self.rows and not self.is_kept:
            content = self._text.getvalue().encode("utf-8-sig")
            self.files.write(self.key(self.part), content, content_type=CONTENT_TYPE)
            self.is_kept = True
        return {"part": self.part, "rows": self.rows}

    @property
    def parts(self) -> int:
        """Of how many files the list consists; none where it is empty."""
        return self.part if self.rows else self.part - 1

    def _begin(self) -> None:
        self._text = io.StringIO(newline="")
        self.rows = 0
        csv.writer(self._text, lineterminator="\r\n").writerow(self.header)

    def _write(self, row: Sequence[str]) -> None:
        writer = csv.writer(self._text, lineterminator="\r\n")
        writer.writerow([safe_cell(cell) for cell in row])
        self.rows += 1

    def key(self, part: int) -> str:
        return f"{self.prefix}-{part:04d}.csv"


def rows_of(files: ReportFiles, key: str) -> Iterator[list[str]]:
    """The rows of one file, without its header."""
    text = files.read(key, size_max=_READ_BYTES_MAX).decode("utf-8-sig")
    reader = csv.reader(io.StringIO(text, newline=""))
    next(reader, None)
    yield from reader
