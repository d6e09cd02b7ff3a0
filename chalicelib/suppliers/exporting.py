"""All that a supplier may see, as files: its returns, what went back to it, and the claims.

Read list by list, each of which holds nothing else; a file of a spreadsheet takes no cell for a
formula. A run that was cut off begins anew: the lists are short beside what one run has time for.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from chalicelib.core.clock import rfc3339
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.core.spreadsheets import safe_cell
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded
from chalicelib.jobs.service import NewJob
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.sharing import SharedReader, shared_units

T_co = TypeVar("T_co", covariant=True)
ROWS_MAX = 50_000
"""Of each list: the newest so many."""
_PAGE = 50


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


def new_export(supplier_id: str) -> NewJob:
    """The export as a job; the supplier's jobs are listed by its subject."""
    return NewJob(
        kind=JobKind.EXPORT_SUPPLIER,
        parameters={"supplier_id": supplier_id},
        subject=f"supplier/{supplier_id}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierExport:
    """Handler of these jobs."""

    reads: Callable[[], ExportReader]
    lists: Lists
    files: ReportFiles

    def __call__(self, run: Run) -> Outcome:
        supplier_id = str(run.job.parameters["supplier_id"])
        supplier = self.reads().supplier(supplier_id)
        if supplier is None:
            return Failed(
                code="supplier_not_found", message="There is no such supplier.", result={}
            )
        parts = {
            "returns": list(self._returns(run, supplier)),
            "returns_to_vendor": list(self._rtvs(supplier_id)),
            "vendor_claims": list(self._claims(supplier_id)),
        }
        base = f"reports/suppliers/{run.job.created_at:%Y-%m-%d}/{run.job.job_id}"
        shown = json.dumps({"supplier_id": supplier_id, **parts}, ensure_ascii=False)
        self.files.write(f"{base}.json", shown.encode(), content_type="application/json")
        self.files.write(f"{base}.csv", _as_csv(parts), content_type="text/csv")
        counts: dict[str, Json] = {name: len(rows) for name, rows in parts.items()}
        return Succeeded(result={**counts, "report_key": f"{base}.json", "csv_key": f"{base}.csv"})

    def _returns(self, run: Run, supplier: Supplier) -> Iterator[dict[str, Json]]:
        own = supplier.supplier_id
        pages = _pages(lambda cursor: self.lists.supplied(own, limit=_PAGE, cursor=cursor))
        for done, page in enumerate(pages, start=1):
            ids = [row.return_id for row in page]
            shared = shared_units(
                self.reads(), ids, own, sees_prices=supplier.sees_prices, with_photos=False
            )
            yield from (_plain(units) for units in shared)
            run.progress(done * _PAGE, done * _PAGE, dict)

    def _rtvs(self, own: str) -> Iterator[dict[str, Json]]:
        for page in _pages(
            lambda cursor: self.lists.rtvs(own, told=True, limit=_PAGE, cursor=cursor)
        ):
            yield from (_plain(row) for row in page)

    def _claims(self, own: str) -> Iterator[dict[str, Json]]:
        for page in _pages(
            lambda cursor: self.lists.claims(own, told=True, limit=_PAGE, cursor=cursor)
        ):
            yield from (_plain(row) for row in page)


def _pages(ask: Callable[[str | None], ListPage[Any]]) -> Iterator[tuple[Any, ...]]:
    cursor: str | None = None
    read = 0
    while read < ROWS_MAX:
        page = ask(cursor)
        yield page.items
        read += len(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


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


def _as_csv(parts: dict[str, list[dict[str, Json]]]) -> bytes:
    """One table: which list a row is of, then the columns of all lists."""
    columns = list(dict.fromkeys(name for rows in parts.values() for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["list", *columns])
    for name, rows in parts.items():
        for row in rows:
            writer.writerow([name, *(_cell(row.get(column)) for column in columns)])
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Json) -> str:
    if isinstance(value, dict) and set(value) == {"amount", "currency"}:
        return f"{value['amount']} {value['currency']}"
    if isinstance(value, list):
        return safe_cell(" ".join(str(one) for one in value))
    return "" if value is None else safe_cell(str(value))
