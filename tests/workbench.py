"""A worker of jobs on a stage in memory: its clock, its deaths, and what it was sent."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chalicelib import wiring
from chalicelib.core.commands import Decided
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.imports.service import new_import, upload_key
from chalicelib.jobs import service
from chalicelib.jobs.model import Job, JobKind
from chalicelib.jobs.running import Handler, JobRunner
from chalicelib.jobs.service import NewJob
from chalicelib.store.execution import Commands
from chalicelib.store.reads import Reads
from tests.stage import NOW, Stage

T = TypeVar("T")


class Killed(BaseException):
    """The process ended; nothing of ours sees this."""


@dataclass(slots=True)
class Mortal:
    """Commands of a process that dies at its n-th write: just before it, or just after."""

    commands: Commands
    dies_at: int | None = None
    is_after: bool = False
    writes: int = 0

    def reads(self) -> Reads:
        return self.commands.reads()

    def run(self, decide: Callable[[Reads], Decided[T]], *, context: Context) -> T:
        self.writes += 1
        if self.writes == self.dies_at and not self.is_after:
            raise Killed
        result = self.commands.run(decide, context=context)
        if self.writes == self.dies_at:
            raise Killed
        return result


@dataclass(slots=True)
class Sent:
    """A queue that only remembers."""

    puts: list[tuple[str, int]] = field(default_factory=list)

    def put(self, job_id: str, *, correlation_id: str, delay_s: int = 0) -> None:
        self.puts.append((job_id, delay_s))


@dataclass(slots=True)
class Workbench:
    """Makes jobs and runs them; each call of `work` is another process."""

    stage: Stage
    now: datetime = NOW
    remaining_s: float = 900.0
    queue: Sent = field(default_factory=Sent)
    handlers: dict[JobKind, Handler] = field(default_factory=dict)

    def context(self, command_id: str) -> Context:
        return Context(
            actor=Actor(id="machine-1", role="machine"),
            now=self.now,
            command_id=derived_id("cmd", command_id),
            correlation_id="corr-1",
        )

    def job(self, new: NewJob, name: str = "job") -> Job:
        context = self.context(name)
        return wiring.commands().run(
            lambda reads: service.create(reads, new, context), context=context
        )

    def upload(self, kind: str, text: str | bytes, name: str = "job", **options: Any) -> Job:
        """An import whose file has arrived."""
        job = self.job(new_import(kind, **options), name)
        content = text.encode() if isinstance(text, str) else text
        wiring.files().write(upload_key(job.job_id), content, content_type="text/csv")
        context = self.context(f"{name}-arrived")
        return wiring.commands().run(
            lambda reads: service.file_arrived(reads, job.job_id, context), context=context
        )

    def work(
        self, job: Job, *, dies_at: int | None = None, is_after: bool = False
    ) -> tuple[Job, int]:
        """One run by a process that may die; the job afterwards, and how often it wrote."""
        mortal = Mortal(wiring.commands(), dies_at, is_after)
        runner = JobRunner(
            commands=mortal,
            handler_of=lambda kind: self._handler(kind, mortal),
            queue=self.queue,
            clock=lambda: self.now,
            monotonic=lambda: 0.0,
            save_every_s=0.0,
        )
        with suppress(Killed):
            runner.run(job.job_id, correlation_id="corr-1", remaining_s=lambda: self.remaining_s)
        return self.read(job), mortal.writes

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def read(self, job: Job) -> Job:
        stored = wiring.reads().job(job.job_id)
        assert stored is not None, "jobs do not vanish"
        return stored

    def _handler(self, kind: JobKind, mortal: Mortal) -> Handler:
        if kind in self.handlers:
            return self.handlers[kind]
        if kind.value.startswith("import_"):
            from chalicelib.imports.service import Imports

            return Imports(commands=mortal, files=wiring.files())
        if kind is JobKind.SCOPE_CAMPAIGN:
            from chalicelib.campaigns.scoping import Scoping
            from chalicelib.store.sales import StoredSales

            sales = StoredSales(core=wiring.core_table())
            return Scoping(commands=mortal, sales=sales, files=wiring.files(), keep_every_s=0.0)
        if kind is JobKind.DRAFT_CAMPAIGN:
            from chalicelib.campaigns.drafting import Drafting

            return Drafting(commands=mortal, files=wiring.files(), keep_every_s=0.0)
        return wiring.job_runner().handler_of(kind)
