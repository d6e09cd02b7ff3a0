"""Photos of a return: asked for, then accepted or rejected once looked at; and imported files.

Pure but for reading. The file itself is checked and kept by others; this says what follows. A
photo's fate stands in the timeline of its return, because that is where people look for it. The
return that a picture came with first is remembered by its fingerprint; with another one it is a
sign that people should look closer, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotFound
from chalicelib.core.events import Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.jobs.model import Job, JobState
from chalicelib.returns.documents import DocumentKind, with_documents
from chalicelib.returns.doubting import DoubtReader, doubted
from chalicelib.returns.facts import header
from chalicelib.returns.loading import found
from chalicelib.returns.model import LinkedDocument, Return
from chalicelib.uploads.model import Photo, PhotoPrint, PhotoState

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
    """A photo that passed: how large it is now, and by what its like is found, if by anything."""

    width: int
    height: int
    dhash: str | None


class PhotoReader(Protocol):
    """What photo commands read."""

    def return_(self, return_id: str) -> Return | None: ...

    def photo(self, return_id: str, photo_id: str) -> Photo | None: ...

    def photos(self, return_id: str) -> list[Photo]: ...


class PrintReader(PhotoReader, DoubtReader, Protocol):
    """What is read to accept a photo."""

    def photo_print(self, fingerprint: str) -> PhotoPrint | None: ...


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
    reads: PrintReader, return_id: str, photo_id: str, clean: CleanPhoto, context: Context
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
    before = reads.photo_print(clean.dhash) if clean.dhash is not None else None
    decided = _checked(reads, photo, "photo.accepted", facts, context, before)
    return _doubted(reads, decided)


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
    reads: PhotoReader,
    photo: Photo,
    event_type: str,
    facts: dict[str, Json],
    context: Context,
    before: PhotoPrint | None = None,
) -> Decided[Photo]:
    """`before`: what is known of the photo's fingerprint."""
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
    records: list[Record] = [photo]
    if before is not None:
        ret = _marked(ret, photo, before, journal)
    elif photo.dhash is not None:
        records.append(_first_use(photo, context))
    records.append(replace(ret, chain=journal.chain))
    return Decided(
        result=photo, changes=Changes(records=tuple(records), events=tuple(journal.events))
    )


def _doubted(reads: PrintReader, decided: Decided[Photo]) -> Decided[Photo]:
    """The same, but where a photo came with another return before, the risk is weighed again."""
    records: list[Record] = []
    for record in decided.changes.records:
        if isinstance(record, Return) and record.photo_reused_from:
            ret, review = doubted(reads, record, {"photo_reused": True})
            records += [ret, *review]
        else:
            records.append(record)
    changes = Changes(records=tuple(records), events=decided.changes.events)
    return Decided(result=decided.result, changes=changes)


def _first_use(photo: Photo, context: Context) -> PhotoPrint:
    """Two photos alike at once meet at this record: one is decided anew, and is the second."""
    assert photo.dhash is not None, "it has a fingerprint"
    return PhotoPrint(
        fingerprint=photo.dhash,
        return_id=photo.return_id,
        photo_id=photo.photo_id,
        first_used_at=context.now,
    )


def _marked(ret: Return, photo: Photo, before: PhotoPrint, journal: Journal) -> Return:
    """The return with a mark where its photo came with another return before."""
    if before.return_id == ret.return_id:
        return ret
    known = dict.fromkeys((*ret.photo_reused_from, before.return_id))
    ret = replace(ret, photo_reused_from=tuple(known))
    used: dict[str, Json] = {"photo_id": photo.photo_id, "used_in": before.return_id}
    journal.record("return.photo_reused", {**header(ret), **used})
    return ret


def _invalid(code: str, message: str, pointer: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
