"""Jobs: how far long work is, and what came of it."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import accepted, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.jobs import JobView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.core.ids import derived_id
from chalicelib.jobs import service
from chalicelib.jobs.model import Job

bp = Blueprint(__name__)
# What a job wrote: the key in its result → the address in the answer, and the name of the file.
_FILES = {
    "rejects_key": ("rejects_url", "rejects.csv"),
    "report_key": ("report_url", "report.json"),
    "csv_key": ("csv_url", "report.csv"),
    "journal_csv_key": ("journal_url", "journal.csv"),
    "journal_json_key": ("journal_url", "journal.json"),
}


@bp.route("/jobs/{job_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="jobs:read", answer=JobView)
def read_job(job_id: str) -> Answer:
    """Read a job; its result comes with short-lived addresses of the files it wrote."""
    job = wiring.reads().job(job_id)
    if job is None:
        raise NotFound("job_not_found", f"There is no job {job_id}.")
    return ok(JobView.of(job, links=links_of(job)), version=job.version)


@bp.route("/jobs/{job_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(bp, allow="jobs:cancel", body=NoFields, answer=JobView, idempotency="accepted")
def cancel_job(call: Call, job_id: str) -> Answer:
    """Cancel a job; a running one stops at its next checkpoint."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: service.cancel(reads, job_id, context),
        context=context,
        render=lambda job: ok(JobView.of(job, links={}), version=job.version),
        idempotency=call.idempotency,
    )


def start_job(call: Call, new: service.NewJob, *, place: str, is_listed: bool = False) -> Answer:
    """Store the job, then queue it. Queueing it twice is harmless, so a replay does it again.

    It is read at its own address in `place`; one that `is_listed` in the list there.
    """
    context = call.context()
    job_id = derived_id("job", context.command_id)
    answer = wiring.commands().answer(
        lambda reads: service.create(reads, replace(new, job_id=job_id), context),
        context=context,
        render=lambda job: accepted(
            JobView.of(job, links={}), location=place if is_listed else f"{place}/{job.job_id}"
        ),
        idempotency=call.idempotency,
    )
    wiring.job_queue().put(job_id, correlation_id=call.correlation_id)
    return answer


def links_of(job: Job) -> dict[str, str]:
    """Short-lived addresses of the files that a job wrote, by the name they have in answers."""
    links = {}
    for name, (shown, file_name) in _FILES.items():
        key = job.result.get(name)
        if isinstance(key, str):
            links[shown] = wiring.files().download_url(key, file_name=f"{job.job_id}-{file_name}")
    return links
