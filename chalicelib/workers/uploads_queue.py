"""Files that arrived in the bucket: photos are cleaned and shown, imports begin.

S3 tells at least once, late, and in any order; what it never tells, sweep_uploads does. That is
harmless: a photo is looked at as long as nobody has decided about it, what is written follows from
the file, and a job that began already is only told of once more. The original goes to quarantine,
which nothing here reads and which is emptied by itself: it may hold where it was taken.
"""

import json
import re
from hashlib import sha256

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.core.errors import DomainError, Invalid, NotAllowed, PolicyRefused
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.gateways import images
from chalicelib.jobs.model import JobState
from chalicelib.settings import settings
from chalicelib.uploads import service
from chalicelib.uploads.model import Photo
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
    """That it arrived is noted before it is looked at, so that a file on which this function dies
    is known. What is kept is kept before it is said to be there, and the upload deleted after.
    """
    photo = wiring.reads().photo(return_id, photo_id)
    if photo is None:
        raise Invalid("unknown_photo", "Nobody asked to upload this photo.")
    if not photo.is_decided:
        context = _context(attempt, "photo", return_id, photo_id)
        try:
            content = wiring.files().read(photo.upload_key, size_max=service.PHOTO_BYTES_MAX)
        except Invalid as error:  # larger than any form allows: it is not even read
            _reject(photo, error.code, context)
        else:
            photo = wiring.commands().run(
                lambda reads: service.photo_arrived(reads, return_id, photo_id, context),
                context=context,
            )
            if not photo.is_decided:
                _quarantine(photo, content)
                _decide(photo, content, context)
    wiring.files().delete(photo.upload_key)


def digest_of(content: bytes) -> str:
    """By what files that came with the same form are told apart."""
    return sha256(content).hexdigest()[:16]


def _decide(photo: Photo, content: bytes, context: Context) -> None:
    try:
        cleaned = images.clean_image(content)
    except Invalid as error:
        _reject(photo, error.code, context)
    else:
        keep(photo, cleaned, digest_of(content), context)


def _quarantine(photo: Photo, content: bytes) -> None:
    """As bytes without a kind, so that nobody's browser opens it."""
    key = service.quarantine_key(photo.return_id, photo.photo_id, digest_of(content))
    wiring.files().write(key, content, content_type="application/octet-stream")


def _reject(photo: Photo, code: str, context: Context) -> None:
    wiring.commands().run(
        lambda reads: service.reject_photo(reads, photo.return_id, photo.photo_id, code, context),
        context=context,
    )
    log.warning("photo rejected", extra={"photo_id": photo.photo_id, "code": code})
    telemetry.count("photos_rejected")


def keep(photo: Photo, cleaned: images.CleanImage, digest: str, context: Context) -> None:
    """What was made of a file is served, unless another file of the same form was decided on."""
    return_id, photo_id = photo.return_id, photo.photo_id
    made = {
        service.clean_photo_key(return_id, photo_id, digest): cleaned.jpeg,
        service.thumbnail_key(return_id, photo_id, digest): cleaned.thumbnail,
    }
    for key, jpeg in made.items():
        wiring.files().write(key, jpeg, content_type="image/jpeg")
    analyst = wiring.image_analyst()
    clean = service.CleanPhoto(
        width=cleaned.width,
        height=cleaned.height,
        dhash=cleaned.dhash,
        look=cleaned.look,
        proposed=analyst.propose(cleaned.jpeg) if analyst is not None else (),
        digest=digest,
    )
    kept = wiring.commands().run(
        lambda reads: service.accept_photo(reads, return_id, photo_id, clean, context),
        context=context,
    )
    if kept.clean_key not in made:
        for key in made:
            wiring.files().delete(key)
        log.warning("photo superseded", extra={"photo_id": photo_id, "return_id": return_id})
        return
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
