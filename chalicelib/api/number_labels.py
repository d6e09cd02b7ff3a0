"""Labels with a return's own number: printed by whoever packs, scanned by whoever opens."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import encode
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.number_labels import NumberLabelQuery
from chalicelib.api.schemas.policies import PaperView
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns.number_labels import LabelPapers, label_of

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/number-label", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="returns:read", query=NumberLabelQuery, answer=PaperView, status=303)
def read_number_label(call: Call, query: NumberLabelQuery, return_id: str) -> Answer:
    """Find the labels with the number of a return as a PDF: as Code 128, as QR and in letters.

    One a parcel. The address is valid for five minutes; this one always is.
    """
    reads = wiring.reads()
    ret = scopes.own(reads, call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    language = query.language or ("zh-CN" if call.language == "zh-CN" else "en")
    merchant = reads.seller().identity
    to = (merchant.name(language), *merchant.address(language)) if merchant is not None else ()
    label = label_of(ret, language=language, size=query.size, parcels=query.parcels, to=to)
    paper = _papers().paper(return_id, label, call.received_at)
    said = {"Location": paper.url, "Content-Language": language, "Vary": "Accept-Language"}
    view = PaperView(url=paper.url, expires_at=paper.expires_at)
    return Answer(status=303, body=encode(view), headers=said)


def _papers() -> LabelPapers:
    from chalicelib.gateways.label_pdf import label_pdf  # noqa: PLC0415 - few requests need it

    return LabelPapers(wiring.files(), label_pdf)
