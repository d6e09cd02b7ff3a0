"""Photos of a return: asked for, uploaded, then accepted or rejected; and imported files.

Pure but for reading. The file itself is checked and kept by others; this says what follows. A
photo's fate stands in the timeline of its return, because that is where people look for it. The
return that a picture came with first is remembered by its fingerprint; with another one it is a
sign that people should look closer, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
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
from chalicelib.uploads import likeness
from chalicelib.uploads.analysing import PROPOSALS_MAX, ProposedDefect
from chalicelib.uploads.hints import Look, hints_of
from chalicelib.uploads.likeness import Place
from chalicelib.uploads.model import Photo, PhotoBand, PhotoPrint, PhotoState

CONTENT_TYPES = ("image/jpeg", "image/png", "image/webp", "image/heic", "image/heif")
PHOTO_BYTES_MAX = 15 * 1024 * 1024
PHOTOS_MAX = 50
CUSTOMERS_PHOTOS_MAX = 40
"""With which a customer leaves room for what inspectors have to show."""
TRIES_MAX = 5
"""How often a photo is looked at. One that ends the function each time must not do so for ever."""
_CUSTOMER = "customer"
NEVER_UPLOADED = "never_uploaded"
CHECK_FAILED = "check_failed"
UPLOAD_TAKES_MAX = timedelta(hours=1)
"""From asking for a form to the whole file: what was begun in the form's time is there by then."""
CHECK_TAKES_MAX = timedelta(minutes=10)
"""Whoever still waits then is told to take the photo again, within a quarter of an hour in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPhoto:
    """What will be uploaded, as the client announces it."""

    content_type: str
    size: int
    line_no: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPhoto:
    """A photo that passed: how large it is now, by what its like is found, if by anything, what was
    measured of it, and what a machine sees in it. `digest` names the file that all this is about.
    """

    width: int
    height: int
    dhash: str | None
    look: Look | None = None
    proposed: tuple[ProposedDefect, ...] = ()
    digest: str = ""


class PhotoReader(Protocol):
    """What photo commands read."""

    def return_(self, return_id: str) -> Return | None: ...

    def photo(self, return_id: str, photo_id: str) -> Photo | None: ...

    def photos(self, return_id: str) -> list[Photo]: ...


class PrintReader(PhotoReader, DoubtReader, Protocol):
    """What is read to accept a photo."""

    def photo_print(self, fingerprint: str) -> PhotoPrint | None: ...

    def photo_bands(self, places: Sequence[Place]) -> list[PhotoBand]: ...


class JobReader(Protocol):
    """What the arrival of an import reads."""

    def job(self, job_id: str) -> Job | None: ...


def photo_key(return_id: str, photo_id: str) -> str:
    """Where a client puts the photo."""
    return f"uploads/photos/{return_id}/{photo_id}"


def clean_photo_key(return_id: str, photo_id: str, digest: str = "") -> str:
    """Where the cleaned photo is kept. A form may be used twice within its five minutes: what was
    made of one file never takes the place of what was made of the other.
    """
    return f"files/photos/{return_id}/{_named(photo_id, digest)}.jpg"


def thumbnail_key(return_id: str, photo_id: str, digest: str = "") -> str:
    """Where the small picture of it is kept."""
    return f"files/photos/{return_id}/{_named(photo_id, digest)}-small.jpg"


def quarantine_key(return_id: str, photo_id: str, digest: str = "") -> str:
    """Where the original is kept for a while, and read by nobody here."""
    return f"quarantine/photos/{return_id}/{_named(photo_id, digest)}"


def _named(photo_id: str, digest: str) -> str:
    return f"{photo_id}-{digest}" if digest else photo_id


def import_key(job_id: str) -> str:
    """Where a client puts the file of an import."""
    return f"uploads/imports/{job_id}"


def request_photo(
    reads: PhotoReader, return_id: str, command: RequestPhoto, context: Context
) -> Decided[Photo]:
    """Make room for a photo of the return, as long as there is some."""
    ret = found(reads.return_(return_id), return_id, context)
    _check(ret, command)
    photo_id = _free_place(return_id, reads.photos(return_id), context.actor.role)
    photo = Photo(
        photo_id=photo_id,
        return_id=return_id,
        content_type=command.content_type,
        size=command.size,
        upload_key=photo_key(return_id, photo_id),
        requested_at=context.now,
        requested_by=context.actor.id,
        requested_as=context.actor.role,
        line_no=command.line_no,
    )
    return Decided(result=photo, changes=Changes(records=(photo,)))


def photo_arrived(
    reads: PhotoReader, return_id: str, photo_id: str, context: Context
) -> Decided[Photo]:
    """Note that the file is there and is looked at now; one that was decided stays as it is.

    One that was looked at so often without an outcome is rejected: whoever looks at it dies of it.
    """
    photo = _asked_for(reads, return_id, photo_id)
    if photo.is_decided:
        return Decided(result=photo)
    if photo.tries >= TRIES_MAX:
        return reject_photo(reads, return_id, photo_id, CHECK_FAILED, context)
    photo = replace(
        photo,
        state=PhotoState.UPLOADED,
        uploaded_at=photo.uploaded_at or context.now,
        tries=photo.tries + 1,
        version=photo.version + 1,
    )
    return Decided(result=photo, changes=Changes(records=(photo,)))


def give_up_photo(
    reads: PhotoReader, return_id: str, photo_id: str, context: Context, *, is_there: bool
) -> Decided[Photo]:
    """Reject what has waited too long: never uploaded, or looked at twice and never decided.

    `is_there`: the file is. One that arrived and is gone will not be looked at again.
    """
    photo = _asked_for(reads, return_id, photo_id)
    if photo.uploaded_at is not None:
        is_late = context.now >= photo.uploaded_at + CHECK_TAKES_MAX
        is_late, code = is_late and (photo.tries > 1 or not is_there), CHECK_FAILED
    else:
        is_late = context.now >= photo.requested_at + UPLOAD_TAKES_MAX and not is_there
        code = NEVER_UPLOADED
    if photo.is_decided or not is_late:
        return Decided(result=photo)
    return reject_photo(reads, return_id, photo_id, code, context)


def accept_photo(
    reads: PrintReader, return_id: str, photo_id: str, clean: CleanPhoto, context: Context
) -> Decided[Photo]:
    """Show a photo that passed, and link it as a paper of the return.

    One that was looked at before stays as it is.
    """
    photo = _asked_for(reads, return_id, photo_id)
    if photo.is_decided:
        return Decided(result=photo)
    look = clean.look
    photo = replace(
        photo,
        state=PhotoState.CLEAN,
        uploaded_at=photo.uploaded_at or context.now,
        clean_key=clean_photo_key(return_id, photo_id, clean.digest),
        thumbnail_key=thumbnail_key(return_id, photo_id, clean.digest),
        width=clean.width,
        height=clean.height,
        dhash=clean.dhash,
        sharpness=look.sharpness if look is not None else None,
        exposure=look.mean if look is not None else None,
        hints=hints_of(look) if look is not None else (),
        defects_proposed=clean.proposed[:PROPOSALS_MAX],
        checked_at=context.now,
        version=photo.version + 1,
    )
    facts: dict[str, Json] = {
        "width": clean.width,
        "height": clean.height,
        "dhash": clean.dhash,
        "hints": [hint.value for hint in photo.hints],
    }
    known = _known(reads, photo, context)
    decided = _checked(reads, photo, "photo.accepted", facts, context, known)
    return _doubted(reads, decided)


def reject_photo(
    reads: PhotoReader, return_id: str, photo_id: str, code: str, context: Context
) -> Decided[Photo]:
    """Refuse what was uploaded, with the code of what is wrong; decided once."""
    photo = _asked_for(reads, return_id, photo_id)
    if photo.is_decided:
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


def _free_place(return_id: str, photos: Sequence[Photo], role: str) -> str:
    """The id of the first place nobody took. Two requests at once meet at it, and one goes on to
    the next: so there are never more than PHOTOS_MAX.
    """
    if role == _CUSTOMER:
        own = sum(photo.requested_as == _CUSTOMER for photo in photos)
        if own >= CUSTOMERS_PHOTOS_MAX:
            message = f"A customer takes at most {CUSTOMERS_PHOTOS_MAX} photos of a return."
            raise Conflict("too_many_photos", message)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is known of a fingerprint: the return that it, or one like it, came with before, and
    what is to be remembered of it.
    """

    before: PhotoPrint | None = None
    kept: tuple[Record, ...] = ()


