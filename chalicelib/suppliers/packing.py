"""The packing list of a document as plain data, for the paper in the box; drawing it is others'.

Words in English and Chinese stand side by side: who packs and who unpacks may read either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.money import Money
from chalicelib.inspection.built_in import defect_words
from chalicelib.returns.number_labels import LabelSize, NumberLabel
from chalicelib.suppliers.documents import RtvDocument, RtvLine
from chalicelib.suppliers.evidence import shareable
from chalicelib.suppliers.model import Supplier
from chalicelib.uploads.model import Photo

LANGUAGES = ("en", "zh-CN")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedLine:
    """Units of one SKU, lot and state. `defects` are words by language, `photos` clean keys."""

    number: int
    sku: str
    name: str
    gtin: str | None
    lot: str | None
    serials: tuple[str, ...]
    quantity: int
    grade: str | None
    fault: str | None
    reason: str
    defects: tuple[dict[str, str], ...]
    photos: tuple[str, ...]
    return_id: str
    inspection_id: str | None
    value: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackingList:
    """`barcode` is the number as it is printed as a code, on the list and on the label."""

    rtv_id: str
    number: str
    barcode: str
    supplier_id: str
    supplier_name: str
    address_ref: str | None
    warehouse: str
    carrier: str | None
    tracking_no: str | None
    reference: str | None
    drafted_at: datetime
    sent_at: datetime | None
    lines: tuple[PackedLine, ...]
    units: int
    skus: int
    value: Money | None


def packing_list(
    rtv: RtvDocument,
    supplier: Supplier,
    photos: Sequence[Photo] = (),
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> PackingList:
    """`photos` are those of the returns: only clean ones of staff are shown. `words` say defects by
    code; None: the words of our checklists.

    Words of the agreed criteria go before; a code that nobody has words for is shown as it is.
    """
    clean = shareable(photos)
    known: dict[str, Mapping[str, str]] = {**(defect_words() if words is None else words)}
    for one in supplier.criteria.criteria if supplier.criteria is not None else ():
        known[one.code] = {**known.get(one.code, {}), **one.titles}
    lines = tuple(_packed(place, one, clean, known) for place, one in enumerate(rtv.lines, start=1))
    return PackingList(
        rtv_id=rtv.rtv_id,
        number=rtv.number,
        barcode=rtv.number,
        supplier_id=rtv.supplier_id,
        supplier_name=supplier.name,
        address_ref=supplier.terms.address_ref,
        warehouse=rtv.warehouse,
        carrier=rtv.carrier or supplier.terms.carrier,
        tracking_no=rtv.tracking_no,
        reference=rtv.reference,
        drafted_at=rtv.drafted_at,
        sent_at=rtv.sent_at,
        lines=lines,
        units=rtv.quantity,
        skus=len({line.sku for line in rtv.lines}),
        value=rtv.cost,
    )


def label_of(
    rtv: RtvDocument, supplier: Supplier, *, language: str, size: LabelSize, parcels: int = 1
) -> NumberLabel:
    """The label for the box, as gateways.label_pdf draws it: the number as Code 128 and as QR."""
    address = (supplier.terms.address_ref,) if supplier.terms.address_ref is not None else ()
    return NumberLabel(
        number=rtv.number,
        language=language,
        size=size,
        parcels=parcels,
        warehouse=rtv.warehouse,
        to=(supplier.name, *address),
    )


def _packed(
    number: int, line: RtvLine, clean: Mapping[str, str], words: Mapping[str, Mapping[str, str]]
) -> PackedLine:
    return PackedLine(
        number=number,
        sku=line.sku,
        name=line.name,
        gtin=line.gtin,
        lot=line.lot,
        serials=line.serials,
        quantity=line.quantity,
        grade=line.grade,
        fault=line.fault,
        reason=line.reason,
        defects=tuple(_said(code, words) for code in line.defects),
        photos=tuple(clean[one] for one in line.photos if one in clean),
        return_id=line.return_id,
        inspection_id=line.inspection_id,
        value=line.cost,
    )


def _said(code: str, words: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    known = words.get(code, {})
    return {language: known.get(language, code) for language in LANGUAGES}
