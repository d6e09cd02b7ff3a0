"""A sheet of the warehouse on paper: a QC report or a packing list, with its code and its photos.

A photo that cannot be had is a frame with its caption: a report is never lost for a picture.
"""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_parts import RULE, SHADE, SMALL_PT, SOFT, drawn, paragraph, table
from chalicelib.papers.sheet import Grid, Picture, Section, Sheet

_TITLE_PT, _HEAD_PT, _TEXT_PT = 17.0, 11.0, 9.0
_PICTURES_A_ROW = 3
_PICTURE_HEIGHT_PT = 130.0
_CODE_HEIGHT_PT, _QR_PT, _BAR_PT = 30.0, 54.0, 0.9
_GAP_PT = 10.0


def sheet_pdf(
    sheet: Sheet, pictures: Mapping[str, bytes] | None = None, *, is_packed: bool = True
) -> bytes:
    """A4 pages; `pictures` are JPEGs by the keys that the sheet names."""
    return drawn(
        lambda width: _Drawing(sheet, pictures or {}, width).parts(),
        title=f"{sheet.title} {sheet.number}".strip(),
        language=sheet.language,
        left_foot=sheet.number,
        page_words=sheet.page_words,
        is_packed=is_packed,
    )


class _Drawing:
    """What stands on the pages, from top to bottom. Any: reportlab has no types."""

    def __init__(self, sheet: Sheet, pictures: Mapping[str, bytes], width: float) -> None:
        self.sheet, self.pictures, self.width = sheet, pictures, width

    def parts(self) -> list[Any]:
        from reportlab.platypus import Spacer  # type: ignore[import-untyped]  # noqa: PLC0415

        sheet = self.sheet
        parts = [self._head(), Spacer(1, _GAP_PT), self._facts(sheet.facts)]
        for section in sheet.sections:
            parts += self._section(section)
        if sheet.closing:
            parts.append(Spacer(1, _GAP_PT))
            parts += [self._words(text, SMALL_PT, color=SOFT) for text in sheet.closing]
        if sheet.signatures:
            parts += [Spacer(1, 36), self._signatures(sheet.signatures)]
        return parts

    def _head(self) -> Any:
        """Title and number on the left, the codes on the right."""
        title = [
            self._words(self.sheet.title, _TITLE_PT, bold=True, space_after=4),
            self._words(self.sheet.number, _HEAD_PT, color=SOFT),
        ]
        if self.sheet.code is None:
            return table([[title]], [self.width], [])
        bars = _bars(self.sheet.code)
        qr = _qr(self.sheet.code)
        widths = [self.width - bars.width - _QR_PT - 2 * _GAP_PT, bars.width + _GAP_PT]
        return table(
            [[title, bars, qr]],
            [*widths, _QR_PT + _GAP_PT],
            [("ALIGN", (1, 0), (-1, -1), "RIGHT"), ("VALIGN", (1, 0), (-1, -1), "MIDDLE")],
        )

    def _facts(self, facts: Sequence[tuple[str, str]]) -> Any:
        """Two columns of label and value: the first is read to its end, and then the other."""
        rows = (len(facts) + 1) // 2
        padded = [*facts, *([("", "")] * (rows * 2 - len(facts)))]
        cells = [
            [
                cell
                for label, value in (padded[row], padded[row + rows])
                for cell in (
                    self._words(label, _TEXT_PT, color=SOFT),
                    self._words(value, _TEXT_PT),
                )
            ]
            for row in range(rows)
        ]
        widths = [self.width * part for part in (0.19, 0.31, 0.19, 0.31)]
        return table(
            cells,
            widths,
            [
                ("LINEABOVE", (0, 0), (-1, 0), 0.6, RULE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.6, RULE),
            ],
        )

    def _section(self, section: Section) -> list[Any]:
        """The title stays with what follows it."""
        from reportlab.platypus import CondPageBreak, Spacer  # noqa: PLC0415

        parts: list[Any] = [
            Spacer(1, _GAP_PT + 4),
            CondPageBreak(_HEAD_PT * 6),
            self._words(section.title, _HEAD_PT, bold=True, space_after=4),
        ]
        if section.facts:
            parts += [self._facts(section.facts), Spacer(1, 6)]
        if section.grid is not None:
            parts.append(self._grid(section.grid))
        if section.notes:
            parts.append(Spacer(1, 4))
        parts += [self._words(note, _TEXT_PT, space_after=2) for note in section.notes]
        if section.pictures:
            parts += [Spacer(1, 6), self._pictures(section.pictures)]
        return parts

    def _grid(self, grid: Grid) -> Any:
        def row_of(texts: Sequence[str], *, bold: bool = False) -> list[Any]:
            return [
                self._words(text, SMALL_PT, bold=bold, right=place in grid.figures)
                for place, text in enumerate(texts)
            ]

        whole = sum(grid.widths)
        return table(
            [row_of(grid.columns, bold=True), *(row_of(row) for row in grid.rows)],
            [self.width * part / whole for part in grid.widths],
            [
                ("BACKGROUND", (0, 0), (-1, 0), SHADE),
                ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
            ],
            heads=1,
        )

    def _pictures(self, pictures: Sequence[Picture]) -> Any:
        """Rows of three, each with its caption below."""
        cells = [
            [self._picture(one), self._words(one.caption, SMALL_PT, color=SOFT)] for one in pictures
        ]
        cells += [[]] * (-len(cells) % _PICTURES_A_ROW)
        rows = [cells[at : at + _PICTURES_A_ROW] for at in range(0, len(cells), _PICTURES_A_ROW)]
        return table(rows, [self.width / _PICTURES_A_ROW] * _PICTURES_A_ROW, [])

    def _picture(self, picture: Picture) -> Any:
        from reportlab.platypus import Image  # noqa: PLC0415

        width = self.width / _PICTURES_A_ROW - 8
        content = self.pictures.get(picture.key)
        if content is None:
            return _frame(width)
        return Image(
            BytesIO(content),
            width=width,
            height=_PICTURE_HEIGHT_PT,
            kind="proportional",
            hAlign="LEFT",
        )

    def _signatures(self, labels: Sequence[str]) -> Any:
        """A line to sign on for each, with room between them."""
        cells: list[Any] = []
        for label in labels:
            cells += [self._words(label, SMALL_PT, color=SOFT), []]
        width = self.width / len(labels)
        return table(
            [cells],
            [width - 2 * _GAP_PT, 2 * _GAP_PT] * len(labels),
            [
                ("LINEABOVE", (2 * place, 0), (2 * place, 0), 0.6, SOFT)
                for place in range(len(labels))
            ],
        )

    def _words(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        right: bool = False,
        color: str | None = None,
        space_after: float = 0,
    ) -> Any:
        more = {} if color is None else {"color": color}
        return paragraph(
            text,
            size,
            language=self.sheet.language,
            bold=bold,
            right=right,
            space_after=space_after,
            **more,
        )


