"""Reconciliations: do documents, ledger and counts agree?"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.jobs import links_of, start_job
from chalicelib.api.schemas.common import NoFields, PageQuery
from chalicelib.api.schemas.jobs import JobsPage, JobView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.jobs.model import JobKind

bp = Blueprint(__name__)


@bp.route("/reconciliations", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="reconciliations:run",
    body=NoFields,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def run_reconciliation(call: Call) -> Answer:
    """Compare documents, ledger and balances now; the nightly run does the same."""
    # Imported here, as in imports and metrics: no other request needs what a job is made of.
    from chalicelib.reconciliation.service import new_reconciliation  # noqa: PLC0415

    return start_job(call, new_reconciliation(), place="/v1/reconciliations")


@bp.route("/reconciliations", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reconciliations:read", query=PageQuery, answer=JobsPage)
def list_reconciliations(call: Call, query: PageQuery) -> Answer:
    """List reconciliations, the newest first."""
    page = wiring.views().jobs(kind=JobKind.RECONCILE_STOCK, limit=query.limit, cursor=query.cursor)
    items = tuple(JobView.of(job, links={}) for job in page.items)
    return page_of(call, JobsPage, items, page.next_cursor)


@bp.route("/reconciliations/{job_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reconciliations:read", answer=JobView)
def read_reconciliation(job_id: str) -> Answer:
    """Read a reconciliation: how many differences of which kind, and the report."""
    job = wiring.reads().job(job_id)
    if job is None or job.kind is not JobKind.RECONCILE_STOCK:
        raise NotFound("job_not_found", f"There is no reconciliation {job_id}.")
    return ok(JobView.of(job, links=links_of(job)), version=job.version)
