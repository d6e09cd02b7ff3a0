"""The terms on paper. Chinese is printed in a font that every reader of PDF brings along.

The same terms give the same bytes: there is neither a date nor a random id in the file.
"""

from io import BytesIO
from typing import Any

from chalicelib.gateways.pdf_words import marked, register_fonts
from chalicelib.policy.terms import Terms
from chalicelib.policy.terms_page import applies_text, version_text

_INK, _SOFT = "#1b1f24", "#57606a"
_MARGIN_PT = 56
_BULLET = "•"
_PIECE = 800
"""Signs of a paragraph: whatever is longer is laid out anew for each page that it runs over."""


def terms_pdf(terms: Terms, *, is_packed: bool = True) -> bytes:
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
        leftMargin=_MARGIN_PT,
        rightMargin=_MARGIN_PT,
        topMargin=_MARGIN_PT,
        bottomMargin=_MARGIN_PT,
        title=terms.title,
        author="",
        lang=terms.language,
        invariant=1,
        pageCompression=int(is_packed),
    )
    paper.build(_story(terms), onFirstPage=_numbered, onLaterPages=_numbered)
    return written.getvalue()


def _story(terms: Terms) -> list[Any]:
    """What stands on the pages; Any, because reportlab has no types."""
    from reportlab.platypus import KeepTogether, Paragraph, Spacer  # noqa: PLC0415

    title, heading, plain, soft, item = _styles(terms.language)
    story: list[Any] = [
        Paragraph(marked(terms.title), title),
        Paragraph(marked(terms.in_force), soft),
        Spacer(1, 8),
        Paragraph(marked(terms.intro), plain),
        Spacer(1, 8),
    ]
    for number, clause in enumerate(terms.clauses, start=1):
        parts = [Paragraph(marked(f"{number}. {clause.title}"), heading)]
        applies = applies_text(clause, terms.language)
        parts += [Paragraph(marked(piece), soft) for piece in _pieces(applies)]
        for said in clause.says:
            first, *rest = _pieces(said)
            parts.append(Paragraph(marked(first), item, bulletText=_BULLET))
            parts += [Paragraph(marked(piece), item) for piece in rest]
        story.append(KeepTogether(parts))
    story += [
        Spacer(1, 14),
        Paragraph(marked(terms.closing), plain),
        Spacer(1, 8),
        Paragraph(marked(version_text(terms)), soft),
    ]
    return story


def _styles(language: str) -> tuple[Any, ...]:
    from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]  # noqa: PLC0415

    # Chinese has no spaces: a line may end after any character.
    wrap = "CJK" if language == "zh-CN" else None
    plain = ParagraphStyle(
        "plain", fontName="Helvetica", fontSize=10, leading=15, textColor=_INK, wordWrap=wrap
    )
    return (
        ParagraphStyle(
            "title", parent=plain, fontName="Helvetica-Bold", fontSize=18, leading=24, spaceAfter=4
        ),
        ParagraphStyle(
            "heading", parent=plain, fontName="Helvetica-Bold", fontSize=11, spaceBefore=10
        ),
        plain,
        ParagraphStyle("soft", parent=plain, fontSize=9, leading=13, textColor=_SOFT),
        ParagraphStyle("item", parent=plain, leftIndent=14, bulletIndent=2),
    )


def _pieces(text: str) -> list[str]:
    """The text in parts of at most so many signs, cut between words where there are any."""
    found: list[str] = []
    while len(text) > _PIECE:
        cut = max(text.rfind(sign, _PIECE // 2, _PIECE) for sign in " ，、") + 1 or _PIECE
        found.append(text[:cut])
        text = text[cut:]
    return [*found, text] if text else found


def _numbered(canvas: Any, paper: Any) -> None:
    canvas.saveState()
    canvas.setFont("Helvetica", 9)
    canvas.setFillColor(_SOFT)
    canvas.drawCentredString(paper.pagesize[0] / 2, _MARGIN_PT / 2, str(canvas.getPageNumber()))
    canvas.restoreState()
