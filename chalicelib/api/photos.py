"""Photos of a return: a form to upload with, and what became of them."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.photos import PhotoBody, PhotosView, PhotoUploadView, PhotoView
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.store.reads import Reads
from chalicelib.uploads import service
from chalicelib.uploads.model import Photo

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
    return ok(PhotosView(items=tuple(_shown(photo) for photo in reads.photos(return_id))))


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


def _shown(photo: Photo) -> PhotoView:
    url = None
    if photo.clean_key is not None:
        url = wiring.files().download_url(
            photo.clean_key, file_name=f"{photo.photo_id}.jpg", is_inline=True
        )
    return PhotoView(
        photo_id=photo.photo_id,
        line_no=photo.line_no,
        state=photo.state,
        reason=photo.reason,
        url=url,
    )
