"""The list of returns that would have gone otherwise, as CSV and as JSON lines, part by part.

A part is written when the job notes how far it is, under a key that its number alone makes: a
worker that does a part again after a crash writes over what the first one left.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.policy.simulating import Change, Comparison

PART_BYTES = 2 * 1024 * 1024
"""From here on a part is full."""
HEADER = (
    "return_id", "number", "order_no", "type", "region", "channel", "requested_at", "changes",
    "verdict_before", "verdict_after", "codes_before", "codes_after", "currency", "fees_before",
    "fees_after", "refund_before", "refund_after", "unknown_facts",
)  # fmt: skip
CSV, JSON_LINES = "csv", "jsonl"
_TYPES = {CSV: "text/csv", JSON_LINES: "application/x-ndjson"}


class ReportFiles(Protocol):
    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


@dataclass(slots=True, kw_only=True)
class Differences:
    """`part` is the number of the part that is being filled, from 1."""

    files: ReportFiles
    prefix: str
    part: int = 1
    part_bytes: int = PART_BYTES
    _table: io.StringIO = field(default_factory=io.StringIO)
    _lines: io.StringIO = field(default_factory=io.StringIO)
    _rows: int = 0

    @property
    def is_full(self) -> bool:
        return self._lines.tell() >= self.part_bytes

    @property
    def parts(self) -> int:
        """Of how many parts the list consists, all of them written."""
        return self.part - 1

    def add(self, compared: Comparison, unknown: Sequence[str] = ()) -> None:
        row = as_row(compared, unknown)
        cells = (_cell(row[name]) for name in HEADER)
        csv.writer(self._table, lineterminator="\r\n").writerow(cells)
        self._lines.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
        self._rows += 1

    def close(self) -> None:
        """Write what was added since the last part as the next one."""
        if not self._rows:
            return
        head = io.StringIO()
        csv.writer(head, lineterminator="\r\n").writerow(HEADER)
        table = (head.getvalue() + self._table.getvalue()).encode("utf-8-sig")
        for kind, content in ((CSV, table), (JSON_LINES, self._lines.getvalue().encode())):
            key = part_key(self.prefix, self.part, kind)
            self.files.write(key, content, content_type=_TYPES[kind])
        self.part += 1
        self._rows = 0
        self._table, self._lines = io.StringIO(), io.StringIO()


def part_key(prefix: str, part: int, kind: str) -> str:
    return f"{prefix}-{part:04d}.{kind}"


def as_row(compared: Comparison, unknown: Sequence[str]) -> dict[str, Json]:
    """One return of the list; references, codes and money only."""
    past, before, after = compared.past, compared.before, compared.after
    return {
        "return_id": past.return_id,
        "number": past.number,
        "order_no": past.order_no,
        "type": past.type,
        "region": past.region,
        "channel": past.channel,
        "requested_at": rfc3339(past.requested_at),
        "changes": [change.value for change in Change if change in compared.changes],
        "verdict_before": before.verdict.value,
        "verdict_after": after.verdict.value,
        "codes_before": [*before.codes],
        "codes_after": [*after.codes],
        "currency": past.currency,
        "fees_before": before.fees.amount,
        "fees_after": after.fees.amount,
        "refund_before": before.refund.amount,
        "refund_after": after.refund.amount,
        "unknown_facts": [*sorted(unknown)],
    }


def _cell(value: Json) -> str:
    if isinstance(value, list):
        return safe_cell(";".join(str(one) for one in value))
    return "" if value is None else safe_cell(str(value))
