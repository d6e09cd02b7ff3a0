"""The sweep for uploads that S3 did not tell of. Why it may repeat: sweeping.py.

It looks after what was asked for and not decided on, and checks nothing itself: where the file is
there, it sends the notice that S3 should have sent, and index_uploads does what it always does.
Where a file never came, or nobody could decide about it for long, the photo is rejected, so that
nobody waits for it. Only what is due is read, however many photos there are.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalice.app import Blueprint, CloudWatchEvent, Rate

from chalicelib import telemetry, wiring
from chalicelib.core.clock import utc_now
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Actor, Context
from chalicelib.gateways.files import Files
from chalicelib.gateways.queues import Queues
from chalicelib.jobs.model import JobState
from chalicelib.jobs.service import cancel
from chalicelib.settings import settings
from chalicelib.store.pages import Page
from chalicelib.store.upload_lists import UploadLists
from chalicelib.store.upload_rows import UploadDueRow
from chalicelib.uploads import service
from chalicelib.workers.sweeping import Sweep, time_left

WORKER = Actor(id="sweep_uploads", role="system")
BACKLOG_MAX = 200
"""Messages in the queue beyond which S3's notices are late and not lost: more would not help."""
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


class Outcome(StrEnum):
    NOTIFIED = "notified"
    WAITING = "waiting"
    GIVEN_UP = "given_up"
    UNCHANGED = "unchanged"


@bp.schedule(Rate(5, unit=Rate.MINUTES), name="sweep_uploads")
def sweep_uploads(event: CloudWatchEvent) -> dict[str, int]:
    """Every five minutes; of how many files the worker was told, and so on.

    `detail.seconds` of an event that a person sends is how long one run may take.
    """
    telemetry.configure()
    told = event.to_dict()
    with telemetry.bound(correlation_id=str(told.get("id", "")), function="sweep_uploads"):
        run = UploadSweep(
            commands=wiring.commands(),
            views=wiring.views(),
            clock=utc_now,
            correlation_id=str(told.get("id", "")),
            remaining_s=time_left(event.context, told.get("detail")),
            lists=UploadLists(wiring.views_table()),
            files=wiring.files(),
            queues=wiring.queues(),
            is_behind=wiring.queues().depth(settings.uploads_queue_url).waiting > BACKLOG_MAX,
        )
        run.work()
        return _told(run)


@dataclass(slots=True, kw_only=True)
class UploadSweep(Sweep[UploadDueRow]):
    """One run over the uploads that it is time to look after. `is_behind`: index_uploads is."""

    lists: UploadLists
    files: Files
    queues: Queues
    is_behind: bool = False

    @property
    def worker(self) -> Actor:
        return WORKER

    def page(self, until: datetime, cursor: str | None) -> Page[UploadDueRow]:
        return self.lists.due(until, cursor)

    def facts(self, row: UploadDueRow) -> dict[str, str]:
        if row.photo_id is not None and row.return_id is not None:
            return {"photo_id": row.photo_id, "return_id": row.return_id}
        return {"job_id": row.job_id or ""}

    def take(self, row: UploadDueRow, context: Context) -> StrEnum:
        if row.photo_id is not None and row.return_id is not None:
            return self._photo(row.return_id, row.photo_id, context)
        return self._import(row.job_id or "", context)

    def _photo(self, return_id: str, photo_id: str, context: Context) -> Outcome:
        """The row may lag behind the photo."""
        photo = self.commands.reads().photo(return_id, photo_id)
        if photo is None or photo.look_at is None or photo.look_at > context.now:
            return Outcome.UNCHANGED
        is_there = self._is_there(photo.upload_key)
        photo = self.commands.run(
            lambda reads: service.give_up_photo(
                reads, return_id, photo_id, context, is_there=is_there
            ),
            context=context,
        )
        if photo.is_decided:
            return Outcome.GIVEN_UP
        if not is_there or (self.is_behind and photo.uploaded_at is None):
            return Outcome.WAITING
        return self._notify(photo.upload_key)

    def _import(self, job_id: str, context: Context) -> Outcome:
        job = self.commands.reads().job(job_id)
        if job is None or job.state is not JobState.AWAITING_UPLOAD:
            return Outcome.UNCHANGED
        key = service.import_key(job_id)
        if self._is_there(key):
            return Outcome.WAITING if self.is_behind else self._notify(key)
        if context.now < job.created_at + service.UPLOAD_TAKES_MAX:
            return Outcome.WAITING
        self.commands.run(lambda reads: cancel(reads, job_id, context), context=context)
        return Outcome.GIVEN_UP

    def _is_there(self, key: str) -> bool:
        try:
            self.files.head(key)
        except NotFound:
            return False
        return True

    def _notify(self, key: str) -> Outcome:
        """As S3 would; index_uploads reads no more of a notice than this."""
        record = {
            "eventName": "ObjectCreated:Swept",
            "s3": {"bucket": {"name": settings.files_bucket}, "object": {"key": key}},
        }
        self.queues.send(settings.uploads_queue_url, json.dumps({"Records": [record]}))
        return Outcome.NOTIFIED


def _told(run: UploadSweep) -> dict[str, int]:
    counts = {outcome.value: run.done[outcome] for outcome in Outcome}
    counts |= {"failed": run.failed, "remaining": run.remaining}
    for name in ("notified", "given_up", "failed"):
        telemetry.count(f"uploads_{name}", counts[name])
    level = log.error if run.failed else log.info
    level("uploads swept", extra=counts)
    return counts
