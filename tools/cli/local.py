"""What only a local stack has: its state as a whole, and tokens of its people."""

import json

import typer

from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name
from tools.stack.__main__ import show_status
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.show import fail


def token(role: str, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Print a bearer token of a local user: a role's, or `machine`."""
    issued = Stack.load(name).token(role)
    typer.echo(json.dumps({"role": role, "token": issued}) if as_json else issued)


def status(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Show whether the local stack runs, and the depth of its queues; exit code 1 if not well."""
    try:
        show_status(name, as_json=as_json)
    except StackError as exc:
        fail(str(exc))
        raise typer.Exit(FOUND) from exc
