"""Jobs: imports, reconciliations, journals and metrics, each carried on from where it stands.

A message says only which job. It may come twice or overlap: the job's lease keeps a second worker
off, and what has ended is left alone. A job that fails ends as failed and says why; its message is
done with. Only where the job itself cannot be read or written is the message repeated.
"""

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.core.errors import DomainError
from chalicelib.jobs.model import JobState
from chalicelib.settings import settings
from chalicelib.workers.boundary import Attempt, batch
from chalicelib.workers.messages import JobMessage

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.on_sqs_message(queue=settings.queue_name("jobs"), batch_size=1)
@batch(JobMessage, dead_letter=lambda: settings.jobs_dlq_url)
def run_job(message: JobMessage, attempt: Attempt) -> None:
    """What no code of ours foresaw fails the job too: its next run would meet it again."""
    runner = wiring.job_runner()
    with telemetry.bound(job_id=message.job_id):
        try:
            runner.run(
                message.job_id,
                correlation_id=attempt.correlation_id,
                remaining_s=attempt.remaining_s,
            )
        except DomainError:
            raise
        except Exception:  # the boundary of jobs: a person reads of it in the job
            log.exception("job failed unexpectedly")
            runner.give_up(
                message.job_id,
                correlation_id=attempt.correlation_id,
                code="internal_error",
                message="An unexpected error ended this job; the log has it.",
            )
        tell(message.job_id)


def tell(job_id: str) -> None:
    """Log where a run left the job."""
    job = wiring.reads().job(job_id)
    if job is None:
        return
    facts = {"kind": job.kind.value, "state": job.state.value, "done": job.done}
    if job.state is JobState.FAILED:
        telemetry.count("jobs_failed", kind=job.kind.value)
        log.error("job failed", extra={**facts, "code": job.error_code})
    else:
        log.info("job left", extra=facts)
