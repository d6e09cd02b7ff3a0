"""A credit note on paper: A4, in Chinese or English, over as many pages as its lines need.

The same page gives the same bytes: there is neither a date nor a random id in the file.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_words import CHINESE_FONT, marked, register_fonts, runs_of
from chalicelib.invoicing.presenting import Page, Party, Row

_INK, _SOFT, _RULE, _SHADE = "#1b1f24", "#57606a", "#c9d1d9", "#f3f5f7"
_MARGIN_PT = 48
_TEXT_PT, _SMALL_PT, _SMALLEST_PT = 9.0, 8.0, 5.0
_PADDING_PT = 6.0
_FRAME_PT = 6
"""What reportlab keeps free on each side of what stands on a page."""
_DESCRIPTION_PT = 150.0
"""The least that a description is given; figures become smaller before it is."""


def note_pdf(page: Page, *, is_packed: bool = True) -> bytes:
    """A4 pages with page numbers; `is_packed` False leaves the text readable in the bytes."""
    # reportlab takes a fifth of a second to import, and few requests need it.
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # noqa: PLC0415
    from reportlab.platypus import (  # type: ignore[import-untyped]  # noqa: PLC0415
        SimpleDocTemplate,
    )

    register_fonts()
    written = BytesIO()
    paper = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=_MARGIN_PT - _FRAME_PT,
        rightMargin=_MARGIN_PT - _FRAME_PT,
        topMargin=_MARGIN_PT,
        bottomMargin=_MARGIN_PT + 8,
        title=f"{page.title} {page.number}".strip(),
        author="",
        lang=page.language,
        invariant=1,
        pageCompression=int(is_packed),
    )
    width = A4[0] - 2 * _MARGIN_PT
    paper.build(_Story(page, width).parts(), canvasmaker=_counting(page))
    return written.getvalue()


class _Story:
    """What stands on the pages, from top to bottom; Any, because reportlab has no types."""

    def __init__(self, page: Page, width: float) -> None:
        self.page, self.width = page, width
        self.size, self.figures = _columns(page.rows, page.columns, width)

    def parts(self) -> list[Any]:
        from reportlab.platypus import KeepTogether, Spacer  # noqa: PLC0415

        page = self.page
        return [
            self._paragraph(page.title, 17, bold=True, space_after=10),
            self._parties(page.issued_by, page.to),
            Spacer(1, 12),
            self._facts(),
            Spacer(1, 14),
            self._lines(),
            Spacer(1, 14),
            KeepTogether(
                [
                    self._paragraph(page.summary_title, 10, bold=True, space_after=4),
                    self._summary(),
                    Spacer(1, 12),
                    self._totals(),
                    Spacer(1, 14),
                    self._paragraph(page.closing, _SMALL_PT, color=_SOFT),
                ]
            ),
        ]

    def _parties(self, *parties: Party) -> Any:
        """Side by side: who issued it, and whom it is for."""
        cells = [
            [
                self._paragraph(party.label, _SMALL_PT, color=_SOFT),
                self._paragraph(party.lines[0], 10, bold=True),
                *(self._paragraph(line, _TEXT_PT) for line in party.lines[1:]),
            ]
            for party in parties
        ]
        half = self.width / 2
        return _table([cells], [half, half], [("RIGHTPADDING", (0, 0), (0, 0), 12)])

    def _facts(self) -> Any:
        """Two columns of label and value: the first is read to its end, and then the other."""
        facts = self.page.facts
        rows = (len(facts) + 1) // 2
        padded = [*facts, *([("", "")] * (rows * 2 - len(facts)))]
        cells = [
            [
                self._paragraph(text, _TEXT_PT, color=_SOFT if is_label else _INK)
                for pair in (padded[row], padded[row + rows])
                for text, is_label in ((pair[0], True), (pair[1], False))
            ]
            for row in range(rows)
        ]
        widths = [self.width * part for part in (0.19, 0.31, 0.22, 0.28)]
        lined = [("LINEABOVE", (0, 0), (-1, 0), 0.6, _RULE)]
        return _table(cells, widths, [*lined, ("LINEBELOW", (0, -1), (-1, -1), 0.6, _RULE)])

    def _lines(self) -> Any:
        """The table of lines; its head stands on every page that it runs over."""
        heads = [
            self._paragraph(name, self.size, bold=True, right=place in _RIGHT)
            for place, name in enumerate(self.page.columns)
        ]
        rows = [
            [
                self._paragraph(text, self.size, right=place in _RIGHT)
                for place, text in enumerate(_texts(row))
            ]
            for row in self.page.rows
        ]
        styles = [
            ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
            ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        widths = [self.width - sum(self.figures), *self.figures]
        return _table([heads, *rows], widths, styles, heads=1)

    def _summary(self) -> Any:
        """By rate: base, tax and both; what a rate is made of stands below it."""
        heads = [
            self._paragraph(name, self.size, bold=True, right=place > 0)
            for place, name in enumerate(self.page.summary_columns)
        ]
        rows = [
            [
                [
                    self._paragraph(row.rate, self.size),
                    *(
                        self._paragraph(tax, _SMALL_PT, color=_SOFT)
                        for tax in (row.taxes if len(row.taxes) > 1 else ())
                    ),
                ],
                *(self._paragraph(x, self.size, right=True) for x in (row.net, row.tax, row.gross)),
            ]
            for row in self.page.summary
        ]
        styles = [
            ("BACKGROUND", (0, 0), (-1, 0), _SHADE),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        widths = [self.width * part for part in (0.4, 0.2, 0.2, 0.2)]
        return _table([heads, *rows], widths, styles, heads=1)

    def _totals(self) -> Any:
        rows = [
            [self._paragraph(label, _TEXT_PT), self._paragraph(value, _TEXT_PT, right=True)]
            for label, value in self.page.totals
        ]
        label, value = self.page.total_label, self.page.total
        rows.append(
            [
                self._paragraph(label, 11, bold=True),
                self._paragraph(value, 11, bold=True, right=True),
            ]
        )
        styles = [
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, _INK),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING_PT / 2),
        ]
        table = _table(rows, [self.width * 0.3, self.width * 0.25], styles)
        table.hAlign = "RIGHT"
        return table

    def _paragraph(
        self,
        text: str,
        size: float,
        *,
        bold: bool = False,
        right: bool = False,
        color: str = _INK,
        space_after: float = 0,
    ) -> Any:
        from reportlab.lib.enums import TA_LEFT, TA_RIGHT  # type: ignore[import-untyped]  # noqa: PLC0415
        from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # noqa: PLC0415
        from reportlab.platypus import Paragraph  # noqa: PLC0415

        style = ParagraphStyle(
            "cell",
            fontName="Helvetica-Bold" if bold else "Helvetica",
            fontSize=size,
            leading=size * 1.35,
            textColor=color,
            alignment=TA_RIGHT if right else TA_LEFT,
            spaceAfter=space_after,
            # Chinese has no spaces: a line may end after any character.
            wordWrap="CJK" if self.page.language == "zh-CN" and not right else None,
        )
        return Paragraph(marked(text), style)


_RIGHT = frozenset({1, 3, 4, 5, 6})
"""Columns of figures."""


def _texts(row: Row) -> tuple[str, ...]:
    return row.description, row.quantity, row.unit, row.net, row.rate, row.tax, row.gross


def _columns(rows: Sequence[Row], heads: Sequence[str], width: float) -> tuple[float, list[float]]:
    """The size of the text, and how wide the columns after the first are: as their widest figure.

    Words of a head may be broken over lines, figures may not.
    """
    texts = [
        {row[place] for row in map(_texts, rows)} | set(heads[place].split())
        for place in range(1, len(heads))
    ]
    size = _TEXT_PT
    while True:
        widest = [max(_width(text, size) for text in column) for column in texts]
        found = [min(one, width / 4) + _PADDING_PT + 1 for one in widest]
        if width - sum(found) >= _DESCRIPTION_PT or size <= _SMALLEST_PT:
            return size, found
        size -= 0.5


def _width(text: str, size: float) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped]  # noqa: PLC0415

    return sum(
        float(stringWidth(run, CHINESE_FONT if is_chinese else "Helvetica-Bold", size))
        for run, is_chinese in runs_of(text)
    )


def _table(
    cells: Sequence[Sequence[Any]],
    widths: Sequence[float],
    styles: Sequence[tuple[Any, ...]],
    *,
    heads: int = 0,
) -> Any:
    from reportlab.platypus import Table  # noqa: PLC0415

    tight = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    return Table(cells, colWidths=widths, repeatRows=heads, style=[*tight, *styles])


def _counting(page: Page) -> Any:
    """A canvas that says on each page which of how many it is, and of which note."""
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # noqa: PLC0415

    class Counting(Canvas):  # type: ignore[misc]  # reportlab has no types
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            self.left: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab calls it so
            self.left.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self.left, start=1):
                self.__dict__.update(state)
                words = page.page_words.format(page=number, pages=len(self.left))
                _foot(self, words, page.number)
                super().showPage()
            super().save()

    return Counting


def _foot(canvas: Any, words: str, number: str) -> None:
    """The number of the note on the left, of the page on the right."""
    canvas.saveState()
    canvas.setFillColor(_SOFT)
    left, right = _MARGIN_PT, canvas._pagesize[0] - _MARGIN_PT
    for text, at_right in ((number, False), (words, True)):
        at = right - _width(text, _SMALL_PT) if at_right else left
        for run, is_chinese in runs_of(text):
            canvas.setFont(CHINESE_FONT if is_chinese else "Helvetica", _SMALL_PT)
            canvas.drawString(at, _MARGIN_PT / 2, run)
            at += canvas.stringWidth(run, CHINESE_FONT if is_chinese else "Helvetica", _SMALL_PT)
    canvas.restoreState()
