"""`python -m tools.demo`: start the local stack, play every outcome of a return, tell what came.

Exit codes: 0 all as expected · 1 an outcome was another, or the stack did not start.
"""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.demo.play import Demo, Summary, Told
from tools.replay.caller import Refused
from tools.replay.imports import ImportFailed
from tools.replay.progress import Screen, die
from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.show import Show

SUMMARY_FILE = ROOT / "build" / "demo-summary.json"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.command()
def demo(
    name: Annotated[str, typer.Option("--stack", "--name", help="Which local stack.")] = "demo",
    orders: Annotated[int, typer.Option(min=0, max=5000, help="How many orders to make up.")] = 60,
    seed: Annotated[int, typer.Option(help="The same seed makes the same orders.")] = 7,
    workers: Annotated[int, typer.Option(min=1, max=32, help="Clients at once.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Play every outcome of a return on the local stack and check each."""
    try:
        bringup.up(Place(name=name), Show(to_stderr=True))
        played = Demo(
            Stack.load(name),
            Screen(),
            now=datetime.now(UTC),
            workers=workers,
            journal=ROOT / "build" / "demo" / name / "journal.jsonl",
        ).play(orders=orders, seed=seed)
    except (StackError, ImportFailed, Refused) as exc:
        raise typer.Exit(die(str(exc))) from exc
    text = json.dumps(as_dict(played), indent=2, ensure_ascii=False) + "\n"
    SUMMARY_FILE.parent.mkdir(parents=True, exist_ok=True)
    SUMMARY_FILE.write_text(text, encoding="utf-8")
    if as_json:
        typer.echo(text, nl=False)
    else:
        tell(played, Console(highlight=False))
    raise typer.Exit(0 if played.is_right else 1)


def as_dict(summary: Summary) -> dict[str, Any]:
    return {"ok": summary.is_right, **asdict(summary)}


def tell(summary: Summary, console: Console) -> None:
    """What a person wants to know: did it work, what moved, where to look."""
    scenes = Table("", "scene", "what came of it", box=None, pad_edge=False)
    for told in summary.told:
        scenes.add_row(_mark(told), escape(told.title), escape(told.text))
    console.print(scenes)
    facts = Table(box=None, show_header=False, pad_edge=False)
    for label, text in (
        ("orders", f"{summary.orders_put} put, {summary.orders_imported} imported"),
        ("returns", _counts(summary.returns_by_status)),
        ("units", _counts(summary.units_by_disposition)),
        ("paid back", _counts(summary.paid)),
        ("waiting for a person", _counts(summary.open_exceptions)),
        *summary.links.items(),
        ("summary", str(SUMMARY_FILE.relative_to(ROOT))),
    ):
        facts.add_row(f"[dim]{escape(label)}[/dim]", escape(text))
    console.print()
    console.print(facts, soft_wrap=True)
    wrong = sum(not told.is_right for told in summary.told)
    verdict = "everything as expected" if summary.is_right else f"{wrong} outcomes not as expected"
    console.print(f"\nRun {summary.run}: {verdict}; {summary.elapsed_s:.0f} s.")


def _mark(told: Told) -> str:
    return "[green]✓[/green]" if told.is_right else "[red]✗[/red]"


def _counts(counts: Any) -> str:  # Any: counts or amounts by name
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


if __name__ == "__main__":
    app()
