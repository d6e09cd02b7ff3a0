"""A CSV file as rows: encoding, header and size are checked here, the cells by who knows them.

Pure. Rows are numbered as a spreadsheet shows them: the header is row 1. A file of rejects can be
corrected and sent again: its error columns are left aside, and what it escaped is read unescaped.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.core.errors import Invalid
from chalicelib.core.events import Json
from chalicelib.core.spreadsheets import plain_cell

ROWS_MAX = 50_000
CELL_CHARACTERS_MAX = 20_000
ERROR_COLUMNS = ("error_row", "error_column", "error_code", "error_message")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """One fault: where (row as shown by a spreadsheet, column by name), a stable code and why."""

    row: int
    column: str
    code: str
    message: str

    def as_json(self) -> dict[str, Json]:
        return {
            "row": self.row,
            "column": self.column,
            "code": self.code,
            "message": self.message,
        }


class BadFile(Invalid):
    """The file as a whole cannot be read; `rows` names where."""

    def __init__(self, code: str, message: str, rows: tuple[RowError, ...] = ()) -> None:
        super().__init__(code, message)
        self.rows = rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one kind of file."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    def faults(self, header: tuple[str, ...]) -> Iterator[RowError]:
        known = {*self.required, *self.optional, *ERROR_COLUMNS}
        for name in self.required:
            if name not in header:
                yield _header_fault(name, "missing_column", f"The column {name} is missing.")
        for name, times in Counter(header).items():
            if name not in known:
                said = f"There is no column {name[:80]!r}; known: {', '.join(sorted(known))}."
                yield _header_fault(name, "unknown_column", said)
            elif times > 1:
                yield _header_fault(name, "duplicate_column", f"{name} comes {times} times.")


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row as they stand in the file."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file whose header is right."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def values(self, row: Row) -> dict[str, str]:
        """The cells by column, trimmed and unescaped; columns that are missing read as empty."""
        return {
            name: plain_cell(cell.strip())
            for name, cell in zip(self.header, row.cells, strict=False)
        }


def read_sheet(content: bytes, columns: Columns) -> Sheet:
    """The file as rows; raises BadFile with every fault of its header."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadFile("not_utf8", f"The file is not UTF-8 (at byte {exc.start}).") from exc
    records = _records(text)
    first = next(records, None)
    if first is None:
        raise BadFile("empty_file", "The file is empty; a header row is needed.")
    header = tuple(name.strip() for name in first.cells)
    faults = tuple(columns.faults(header))
    if faults:
        raise BadFile("bad_header", _about(faults, header), faults)
    rows = tuple(record for record in records if record.cells)
    if not rows:
        raise BadFile("no_rows", "The file has a header and no rows.")
    return Sheet(header=header, rows=rows)


def _records(text: str) -> Iterator[Row]:
    csv.field_size_limit(CELL_CHARACTERS_MAX)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = filled = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as exc:
            fault = RowError(row=number, column="", code="malformed_csv", message=str(exc))
            message = f"Row {number} is no CSV: {exc}."
            raise BadFile("malformed_csv", message, (fault,)) from exc
        if cells is None:
            return
        filled += bool(cells)
        if filled > ROWS_MAX + 1:
            raise BadFile("too_many_rows", f"A file has at most {ROWS_MAX} rows; split it.")
        yield Row(number, tuple(cells))


def _about(faults: tuple[RowError, ...], header: tuple[str, ...]) -> str:
    if len(header) == 1 and ";" in header[0]:
        return "The columns are separated by semicolons; commas are needed."
    return " ".join(fault.message for fault in faults)[:1000]


def _header_fault(name: str, code: str, message: str) -> RowError:
    return RowError(row=1, column=name[:80], code=code, message=message)
