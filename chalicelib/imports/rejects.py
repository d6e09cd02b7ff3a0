"""The file of rejected rows: as they came, with what is wrong, safe to open anywhere."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from chalicelib.core.spreadsheets import safe_cell
from chalicelib.imports.sheet import ERROR_COLUMNS, Row, RowError, Sheet


def rejects_file(sheet: Sheet, rejected: Mapping[int, Sequence[RowError]]) -> bytes:
    """UTF-8 with BOM, so that spreadsheets read it right. `rejected` maps row numbers to faults.

    Rows that fell with another row of their order carry that row's fault.
    """
    keep = [place for place, name in enumerate(sheet.header) if name not in ERROR_COLUMNS]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*(sheet.header[place] for place in keep), *ERROR_COLUMNS])
    for row in sheet.rows:
        faults = rejected.get(row.number)
        if faults:
            cells = [row.cells[place] if place < len(row.cells) else "" for place in keep]
            writer.writerow([*(safe_cell(cell) for cell in cells), *_about(faults)])
    return text.getvalue().encode("utf-8-sig")


def spread(
    rows: Iterable[Row], faults: Sequence[RowError], *, whole: str = "order"
) -> dict[int, list[RowError]]:
    """The faults of one order (or other `whole`) by row; a row without any names the first."""
    first = faults[0]
    spread_out: dict[int, list[RowError]] = {row.number: [] for row in rows}
    for fault in faults:
        spread_out.setdefault(fault.row, []).append(fault)
    fallen = RowError(
        row=first.row,
        column=first.column,
        code=f"{whole}_has_bad_row",
        message=f"Row {first.row} of this {whole} is bad: {first.code}.",
    )
    return {number: own or [fallen] for number, own in spread_out.items()}


def _about(faults: Sequence[RowError]) -> list[str]:
    return [
        safe_cell("; ".join(dict.fromkeys(str(fault.row) for fault in faults))),
        safe_cell("; ".join(fault.column for fault in faults)),
        safe_cell("; ".join(fault.code for fault in faults)),
        safe_cell(" ".join(fault.message for fault in faults)),
    ]
