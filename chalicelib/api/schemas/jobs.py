"""Work that outlives a request: imports, reconciliations, runs of metrics; and reading metrics."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Label, Moment, MomentOut, Strict, View
from chalicelib.jobs.model import Job, JobKind, JobState


class ImportBody(Strict):
    """A CSV file to come; `dry_run` checks it and changes nothing."""

    kind: Literal["orders", "stock_counts"]
    dry_run: bool = False
    mode: Literal["skip_bad", "all_or_nothing"] = "skip_bad"
    file_name: Label | None = None


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
    def of(cls, job: Job, **links: str | None) -> Self:
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


class ReconciliationView(View):
    """One run: how much was looked at, how many differences, and where the report is."""

    id: str
    state: JobState
    started_at: MomentOut
    finished_at: MomentOut | None
    result: dict[str, Any] | None  # Any: counts by kind of difference
    report_url: str | None = None


class ReconciliationsPage(View):
    items: tuple[ReconciliationView, ...]
    next_cursor: str | None


class MetricsQuery(Strict):
    """`from` is included, `to` is not."""

    since: Moment = Field(alias="from")
    until: Moment = Field(alias="to")
    interval: Literal["hour", "day"] = "day"
    group_by: Literal["reason"] | None = None

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self


class MetricsRowView(View):
    start: MomentOut
    group: str | None
    counts: dict[str, int]
    money: dict[str, Any]  # Any: amounts by name and currency


class MetricsView(View):
    """`complete_until` is where the folding of events has got to."""

    interval: Annotated[str, Field(examples=["day"])]
    rows: tuple[MetricsRowView, ...]
    complete_until: MomentOut | None
