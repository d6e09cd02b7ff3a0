"""What labels share: their sizes, several on a sheet, lines of words, and bars of Code 128.

Bars are whole dots of a label printer of 203 dpi, so that none is drawn thinner than another.
"""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_words import CHINESE_FONT, register_fonts, runs_of
from chalicelib.returns.number_labels import LabelSize

INCH_PT = 72.0
MM_PT = INCH_PT / 25.4
DOT_PT = INCH_PT / 203
BAR_PT = 4 * DOT_PT
"""The thinnest bar: 0.5 mm, so that a code and its quiet zones fill a label of four inches."""
_A6_PT = (105 * MM_PT, 148 * MM_PT)
_PAGES_PT = {
    LabelSize.A6: _A6_PT,
    LabelSize.INCHES_4X6: (4 * INCH_PT, 6 * INCH_PT),
    LabelSize.A4: (210 * MM_PT, 297 * MM_PT),
}
MARGIN_PT = 6 * MM_PT
_SMALLEST_PT = 6.0


def sheets(
    title: str,
    size: LabelSize,
    count: int,
    draw: Callable[["LabelDrawing", int], None],
    *,
    is_packed: bool = True,
) -> bytes:
    """One label a page, or four a sheet; `draw` is called with the place of each, from 0 on.

    `is_packed` False leaves the text readable.
    """
    # reportlab takes a fifth of a second to import, and few requests need it.
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # noqa: PLC0415

    register_fonts()
    written = BytesIO()
    page = _PAGES_PT[size]
    canvas = Canvas(written, pagesize=page, invariant=1, pageCompression=int(is_packed))
    canvas.setTitle(title)
    places = _places(size)
    for number in range(count):
        if number and number % len(places) == 0:
            canvas.showPage()
        if len(places) > 1 and number % len(places) == 0:
            _cut_lines(canvas, *page)
        left, bottom, width, height = places[number % len(places)]
        canvas.saveState()
        canvas.translate(left, bottom)
        draw(LabelDrawing(canvas, width, height), number)
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


class LabelDrawing:
    """One label, drawn from the top down. Any, because reportlab has no types."""

    def __init__(self, canvas: Any, width: float, height: float) -> None:
        self.canvas, self.width = canvas, width
        self.left, self.right = MARGIN_PT, width - MARGIN_PT
        self.y = height - MARGIN_PT

    def bars(self, text: str, height: float) -> None:
        """Code 128 in the middle, on the present height; FNC1 is `\xf1`."""
        from reportlab.graphics.barcode.code128 import (  # type: ignore[import-untyped]  # noqa: PLC0415
            Code128,
        )

        code = Code128(text, barWidth=BAR_PT, barHeight=height, quiet=0)
        code.drawOn(self.canvas, (self.width - code.width) / 2, self.y)

    def rule(self) -> None:
        self.canvas.setLineWidth(0.6)
        self.canvas.line(self.left, self.y, self.right, self.y)

    def line(
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
