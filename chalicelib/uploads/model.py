"""A photo of a return and the states it passes, and by what it is known when it comes again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.uploads.analysing import ProposedDefect
from chalicelib.uploads.hints import Hint

FORM_LIVES = timedelta(minutes=5)
"""How long a form to upload with is good for; S3 itself refuses it afterwards."""
SPARE = timedelta(minutes=1)
"""After a form has ended, so that what was sent at its end is there."""
CHECK_TAKES = timedelta(minutes=3)
"""More than the function that checks may take: whoever looks then finds it done, or died at."""


class PhotoState(StrEnum):
    REQUESTED = "requested"
    UPLOADED = "uploaded"
    CLEAN = "clean"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """`upload_key` is where the client puts the file, `clean_key` and `thumbnail_key` what is
    served.

    `uploaded_at` is when its arrival was first known, `tries` how often it was looked at since.
    `dhash` is the fingerprint of the picture; None: it shows too little to have one. `sharpness`
    and `exposure` are what `hints` were made of, see hints.py. `defects_proposed` is what a machine
    sees in it: nothing follows from that by itself. `requested_as` is the role of who took it: what
    customers took may show more than goods.
    """

    photo_id: str
    return_id: str
    content_type: str
    size: int
    upload_key: str
    requested_at: datetime
    requested_by: str
    requested_as: str | None = None
    line_no: str | None = None
    state: PhotoState = PhotoState.REQUESTED
    uploaded_at: datetime | None = None
    tries: int = 0
    clean_key: str | None = None
    thumbnail_key: str | None = None
    width: int | None = None
    height: int | None = None
    dhash: str | None = None
    sharpness: int | None = None
    exposure: int | None = None
    hints: tuple[Hint, ...] = ()
    defects_proposed: tuple[ProposedDefect, ...] = ()
    reason: str | None = None
    checked_at: datetime | None = None
    version: int = 1

    @property
    def is_decided(self) -> bool:
        return self.state in (PhotoState.CLEAN, PhotoState.REJECTED)

    @property
    def look_at(self) -> datetime | None:
        """When somebody is to look what became of it; None: it is decided."""
        if self.is_decided:
            return None
        if self.uploaded_at is not None:
            return self.uploaded_at + CHECK_TAKES
        return self.requested_at + FORM_LIVES + SPARE


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPrint:
    """A fingerprint and the return that a picture with it came with first. Never changed."""

    fingerprint: str
    return_id: str
    photo_id: str
    first_used_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoBand:
    """The last fingerprints that have this quarter of theirs in common, the newest last.

    `band` says which quarter it is, `value` is its four hex digits: see likeness.py.
    """

    band: int
    value: str
    prints: tuple[PhotoPrint, ...] = ()
    version: int = 1
