"""Simulations: what a version of a policy would have changed, tried on past returns by a job."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import accepted, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.jobs import JobsPage, JobView
from chalicelib.api.schemas.simulations import (
    SimulationBody,
    SimulationFilesView,
    SimulationView,
)
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import derived_id
from chalicelib.jobs import service
from chalicelib.jobs.model import Job, JobKind
from chalicelib.policy.simulation_asked import new_simulation, prefix_of
from chalicelib.policy.simulation_lists import CSV, JSON_LINES, part_key

bp = Blueprint(__name__)
PARTS_SHOWN = 500


@bp.route("/policies/{version_id}/simulations", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="policies:simulate",
    body=SimulationBody,
    answer=JobView,
    status=202,
    idempotency="accepted",
)
def simulate_policy(call: Call, body: SimulationBody, version_id: str) -> Answer:
    """Try a version, draft or not, on past returns: what would have gone otherwise.

    A draft with faults is refused with all of them. Nothing but the report is written.
    """
    context = call.context()
    job_id = derived_id("job", context.command_id)
    place = f"/v1/policies/{version_id}/simulations/{job_id}"
    asked = body.to_domain()
    answer = wiring.commands().answer(
        lambda reads: service.create(
            reads,
            replace(new_simulation(reads, version_id, asked, now=context.now), job_id=job_id),
            context,
        ),
        context=context,
        render=lambda job: accepted(JobView.of(job, links={}), location=place),
        idempotency=call.idempotency,
    )
    # Queueing it twice is harmless, so a replay does it again.
    wiring.job_queue().put(job_id, correlation_id=call.correlation_id)
    return answer


@bp.route("/policies/{version_id}/simulations", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="simulations:read", query=PageQuery, answer=JobsPage)
def list_simulations(call: Call, query: PageQuery, version_id: str) -> Answer:
    """List the simulations of a version, the newest first; the list may lag a little."""
    page = wiring.views().jobs(
        kind=JobKind.SIMULATE_POLICY,
        subject=f"policy/{version_id}",
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(JobView.of(job, links={}) for job in page.items)
    return page_of(call, JobsPage, items, page.next_cursor)


@bp.route("/policies/{version_id}/simulations/{job_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="simulations:read", answer=SimulationView)
def read_simulation(version_id: str, job_id: str) -> Answer:
    """Read a simulation: how far it is, what came of it, and where its files are."""
    job = wiring.reads().job(job_id)
    if job is None or job.subject != f"policy/{version_id}":
        raise NotFound("job_not_found", f"There is no simulation {job_id} of {version_id}.")
    return ok(SimulationView.with_files(job, _files_of(job)), version=job.version)


def _files_of(job: Job) -> SimulationFilesView:
    parts, prefix = job.result.get("parts"), prefix_of(job)
    if not isinstance(parts, int):
        return SimulationFilesView(report=None, csv=(), jsonl=())
    numbers = range(1, min(parts, PARTS_SHOWN) + 1)
    return SimulationFilesView(
        report=_url(str(job.result["report_key"]), f"{job.job_id}-report.json"),
        csv=tuple(_url(part_key(prefix, n, CSV), f"{job.job_id}-{n:04d}.csv") for n in numbers),
        jsonl=tuple(
            _url(part_key(prefix, n, JSON_LINES), f"{job.job_id}-{n:04d}.jsonl") for n in numbers
        ),
    )


def _url(key: str, name: str) -> str:
    return wiring.files().download_url(key, file_name=name)
