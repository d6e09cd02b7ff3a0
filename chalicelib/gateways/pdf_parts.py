"""What papers are drawn of: words in a cell, tables, and pages that say which of how many they are.

The same words give the same bytes: there is neither a date nor a random id in a file. Any, because
reportlab has no types; it takes a fifth of a second to import, and few requests need it.
"""

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_words import CHINESE_FONT, marked, register_fonts, runs_of

INK, SOFT, RULE, SHADE = "#1b1f24", "#57606a", "#c9d1d9", "#f3f5f7"
MARGIN_PT = 48
SMALL_PT = 8.0
_FRAME_PT = 6
"""What reportlab keeps free on each side of what stands on a page."""


def drawn(
    parts: Callable[[float], list[Any]],
    *,
    title: str,
    language: str,
    left_foot: str,
    page_words: str,
    is_packed: bool = True,
) -> bytes:
    """A4 pages of what `parts` gives for a width in points; `is_packed` False: readable bytes."""
    from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]  # noqa: PLC0415
    from reportlab.platypus import (  # type: ignore[import-untyped]  # noqa: PLC0415
        SimpleDocTemplate,
    )

    register_fonts()
    written = BytesIO()
    paper = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=MARGIN_PT - _FRAME_PT,
        rightMargin=MARGIN_PT - _FRAME_PT,
        topMargin=MARGIN_PT,
        bottomMargin=MARGIN_PT + 8,
        title=title,
        author="",
        lang=language,
        invariant=1,
        pageCompression=int(is_packed),
    )
    paper.build(parts(A4[0] - 2 * MARGIN_PT), canvasmaker=_counting(page_words, left_foot))
    return written.getvalue()


def paragraph(
    text: str,
    size: float,
    *,
    language: str,
    bold: bool = False,
    right: bool = False,
    color: str = INK,
    space_after: float = 0,
) -> Any:
    """Words of one size that break over lines."""
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
        wordWrap="CJK" if language == "zh-CN" and not right else None,
    )
    return Paragraph(marked(text), style)


def width_of(text: str, size: float) -> float:
    """Points that the text takes in bold."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # type: ignore[import-untyped]  # noqa: PLC0415

    return sum(
        float(stringWidth(run, CHINESE_FONT if is_chinese else "Helvetica-Bold", size))
        for run, is_chinese in runs_of(text)
    )


def table(
    cells: Sequence[Sequence[Any]],
    widths: Sequence[float],
    styles: Sequence[tuple[Any, ...]],
    *,
    heads: int = 0,
) -> Any:
    """Cells beside each other; the first `heads` rows stand on every page it runs over."""
    from reportlab.platypus import Table  # noqa: PLC0415

    tight = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    return Table(cells, colWidths=widths, repeatRows=heads, style=[*tight, *styles])


def _counting(page_words: str, left_foot: str) -> Any:
    """A canvas that says on each page which of how many it is, and of which paper."""
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
                _foot(self, page_words.format(page=number, pages=len(self.left)), left_foot)
                super().showPage()
            super().save()

    return Counting


def _foot(canvas: Any, words: str, number: str) -> None:
    """The number of the paper on the left, of the page on the right."""
    canvas.saveState()
    canvas.setFillColor(SOFT)
    left, right = MARGIN_PT, canvas._pagesize[0] - MARGIN_PT
    for text, at_right in ((number, False), (words, True)):
        at = right - width_of(text, SMALL_PT) if at_right else left
        for run, is_chinese in runs_of(text):
            canvas.setFont(CHINESE_FONT if is_chinese else "Helvetica", SMALL_PT)
            canvas.drawString(at, MARGIN_PT / 2, run)
            at += canvas.stringWidth(run, CHINESE_FONT if is_chinese else "Helvetica", SMALL_PT)
    canvas.restoreState()
