"""Work that outlives a request: imports, reconciliations, runs of metrics."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from chalicelib.contracts.fields import Id, Label, MomentOut, Strict, View
from chalicelib.jobs.model import Job, JobKind, JobState


class ImportBody(Strict):
    """A CSV file to come; `dry_run` checks it and changes nothing.

    `reason_system`: the reasons in a file of returns are codes of this system
    (`GET /v1/reasons/mappings`).
    """

    kind: Literal["orders", "stock_counts", "returns"]
    dry_run: bool = False
    mode: Literal["skip_bad", "all_or_nothing"] = "skip_bad"
    file_name: Label | None = None
    reason_system: Id | None = None


class ProgressView(View):
    done: int
    total: int


class JobErrorView(View):
    code: str
    detail: str


class JobView(View):
    """`result` and its links are there once the job has succeeded."""

    id: str
    kind: JobKind
    state: JobState
    progress: ProgressView
    result: dict[str, Any] | None  # Any: each kind of job has results of its own
    error: JobErrorView | None
    created_at: MomentOut
    updated_at: MomentOut

    @classmethod
    def of(cls, job: Job, *, links: Mapping[str, str]) -> Self:
        """`links` are short-lived addresses of files that the job wrote."""
        error = None
        if job.error_code is not None:
            error = JobErrorView(code=job.error_code, detail=job.error_message or "")
        return cls(
            id=job.job_id,
            kind=job.kind,
            state=job.state,
            progress=ProgressView(done=job.done, total=job.total),
            result={**job.result, **links} if job.result or links else None,
            error=error,
            created_at=job.created_at,
            updated_at=job.updated_at,
        )


class UploadView(View):
    """POST the file to `url` as multipart form: all `fields` first, then the file as `file`."""

    url: str
    fields: dict[str, str]
    expires_at: MomentOut


class ImportView(View):
    job: JobView
    upload: UploadView


class JobsPage(View):
    items: tuple[JobView, ...]
    next_cursor: str | None
