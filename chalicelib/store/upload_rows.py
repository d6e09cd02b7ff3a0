"""Which uploads somebody still has to look after: those asked for, and nobody decided about them.

A row is there from the asking for a form to the decision, sorted by when it is time to look.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.jobs.model import Job, JobState
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item
from chalicelib.uploads.model import FORM_LIVES, SPARE, Photo

UPLOADS_DUE = list_name("UPLOADS_DUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadDueRow:
    """A photo of a return, or the file of an import (`job_id`), to look after at `look_at`."""

    look_at: datetime
    return_id: str | None = None
    photo_id: str | None = None
    job_id: str | None = None


def photo_rows(item: Item) -> Iterator[Row]:
    """Where it is found by whoever looks what became of it."""
    photo = record_in(item, Photo)
    if photo.look_at is not None:
        row = UploadDueRow(
            look_at=photo.look_at, return_id=photo.return_id, photo_id=photo.photo_id
        )
        yield _row(row, f"{photo.return_id}#{photo.photo_id}")


def upload_row_of(job: Job) -> Iterator[Row]:
    """As of photos: a job that waits for its file."""
    if job.state is JobState.AWAITING_UPLOAD:
        row = UploadDueRow(look_at=job.created_at + FORM_LIVES + SPARE, job_id=job.job_id)
        yield _row(row, job.job_id)


def _row(row: UploadDueRow, own: str) -> Row:
    return Row(
        list_name=UPLOADS_DUE,
        bucket=f"{row.look_at:%Y-%m}",
        sort=f"{rfc3339(row.look_at)}#{own}",
        body=row,
    )
