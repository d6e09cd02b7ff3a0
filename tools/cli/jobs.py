"""Following a job of the API to its end."""

import time
from collections.abc import Callable
from typing import Any

from tools.cli.gate import Gate
from tools.cli.progress import Step
from tools.stack.errors import StackError

_POLL_S = (0.2, 0.3, 0.5, 1.0, 2.0)
_GIVE_UP_S = 3600.0
FINAL = frozenset({"succeeded", "failed", "cancelled"})


def followed(
    gate: Gate, job_id: str, step: Step, *, wait: Callable[[float], None] = time.sleep
) -> dict[str, Any]:
    """The job once it has ended. It goes on without us when we are interrupted."""
    began = time.monotonic()
    polls = 0
    while time.monotonic() - began < _GIVE_UP_S:
        job: dict[str, Any] = gate.get(f"/v1/jobs/{job_id}")
        progress = job.get("progress") or {}
        step.set(progress.get("done") or 0, progress.get("total") or None)
        if job["state"] in FINAL:
            return job
        wait(_POLL_S[min(polls, len(_POLL_S) - 1)])
        polls += 1
    raise StackError(f"Job {job_id} is not done after an hour: GET /v1/jobs/{job_id} tells more.")


def failure(job: dict[str, Any]) -> str:
    """Why a job did not succeed, as a sentence."""
    error = job.get("error") or {}
    why = f": {error['code']}: {error['detail']}" if error else ""
    return f"Job {job['id']} {job['state']}{why}"
