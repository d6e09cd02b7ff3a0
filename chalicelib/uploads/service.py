"""Photos of a return: asked for, then accepted or rejected once looked at; and imported files.

Pure but for reading. The file itself is checked and kept by others; this says what follows. A
photo's fate stands in the timeline of its return, because that is where people look for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs.model import Job, JobState
from chalicelib.returns.documents import DocumentKind, with_documents
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.uploads.model import Photo, PhotoState

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp")
PHOTO_BYTES_MAX = 15 * 1024 * 1024
PHOTOS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPhoto:
    """What will be uploaded, as the client announces it."""

    content_type: str
    size: int
    line_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPhoto:
    """A photo that passed: how large it is now, and by what its like is found."""

    width: int
    height: int
    dhash: str


class PhotoReader(Protocol):
    """What photo commands read."""

    def return_(self, return_id: str) -> Return | None: ...

    def photo(self, return_id: str, photo_id: str) -> Photo | None: ...

    def photos(self, return_id: str) -> list[Photo]: ...


class JobReader(Protocol):
    """What the arrival of an import reads."""

    def job(self, job_id: str) -> Job | None: ...


def photo_key(return_id: str, photo_id: str) -> str:
    """Where a client puts the photo."""
    return f"uploads/photos/{return_id}/{photo_id}"


def clean_photo_key(return_id: str, photo_id: str) -> str:
    """Where the cleaned photo is kept."""
    return f"files/photos/{return_id}/{photo_id}.jpg"


def import_key(job_id: str) -> str:
    """Where a client puts the file of an import."""
    return f"uploads/imports/{job_id}"


def request_photo(
    reads: PhotoReader, return_id: str, command: RequestPhoto, context: Context
) -> Decided[Photo]:
    """Make room for a photo of the return, as long as there is some."""
    ret = found(reads.return_(return_id), return_id, context)
    _check(ret, command)
    photo_id = _free_place(return_id, reads.photos(return_id))
    photo = Photo(
        photo_id=photo_id,
        return_id=return_id,
        content_type=command.content_type,
        size=command.size,
        upload_key=photo_key(return_id, photo_id),
        requested_at=context.now,
        requested_by=context.actor.id,
        line_no=command.line_no,
    )
    return Decided(result=photo, changes=Changes(records=(photo,)))


def accept_photo(
    reads: PhotoReader, return_id: str, photo_id: str, clean: CleanPhoto, context: Context
) -> Decided[Photo]:
    """Show a photo that passed, and link it as a paper of the return.

    One that was looked at before stays as it is.
    """
    photo = _asked_for(reads, return_id, photo_id)
    if photo.state is not PhotoState.REQUESTED:
        return Decided(result=photo)
    photo = replace(
        photo,
        state=PhotoState.CLEAN,
        clean_key=clean_photo_key(return_id, photo_id),
        width=clean.width,
        height=clean.height,
        dhash=clean.dhash,
        checked_at=context.now,
        version=photo.version + 1,
    )
    facts: dict[str, Json] = {"width": clean.width, "height": clean.height, "dhash": clean.dhash}
    return _checked(reads, photo, "photo.accepted", facts, context)


def reject_photo(
    reads: PhotoReader, return_id: str, photo_id: str, code: str, context: Context
) -> Decided[Photo]:
    """Refuse what was uploaded, with the code of what is wrong; decided once."""
    photo = _asked_for(reads, return_id, photo_id)
    if photo.state is not PhotoState.REQUESTED:
        return Decided(result=photo)
    photo = replace(
        photo,
        state=PhotoState.REJECTED,
        reason=code,
        checked_at=context.now,
        version=photo.version + 1,
    )
    return _checked(reads, photo, "photo.rejected", {"code": code}, context)


def file_arrived(reads: JobReader, job_id: str, context: Context) -> Decided[Job]:
    """Let an import begin; the file of one that began already changes nothing."""
    job = reads.job(job_id)
    if job is None:
        raise Invalid("unknown_import", f"No import waits for a file named {job_id}.")
    if job.state is not JobState.AWAITING_UPLOAD:
        return Decided(result=job)
    job = job.moved(context.now, state=JobState.QUEUED)
    return Decided(result=job, changes=Changes(records=(job,)))


def _check(ret: Return, command: RequestPhoto) -> None:
    if command.content_type not in CONTENT_TYPES:
        message = f"Photos are {', '.join(CONTENT_TYPES)}."
        raise _invalid("unsupported_content_type", message, "/content_type")
    if not 1 <= command.size <= PHOTO_BYTES_MAX:
        message = f"A photo has at most {PHOTO_BYTES_MAX} bytes."
        raise _invalid("photo_too_large", message, "/size")
    if command.line_no is not None and ret.line(command.line_no) is None:
        message = f"The return has no line {command.line_no}."
        raise _invalid("unknown_line", message, "/line_no")


def _free_place(return_id: str, photos: Sequence[Photo]) -> str:
    """The id of the first place nobody took. Two requests at once meet at it, and one goes on to
    the next: so there are never more than PHOTOS_MAX.
    """
    taken = {photo.photo_id for photo in photos}
    for place in range(1, PHOTOS_MAX + 1):
        photo_id = derived_id("pho", return_id, str(place))
        if photo_id not in taken:
            return photo_id
    raise Conflict("too_many_photos", f"A return has at most {PHOTOS_MAX} photos.")


def _asked_for(reads: PhotoReader, return_id: str, photo_id: str) -> Photo:
    photo = reads.photo(return_id, photo_id)
    if photo is None:
        raise Invalid("unknown_photo", "Nobody asked to upload this photo.")
    return photo


def _checked(
    reads: PhotoReader, photo: Photo, event_type: str, facts: dict[str, Json], context: Context
) -> Decided[Photo]:
    ret = reads.return_(photo.return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {photo.return_id}.")
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    if photo.state is PhotoState.CLEAN:
        paper = LinkedDocument(kind=DocumentKind.PHOTO, ref=photo.photo_id)
        ret = replace(ret, documents=with_documents(ret.documents, (paper,)))
    journal = Journal(ret.subject, ret.chain, context)
    said: dict[str, Json] = {"photo_id": photo.photo_id, "line_no": photo.line_no}
    journal.record(event_type, {**header(ret), **said, **facts})
    ret = replace(ret, chain=journal.chain)
    return Decided(
        result=photo, changes=Changes(records=(photo, ret), events=tuple(journal.events))
    )


def _invalid(code: str, message: str, pointer: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
