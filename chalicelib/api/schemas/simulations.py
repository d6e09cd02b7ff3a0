"""Simulations: which past returns a version is tried on, and what came of it."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.jobs import JobView
from chalicelib.contracts.fields import Label, Moment, Strict, View
from chalicelib.jobs.model import Job
from chalicelib.policy.simulation_asked import Asked
from chalicelib.policy.simulation_sample import SAMPLE_MAX

SEED_MAX = 2**31 - 1


class SimulationBody(Strict):
    """Past returns that were asked for in [from, to); all of them, or a sample.

    The same seed takes the same sample of the same returns.
    """

    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    region: Label | None = None
    sample: Annotated[int, Field(ge=1, le=SAMPLE_MAX)] | None = None
    seed: Annotated[int, Field(ge=0, le=SEED_MAX)] = 0

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise PydanticCustomError("period", "`to` should be after `from`")
        return self

    def to_domain(self) -> Asked:
        return Asked(
            since=self.since,
            until=self.until,
            region=self.region,
            sample=self.sample,
            seed=self.seed,
        )


class SimulationFilesView(View):
    """Short-lived addresses: the whole report, and the list of differing returns in its parts."""

    report: str | None
    csv: tuple[str, ...]
    jsonl: tuple[str, ...]


class SimulationView(JobView):
    """The job, with what came of it and its files once it has succeeded."""

    files: SimulationFilesView

    @classmethod
    def with_files(cls, job: Job, files: SimulationFilesView) -> Self:
        return cls(**dict(JobView.of(job, links={})), files=files)
