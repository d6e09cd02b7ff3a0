"""The label of a box or a pallet: its SSCC as GS1-128 for scanners, and in digits to be read.

By the GS1 General Specifications the symbol holds FNC1 and (00), is at least 32 mm high, and its
bars are of 0.495 mm at least. The same label gives the same bytes.
"""

from chalicelib.gateways.label_parts import MM_PT, LabelDrawing, sheets
from chalicelib.returns.box_labels import BoxLabel

_BAR_HEIGHT_PT = 34 * MM_PT
_FNC1 = "\xf1"
_TO_LINES_MAX = 5
_WORDS = {
    "en": {
        "pallet": "RETURNS PALLET",
        "parcel": "RETURNS PARCEL",
        "parcels": "Parcels",
        "returns": "Returns",
        "warehouse": "Warehouse",
        "to": "To",
    },
    "zh-CN": {
        "pallet": "退货托盘",
        "parcel": "退货包裹",
        "parcels": "包裹数",
        "returns": "退货单数",
        "warehouse": "仓库",
        "to": "寄往",
    },
}


def box_label_pdf(label: BoxLabel, *, is_packed: bool = True) -> bytes:
    """One page a copy, or four copies a sheet; `is_packed` False leaves the text readable."""

    def draw(on: LabelDrawing, _: int) -> None:
        _draw(on, label)

    return sheets(label.sscc, label.size, label.copies, draw, is_packed=is_packed)


def _draw(on: LabelDrawing, label: BoxLabel) -> None:
    words = _WORDS[label.language]
    on.y -= 20
    on.line(words["pallet" if label.is_pallet else "parcel"], 22, bold=True)
    on.y -= 10
    on.rule()
    facts = [(words["warehouse"], label.warehouse), (words["returns"], str(label.returns))]
    if label.is_pallet:
        facts.append((words["parcels"], str(label.parcels)))
    for name, value in facts:
        if value is not None:
            on.y -= 15
            on.line(name, 9)
            on.line(value, 13, bold=True, is_right=True)
    for place, line in enumerate(label.to[:_TO_LINES_MAX]):
        on.y -= 15 if place == 0 else 13
        on.line(f"{words['to']} {line}" if place == 0 else line, 10, bold=place == 0)
    on.y -= 10
    on.rule()
    on.y -= 16
    on.line("SSCC", 9)
    on.y -= 6 + _BAR_HEIGHT_PT
    on.bars(f"{_FNC1}00{label.sscc}", _BAR_HEIGHT_PT)
    on.y -= 18
    on.line(f"(00) {label.sscc}", 15, bold=True, is_centred=True)
