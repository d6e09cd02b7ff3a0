"""All that a supplier may see, as files: its returns, what went back to it, and the claims.

Read list by list, each of which holds nothing else; a file of a spreadsheet takes no cell for a
formula. What has no room in one export, or no time, is in the next one, which goes on after it; a
run that was killed begins its own part anew.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.jobs.model import Job, JobKind, JobState
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded
from chalicelib.jobs.service import NewJob
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.sharing import SharedReader, shared_units

T_co = TypeVar("T_co", covariant=True)
ROWS_MAX = 50_000
"""Of each list, in one export."""
MORE_FOLLOWS = "more_follows"
"""The last row of a table that does not hold all."""
_PAGE = 50
_REST = "rest"
"""In the result: the lists that go on, each with its place; "": from its beginning."""


class ListPage(Protocol[T_co]):
    @property
    def items(self) -> tuple[T_co, ...]: ...

    @property
    def next_cursor(self) -> str | None: ...


class Lists(Protocol):
    """The lists of what one supplier may see. Any: rows of lists, which are the store's."""

    def supplied(self, supplier_id: str, *, limit: int, cursor: str | None) -> ListPage[Any]: ...

    def rtvs(
        self, supplier_id: str, *, told: bool, limit: int, cursor: str | None
    ) -> ListPage[Any]: ...

    def claims(
        self, supplier_id: str | None, *, told: bool, limit: int, cursor: str | None
    ) -> ListPage[Any]: ...


class ExportReader(SharedReader, Protocol):
    def supplier(self, supplier_id: str) -> Supplier | None: ...


class ReportFiles(Protocol):
    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


