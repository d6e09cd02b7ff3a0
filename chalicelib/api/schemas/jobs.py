"""Work that outlives a request: imports, reconciliations, runs of metrics."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import Id, Label, Moment, MomentOut, Strict, View
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


class ReconciliationBody(Strict):
    """What is compared: the books with themselves, or with the lists of payment providers.

    Only the latter has a time, [from, to): whole hours, at most 31 days, nothing of the last hour.
    Without it, the three days before.
    """

    of: Literal["books", "payments"] = "books"
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.of == "books" and (self.since or self.until):
            raise PydanticCustomError("period_of_books", "The books are compared as a whole")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class ReconciliationsQuery(PageQuery):
    """Those of the books, or those with payment providers."""

    of: Literal["books", "payments"] = "books"


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
