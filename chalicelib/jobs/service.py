"""What may happen to a job: asked for, its file arrived, taken by a worker, carried on, ended.

Pure decisions. A worker holds a lease with a fencing token: while it lasts others leave the job
alone; after it they go on from the checkpoint, and what the first one still writes is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, NotFound
from chalicelib.core.events import Context, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs.model import FINAL, Job, JobKind, JobState

LEASE = timedelta(seconds=60)
"""Longer than the longest step between two checkpoints; a worker that dies delays a job so much."""
FAILURES = "failures"
"""In the checkpoint: how often the job failed without getting on. A new checkpoint forgets it."""


class JobReader(Protocol):
    """Reads jobs, consistently."""

    def job(self, job_id: str) -> Job | None: ...


class Stopped(Conflict):
    """The job is no longer this worker's: cancelled, or taken over after its lease ran out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What is asked for. `job_id` makes a scheduled job the same one for the same window."""

    kind: JobKind
    parameters: dict[str, Json] = field(default_factory=dict)
    subject: str | None = None
    awaiting_upload: bool = False
    job_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a worker is told: the job is its, or another's until `busy_until`, or there is none."""

    job: Job | None = None
    busy_until: datetime | None = None


def create(reads: JobReader, new: NewJob, context: Context) -> Decided[Job]:
    """Store a new job; one that is known by this id stays as it is."""
    job_id = new.job_id or derived_id("job", context.command_id)
    known = reads.job(job_id)
    if known is not None:
        return Decided(result=known)
    job = Job(
        job_id=job_id,
        kind=new.kind,
        state=JobState.AWAITING_UPLOAD if new.awaiting_upload else JobState.QUEUED,
        created_at=context.now,
        created_by=context.actor.id,
        created_role=context.actor.role,
        correlation_id=context.correlation_id,
        updated_at=context.now,
        parameters=new.parameters,
        subject=new.subject,
    )
    return _stored(job)


def cancel(reads: JobReader, job_id: str, context: Context) -> Decided[Job]:
    """End a job that is not finished; a worker at it stops at its next checkpoint."""
    job = _found(reads, job_id)
    if job.state is JobState.CANCELLED:
        return Decided(result=job)
    if job.state in FINAL:
        raise Conflict(
            "job_finished", f"The job has {job.state.value} already.", state=job.state.value
        )
    return _stored(job.moved(context.now, state=JobState.CANCELLED, lease_until=None))


def file_arrived(reads: JobReader, job_id: str, context: Context) -> Decided[Job]:
    """The file that the job waited for is there. S3 may say so twice, or late: then no change."""
    job = _found(reads, job_id)
    if job.state is not JobState.AWAITING_UPLOAD:
        return Decided(result=job)
    return _stored(job.moved(context.now, state=JobState.QUEUED))


def take(reads: JobReader, job_id: str, now: datetime) -> Decided[Taken]:
    """Lease the job to a worker, with a token higher than any before."""
    job = _found(reads, job_id)
    if job.state in FINAL or job.state is JobState.AWAITING_UPLOAD:
        return Decided(result=Taken())
    if job.lease_until is not None and job.lease_until > now:
        return Decided(result=Taken(busy_until=job.lease_until))
    job = job.moved(
        now, state=JobState.RUNNING, lease_until=now + LEASE, lease_token=job.lease_token + 1
    )
    return Decided(result=Taken(job=job), changes=Changes(records=(job,)))


def save(
    reads: JobReader,
    held: Job,
    now: datetime,
    *,
    done: int,
    total: int,
    checkpoint: Mapping[str, Json],
) -> Decided[Job]:
    """Note how far the job is, and hold it for longer. Raises Stopped."""
    job = _held(reads, held)
    return _stored(
        job.moved(now, done=done, total=total, checkpoint=dict(checkpoint), lease_until=now + LEASE)
    )


def pause(reads: JobReader, held: Job, now: datetime, *, failures: int = 0) -> Decided[Job]:
    """Let go of the job for whoever goes on from its checkpoint. Raises Stopped."""
    job = _held(reads, held)
    checkpoint = {**job.checkpoint, FAILURES: failures} if failures else job.checkpoint
    return _stored(job.moved(now, lease_until=None, checkpoint=checkpoint))


def finish(
    reads: JobReader, held: Job, now: datetime, *, result: Mapping[str, Json]
) -> Decided[Job]:
    """The job has succeeded. Raises Stopped."""
    job = _held(reads, held)
    return _stored(
        job.moved(
            now,
            state=JobState.SUCCEEDED,
            result=dict(result),
            checkpoint={},
            lease_until=None,
            done=max(job.done, job.total),
        )
    )


def fail(
    reads: JobReader,
    held: Job,
    now: datetime,
    *,
    code: str,
    message: str,
    result: Mapping[str, Json] | None = None,
) -> Decided[Job]:
    """The job cannot be done; code and message say why. Raises Stopped."""
    job = _held(reads, held)
    return _stored(
        job.moved(
            now,
            state=JobState.FAILED,
            error_code=code,
            error_message=message,
            result=dict(result or {}),
            checkpoint={},
            lease_until=None,
        )
    )


def _stored(job: Job) -> Decided[Job]:
    return Decided(result=job, changes=Changes(records=(job,)))


def _found(reads: JobReader, job_id: str) -> Job:
    job = reads.job(job_id)
    if job is None:
        raise NotFound("job_not_found", f"There is no job {job_id}.")
    return job


def _held(reads: JobReader, held: Job) -> Job:
    """The job as it is stored now, if this worker still holds it.

    A lease that ran out while nobody else came is still its holder's: the token decides.
    """
    job = _found(reads, held.job_id)
    if job.lease_token != held.lease_token:
        raise Stopped("lease_lost", "Another worker has taken the job over.")
    if job.state is not JobState.RUNNING:
        raise Stopped("job_ended", f"The job is {job.state.value}.")
    return job
