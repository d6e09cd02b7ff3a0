"""Metrics: returns by hour or day, folded from events."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.analytics import queries
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.jobs import start_job
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.jobs import JobView
from chalicelib.api.schemas.metrics import MetricsQuery, MetricsRowView, MetricsView
from chalicelib.core.commands import Answer

bp = Blueprint(__name__)


@bp.route("/metrics/returns", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="metrics:read", query=MetricsQuery, answer=MetricsView)
def read_metrics(query: MetricsQuery) -> Answer:
    """Read how many units were asked for, received, accepted, disposed of and paid, over time."""
    found = queries.metrics(
        wiring.metric_rows(),
        since=query.since,
        until=query.until,
        interval=query.interval,
        group_by=query.group_by,
    )
    rows = tuple(MetricsRowView.of(row) for row in found.rows)
    return ok(MetricsView(interval=query.interval, rows=rows, complete_until=found.complete_until))


@bp.route("/metrics/runs", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="metrics:run",
    body=NoFields,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def run_metrics(call: Call) -> Answer:
    """Fold new events into metrics now; the hourly run does the same."""
    from chalicelib.analytics.service import new_run  # noqa: PLC0415 - see reconciliations

    return start_job(call, new_run(), place="/v1/jobs")
