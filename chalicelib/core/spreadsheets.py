"""Cells that a spreadsheet may open: none is taken for a formula (ASVS 5.0, 1.2.10)."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\x00")


def safe_cell(text: str) -> str:
    """The text, led by an apostrophe where a spreadsheet would calculate it."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given, where it added an apostrophe."""
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA_STARTS else text
