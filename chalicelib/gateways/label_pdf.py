"""The return's own number on labels: as Code 128 for scanners, as QR for phones, and to be read.

The same label gives the same bytes.
"""

from chalicelib.gateways.label_parts import DOT_PT, MARGIN_PT, MM_PT, LabelDrawing, sheets
from chalicelib.returns.number_labels import NumberLabel

_BAR_HEIGHT_PT = 28 * MM_PT
_QR_MODULE_PT = 12 * DOT_PT
_QR_MODULES = 21 + 2 * 4
"""A number is a QR code of version 1, with the quiet zone of four modules around it."""
_TO_LINES_MAX = 5
_WORDS = {
    "en": {
        "title": "RETURN",
        "order": "Order",
        "parcel": "Parcel",
        "to": "To",
        "warehouse": "Warehouse",
        "stick": "Put this on the outside of the parcel, flat and without folds.",
    },
    "zh-CN": {
        "title": "退货",
        "order": "订单号",
        "parcel": "包裹",
        "to": "寄往",
        "warehouse": "仓库",
        "stick": "请将本标签平整地贴在包裹外面。",
    },
}


def label_pdf(label: NumberLabel, *, is_packed: bool = True) -> bytes:
    """One page a parcel, or four parcels a sheet; `is_packed` False leaves the text readable."""

    def draw(drawing: LabelDrawing, place: int) -> None:
        _Label(drawing, label).draw(place + 1)

    return sheets(label.number, label.size, label.parcels, draw, is_packed=is_packed)


class _Label:
    """One label, drawn from the top down."""

    def __init__(self, drawing: LabelDrawing, label: NumberLabel) -> None:
        self.on, self.label = drawing, label
        self.words = _WORDS[label.language]

    def draw(self, parcel: int) -> None:
        label, words = self.label, self.words
        self.on.y -= 20
        self.on.line(words["title"], 22, bold=True)
        self.on.line(f"{words['parcel']} {parcel}/{label.parcels}", 14, bold=True, is_right=True)
        self.on.y -= 10 + _BAR_HEIGHT_PT
        self.on.bars(label.number, _BAR_HEIGHT_PT)
        self.on.y -= 22
        self.on.line(label.number, 20, bold=True, is_centred=True)
        self.on.y -= 12
        self.on.rule()
        top = self.on.y
        self._facts()
        self._qr(top)
        self.on.y = min(self.on.y, top - _QR_MODULES * _QR_MODULE_PT) - 8
        self.on.rule()
        self.on.y -= 12
        self.on.line(words["stick"], 9)

    def _facts(self) -> None:
        """Beside the QR code, so narrow enough to leave it its quiet zone."""
        label, words = self.label, self.words
        self.on.right = self.on.width - MARGIN_PT - _QR_MODULES * _QR_MODULE_PT - 4
        for name, value in (
            (words["order"], label.order_no),
            (words["warehouse"], label.warehouse),
        ):
            if value is not None:
                self.on.y -= 18
                self.on.line(name, 8)
                self.on.y -= 13
                self.on.line(value, 12, bold=True)
        for place, line in enumerate(label.to[:_TO_LINES_MAX]):
            if not place:
                self.on.y -= 18
                self.on.line(words["to"], 8)
            self.on.y -= 13
            self.on.line(line, 10, bold=not place)
        self.on.right = self.on.width - MARGIN_PT

    def _qr(self, top: float) -> None:
        from reportlab.graphics import renderPDF  # type: ignore[import-untyped]  # noqa: PLC0415
        from reportlab.graphics.barcode.qr import (  # type: ignore[import-untyped]  # noqa: PLC0415
            QrCodeWidget,
        )
        from reportlab.graphics.shapes import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Drawing,
        )

        side = _QR_MODULES * _QR_MODULE_PT
        code = QrCodeWidget(
            self.label.number, barWidth=side, barHeight=side, barBorder=4, barLevel="M"
        )
        drawing = Drawing(side, side)
        drawing.add(code)
        renderPDF.draw(drawing, self.on.canvas, self.on.width - MARGIN_PT - side, top - side - 2)
