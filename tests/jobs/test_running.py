"""Jobs: what may happen to them, and that messages that repeat, overlap or die are harmless."""

from collections.abc import Callable

import pytest

from chalicelib import wiring
from chalicelib.core.errors import Conflict, Invalid, NotFound, TransientError
from chalicelib.jobs import service
from chalicelib.jobs.model import FINAL, Job, JobKind, JobState
from chalicelib.jobs.running import FAILURES_MAX, Failed, Outcome, Run, Succeeded, Unfinished
from chalicelib.jobs.service import NewJob, Stopped
from tests.stage import Stage
from tests.workbench import Workbench

KIND = JobKind.RECONCILE_STOCK


@pytest.fixture
def bench(stage: Stage) -> Workbench:
    return Workbench(stage)


def change(bench: Workbench, decide: Callable[..., object], job: Job, name: str = "x") -> Job:
    context = bench.context(name)
    result: Job = wiring.commands().run(
        lambda reads: decide(reads, job.job_id, context),  # type: ignore[arg-type, return-value]  # any of the commands on a job
        context=context,
    )
    return result


def counting(total: int = 3) -> Callable[[Run], Outcome]:
    """Goes on from its checkpoint, a step at a time, and stops when told that time is up."""

    def handle(run: Run) -> Outcome:
        at = run.job.checkpoint.get("at", 0)
        assert isinstance(at, int), "our own checkpoint"
        while at < total:
            if run.time_is_up:
                return Unfinished()
            at += 1
            run.save(at, total, {"at": at})
        return Succeeded(result={"at": at})

    return handle


def test_a_job_runs_to_its_end(bench: Workbench) -> None:
    bench.handlers[KIND] = counting()

    job, _ = bench.work(bench.job(NewJob(kind=KIND)))

    assert (job.state, job.result, job.done) == (JobState.SUCCEEDED, {"at": 3}, 3)


def test_the_same_command_makes_one_job(bench: Workbench) -> None:
    first, second = bench.job(NewJob(kind=KIND)), bench.job(NewJob(kind=KIND))

    assert first == second


def test_a_job_that_has_ended_is_left_alone(bench: Workbench) -> None:
    bench.handlers[KIND] = counting()
    done, _ = bench.work(bench.job(NewJob(kind=KIND)))

    again, writes = bench.work(done)

    assert again == done
    assert writes == 1


def test_a_second_worker_leaves_a_leased_job_alone_and_looks_later(bench: Workbench) -> None:
    bench.handlers[KIND] = counting()
    job = bench.job(NewJob(kind=KIND))
    held, _ = bench.work(job, dies_at=2, is_after=True)

    bench.later(seconds=10)
    other, _ = bench.work(job)

    assert other == held
    assert bench.queue.puts == [(job.job_id, 52)]


def test_after_the_lease_another_goes_on_from_the_checkpoint(bench: Workbench) -> None:
    steps: list[int] = []

    def handle(run: Run) -> Outcome:
        steps.append(int(str(run.job.checkpoint.get("at", 0))))
        return counting()(run)

    bench.handlers[KIND] = handle
    job = bench.job(NewJob(kind=KIND))
    bench.work(job, dies_at=3, is_after=True)

    bench.later(seconds=61)
    job, _ = bench.work(job)

    assert (job.state, job.lease_token, steps) == (JobState.SUCCEEDED, 2, [0, 2])


def test_what_a_worker_writes_after_it_was_replaced_is_refused(bench: Workbench) -> None:
    job = bench.job(NewJob(kind=KIND))
    overtaken: list[Job] = []

    def slow(run: Run) -> Outcome:
        bench.later(seconds=61)
        bench.handlers[KIND] = counting()
        overtaken.append(bench.work(job)[0])
        with pytest.raises(Stopped):
            run.save(1, 3, {"at": 1})
        return Succeeded(result={"at": "the wrong one"})

    bench.handlers[KIND] = slow
    after, _ = bench.work(job)

    assert after == overtaken[0]
    assert after.result == {"at": 3}


