"""Labels with the number of a return, or of a box: printed by who packs, scanned by who opens."""

from typing import Literal

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import encode
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.number_labels import BoxLabelQuery, NumberLabelQuery
from chalicelib.api.schemas.policies import PaperView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.papers.filing import filed
from chalicelib.returns.box_labels import box_label_of
from chalicelib.returns.number_labels import LabelPapers, label_of
from chalicelib.returns.parcels import grouped
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/number-label", methods=["GET"], **PRIVATE)
@endpoint(
    bp, allow="returns:read", query=NumberLabelQuery, answer=PaperView, status=303, refuses=(409,)
)
def read_number_label(call: Call, query: NumberLabelQuery, return_id: str) -> Answer:
    """Find the labels with the number of a return as a PDF: as Code 128, as QR and in letters.

    One a parcel. The address is valid for five minutes; this one always is.
    """
    reads = wiring.reads()
    ret = scopes.own(reads, call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    language = _language(call, query.language)
    to = _address(reads, language)
    label = label_of(ret, language=language, size=query.size, parcels=query.parcels, to=to)
    paper = _papers().paper(return_id, label, call.received_at)
    return _answered(PaperView(url=paper.url, expires_at=paper.expires_at), language)


@bp.route("/parcels/{parcel_no}/label", methods=["GET"], **PRIVATE)
@endpoint(
    bp, allow="parcels:read", query=BoxLabelQuery, answer=PaperView, status=303, refuses=(409,)
)
def read_box_label(call: Call, query: BoxLabelQuery, parcel_no: str) -> Answer:
    """Find the label of a box or a pallet with its SSCC as a PDF: as GS1-128 and in digits.

    The address is valid for five minutes; this one always is. 409 `no_sscc` for a box that is
    called by anything else.
    """
    reads = wiring.reads()
    box = grouped(reads, parcel_no)
    if box is None:
        raise NotFound("parcel_not_found", f"There is no parcel {parcel_no}.")
    language = _language(call, query.language)
    to = _address(reads, language)
    label = box_label_of(box, language=language, size=query.size, copies=query.copies, to=to)

    def draw() -> bytes:
        from chalicelib.gateways.box_label_pdf import box_label_pdf  # noqa: PLC0415 - few draw

        return box_label_pdf(label)

    name = f"{label.sscc}.{label.size.value}.pdf"
    paper = filed(wiring.files(), label.key, name, draw, call.received_at)
    return _answered(PaperView(url=paper.url, expires_at=paper.expires_at), language)


def _language(call: Call, asked: Literal["en", "zh-CN"] | None) -> str:
    return asked or ("zh-CN" if call.language == "zh-CN" else "en")


def _address(reads: Reads, language: str) -> tuple[str, ...]:
    """Whom it is sent to."""
    merchant = reads.seller().identity
    return (merchant.name(language), *merchant.address(language)) if merchant is not None else ()


def _answered(view: PaperView, language: str) -> Answer:
    said = {"Location": view.url, "Content-Language": language, "Vary": "Accept-Language"}
    return Answer(status=303, body=encode(view), headers=said)


def _papers() -> LabelPapers:
    from chalicelib.gateways.label_pdf import label_pdf  # noqa: PLC0415 - few requests need it

    return LabelPapers(wiring.files(), label_pdf)
