"""Photos as evidence: a form to upload with, and what became of each photo."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.contracts.fields import Id, MomentOut, Strict, View
from chalicelib.uploads.hints import Hint
from chalicelib.uploads.model import PhotoState
from chalicelib.uploads.service import RequestPhoto

PHOTO_BYTES_MAX = 15 * 1024 * 1024


class PhotoBody(Strict):
    """What will be uploaded; anything else is refused by the form or by the check after it."""

    content_type: Literal["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"]
    size: Annotated[int, Field(ge=1, le=PHOTO_BYTES_MAX)]
    line_no: Id | None = None

    def to_domain(self) -> RequestPhoto:
        return RequestPhoto(content_type=self.content_type, size=self.size, line_no=self.line_no)


class PhotoUploadView(View):
    """POST the file to `url` as multipart form: all `fields` first, then the file as `file`."""

    photo_id: str
    url: str
    fields: dict[str, str]
    expires_at: MomentOut


class BoxView(View):
    """Where in the picture, in thousandths of its width and height, from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


class ProposedDefectView(View):
    """What a machine sees: nothing follows from it until an inspector says so."""

    code: str
    confidence: int
    box: BoxView | None
    proposed_by: str


class PhotoView(View):
    """`url` and `thumbnail_url` are short-lived, and there for clean photos only. `retake`: take it
    again at once, because it was rejected, or because of `hints`, which reject nothing.
    `defects_proposed` is shown to staff only.
    """

    photo_id: str
    line_no: str | None
    state: PhotoState
    reason: str | None
    url: str | None
    thumbnail_url: str | None
    width: int | None
    height: int | None
    hints: tuple[Hint, ...]
    retake: bool
    defects_proposed: tuple[ProposedDefectView, ...]


class PhotosView(View):
    items: tuple[PhotoView, ...]