def test_a_cancelled_job_stops_its_worker(bench: Workbench) -> None:
    job = bench.job(NewJob(kind=KIND))

    def handle(run: Run) -> Outcome:
        change(bench, service.cancel, job)
        run.save(1, 3, {})
        raise AssertionError("stopped before")

    bench.handlers[KIND] = handle
    after, _ = bench.work(job)

    assert after.state is JobState.CANCELLED


def test_a_refusal_fails_the_job_with_its_problem(bench: Workbench) -> None:
    def handle(run: Run) -> Outcome:
        raise Invalid("no_good", "This cannot be.")

    bench.handlers[KIND] = handle
    job, _ = bench.work(bench.job(NewJob(kind=KIND)))

    assert (job.state, job.error_code, job.error_message) == (
        JobState.FAILED,
        "no_good",
        "This cannot be.",
    )


def test_what_passes_is_tried_again_and_in_the_end_given_up(bench: Workbench) -> None:
    def handle(run: Run) -> Outcome:
        raise TransientError("store_busy", "Later.")

    bench.handlers[KIND] = handle
    job = bench.job(NewJob(kind=KIND))

    states = [bench.work(job)[0].state for _ in range(FAILURES_MAX)]

    assert states == [JobState.RUNNING] * (FAILURES_MAX - 1) + [JobState.FAILED]
    assert [delay for _, delay in bench.queue.puts] == [10, 20, 40, 80]


def test_getting_on_forgets_earlier_failures(bench: Workbench) -> None:
    def handle(run: Run) -> Outcome:
        at = int(str(run.job.checkpoint.get("at", 0))) + 1
        run.save(at, 20, {"at": at})
        if at < 2 * FAILURES_MAX:
            raise TransientError("store_busy", "Later.")
        return Succeeded(result={})

    bench.handlers[KIND] = handle
    job = bench.job(NewJob(kind=KIND))

    for _ in range(2 * FAILURES_MAX):
        job, _ = bench.work(job)

    assert job.state is JobState.SUCCEEDED


def test_a_failure_keeps_its_result(bench: Workbench) -> None:
    bench.handlers[KIND] = lambda run: Failed(code="bad", message="Bad.", result={"rows": 3})

    job, _ = bench.work(bench.job(NewJob(kind=KIND)))

    assert (job.state, job.result) == (JobState.FAILED, {"rows": 3})


def test_a_job_that_waits_for_its_file_is_not_begun(bench: Workbench) -> None:
    bench.handlers[KIND] = counting()
    waiting = bench.job(NewJob(kind=KIND, awaiting_upload=True))

    assert bench.work(waiting)[0] == waiting
    queued = change(bench, service.file_arrived, waiting)
    assert queued.state is JobState.QUEUED
    assert change(bench, service.file_arrived, waiting, "again") == queued


@pytest.mark.parametrize("state", sorted(JobState))
def test_only_a_job_that_has_not_ended_is_cancelled(bench: Workbench, state: JobState) -> None:
    job = bench.job(NewJob(kind=KIND, awaiting_upload=state is JobState.AWAITING_UPLOAD))
    outcomes: dict[JobState, Outcome] = {
        JobState.SUCCEEDED: Succeeded(result={}),
        JobState.FAILED: Failed(code="x", message="X.", result={}),
        JobState.RUNNING: Unfinished(),
    }
    if state in outcomes:
        bench.handlers[KIND] = lambda run: outcomes[state]
        bench.work(job)
    if state is JobState.CANCELLED:
        change(bench, service.cancel, job, "before")
    assert bench.read(job).state is state

    if state in FINAL - {JobState.CANCELLED}:
        with pytest.raises(Conflict, match="job_finished"):
            change(bench, service.cancel, job)
    else:
        assert change(bench, service.cancel, job).state is JobState.CANCELLED


def test_an_unknown_job_is_said_to_be_unknown(bench: Workbench) -> None:
    job = bench.job(NewJob(kind=KIND))
    bench.stage.dynamodb.delete_item(
        TableName="core", Key={"pk": {"S": f"JOB#{job.job_id}"}, "sk": {"S": "JOB"}}
    )

    with pytest.raises(NotFound):
        bench.work(job)
