"""A photo of a return and the states it passes, and by what it is known when it comes again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PhotoState(StrEnum):
    REQUESTED = "requested"
    CLEAN = "clean"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """`upload_key` is where the client puts the file, `clean_key` what is served.

    `dhash` is the fingerprint of the picture; None: it shows too little to have one.
    """

    photo_id: str
    return_id: str
    content_type: str
    size: int
    upload_key: str
    requested_at: datetime
    requested_by: str
    line_no: str | None = None
    state: PhotoState = PhotoState.REQUESTED
    clean_key: str | None = None
    width: int | None = None
    height: int | None = None
    dhash: str | None = None
    reason: str | None = None
    checked_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotoPrint:
    """A fingerprint and the return that a picture with it came with first. Never changed."""

    fingerprint: str
    return_id: str
    photo_id: str
    first_used_at: datetime
    version: int = 1
