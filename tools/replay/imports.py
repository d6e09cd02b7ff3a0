"""A file through the import path: ask for an upload, send it, follow the job to its end."""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tools.replay.caller import Answer, Caller, Refused
from tools.replay.journal import Journal
from tools.replay.progress import Bar

_POLL_S = 0.5
_GIVE_UP_S = 3600.0
_UNDER_WAY = ("queued", "running")


class ImportFailed(Exception):
    """The job did not take every row; the message says what it left out."""


class Uploader(Protocol):
    def upload(self, url: str, fields: Mapping[str, str], content: bytes) -> Answer: ...


class Importer:
    """Imports files once: a job that the journal knows is followed, not started again.

    Without the journal a file is imported again, which changes nothing: the rows are already there.
    """

    def __init__(
        self, caller: Caller, uploader: Uploader, journal: Journal, *,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._caller = caller
        self._uploader = uploader
        self._journal = journal
        self._wait = wait

    def run(self, kind: str, content: bytes, bar: Bar) -> Mapping[str, Any]:
        """The job's result, once no row was rejected."""
        name = f"import-{kind}-{hashlib.sha256(content).hexdigest()[:16]}"
        job = self._known(name)
        if job is None:
            job = self._started(kind, content, f"{name}-{time.time_ns()}")
            self._journal.put(name, job["id"])
        return self._finished(job["id"], bar)

    def _known(self, name: str) -> Mapping[str, Any] | None:
        """The job of an earlier run, if it still is worth following."""
        job_id = self._journal.get(name)
        if job_id is None:
            return None
        try:
            job: Mapping[str, Any] = self._caller.get("machine", f"/jobs/{job_id}")
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        return job if job["state"] in (*_UNDER_WAY, "succeeded") else None

    def _started(self, kind: str, content: bytes, key: str) -> Mapping[str, Any]:
        """A new job with the file sent. Its key is new each time: old upload forms expire."""
        body = {"kind": kind, "dry_run": False, "mode": "skip_bad", "file_name": f"{kind}.csv"}
        answer = self._caller.post("machine", "/imports", body, key=key)
        form = answer["upload"]
        sent = self._uploader.upload(form["url"], form["fields"], content)
        if sent.status not in (200, 201, 204):
            raise ImportFailed(f"the upload was refused: {sent.status} {sent.body}")
        job: Mapping[str, Any] = answer["job"]
        return job

    def _finished(self, job_id: str, bar: Bar) -> Mapping[str, Any]:
        deadline = time.monotonic() + _GIVE_UP_S
        while time.monotonic() < deadline:
            job = self._caller.get("machine", f"/jobs/{job_id}")
            progress = job.get("progress") or {}
            bar.set(progress.get("done") or 0, progress.get("total"))
            if job["state"] in ("failed", "cancelled"):
                raise ImportFailed(f"job {job_id} {job['state']}: {job.get('error')}")
            if job["state"] == "succeeded":
                result: Mapping[str, Any] = job["result"]
                if result.get("rejected"):
                    raise ImportFailed(f"job {job_id} {_rejection(result)}")
                return result
            self._wait(_POLL_S)
        raise ImportFailed(f"job {job_id} is not done after {_GIVE_UP_S:.0f} s")


def _rejection(result: Mapping[str, Any]) -> str:
    """How many rows were left out, and why the first ones were."""
    errors = result.get("errors") or ()
    said = [f"row {e['row']}, column '{e['column']}': {e['message']}" for e in errors[:3]]
    return "; ".join([f"rejected {result['rejected']} rows", *said])
