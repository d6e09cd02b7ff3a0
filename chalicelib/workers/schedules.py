"""What schedules of jobs do: one job a window, however often EventBridge asks for it.

The job's id is made of the window, so a repeated or overlapping run finds the job done, or at work.
"""

from typing import Any

from chalicelib import telemetry, wiring
from chalicelib.jobs.service import NewJob
from chalicelib.workers.jobs_queue import tell


def run_window(new: NewJob, *, function: str, event_id: str, context: Any) -> None:
    """Create the window's job where there is none, and carry it out.

    Any: Lambda's own context object. Raises what the runner raises: EventBridge then repeats.
    """
    telemetry.configure()
    with telemetry.bound(correlation_id=event_id, function=function):
        runner = wiring.job_runner(with_queue=False)
        job = runner.create(new, correlation_id=event_id)
        runner.run(
            job.job_id,
            correlation_id=event_id,
            remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
        )
        tell(job.job_id)


def queue_window(new: NewJob, *, function: str, event_id: str) -> None:
    """Create the window's job where there is none, and hand it to whoever runs jobs."""
    telemetry.configure()
    with telemetry.bound(correlation_id=event_id, function=function):
        job = wiring.job_runner().create(new, correlation_id=event_id)
        wiring.job_queue().put(job.job_id, correlation_id=event_id)
        tell(job.job_id)
