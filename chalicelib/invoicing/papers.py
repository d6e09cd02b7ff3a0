"""Where the paper form of a credit note lies: drawn when it is asked for, and gone after a day.

A paper names its buyer, so it is not kept: the bucket forgets it (infra/data.yaml), and who asks
again gets it drawn with what is known of the buyer then. Its name follows from what it says, so two
requests at once write the same bytes to the same place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.errors import NotFound
from chalicelib.invoicing.model import CreditNote
from chalicelib.invoicing.presenting import Page

PREFIX = "credit-notes/"
VALID = timedelta(minutes=5)
_MEDIA_TYPE = "application/pdf"
_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""


class PaperFiles(Protocol):
    """What is used of the files bucket."""

    def head(self, key: str) -> object: ...

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def download_url(
        self,
        key: str,
        *,
        file_name: str,
        is_inline: bool = False,
        content_type: str | None = None,
        expiry: timedelta,
    ) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePaper:
    """An address that serves the paper form for a while."""

    url: str
    expires_at: datetime


class NotePapers:
    """Draws notes that do not lie there; repeating it is harmless."""

    def __init__(self, files: PaperFiles, draw: Callable[[Page], bytes]) -> None:
        self._files = files
        self._draw = draw

    def paper(self, note: CreditNote, page: Page, now: datetime) -> NotePaper:
        key = key_of(note, page)
        try:
            self._files.head(key)
        except NotFound:
            self._files.write(key, self._draw(page), content_type=_MEDIA_TYPE)
        url = self._files.download_url(
            key,
            file_name=f"{note.number or note.note_id}.{page.language}.pdf",
            is_inline=True,
            content_type=_MEDIA_TYPE,
            expiry=VALID,
        )
        return NotePaper(url=url, expires_at=now + VALID)


def key_of(note: CreditNote, page: Page) -> str:
    """The name of the file, which says which text it is."""
    return f"{PREFIX}{note.note_id}/{page.digest}-{_LAYOUT}.{page.language}.pdf"
