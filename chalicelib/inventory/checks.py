"""What commands on stock documents ask first: is the version still the one their caller saw."""

from typing import Protocol

from chalicelib.core.errors import Stale
from chalicelib.core.events import Context


class Versioned(Protocol):
    @property
    def subject(self) -> str: ...

    @property
    def version(self) -> int: ...


def require_seen(document: Versioned, context: Context) -> None:
    """Raises Stale where the document has moved on since its caller looked at it."""
    if context.expected_version is not None and document.version != context.expected_version:
        raise Stale(
            "stale_version",
            f"It is at version {document.version}, not {context.expected_version}.",
            subject=document.subject,
            expected=context.expected_version,
            actual=document.version,
        )
