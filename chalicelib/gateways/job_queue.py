"""The queue of jobs: a message says only which job; all else is in its record."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.gateways.queues import Queues


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQueue:
    """Putting a job twice is harmless: a worker leaves alone what another does or has done."""

    queues: Queues
    url: Callable[[], str]

    def put(self, job_id: str, *, correlation_id: str, delay_s: int = 0) -> None:
        """Raises TransientError when it is not sure that SQS has it."""
        body = json.dumps({"job_id": job_id, "correlation_id": correlation_id})
        self.queues.send(self.url(), body, delay_s=delay_s)
