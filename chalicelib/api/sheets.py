"""Sheets of the warehouse as PDFs: quality reports of inspections, packing lists of boxes."""

from collections.abc import Callable, Mapping
from typing import Protocol

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.api import blinding
from chalicelib.api.answers import encode
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.credit_notes import PaperQuery
from chalicelib.api.schemas.policies import PaperView
from chalicelib.api.vendor_returns import known_document
from chalicelib.core.commands import Answer
from chalicelib.core.errors import DomainError, NotFound, TransientError
from chalicelib.inspection import report_sheet
from chalicelib.inspection.reporting import report_of
from chalicelib.papers.filing import Paper, filed
from chalicelib.papers.sheet import Sheet
from chalicelib.suppliers import packing_sheet
from chalicelib.suppliers.loading import known_supplier
from chalicelib.suppliers.packing import packing_list

bp = Blueprint(__name__)
log = telemetry.logger(__name__)
_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""
_PICTURE_BYTES_MAX = 5_000_000


@bp.route("/returns/{return_id}/inspections/{inspection_id}/report", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="inspections:read", query=PaperQuery, answer=PaperView, status=303)
def read_quality_report(
    call: Call, query: PaperQuery, return_id: str, inspection_id: str
) -> Answer:
    """Find the quality report of an inspection as a PDF, with its photos.

    The address is valid for five minutes; this one always is.
    """
    reads = wiring.reads()
    ret = reads.return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    looks = blinding.hidden_looks(ret, call.principal)
    if inspection_id in {look.inspection_id for look in looks}:
        raise NotFound("inspection_not_found", f"There is no inspection {inspection_id}.")
    shown = blinding.as_unseen(ret, looks)
    report = report_of(reads, return_id, inspection_id, call.received_at, shown)
    sheet = report_sheet.sheet_of(report, query.language or call.language)
    sheet = sheet.without(gone_of(sheet, wiring.files().head))
    return _answered(_filed(f"qc-reports/{inspection_id}", "quality-report", sheet, call), sheet)


@bp.route("/returns-to-vendor/{rtv_id}/packing-list/document", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="vendor-returns:read", query=PaperQuery, answer=PaperView, status=303)
def read_packing_list_paper(call: Call, query: PaperQuery, rtv_id: str) -> Answer:
    """Find the packing list of a return to vendor as a PDF, with the number as a code.

    The address is valid for five minutes; this one always is.
    """
    rtv = known_document(call, rtv_id)
    reads = wiring.reads()
    photos = [photo for return_id in rtv.return_ids for photo in reads.photos(return_id)]
    packed = packing_list(rtv, known_supplier(reads, rtv.supplier_id), photos)
    sheet = packing_sheet.sheet_of(packed, query.language or call.language)
    sheet = sheet.without(gone_of(sheet, wiring.files().head))
    return _answered(_filed(f"packing-lists/{rtv_id}", "packing-list", sheet, call), sheet)


def _filed(folder: str, name: str, sheet: Sheet, call: Call) -> Paper:
    """Drawn where this very sheet does not lie there yet."""

    def draw() -> bytes:
        from chalicelib.gateways.sheet_pdf import sheet_pdf  # noqa: PLC0415 - few requests draw

        return sheet_pdf(sheet, pictures_of(sheet, wiring.files().read))

    key = f"{folder}/{sheet.digest}-{_LAYOUT}.{sheet.language}.pdf"
    file_name = f"{name}-{sheet.number}.{sheet.language}.pdf"
    return filed(wiring.files(), key, file_name, draw, call.received_at)


def gone_of(sheet: Sheet, head: Callable[[str], object]) -> frozenset[str]:
    """Keys of photos that were erased: what was drawn with them is not to be served again."""
    gone = set()
    for key in dict.fromkeys(picture.key for picture in sheet.pictures):
        try:
            head(key)
        except NotFound:
            gone.add(key)
    return frozenset(gone)


class Read(Protocol):
    """Reads a file that is no larger than this."""

    def __call__(self, key: str, *, size_max: int) -> bytes: ...


def pictures_of(sheet: Sheet, read: Read) -> Mapping[str, bytes]:
    """Photos by their keys; one that is gone is left out, and its frame stays empty.

    Raises TransientError where it is not known: what is drawn now is served from then on.
    """
    found: dict[str, bytes] = {}
    for picture in sheet.pictures:
        try:
            found[picture.key] = read(picture.key, size_max=_PICTURE_BYTES_MAX)
        except TransientError:
            raise
        except DomainError as error:
            log.warning("photo left out of a sheet", extra={"code": error.code})
    return found


def _answered(paper: Paper, sheet: Sheet) -> Answer:
    said = {
        "Location": paper.url,
        "Content-Language": sheet.language,
        "Vary": "Accept-Language",
    }
    view = PaperView(url=paper.url, expires_at=paper.expires_at)
    return Answer(status=303, body=encode(view), headers=said)
