"""What people name, as the API finds it: returns by id or number, and lists to their end."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tools.cli.gate import Gate
from tools.stack.errors import StackError

ReturnArgument = Annotated[str, typer.Argument(metavar="RETURN", help="Its id or its number.")]
_PAGES_MAX = 1000


def return_id_of(gate: Gate, return_: str) -> str:
    """The id, fit for a path."""
    if return_.startswith("ret_"):
        return quote(return_, safe="")
    found = gate.get(f"/v1/returns?number={quote(return_, safe='')}")["items"]
    if not found:
        raise StackError(f"There is no return {return_}.")
    return str(found[0]["id"])


def items_of(gate: Gate, path: str) -> Iterator[dict[str, Any]]:
    """All items of a list, page by page."""
    cursor = ""
    for _ in range(_PAGES_MAX):
        page = gate.get(f"{path}{cursor}")
        yield from page["items"]
        if page["next_cursor"] is None:
            return
        cursor = f"{'&' if '?' in path else '?'}cursor={quote(page['next_cursor'], safe='')}"
    raise StackError("The list is longer than can be read at once: ask for a part of it.")
