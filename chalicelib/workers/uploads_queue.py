"""Files that arrived in the bucket: photos are cleaned and shown, imports begin.

S3 tells at least once, late, and in any order. That is harmless: a photo is looked at as long as
nobody has decided about it, what is written follows from the file, and a job that began already is
only told of once more. What was uploaded is deleted once the clean photo is kept, because it may
hold where it was taken.
"""

import json
import re

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.core.errors import DomainError, Invalid, NotAllowed, PolicyRefused
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.gateways import images
from chalicelib.jobs.model import JobState
from chalicelib.settings import settings
from chalicelib.uploads import service
from chalicelib.uploads.model import PhotoState
from chalicelib.workers.boundary import Attempt, batch
from chalicelib.workers.messages import StoredObject, UploadNotification

_ID = r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}"
_PHOTO = re.compile(rf"uploads/photos/({_ID})/({_ID})", re.ASCII)
_IMPORT = re.compile(rf"uploads/imports/({_ID})", re.ASCII)
_ACTOR = Actor(id="index_uploads", role="system")
bp = Blueprint(__name__)
log = telemetry.logger(__name__)


@bp.on_sqs_message(queue=settings.queue_name("uploads"), batch_size=5)
@batch(UploadNotification, dead_letter=lambda: settings.uploads_dlq_url)
def index_uploads(message: UploadNotification, attempt: Attempt) -> None:
    """Every file is tried; then the message is repeated for one that may succeed later."""
    for_good: list[DomainError] = []
    for_now: list[DomainError] = []
    for record in message.records:
        try:
            _index(record, attempt)
        except (Invalid, NotAllowed, PolicyRefused) as error:
            for_good.append(error)
        except DomainError as error:
            for_now.append(error)
    for failure in (*for_now, *for_good):
        raise failure


def _index(record: StoredObject, attempt: Attempt) -> None:
    if not record.event_name.removeprefix("s3:").startswith("ObjectCreated:"):
        log.info("upload ignored", extra={"event_name": record.event_name})
        return
    if record.bucket != settings.files_bucket:
        raise Invalid("unknown_bucket", "This bucket is not ours.")
    if photo := _PHOTO.fullmatch(record.key):
        _check_photo(photo[1], photo[2], attempt)
    elif arrived := _IMPORT.fullmatch(record.key):
        _begin_import(arrived[1], attempt)
    else:
        raise Invalid("unknown_upload", "Nothing is expected under this key.")


def _check_photo(return_id: str, photo_id: str, attempt: Attempt) -> None:
    """The clean photo is kept before it is said to be there, and the upload deleted after."""
    photo = wiring.reads().photo(return_id, photo_id)
    if photo is None:
        raise Invalid("unknown_photo", "Nobody asked to upload this photo.")
    key = service.photo_key(return_id, photo_id)
    if photo.state is PhotoState.REQUESTED:
        context = _context(attempt, "photo", return_id, photo_id)
        try:
            cleaned = images.clean_image(wiring.files().read(key, size_max=service.PHOTO_BYTES_MAX))
        except Invalid as error:
            code = error.code
            wiring.commands().run(
                lambda reads: service.reject_photo(reads, return_id, photo_id, code, context),
                context=context,
            )
            log.warning("photo rejected", extra={"photo_id": photo_id, "code": code})
        else:
            _keep(return_id, photo_id, cleaned, context)
    wiring.files().delete(key)


def _keep(return_id: str, photo_id: str, cleaned: images.CleanImage, context: Context) -> None:
    wiring.files().write(
        service.clean_photo_key(return_id, photo_id), cleaned.jpeg, content_type="image/jpeg"
    )
    clean = service.CleanPhoto(width=cleaned.width, height=cleaned.height, dhash=cleaned.dhash)
    wiring.commands().run(
        lambda reads: service.accept_photo(reads, return_id, photo_id, clean, context),
        context=context,
    )
    log.info("photo accepted", extra={"photo_id": photo_id, "return_id": return_id})


def _begin_import(job_id: str, attempt: Attempt) -> None:
    """A job that waits in the queue is sent there again: the first message may not have been."""
    context = _context(attempt, "import", job_id)
    job = wiring.commands().run(
        lambda reads: service.file_arrived(reads, job_id, context), context=context
    )
    with telemetry.bound(correlation_id=job.correlation_id):
        if job.state is JobState.QUEUED:
            body = json.dumps({"job_id": job_id, "correlation_id": job.correlation_id})
            wiring.queues().send(settings.jobs_queue_url, body)
        log.info("import file arrived", extra={"job_id": job_id, "state": job.state.value})


def _context(attempt: Attempt, *cause: str) -> Context:
    return Context(
        actor=_ACTOR,
        now=attempt.started_at,
        command_id=derived_id("cmd", *cause),
        correlation_id=attempt.correlation_id,
    )
