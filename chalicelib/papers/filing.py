"""Where a paper lies: drawn when it is asked for, and served by a short address.

Its name follows from what it says, so two requests at once write the same bytes to the same place,
and what says something else is another file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.errors import NotFound

VALID = timedelta(minutes=5)
MEDIA_TYPE = "application/pdf"


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
    """An address that serves a paper for a while."""

    url: str
    expires_at: datetime


def filed(
    files: PaperFiles, key: str, file_name: str, draw: Callable[[], bytes], now: datetime
) -> Paper:
    """The paper of this key, drawn where nobody did before; repeating it is harmless."""
    try:
        files.head(key)
    except NotFound:
        files.write(key, draw(), content_type=MEDIA_TYPE)
    return served(files, key, file_name, now)


def served(files: PaperFiles, key: str, file_name: str, now: datetime) -> Paper:
    """The address of a paper that is known to lie there."""
    url = files.download_url(
        key, file_name=file_name, is_inline=True, content_type=MEDIA_TYPE, expiry=VALID
    )
    return Paper(url=url, expires_at=now + VALID)
