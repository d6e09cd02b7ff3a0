"""Photos of a return: a form to upload with, and what became of them.

What is served was drawn by us. Its address lives for five minutes and says itself what it is: a
JPEG of our name, shown in place, kept by no cache.
"""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.photos import (
    BoxView,
    PhotoBody,
    PhotosView,
    PhotoUploadView,
    PhotoView,
    ProposedDefectView,
)
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.store.reads import Reads
from chalicelib.uploads import service
from chalicelib.uploads.analysing import ProposedDefect
from chalicelib.uploads.model import Photo, PhotoState

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/photos", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="photos:upload",
    body=PhotoBody,
    answer=PhotoUploadView,
    status=201,
    idempotency="accepted",
)
def request_photo(call: Call, body: PhotoBody, return_id: str) -> Answer:
    """Ask for a form to upload one photo with; the form is valid for five minutes."""
    context = call.context()

    def decide(reads: Reads) -> Decided[Photo]:
        return service.request_photo(
            scopes.own(reads, call.principal), return_id, body.to_domain(), context
        )

    return wiring.commands().answer(
        decide, context=context, render=_form, idempotency=call.idempotency
    )


@bp.route("/returns/{return_id}/photos", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="photos:read", answer=PhotosView)
def list_photos(call: Call, return_id: str) -> Answer:
    """List the photos of a return, with short-lived addresses of the clean ones."""
    reads = wiring.reads()
    if scopes.own(reads, call.principal).return_(return_id) is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    photos = reads.photos(return_id)
    return ok(PhotosView(items=tuple(_shown(photo, call) for photo in photos)))


@bp.route("/returns/{return_id}/photos/{photo_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="photos:read", answer=PhotoView)
def read_photo(call: Call, return_id: str, photo_id: str) -> Answer:
    """Show one photo: for whoever has uploaded it and waits for what becomes of it."""
    photo = scopes.own(wiring.reads(), call.principal).photo(return_id, photo_id)
    if photo is None:
        raise NotFound("photo_not_found", f"The return has no photo {photo_id}.")
    return ok(_shown(photo, call))


def _form(photo: Photo) -> Answer:
    form = wiring.files().upload_form(
        photo.upload_key, content_type=photo.content_type, size_max=photo.size
    )
    view = PhotoUploadView(
        photo_id=photo.photo_id,
        url=form.url,
        fields=dict(form.fields),
        expires_at=form.expires_at,
    )
    return created(view, location=f"/v1/returns/{photo.return_id}/photos")


def _shown(photo: Photo, call: Call) -> PhotoView:
    proposed = () if call.principal.is_customer_only else photo.defects_proposed
    return PhotoView(
        photo_id=photo.photo_id,
        line_no=photo.line_no,
        state=photo.state,
        reason=photo.reason,
        url=_address(photo.clean_key, f"{photo.photo_id}.jpg"),
        thumbnail_url=_address(photo.thumbnail_key, f"{photo.photo_id}-small.jpg"),
        width=photo.width,
        height=photo.height,
        hints=photo.hints,
        retake=photo.state is PhotoState.REJECTED or bool(photo.hints),
        defects_proposed=tuple(map(_proposed, proposed)),
    )


def _address(key: str | None, file_name: str) -> str | None:
    if key is None:
        return None
    return wiring.files().download_url(
        key, file_name=file_name, is_inline=True, content_type="image/jpeg"
    )


def _proposed(defect: ProposedDefect) -> ProposedDefectView:
    box = defect.box
    return ProposedDefectView(
        code=defect.code,
        confidence=defect.confidence,
        box=BoxView(left=box.left, top=box.top, width=box.width, height=box.height)
        if box is not None
        else None,
        proposed_by=defect.proposed_by,
    )
