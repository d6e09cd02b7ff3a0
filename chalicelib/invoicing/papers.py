"""The paper form of a credit note: drawn when it is asked for, and gone after a day.

A paper names its buyer, so it is not kept: the bucket forgets it (infra/data.yaml), and who asks
again gets it drawn with what is known of the buyer then.
"""

from collections.abc import Callable
from datetime import datetime

from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.presenting import Page
from chalicelib.papers.filing import Paper, PaperFiles, filed

PREFIX = "credit-notes/"
_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""


class NotePapers:
    """Draws notes that do not lie there; repeating it is harmless."""

    def __init__(self, files: PaperFiles, draw: Callable[[Page], bytes]) -> None:
        self._files = files
        self._draw = draw

    def paper(self, note: CreditNote, page: Page, now: datetime) -> Paper:
        file_name = f"{note.number or note.note_id}.{page.language}.pdf"
        return filed(self._files, key_of(note, page), file_name, lambda: self._draw(page), now)


def key_of(note: CreditNote, page: Page) -> str:
    """The name of the file, which says which text it is."""
    return f"{PREFIX}{note.note_id}/{page.digest}-{_LAYOUT}.{page.language}.pdf"
