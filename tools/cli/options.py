"""Options that many commands share, and how the commands end."""

from typing import Annotated

import typer

from tools.stack.places import DEFAULT_NAME
from tools.targets import Target, deployed, local

__all__ = ["DEFAULT_NAME", "FOUND", "AsJson", "Name", "StageName", "target_of"]
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
