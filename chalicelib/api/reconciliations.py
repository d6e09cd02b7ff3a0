"""Reconciliations: do documents, ledgers and counts agree, and do payment providers?"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.jobs import links_of, start_job
from chalicelib.api.schemas.jobs import (
    JobsPage,
    JobView,
    ReconciliationBody,
    ReconciliationsQuery,
)
from chalicelib.auth import permissions
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.jobs.model import JobKind

bp = Blueprint(__name__)
_KINDS = {"books": JobKind.RECONCILE_STOCK, "payments": JobKind.RECONCILE_PAYMENTS}


@bp.route("/reconciliations", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="reconciliations:run",
    body=ReconciliationBody,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def run_reconciliation(call: Call, body: ReconciliationBody) -> Answer:
    """Compare documents, ledgers and balances now, or refunds with what providers list.

    The nightly and the daily run do the same.
    """
    permissions.act_everywhere(call.principal, "reconciliations:run")
    # Imported here, as in imports and metrics: no other request needs what a job is made of.
    from chalicelib.reconciliation.payments import new_comparison  # noqa: PLC0415
    from chalicelib.reconciliation.service import new_reconciliation  # noqa: PLC0415

    new = new_reconciliation()
    if body.of == "payments":
        new = new_comparison(utc_now(), body.since, body.until)
    return start_job(call, new, place="/v1/reconciliations")


@bp.route("/reconciliations", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reconciliations:read", query=ReconciliationsQuery, answer=JobsPage)
def list_reconciliations(call: Call, query: ReconciliationsQuery) -> Answer:
    """List reconciliations, the newest first. They are about every warehouse."""
    permissions.act_everywhere(call.principal, "reconciliations:read")
    page = wiring.views().jobs(kind=_KINDS[query.of], limit=query.limit, cursor=query.cursor)
    items = tuple(JobView.of(job, links={}) for job in page.items)
    return page_of(call, JobsPage, items, page.next_cursor)


@bp.route("/reconciliations/{job_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="reconciliations:read", answer=JobView)
def read_reconciliation(call: Call, job_id: str) -> Answer:
    """Read a reconciliation: how many differences of which kind, and the report."""
    permissions.act_everywhere(call.principal, "reconciliations:read")
    job = wiring.reads().job(job_id)
    if job is None or job.kind not in _KINDS.values():
        raise NotFound("job_not_found", f"There is no reconciliation {job_id}.")
    return ok(JobView.of(job, links=links_of(job)), version=job.version)
