"""The return's own number on labels: as Code 128 for scanners, as QR for phones, and to be read.

Bars are whole dots of a label printer of 203 dpi, so that none is drawn thinner than another. The
same label gives the same bytes.
"""

from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_words import CHINESE_FONT, register_fonts, runs_of
from chalicelib.returns.number_labels import LabelSize, NumberLabel

_INCH_PT = 72.0
_MM_PT = _INCH_PT / 25.4
_DOT_PT = _INCH_PT / 203
_BAR_PT = 4 * _DOT_PT
"""The thinnest bar: 0.5 mm, so that a number and its quiet zones fill a label of four inches."""
_BAR_HEIGHT_PT = 28 * _MM_PT
_QR_MODULE_PT = 12 * _DOT_PT
_QR_MODULES = 21 + 2 * 4
"""A number is a QR code of version 1, with the quiet zone of four modules around it."""
_A6_PT = (105 * _MM_PT, 148 * _MM_PT)
_PAGES_PT = {
    LabelSize.A6: _A6_PT,
    LabelSize.INCHES_4X6: (4 * _INCH_PT, 6 * _INCH_PT),
    LabelSize.A4: (210 * _MM_PT, 297 * _MM_PT),
}
_MARGIN_PT = 6 * _MM_PT
_SMALLEST_PT = 6.0
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
    # reportlab takes a fifth of a second to import, and few requests need it.
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # noqa: PLC0415

    register_fonts()
    written = BytesIO()
    page = _PAGES_PT[label.size]
    canvas = Canvas(written, pagesize=page, invariant=1, pageCompression=int(is_packed))
    canvas.setTitle(label.number)
    places = _places(label.size)
    for parcel in range(label.parcels):
        if parcel and parcel % len(places) == 0:
            canvas.showPage()
        if len(places) > 1 and parcel % len(places) == 0:
            _cut_lines(canvas, *page)
        left, bottom, width, height = places[parcel % len(places)]
        canvas.saveState()
        canvas.translate(left, bottom)
        _Label(canvas, label, width, height).draw(parcel + 1)
        canvas.restoreState()
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def _cut_lines(canvas: Any, width: float, height: float) -> None:
    """Any, because reportlab has no types."""
    canvas.saveState()
    canvas.setLineWidth(0.3)
    canvas.setDash(2, 4)
    canvas.line(width / 2, 0, width / 2, height)
    canvas.line(0, height / 2, width, height / 2)
    canvas.restoreState()


def _places(size: LabelSize) -> list[tuple[float, float, float, float]]:
    """Left, bottom, width and height of each label on a page, the first one first."""
    width, height = _PAGES_PT[size]
    if size is not LabelSize.A4:
        return [(0.0, 0.0, width, height)]
    return [
        (column * width / 2, row * height / 2, width / 2, height / 2)
        for row in (1, 0)
        for column in (0, 1)
    ]


class _Label:
    """One label, drawn from the top down. Any, because reportlab has no types."""

    def __init__(self, canvas: Any, label: NumberLabel, width: float, height: float) -> None:
        self.canvas, self.label, self.width = canvas, label, width
        self.words = _WORDS[label.language]
        self.left, self.right = _MARGIN_PT, width - _MARGIN_PT
        self.y = height - _MARGIN_PT

    def draw(self, parcel: int) -> None:
        label, words = self.label, self.words
        self.y -= 20
        self._line(words["title"], 22, bold=True)
        self._line(f"{words['parcel']} {parcel}/{label.parcels}", 14, bold=True, is_right=True)
        self.y -= 10 + _BAR_HEIGHT_PT
        self._code_128()
        self.y -= 22
        self._line(label.number, 20, bold=True, is_centred=True)
        self.y -= 12
        self._rule()
        top = self.y
        self._facts()
        self._qr(top)
        self.y = min(self.y, top - _QR_MODULES * _QR_MODULE_PT) - 8
        self._rule()
        self.y -= 12
        self._line(words["stick"], 9)

    def _facts(self) -> None:
        """Beside the QR code, so narrow enough to leave it its quiet zone."""
        label, words = self.label, self.words
        self.right = self.width - _MARGIN_PT - _QR_MODULES * _QR_MODULE_PT - 4
        for name, value in (
            (words["order"], label.order_no),
            (words["warehouse"], label.warehouse),
        ):
            if value is not None:
                self.y -= 18
                self._line(name, 8)
                self.y -= 13
                self._line(value, 12, bold=True)
        for place, line in enumerate(label.to[:_TO_LINES_MAX]):
            if not place:
                self.y -= 18
                self._line(words["to"], 8)
            self.y -= 13
            self._line(line, 10, bold=not place)
        self.right = self.width - _MARGIN_PT

    def _code_128(self) -> None:
        from reportlab.graphics.barcode.code128 import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Code128,
        )

        code = Code128(self.label.number, barWidth=_BAR_PT, barHeight=_BAR_HEIGHT_PT, quiet=0)
        code.drawOn(self.canvas, (self.width - code.width) / 2, self.y)

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
        renderPDF.draw(drawing, self.canvas, self.width - _MARGIN_PT - side, top - side - 2)

    def _rule(self) -> None:
        self.canvas.setLineWidth(0.6)
        self.canvas.line(self.left, self.y, self.right, self.y)

    def _line(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        is_right: bool = False,
        is_centred: bool = False,
    ) -> None:
        """One line at the present height; smaller, and at last cut, where it is too long."""
        runs = list(runs_of(text))
        room = self.right - self.left
        while (width := self._width(runs, size, bold=bold)) > room and size > _SMALLEST_PT:
            size -= 0.5
        while width > room and runs:
            run, is_chinese = runs.pop()
            runs += [(run[:-1], is_chinese)] if run[:-1] else []
            width = self._width(runs, size, bold=bold)
        x = self.left
        if is_right or is_centred:
            x = self.right - width if is_right else self.left + (room - width) / 2
        for run, is_chinese in runs:
            font = _font(bold=bold, is_chinese=is_chinese)
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, self.y, run)
            x += self.canvas.stringWidth(run, font, size)

    def _width(self, runs: list[tuple[str, bool]], size: float, *, bold: bool) -> float:
        return sum(
            float(self.canvas.stringWidth(run, _font(bold=bold, is_chinese=is_chinese), size))
            for run, is_chinese in runs
        )


def _font(*, bold: bool, is_chinese: bool) -> str:
    if is_chinese:
        return CHINESE_FONT
    return "Helvetica-Bold" if bold else "Helvetica"
