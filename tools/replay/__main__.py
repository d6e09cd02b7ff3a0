"""`python -m tools.replay FILE`: real invoices through a running stack, every total checked.

Exit codes: 0 all equal · 1 a difference or a failure · 130 stopped by the keyboard.
"""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from tools.replay import forms
from tools.replay.caller import Refused
from tools.replay.imports import ImportFailed
from tools.replay.journal import Journal
from tools.replay.progress import Screen, die
from tools.replay.run import Options, Outcome, Replay, WarehouseInUse
from tools.replay.source import BadFile
from tools.replay.verdicts import summary
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.places import DEFAULT_NAME, ROOT

WAREHOUSE = "UK1"
"""A warehouse of its own: what the demo sells lies in others."""


class Policy(StrEnum):
    """Under the standard policy what comes too late is refused."""

    NO_WINDOW = forms.NO_WINDOW
    STANDARD = forms.STANDARD


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="CSV in the form of Online Retail II.")],
    stack: Annotated[
        str, typer.Option("--stack", "--name", help="Which running stack.")
    ] = DEFAULT_NAME,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what earlier runs learned; ask the system.")
    ] = False,
    warehouse: Annotated[
        str, typer.Option(help="Where goods are sold and taken back.")
    ] = WAREHOUSE,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Clients at once.")] = 6,
    policy: Annotated[
        Policy, typer.Option(help="The version that everything is sold under.")
    ] = Policy.NO_WINDOW,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say of each return why it was decided as it was.")
    ] = False,
) -> None:
    """Replay invoices and credit notes: import orders, run each return to its end, compare.

    Every total is compared with a count straight from FILE; any difference ends in exit code 1.
    A run that was stopped goes on when the same command is given again.
    """
    journal = Journal(ROOT / "build" / "replay" / stack / "journal.jsonl")
    if fresh:
        journal.forget()
    try:
        options = Options(warehouse=warehouse, workers=workers, policy=policy.value)
        outcome = Replay(Stack.load(stack), journal, Screen(), options).run(file)
    except (BadFile, ImportFailed, Refused, StackError, WarehouseInUse, OSError) as exc:
        raise typer.Exit(die(str(exc))) from exc
    except KeyboardInterrupt as exc:
        die("stopped; give the same command again to go on")
        raise typer.Exit(130) from exc
    (_print_json if as_json else _print_table)(outcome, explain=explain)
    raise typer.Exit(0 if outcome.is_right else 1)


def _print_json(outcome: Outcome, *, explain: bool) -> None:
    body: dict[str, Any] = {
        "ok": outcome.is_right,
        "elapsed_s": round(outcome.elapsed_s, 1),
        "figures": [
            {"figure": row.figure, "system": row.system, "file": row.file, "ok": row.is_equal}
            for row in outcome.rows
        ],
        "failures": list(outcome.failures),
        "decisions": [
            {"ruling": ruling.value, "code": code, "returns": returns, "units": units}
            for ruling, code, returns, units in summary(outcome.verdicts)
        ],
    }
    if explain:
        body["returns"] = [asdict(verdict) for verdict in outcome.verdicts]
    typer.echo(json.dumps(body, indent=2))


def _print_table(outcome: Outcome, *, explain: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)
    if explain:
        for verdict in outcome.verdicts:
            console.print(verdict.line, markup=False)
    decisions = Table("decision", "why")
    for name in ("returns", "units"):
        decisions.add_column(name, justify="right")
    for ruling, code, returns, units in summary(outcome.verdicts):
        decisions.add_row(ruling.value, code, f"{returns:,}", f"{units:,}")
    console.print(decisions)
    table = Table("figure")
    for name in ("system", "file"):
        table.add_column(name, justify="right")
    table.add_column("ok")
    for row in outcome.rows:
        mark = "[green]yes[/green]" if row.is_equal else "[red]NO[/red]"
        table.add_row(row.figure, row.system, row.file, mark)
    console.print(table)
    for failure in outcome.failures:
        console.print(failure, style="red", markup=False)
    end = "every figure agrees" if outcome.is_right else "the system and the file differ"
    console.print(f"{end}; {outcome.elapsed_s:.0f} s")


if __name__ == "__main__":
    app()