def new_export(supplier_id: str, after: Job | None = None) -> NewJob:
    """The export as a job; the supplier's jobs are listed by its subject.

    `after` is an export of the same supplier that did not hold all. Raises Conflict
    `export_has_no_rest` where it did, or did not end.
    """
    parameters: dict[str, Json] = {"supplier_id": supplier_id}
    subject = f"supplier/{supplier_id}"
    if after is not None:
        if (after.kind, after.subject) != (JobKind.EXPORT_SUPPLIER, subject):
            raise NotFound("job_not_found", f"There is no job {after.job_id}.")
        if after.state is not JobState.SUCCEEDED or not after.result.get(_REST):
            has_ended = after.state is JobState.SUCCEEDED
            raise Conflict(
                "export_has_no_rest",
                "That export holds all there was."
                if has_ended
                else f"That export is {after.state.value}: one that succeeded is gone on with.",
                state=after.state.value,
            )
        parameters |= {"after": after.job_id, _REST: after.result[_REST]}
    return NewJob(kind=JobKind.EXPORT_SUPPLIER, parameters=parameters, subject=subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierExport:
    """Handler of these jobs."""

    reads: Callable[[], ExportReader]
    lists: Lists
    files: ReportFiles
    rows_max: int = ROWS_MAX

    def __call__(self, run: Run) -> Outcome:
        supplier_id = str(run.job.parameters["supplier_id"])
        supplier = self.reads().supplier(supplier_id)
        if supplier is None:
            return Failed(
                code="supplier_not_found", message="There is no such supplier.", result={}
            )
        walk = _Walk(run=run, rows_max=self.rows_max)
        parts = {
            "returns": list(self._returns(walk, supplier)),
            "returns_to_vendor": list(self._rtvs(walk, supplier_id)),
            "vendor_claims": list(self._claims(walk, supplier_id)),
        }
        is_complete = not walk.rest
        told: dict[str, Json] = {
            "supplier_id": supplier_id,
            "after": run.job.parameters.get("after"),
            "is_complete": is_complete,
        }
        base = f"reports/suppliers/{run.job.created_at:%Y-%m-%d}/{run.job.job_id}"
        shown = json.dumps({**told, **parts}, ensure_ascii=False)
        self.files.write(f"{base}.json", shown.encode(), content_type="application/json")
        self.files.write(
            f"{base}.csv", _as_csv(parts, is_complete=is_complete), content_type="text/csv"
        )
        counts: dict[str, Json] = {name: len(rows) for name, rows in parts.items()}
        keys: dict[str, Json] = {"report_key": f"{base}.json", "csv_key": f"{base}.csv"}
        rest: dict[str, Json] = {} if is_complete else {_REST: dict(walk.rest)}
        return Succeeded(result={**counts, "is_complete": is_complete, **rest, **keys})

    def _returns(self, walk: "_Walk", supplier: Supplier) -> Iterator[dict[str, Json]]:
        own = supplier.supplier_id
        for page in walk.pages(
            "returns", lambda limit, cursor: self.lists.supplied(own, limit=limit, cursor=cursor)
        ):
            ids = [row.return_id for row in page]
            shared = shared_units(
                self.reads(), ids, own, sees_prices=supplier.sees_prices, with_photos=False
            )
            yield from (_plain(units) for units in shared)

    def _rtvs(self, walk: "_Walk", own: str) -> Iterator[dict[str, Json]]:
        for page in walk.pages(
            "returns_to_vendor",
            lambda limit, cursor: self.lists.rtvs(own, told=True, limit=limit, cursor=cursor),
        ):
            yield from (_plain(row) for row in page)

    def _claims(self, walk: "_Walk", own: str) -> Iterator[dict[str, Json]]:
        for page in walk.pages(
            "vendor_claims",
            lambda limit, cursor: self.lists.claims(own, told=True, limit=limit, cursor=cursor),
        ):
            yield from (_plain(row) for row in page)


@dataclass(slots=True, kw_only=True)
class _Walk:
    """Through the lists of one export, from where the one before it stopped.

    It stops where a list has no more room, and where the time of the run is up, but never before
    the first page: each export gets on. `rest` is where the next one goes on.
    """

    run: Run
    rows_max: int
    rest: dict[str, str] = field(default_factory=dict)
    read: int = 0
    asked: int = 0

    def pages(
        self, name: str, ask: Callable[[int, str | None], ListPage[Any]]
    ) -> Iterator[tuple[Any, ...]]:
        before = self.run.job.parameters.get(_REST)
        if isinstance(before, dict) and name not in before:
            return
        place = str(before[name]) if isinstance(before, dict) else ""
        rows = 0
        while rows < self.rows_max and not (self.asked and self.run.time_is_up):
            page = ask(min(_PAGE, self.rows_max - rows), place or None)
            self.asked += 1
            yield page.items
            rows += len(page.items)
            self.read += len(page.items)
            self.run.progress(self.read, self.read, dict)
            if page.next_cursor is None:
                return
            place = page.next_cursor
        self.rest[name] = place


_HIDDEN = frozenset({"photos", "version", "supplier_id"})


def _plain(row: Any) -> dict[str, Json]:  # Any: one of several kinds of rows
    return {
        one.name: _value(getattr(row, one.name)) for one in fields(row) if one.name not in _HIDDEN
    }


def _value(value: Any) -> Json:  # Any: a field of a row
    match value:
        case Money():
            return {"amount": value.amount, "currency": value.currency}
        case datetime():
            return rfc3339(value)
        case StrEnum():
            return value.value
        case tuple():
            return [_value(one) for one in value]
        case None | bool() | int() | str():
            return value
        case _:
            return {name: _value(one) for name, one in asdict(value).items()}


def _as_csv(parts: dict[str, list[dict[str, Json]]], *, is_complete: bool) -> bytes:
    """One table: which list a row is of, then the columns of all lists.

    Where more follows in another export, the last row says so.
    """
    columns = list(dict.fromkeys(name for rows in parts.values() for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["list", *columns])
    for name, rows in parts.items():
        for row in rows:
            writer.writerow([name, *(_cell(row.get(column)) for column in columns)])
    if not is_complete:
        writer.writerow([MORE_FOLLOWS, *("" for _ in columns)])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Json) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, list):
        return safe_cell(" ".join(str(one) for one in value))
    return "" if value is None else safe_cell(str(value))
