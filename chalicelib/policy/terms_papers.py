"""The paper form of terms: made when it is first asked for, then kept for good.

A text that changes (a version ended early, a sentence put better) becomes another file.
"""

from collections.abc import Callable
from datetime import datetime

from chalicelib.papers.filing import Paper, PaperFiles, filed, served
from chalicelib.policy.terms import Terms

_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""


class TermsPapers:
    """Draws terms where nobody did before; repeating it is harmless."""

    def __init__(self, files: PaperFiles, draw: Callable[[Terms], bytes]) -> None:
        self._files = files
        self._draw = draw
        self._there: set[str] = set()

    def paper(self, terms: Terms, now: datetime) -> Paper:
        key, file_name = key_of(terms), f"{terms.version_id}.{terms.language}.pdf"
        if key in self._there:
            return served(self._files, key, file_name, now)
        paper = filed(self._files, key, file_name, lambda: self._draw(terms), now)
        self._there.add(key)
        return paper


def key_of(terms: Terms) -> str:
    """The name of the file, which says which text it is."""
    return f"terms/{terms.version_id}/{terms.digest}-{_LAYOUT}.{terms.language}.pdf"
