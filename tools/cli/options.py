"""Options that many commands share, and how the commands end."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from chalicelib.core.clock import from_rfc3339
from tools.stack.errors import StackError
from tools.stack.places import DEFAULT_NAME
from tools.targets import Target, deployed, local

__all__ = ["DEFAULT_NAME", "FOUND", "AsJson", "Name", "StageName", "moment_of", "target_of"]
FOUND = 1
"""Exit code: it was done, and something was found or left. (2: wrong usage; 3: not done.)"""
NOT_DONE = 3

Name = Annotated[str, typer.Option("--name", help="The local stack.")]
StageName = Annotated[
    str | None,
    typer.Option("--stage", help="A stage deployed to AWS instead, with your own credentials."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, and no progress.")]


def target_of(name: str, stage: str | None) -> Target:
    return deployed(stage) if stage else local(name)


def moment_of(text: str | None) -> datetime | None:
    """A day is its beginning in UTC."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-11-21"):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        return from_rfc3339(text)
    except ValueError:
        raise StackError(
            f"'{text}' is no day or time: write 2026-11-21 or 2026-11-21T09:00:00Z."
        ) from None