def _bars(code: str) -> Any:
    from reportlab.graphics.barcode.code128 import (  # type: ignore[import-untyped]  # noqa: PLC0415
        Code128,
    )

    return Code128(code, barHeight=_CODE_HEIGHT_PT, barWidth=_BAR_PT)


def _qr(code: str) -> Any:
    from reportlab.graphics.barcode.qr import (  # type: ignore[import-untyped]  # noqa: PLC0415
        QrCodeWidget,
    )
    from reportlab.graphics.shapes import Drawing  # type: ignore[import-untyped]  # noqa: PLC0415

    widget = QrCodeWidget(code, barWidth=_QR_PT, barHeight=_QR_PT, barLevel="M", barBorder=2)
    drawing = Drawing(_QR_PT, _QR_PT)
    drawing.add(widget)
    return drawing


def _frame(width: float) -> Any:
    """In place of a photo that cannot be had."""
    from reportlab.graphics.shapes import Drawing, Rect  # noqa: PLC0415
    from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]  # noqa: PLC0415

    height = _PICTURE_HEIGHT_PT / 2
    drawing = Drawing(width, height)
    drawing.add(
        Rect(1, 1, width - 2, height - 2, fillColor=HexColor(SHADE), strokeColor=HexColor(RULE))
    )
    return drawing
