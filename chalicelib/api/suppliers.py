"""Suppliers: terms and criteria, their scorecard, and what each sees of the goods that it made."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import blinding
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.jobs import links_of, start_job
from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.jobs import JobsPage, JobView
from chalicelib.api.schemas.suppliers import (
    ExportBody,
    ScorecardQuery,
    ScorecardView,
    SharedPage,
    SharedQuery,
    SharedUnitsView,
    SupplierBody,
    SupplierRowView,
    SuppliersPage,
    SupplierView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.jobs.model import Job, JobKind
from chalicelib.store.supplier_lists import SupplierLists
from chalicelib.suppliers import registering
from chalicelib.suppliers.exporting import new_export
from chalicelib.suppliers.loading import known_supplier
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.scorecard import scorecard
from chalicelib.suppliers.sharing import SharedUnits, shared_units

bp = Blueprint(__name__)


@bp.route("/suppliers", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="suppliers:list", query=PageQuery, answer=SuppliersPage)
def list_suppliers(call: Call, query: PageQuery) -> Answer:
    """List suppliers by their ids."""
    page = _lists().suppliers(limit=query.limit, cursor=query.cursor)
    items = tuple(SupplierRowView.of(row) for row in page.items)
    return page_of(call, SuppliersPage, items, page.next_cursor)


@bp.route("/suppliers/{supplier_id}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="suppliers:write",
    body=SupplierBody,
    answer=SupplierView,
    idempotency="accepted",
    if_match=always,
)
def put_supplier(call: Call, body: SupplierBody, supplier_id: str) -> Answer:
    """State a supplier as a whole: currency, terms for goods that go back, quality criteria.

    Criteria other than before become a new version, in force from now on.
    """
    context, command = call.context(), body.to_domain()
    return wiring.commands().answer(
        lambda reads: registering.state(reads, supplier_id, command, context),
        context=context,
        render=lambda supplier: ok(SupplierView.of(supplier), version=supplier.version),
        idempotency=call.idempotency,
    )


@bp.route("/suppliers/{supplier_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="suppliers:read", answer=SupplierView)
def read_supplier(call: Call, supplier_id: str) -> Answer:
    """Read a supplier; it may read itself."""
    supplier, own = _seen(call, supplier_id)
    return ok(SupplierView.of(supplier, as_supplier=own), version=supplier.version)


@bp.route("/suppliers/{supplier_id}/scorecard", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="suppliers:read", query=ScorecardQuery, answer=ScorecardView)
def read_supplier_scorecard(call: Call, query: ScorecardQuery, supplier_id: str) -> Answer:
    """Read how good a supplier was: sold, returned and defective by SKU, defect and day, and
    what was claimed and recovered, beside the limits that were agreed.

    Folded hourly from events; `complete_until` says how far.
    """
    supplier, _ = _seen(call, supplier_id)
    card = scorecard(
        wiring.metric_rows(), supplier, since=query.since, until=query.until, top=query.top
    )
    return ok(ScorecardView.of(card))


@bp.route("/suppliers/{supplier_id}/returns", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="suppliers:read", query=SharedQuery, answer=SharedPage)
def list_supplied_returns(call: Call, query: SharedQuery, supplier_id: str) -> Answer:
    """List what came back of a supplier's goods, without anything about who bought them.

    A page is of so many returns, the newest requests first; each item is units that stand alike.
    """
    supplier, own = _seen(call, supplier_id)
    page = _lists().supplied(supplier_id, limit=query.limit, cursor=query.cursor)
    shared = shared_units(
        wiring.reads(),
        [row.return_id for row in page.items],
        supplier_id,
        sees_prices=supplier.sees_prices or not own,
        as_told=lambda ret: blinding.as_unseen(ret, blinding.hidden_looks(ret, call.principal)),
    )
    items = tuple(SharedUnitsView.of(units, _links(units)) for units in shared)
    return page_of(call, SharedPage, items, page.next_cursor)


@bp.route("/suppliers/{supplier_id}/exports", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="suppliers:export",
    body=ExportBody,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def export_supplier(call: Call, body: ExportBody, supplier_id: str) -> Answer:
    """Write a supplier's returns, documents and claims to files, as CSV and JSON.

    One export holds 50,000 rows of each list, or as many as there was time for; where its result is
    not `is_complete`, the next one goes on `after` it.
    """
    own = permissions.see_supplier(call.principal, supplier_id, "suppliers:export")
    known_supplier(wiring.reads(), supplier_id)
    before = _asked_before(call, body.after, own=own) if body.after is not None else None
    new = new_export(supplier_id, before)
    return start_job(call, new, place=f"/v1/suppliers/{supplier_id}/exports", is_listed=True)


@bp.route("/suppliers/{supplier_id}/exports", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="suppliers:export", query=PageQuery, answer=JobsPage)
def list_supplier_exports(call: Call, query: PageQuery, supplier_id: str) -> Answer:
    """List the exports of a supplier, the newest first, with short-lived addresses of their files.

    A supplier sees those that it asked for itself.
    """
    own = permissions.see_supplier(call.principal, supplier_id, "suppliers:export")
    subject = f"supplier/{supplier_id}"
    page = wiring.views().jobs(
        JobKind.EXPORT_SUPPLIER, subject=subject, limit=query.limit, cursor=query.cursor
    )
    jobs = [job for job in page.items if not own or job.created_by == call.principal.id]
    items = tuple(JobView.of(job, links=links_of(job)) for job in jobs)
    return page_of(call, JobsPage, items, page.next_cursor)


def _asked_before(call: Call, job_id: str, *, own: bool) -> Job:
    """The job; a supplier knows of those that it asked for itself."""
    job = wiring.reads().job(job_id)
    if job is None or (own and job.created_by != call.principal.id):
        raise NotFound("job_not_found", f"There is no job {job_id}.")
    return job


def _seen(call: Call, supplier_id: str) -> tuple[Supplier, bool]:
    """The supplier, and whether it is asked for by itself; another one's is not found."""
    own = permissions.see_supplier(call.principal, supplier_id, "suppliers:read")
    return known_supplier(wiring.reads(), supplier_id), own


def _links(units: SharedUnits) -> tuple[str, ...]:
    files = wiring.files()
    names = enumerate(units.photos, start=1)
    return tuple(
        files.download_url(key, file_name=f"{units.return_id}-{units.line_no}-{place}.jpg")
        for place, key in names
    )


def _lists() -> SupplierLists:
    return SupplierLists(wiring.views_table())
