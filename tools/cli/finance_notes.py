"""`tuiku finance credit-notes`: numbered notes in order of their numbers, or those of a return."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import typer

from tools.cli.finding import items_of, return_id_of
from tools.cli.gate import Gate
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import amount, print_json, print_table
from tools.stack.errors import StackError


def credit_notes(
    return_: Annotated[
        str | None,
        typer.Option("--return", metavar="RETURN", help="Those of this return, drafts too."),
    ] = None,
    series: Annotated[str | None, typer.Option(help="What the numbers begin with.")] = None,
    year: Annotated[int | None, typer.Option(help="Without it this year's, in UTC.")] = None,
    first: Annotated[int, typer.Option("--from", min=1, help="From this number on.")] = 1,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List the credit notes of a series and year; exit code 1 if a number is missing."""
    if return_ is not None and (series or year or first > 1):
        raise StackError("Name a return, or a series and year, not both.")
    gate = Gate(target_of(name, stage))
    if return_ is not None:
        notes = gate.get(f"/v1/returns/{return_id_of(gate, return_)}/credit-notes")["items"]
        missing: list[int] = []
    else:
        chosen = f"&series={quote(series)}" if series else ""
        chosen += f"&year={year}" if year else ""
        notes = list(items_of(gate, f"/v1/credit-notes?limit=200&from={first}{chosen}"))
        missing = missing_in([note["ordinal"] for note in notes], first)
    if as_json:
        print_json({"items": notes, "missing": missing})
    else:
        _tell(notes, missing)
    if missing:
        raise typer.Exit(FOUND)


def missing_in(ordinals: Sequence[int], first: int) -> list[int]:
    """The numbers that nobody has, between the first one and the last that is there."""
    return sorted(set(range(first, max(ordinals, default=first - 1) + 1)) - set(ordinals))


def _tell(notes: Sequence[dict[str, Any]], missing: Sequence[int]) -> None:
    print_table(
        ("number", "issued", "net", "tax", "total", "invoice", "order", "note"),
        (
            (
                note["number"] or note["state"],
                note["issued_on"] or "",
                *(amount(note[field]) for field in ("net", "tax", "total")),
                note["invoice_no"],
                note["order_no"],
                note["id"],
            )
            for note in notes
        ),
    )
    if missing:
        typer.echo(f"✗ missing: {', '.join(map(str, missing))}")