def _known(reads: PrintReader, photo: Photo, context: Context) -> _Known:
    """Two photos alike at once meet at a record that both write: one is decided anew, and is the
    second.
    """
    if photo.dhash is None:
        return _Known()
    same = reads.photo_print(photo.dhash)
    bands = reads.photo_bands(likeness.places_alike(photo.dhash))
    prints = [one for band in bands for one in band.prints]
    before = likeness.nearest(
        photo.dhash, prints if same is None else [same, *prints], photo.return_id
    )
    if same is not None:
        return _Known(before=before)
    own = PhotoPrint(
        fingerprint=photo.dhash,
        return_id=photo.return_id,
        photo_id=photo.photo_id,
        first_used_at=context.now,
    )
    return _Known(before=before, kept=(own, *likeness.kept_in(own, bands)))


def _checked(
    reads: PhotoReader,
    photo: Photo,
    event_type: str,
    facts: dict[str, Json],
    context: Context,
    known: _Known | None = None,
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
    records: list[Record] = [photo]
    if known is not None:
        records += known.kept
        if known.before is not None:
            ret = _marked(ret, photo, known.before, journal)
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


def _marked(ret: Return, photo: Photo, before: PhotoPrint, journal: Journal) -> Return:
    """The return with a mark: its photo, or one nearly the same, came with another one before."""
    assert photo.dhash is not None, "it has a fingerprint"
    known = dict.fromkeys((*ret.photo_reused_from, before.return_id))
    ret = replace(ret, photo_reused_from=tuple(known))
    used: dict[str, Json] = {
        "photo_id": photo.photo_id,
        "used_in": before.return_id,
        "distance": likeness.distance(photo.dhash, before.fingerprint),
    }
    journal.record("return.photo_reused", {**header(ret), **used})
    return ret


def _invalid(code: str, message: str, pointer: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
