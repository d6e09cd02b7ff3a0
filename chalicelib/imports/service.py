"""Carrying out an import: the file is read anew in each run, and the work goes on where it stood.

What a run writes twice changes nothing: orders are known by their number, batches of counts by the
id of their command, returns by their key in the other system.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Json
from chalicelib.imports import counts, orders, returns
from chalicelib.imports.count_import import CountImport
from chalicelib.imports.order_import import OrderImport
from chalicelib.imports.rejects import rejects_file
from chalicelib.imports.return_import import ReturnImport
from chalicelib.imports.sheet import BadFile, Columns, Sheet, read_sheet
from chalicelib.imports.tally import Tally
from chalicelib.imports.work import ImportRunner, Work
from chalicelib.jobs.model import JobKind
from chalicelib.jobs.running import Failed, Outcome, Run, Succeeded, Unfinished
from chalicelib.jobs.service import NewJob
from chalicelib.reasons.systems import systems

CONTENT_TYPE = "text/csv"
FILE_BYTES_MAX = 32 * 1024 * 1024
ERRORS_SHOWN = 20
_KINDS = {
    "orders": JobKind.IMPORT_ORDERS,
    "returns": JobKind.IMPORT_RETURNS,
    "stock_counts": JobKind.IMPORT_STOCK_COUNTS,
}
_COLUMNS: dict[JobKind, Columns] = {
    JobKind.IMPORT_ORDERS: orders.COLUMNS,
    JobKind.IMPORT_RETURNS: returns.COLUMNS,
    JobKind.IMPORT_STOCK_COUNTS: counts.COLUMNS,
}
_UPLOAD = re.compile(r"uploads/imports/(job_[0-9a-z]{26})")


class ImportFiles(Protocol):
    def read(self, key: str, *, size_max: int) -> bytes: ...

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...


def new_import(
    kind: str,
    *,
    dry_run: bool = False,
    mode: str = "skip_bad",
    file_name: str | None = None,
    reason_system: str | None = None,
) -> NewJob:
    """A job that waits for its file under `upload_key`. `kind`: orders, returns, stock_counts.

    `reason_system` is the system whose codes a file of returns gives as reasons.
    """
    if reason_system is not None:
        _check_system(kind, reason_system)
    assert mode in ("skip_bad", "all_or_nothing"), "the edge knows the modes"
    return NewJob(
        kind=_KINDS[kind],
        parameters={
            "dry_run": dry_run,
            "mode": mode,
            "file_name": file_name,
            **({"reason_system": reason_system} if reason_system is not None else {}),
        },
        awaiting_upload=True,
    )


def _check_system(kind: str, reason_system: str) -> None:
    """Raises Invalid where the file gives no reasons, or nobody knows their codes."""
    message = "" if kind == "returns" else "Only returns have reasons."
    if not message and reason_system not in systems():
        message = f"Known: {', '.join(systems())}."
    if message:
        fault = FieldError(pointer="/reason_system", code="unknown_reason_system", message=message)
        raise Invalid("unknown_reason_system", message, errors=[fault])


def upload_key(job_id: str) -> str:
    """Where the client puts the file."""
    return f"uploads/imports/{job_id}"


def job_id_of(key: str) -> str | None:
    """The job whose file lies under this key, or None for any other upload."""
    found = _UPLOAD.fullmatch(key)
    return found[1] if found else None


def rejects_key(job_id: str) -> str:
    """Where the rejected rows lie, with their faults."""
    return f"rejects/{job_id}.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imports:
    """Handler of import jobs. `base_currency` is that of a return without an order."""

    commands: ImportRunner
    files: ImportFiles
    base_currency: str = "EUR"

    def __call__(self, run: Run) -> Outcome:
        try:
            content = self.files.read(upload_key(run.job.job_id), size_max=FILE_BYTES_MAX)
            sheet = read_sheet(content, _COLUMNS[run.job.kind])
        except BadFile as bad:
            shown: list[Json] = [error.as_json() for error in bad.rows[:ERRORS_SHOWN]]
            return Failed(code=bad.code, message=bad.message, result={"errors": shown})
        digest = sha256(content).hexdigest()
        if run.job.checkpoint.get("file", digest) != digest:
            return Failed(
                code="file_changed", message="The file changed during the import.", result={}
            )
        return self._carried_out(run, self._work(run, sheet, digest))

    def _work(self, run: Run, sheet: Sheet, digest: str) -> Work:
        match run.job.kind:
            case JobKind.IMPORT_ORDERS:
                return OrderImport(self.commands, run, sheet, digest)
            case JobKind.IMPORT_RETURNS:
                currency = self.base_currency
                return ReturnImport(self.commands, run, sheet, digest, base_currency=currency)
        return CountImport(self.commands, run, sheet, digest)

    def _carried_out(self, run: Run, work: Work) -> Outcome:
        work.restore()
        if work.is_strict and not run.job.checkpoint.get("checked"):
            work.check()
            if work.rejected():
                return Failed(
                    code="import_has_bad_rows",
                    message="Some rows are bad, so none was imported.",
                    result=self._result(run, work, Tally()),
                )
            work.tally = Tally()
            work.save()
        if work.is_dry:
            work.check()
        elif not work.write():
            return Unfinished()
        result = self._result(run, work, work.tally)
        if work.is_strict and work.tally.refused:
            message = "What it relies on changed during the import; a part was imported."
            return Failed(code="changed_meanwhile", message=message, result=result)
        return Succeeded(result=result)

    def _result(self, run: Run, work: Work, tally: Tally) -> dict[str, Json]:
        rejected = work.rejected()
        key = None
        if rejected:
            key = rejects_key(run.job.job_id)
            self.files.write(key, rejects_file(work.sheet, rejected), content_type=CONTENT_TYPE)
        faults = sorted(work.faults(), key=lambda fault: fault.row)
        return {
            "rows": len(work.sheet.rows),
            "accepted": tally.accepted,
            "rejected": len(rejected),
            "unchanged": tally.unchanged,
            "dry_run": work.is_dry,
            "mode": run.job.parameters.get("mode"),
            "rejects_key": key,
            "errors": [fault.as_json() for fault in faults[:ERRORS_SHOWN]],
        }
