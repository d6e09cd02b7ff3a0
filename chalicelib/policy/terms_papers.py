"""Where the paper form of terms lies: made when it is first asked for, then kept for good.

Its name follows from what it says, so two requests at once write the same bytes to the same place,
and a text that changes (a version ended early, a sentence put better) becomes another file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.errors import NotFound
from chalicelib.policy.terms import Terms

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
class Paper:
    """An address that serves the paper form for a while."""

    url: str
    expires_at: datetime


class TermsPapers:
    """Draws terms where nobody did before; repeating it is harmless."""

    def __init__(self, files: PaperFiles, draw: Callable[[Terms], bytes]) -> None:
        self._files = files
        self._draw = draw
        self._there: set[str] = set()

    def paper(self, terms: Terms, now: datetime) -> Paper:
        key = key_of(terms)
        if key not in self._there:
            self._keep(key, terms)
        url = self._files.download_url(
            key,
            file_name=f"{terms.version_id}.{terms.language}.pdf",
            is_inline=True,
            content_type=_MEDIA_TYPE,
            expiry=VALID,
        )
        return Paper(url=url, expires_at=now + VALID)

    def _keep(self, key: str, terms: Terms) -> None:
        try:
            self._files.head(key)
        except NotFound:
            self._files.write(key, self._draw(terms), content_type=_MEDIA_TYPE)
        self._there.add(key)


def key_of(terms: Terms) -> str:
    """The name of the file, which says which text it is."""
    return f"terms/{terms.version_id}/{terms.digest}-{_LAYOUT}.{terms.language}.pdf"
