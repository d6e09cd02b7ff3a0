"""Carrying a job out: take it, let its kind work, note progress, and end it or go on later.

The same message may come twice, overlap or come late: the lease keeps a second worker off, and a
finished job is left alone. What fails for a passing reason is tried again from the checkpoint.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from chalicelib.core.clock import Clock
from chalicelib.core.commands import Decided
from chalicelib.core.errors import DomainError, TransientError
from chalicelib.core.events import Actor, Context, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs import service
from chalicelib.jobs.model import Job, JobKind
from chalicelib.jobs.service import FAILURES, JobReader, NewJob, Stopped, Taken

T = TypeVar("T")
TIME_RESERVE_S = 30.0
"""What is left of a worker's time when it stops and hands the job on."""
SAVE_EVERY_S = 1.0
FAILURES_MAX = 5
DELAY_S_MAX = 900
"""The longest that SQS holds a message back."""
WORKER = Actor(id="run_job", role="machine")


class CommandRunner(Protocol):
    """Runs one decision as one transaction."""

    def run(self, decide: Callable[[JobReader], Decided[T]], *, context: Context) -> T: ...


class JobQueue(Protocol):
    """Takes jobs that a worker should go on with, at once or after a while."""

    def put(self, job_id: str, *, correlation_id: str, delay_s: int = 0) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """All done."""

    result: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It cannot be done, and trying again would not help."""

    code: str
    message: str
    result: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """The worker's time is up; the checkpoint says where to go on."""


Outcome = Succeeded | Failed | Unfinished


@dataclass(slots=True, kw_only=True)
class Run:
    """One worker's hold on one job, as its handler sees it."""

    job: Job
    commands: CommandRunner
    clock: Clock
    monotonic: Callable[[], float]
    remaining_s: Callable[[], float]
    save_every_s: float
    saved_at: float

    @property
    def time_is_up(self) -> bool:
        return self.remaining_s() < TIME_RESERVE_S

    def progress(self, done: int, total: int, checkpoint: Callable[[], Mapping[str, Json]]) -> None:
        """Note how far it is, about once a second. Raises Stopped."""
        if self.monotonic() - self.saved_at >= self.save_every_s:
            self.save(done, total, checkpoint())

    def save(self, done: int, total: int, checkpoint: Mapping[str, Json]) -> None:
        """Note how far it is now. Raises Stopped where the job is no longer this worker's."""
        now = self.clock()
        self.job = self.commands.run(
            lambda reads: service.save(
                reads, self.job, now, done=done, total=total, checkpoint=checkpoint
            ),
            context=self.context("save"),
        )
        self.saved_at = self.monotonic()

    def context(self, occasion: str) -> Context:
        """A command of the job itself, by the worker."""
        return Context(
            actor=WORKER,
            now=self.clock(),
            command_id=derived_id("cmd", self.job.job_id, str(self.job.version), occasion),
            correlation_id=self.job.correlation_id,
        )


Handler = Callable[[Run], Outcome]
"""Does the work of one kind of job."""


@dataclass(slots=True, kw_only=True)
class JobRunner:
    """Carries out jobs by kind. Without a queue, what is unfinished is left to the next window."""

    commands: CommandRunner
    handler_of: Callable[[JobKind], Handler]
    queue: JobQueue | None
    clock: Clock
    monotonic: Callable[[], float]
    save_every_s: float = SAVE_EVERY_S

    def create(self, new: NewJob, *, correlation_id: str) -> Job:
        """A job of the schedule's own; the same window again is the same job."""
        context = self._context(new.job_id or new.kind.value, correlation_id)
        return self.commands.run(lambda reads: service.create(reads, new, context), context=context)

    def run(self, job_id: str, *, correlation_id: str, remaining_s: Callable[[], float]) -> None:
        """Carry the job out, or as much of it as there is time for.

        Raises TransientError where nobody could be told to go on, NotFound for an unknown job.
        """
        taken = self._take(job_id, correlation_id)
        if taken.busy_until is not None:
            self._look_again(job_id, correlation_id, taken.busy_until)
        if taken.job is None:
            return
        run = Run(
            job=taken.job,
            commands=self.commands,
            clock=self.clock,
            monotonic=self.monotonic,
            remaining_s=remaining_s,
            save_every_s=self.save_every_s,
            saved_at=self.monotonic(),
        )
        try:
            self._end(run, self.handler_of(run.job.kind)(run))
        except Stopped:
            return
        except TransientError as error:
            self._again(run, error)
        except DomainError as error:
            self._fail(run, Failed(code=error.code, message=error.message, result={}))

    def give_up(self, job_id: str, *, correlation_id: str, code: str, message: str) -> None:
        """Fail a job after an error that no code of ours foresaw, whoever holds it now."""
        context = self._context(job_id, correlation_id)

        def decide(reads: JobReader) -> Decided[Job]:
            job = reads.job(job_id)
            assert job is not None, "a job that was run exists"
            return service.fail(reads, job, context.now, code=code, message=message)

        try:
            self.commands.run(decide, context=context)
        except Stopped:
            return

    def _take(self, job_id: str, correlation_id: str) -> Taken:
        context = self._context(job_id, correlation_id)
        return self.commands.run(
            lambda reads: service.take(reads, job_id, context.now), context=context
        )

    def _look_again(self, job_id: str, correlation_id: str, until: datetime) -> None:
        """The worker that holds the job may have died: somebody looks when its lease is over."""
        if self.queue is not None:
            wait_s = int((until - self.clock()).total_seconds()) + 2
            self.queue.put(
                job_id, correlation_id=correlation_id, delay_s=max(1, min(wait_s, DELAY_S_MAX))
            )

    def _end(self, run: Run, outcome: Outcome) -> None:
        match outcome:
            case Succeeded(result=result):
                self.commands.run(
                    lambda reads: service.finish(reads, run.job, self.clock(), result=result),
                    context=run.context("finish"),
                )
            case Failed():
                self._fail(run, outcome)
            case Unfinished():
                self._pause(run, failures=0)
                self._put(run.job, delay_s=0)

    def _again(self, run: Run, error: TransientError) -> None:
        before = run.job.checkpoint.get(FAILURES, 0)
        failures = (before if isinstance(before, int) else 0) + 1
        if failures >= FAILURES_MAX:
            self._fail(run, Failed(code=error.code, message=error.message, result={}))
            return
        self._pause(run, failures=failures)
        if self.queue is None:
            raise error
        self._put(run.job, delay_s=5 * 2**failures)

    def _fail(self, run: Run, failed: Failed) -> None:
        try:
            self.commands.run(
                lambda reads: service.fail(
                    reads,
                    run.job,
                    self.clock(),
                    code=failed.code,
                    message=failed.message,
                    result=failed.result,
                ),
                context=run.context("fail"),
            )
        except Stopped:
            return

    def _pause(self, run: Run, *, failures: int) -> None:
        run.job = self.commands.run(
            lambda reads: service.pause(reads, run.job, self.clock(), failures=failures),
            context=run.context("pause"),
        )

    def _put(self, job: Job, *, delay_s: int) -> None:
        if self.queue is not None:
            self.queue.put(job.job_id, correlation_id=job.correlation_id, delay_s=delay_s)

    def _context(self, occasion: str, correlation_id: str) -> Context:
        now = self.clock()
        return Context(
            actor=WORKER,
            now=now,
            command_id=derived_id("cmd", occasion, now.isoformat()),
            correlation_id=correlation_id,
        )
