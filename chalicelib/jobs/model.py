"""A job: what was asked, how far it is, what came of it. Resumable: progress is part of it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core.events import Json


class JobKind(StrEnum):
    IMPORT_ORDERS = "import_orders"
    IMPORT_RETURNS = "import_returns"
    IMPORT_STOCK_COUNTS = "import_stock_counts"
    RECONCILE_STOCK = "reconcile_stock"
    RECONCILE_PAYMENTS = "reconcile_payments"
    EXPORT_JOURNAL = "export_journal"
    AGGREGATE_METRICS = "aggregate_metrics"
    SCOPE_CAMPAIGN = "scope_campaign"
    DRAFT_CAMPAIGN = "draft_campaign"
    SIMULATE_POLICY = "simulate_policy"
    EXPORT_SUPPLIER = "export_supplier"


class JobState(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`done` and `total` count what the kind counts (rows of a file, items of a table).

    `checkpoint` is where a run goes on after a crash or at the end of its time; `lease_until`
    keeps a second worker off while one is at it. `subject` is what the job is about, where jobs of
    its kind are listed by that.
    """

    job_id: str
    kind: JobKind
    state: JobState
    created_at: datetime
    created_by: str
    created_role: str
    correlation_id: str
    updated_at: datetime
    parameters: dict[str, Json] = field(default_factory=dict)
    subject: str | None = None
    done: int = 0
    total: int = 0
    checkpoint: dict[str, Json] = field(default_factory=dict)
    lease_until: datetime | None = None
    lease_token: int = 0
    result: dict[str, Json] = field(default_factory=dict)
    error_code: str | None = None
    error_message: str | None = None
    version: int = 1

    def moved(self, now: datetime, **changes: object) -> "Job":
        """The job one version on."""
        return replace(self, version=self.version + 1, updated_at=now, **changes)  # type: ignore[arg-type]  # fields by name
