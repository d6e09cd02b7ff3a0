"""`python -m tools.demo`: start the local stack, play every outcome of a return, tell what came.

Exit codes: 0 all as expected · 1 an outcome was another, or the stack did not start.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from tools.demo.play import Demo
from tools.demo.summary import Summary
from tools.replay.caller import Refused
from tools.replay.imports import ImportFailed
from tools.replay.progress import Screen, die
from tools.stack import bringup
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.places import ROOT, Place
from tools.stack.show import Show

BUILD = ROOT / "build"
SUMMARY_FILE = BUILD / "demo-summary.json"
REPORT_FILE = BUILD / "demo-reconciliation.json"
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
    screen = Screen()
    try:
        bringup.up(Place(name=name), Show(to_stderr=True))
        stack = Stack.load(name)
        played = Demo(
            stack,
            screen,
            now=datetime.now(UTC),
            workers=workers,
            journal=BUILD / "demo" / name / "journal.jsonl",
        ).play(orders=orders, seed=seed)
        files = _written(played, stack)
    except (StackError, ImportFailed, Refused) as exc:
        raise typer.Exit(die(str(exc))) from exc
    except KeyboardInterrupt as exc:
        die("stopped; give the same command again for a new run")
        raise typer.Exit(130) from exc
    if as_json:
        typer.echo(SUMMARY_FILE.read_text("utf-8"), nl=False)
    else:
        tell(played, files, name, Console(highlight=False, soft_wrap=True))
    raise typer.Exit(1 if played.wrong else 0)


def _written(played: Summary, stack: Stack) -> dict[str, Path]:
    """The summary, and the report while its short-lived address is good."""
    BUILD.mkdir(parents=True, exist_ok=True)
    text = json.dumps(played.as_dict(), indent=2, ensure_ascii=False) + "\n"
    SUMMARY_FILE.write_text(text, encoding="utf-8")
    report = played.links.get("report")
    if report is None:
        return {"summary": SUMMARY_FILE}
    found = stack.http("GET", report)
    if found.status != 200:
        raise StackError(f"The reconciliation's report cannot be read: {found.status}.")
    text = json.dumps(found.body, indent=2, ensure_ascii=False) + "\n"
    REPORT_FILE.write_text(text, encoding="utf-8")
    return {"summary": SUMMARY_FILE, "reconciliation report": REPORT_FILE}


def tell(played: Summary, files: Mapping[str, Path], name: str, console: Console) -> None:
    """What a person wants to know: did it work, what moved, where to look."""
    console.print()
    for label, text in _facts(played, files, name):
        console.print(f"[dim]{escape(label):<22}[/dim]{escape(text)}" if label else "")
    console.print()
    for told in played.wrong:
        console.print(f"[red]✗[/red] {escape(told.title)}: {escape(told.text)}")
    verdict = (
        f"[red]{len(played.wrong)} not as expected[/red]" if played.wrong else "all as expected"
    )
    console.print(f"Run {played.run}: {verdict}; {played.elapsed_s:.0f} s.")


def _facts(played: Summary, files: Mapping[str, Path], name: str) -> Iterator[tuple[str, str]]:
    found = played.read_back
    for label, told in (("scenes", played.scenes), ("everyday returns", played.everyday)):
        yield label, f"{sum(one.is_right for one in told)} of {len(told)} ended as they should"
    yield "orders", f"{played.orders_put} put over HTTP, {played.orders_imported} from a CSV file"
    yield "returns", _counts(found.returns_by_outcome)
    yield "waiting for a person", _counts(found.open_exceptions)
    yield "paid back", _money(found.paid)
    yield "kept as fees", _money(found.kept)
    for check in played.checks:
        yield check.title.lower(), check.text
    yield "", ""
    yield "API", played.links["api"]
    yield "OpenAPI", played.links["openapi"]
    for label, file in files.items():
        yield label, str(file.relative_to(ROOT))
    walks = f"examples/first_return.sh {name} · examples/first_policy.sh {name}"
    yield "next", f"{walks} · make logs NAME={name} · make down NAME={name}"


def _money(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{amount} {currency}" for currency, amount in amounts.items()) or "nothing"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


if __name__ == "__main__":
    app()
