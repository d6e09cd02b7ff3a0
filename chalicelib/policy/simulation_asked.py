"""Asking for a simulation: which version is tried, on which past returns, and by which job."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Invalid
from chalicelib.core.events import Json
from chalicelib.jobs.model import Job, JobKind
from chalicelib.jobs.service import NewJob
from chalicelib.policy.document import VersionState
from chalicelib.policy.linting import faults
from chalicelib.policy.versions import PolicyReader, PolicyVersion, discarded, version_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which past returns; all that is given must fit. `sample`: so many, chosen by `seed`."""

    since: datetime | None = None
    until: datetime | None = None
    region: str | None = None
    sample: int | None = None
    seed: int = 0


def known_version(reads: PolicyReader, version_id: str) -> PolicyVersion:
    """A version that can be tried: built in, published, or a draft without faults.

    Raises NotFound, Conflict `policy_discarded`, or Invalid `policy_faults` with every fault.
    """
    known = version_known(reads, version_id)
    if known.state is VersionState.DISCARDED:
        raise discarded(version_id)
    found = faults(known.document) if known.state is VersionState.DRAFT else []
    if found:
        raise Invalid("policy_faults", "The policy cannot be tried as it is.", errors=found)
    return known


def new_simulation(reads: PolicyReader, version_id: str, asked: Asked, *, now: datetime) -> NewJob:
    """The job that tries this version, as it is written now. Raises as `known_version`.

    Without an end it ends now: what is asked for while it runs is no past return.
    """
    until = asked.until or now
    if asked.since is not None and asked.since >= until:
        raise Invalid("empty_period", "The period ends before it begins.")
    known = known_version(reads, version_id)
    parameters: dict[str, Json] = {
        "version_id": version_id,
        "digest": known.digest,
        "from": None if asked.since is None else rfc3339(asked.since),
        "to": rfc3339(until),
        "region": asked.region,
        "sample": asked.sample,
        "seed": asked.seed,
    }
    return NewJob(
        kind=JobKind.SIMULATE_POLICY, parameters=parameters, subject=f"policy/{version_id}"
    )


def prefix_of(job: Job) -> str:
    """Where the files of a simulation lie."""
    return f"reports/simulations/{job.created_at:%Y-%m-%d}/{job.job_id}"
