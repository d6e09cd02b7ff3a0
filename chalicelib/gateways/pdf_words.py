"""Words on PDFs in the two fonts that every reader brings along: Helvetica, and one for Chinese.

Letters that neither has are written without their marks, so that a name is never left out.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape

CHINESE_FONT = "STSong-Light"
UNKNOWN = "?"
# Letters that are no plain letter with a mark.
_PLAIN = str.maketrans(
    {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "ı": "i", "Ŧ": "T", "ŧ": "t"}
)


def register_fonts() -> None:
    """Harmless to repeat."""
    # reportlab takes a fifth of a second to import, and few requests need it.
    from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import (  # type: ignore[import-untyped]  # noqa: PLC0415
        UnicodeCIDFont,
    )

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))


def marked(text: str) -> str:
    """As reportlab's paragraphs take it: escaped, and Chinese in its own font."""
    return "".join(
        f'<font name="{CHINESE_FONT}">{escape(run)}</font>' if is_chinese else escape(run)
        for run, is_chinese in runs_of(text)
    )


def runs_of(text: str) -> Iterator[tuple[str, bool]]:
    """The text in pieces of one font each, and whether that is the Chinese one."""
    signs = (sign for one in text for sign in _drawable(one))
    for is_chinese, run in groupby(signs, key=lambda sign: not _fits(sign, "cp1252")):
        yield "".join(run), is_chinese


def _drawable(sign: str) -> str:
    """The sign, or what comes nearest to it: letters without their marks, else a question mark."""
    if _fits(sign, "cp1252") or _fits(sign, "gbk"):
        return sign
    bare = "".join(
        part
        for part in unicodedata.normalize("NFKD", sign.translate(_PLAIN))
        if not unicodedata.combining(part)
    )
    if bare and all(_fits(part, "cp1252") or _fits(part, "gbk") for part in bare):
        return bare
    return "" if unicodedata.combining(sign) else UNKNOWN


def _fits(sign: str, encoding: str) -> bool:
    try:
        sign.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
