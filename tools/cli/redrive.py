"""`tuiku`: what an operator does from the command line (bin/tuiku, or python -m tools.cli)."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tools import redrive as dead
from tools.stack.__main__ import show_status
from tools.stack.client import Stack
from tools.stack.errors import StackError
from tools.stack.places import DEFAULT_NAME
from tools.stack.show import fail, run
from tools.targets import Target, deployed, local

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
_EXCERPT = 80

Name = Annotated[str, typer.Option("--name", help="The local stack.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.callback()
def tuiku() -> None:
    """Operate tuiku from the command line."""


@app.command()
def token(role: str, name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Print a bearer token of a local user: a role's, or `machine`."""
    issued = Stack.load(name).token(role)
    typer.echo(json.dumps({"role": role, "token": issued}) if as_json else issued)


@app.command()
def status(name: Name = DEFAULT_NAME, as_json: AsJson = False) -> None:
    """Show whether the local stack is well; exit code 1 if it is not."""
    show_status(name, as_json=as_json)


@app.command()
def redrive(
    queue: Annotated[str | None, typer.Argument(help=f"One of {', '.join(dead.QUEUES)}.")] = None,
    message: Annotated[str | None, typer.Option(help="Act on the message with this id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Act on all of a queue.")] = False,
    edit: Annotated[Path | None, typer.Option(help="A file with the message's new body.")] = None,
    drop: Annotated[bool, typer.Option("--drop", help="Delete instead of sending back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before dropping.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Messages at once.")] = 1000,
    name: Name = DEFAULT_NAME,
    stage: Annotated[str | None, typer.Option(help="A deployed stage instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """List dead-letter messages, or send them back to where they failed, mended if need be.

    Without --message or --all it lists and changes nothing. Exit code 1 when a message stayed.
    """
    target = deployed(stage) if stage else local(name)
    if queue is not None and queue not in dead.QUEUES:
        raise StackError(f"There is no queue '{queue}': choose one of {', '.join(dead.QUEUES)}.")
    if message is None and not everything:
        if edit or drop:
            raise StackError("--edit and --drop need --message ID (or --all, for --drop).")
        _list(target, [queue] if queue else list(dead.QUEUES), limit, as_json=as_json)
        return
    if queue is None:
        raise StackError("Name the queue too, for example: tuiku redrive scans --all")
    if message is not None and everything:
        raise StackError("Choose --message ID or --all, not both.")
    if edit and (message is None or drop):
        raise StackError("--edit mends the one message named with --message, and sends it back.")
    body = _new_body(edit) if edit else None
    if drop and not yes:
        _confirm(message, queue, target)
    outcomes = _act(target, queue, message, body, limit=limit, drop=drop, quiet=as_json)
    _tell(outcomes, queue, drop=drop, as_json=as_json)


def _list(target: Target, queues: list[str], limit: int, *, as_json: bool) -> None:
    letters = []
    for queue in queues:
        url = target.dead_letters_of(queue)
        found = dead.collect(target.sqs, queue, url, limit=limit)
        dead.release(target.sqs, url, found)
        letters += found
    now = datetime.now(UTC)
    if as_json:
        typer.echo(json.dumps([letter.to_dict(now) for letter in letters], indent=2))
        return
    if not letters:
        typer.echo(f"No dead-letter messages in {target.shown}.")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("queue", "message", "age"):
        table.add_column(heading, no_wrap=True)
    table.add_column("reason")
    table.add_column("body")
    for letter in letters:
        told = letter.to_dict(now)
        excerpt = letter.body if len(letter.body) <= _EXCERPT else letter.body[:_EXCERPT] + "…"
        reason = f"{letter.reason} ({letter.source})" if letter.source else letter.reason
        table.add_row(letter.queue, letter.message_id, _age(told["age_s"]), reason, excerpt)
    # As wide as it needs where another program reads it.
    width = None if sys.stdout.isatty() else 400
    Console(highlight=False, markup=False, width=width).print(table)


def _act(
    target: Target,
    queue: str,
    message: str | None,
    body: str | None,
    *,
    limit: int,
    drop: bool,
    quiet: bool,
) -> list[dead.Outcome]:
    url = target.dead_letters_of(queue)
    found = dead.collect(target.sqs, queue, url, limit=limit)
    chosen = [letter for letter in found if message in (None, letter.message_id)]
    dead.release(target.sqs, url, [letter for letter in found if letter not in chosen])
    if message is not None and not chosen:
        raise StackError(
            f"There is no message {message} among the {len(found)} seen in {queue}-dlq: "
            f"list them with `tuiku redrive {queue}`."
        )
    if body is not None:
        chosen = [letter.with_body(body) for letter in chosen]
    with Progress(console=Console(stderr=True), transient=True, disable=quiet) as progress:
        task = progress.add_task("Dropping" if drop else "Sending back", total=len(chosen))

        def done() -> None:
            progress.advance(task)

        if drop:
            return dead.drop(target.sqs, url, chosen, done)
        return dead.give_back(target.sqs, url, chosen, target.destination_of(queue), done)


def _tell(outcomes: list[dead.Outcome], queue: str, *, drop: bool, as_json: bool) -> None:
    stayed = [outcome for outcome in outcomes if outcome.problem]
    moved = len(outcomes) - len(stayed)
    if as_json:
        report: dict[str, Any] = {
            "queue": queue,
            "dropped" if drop else "sent_back": moved,
            "stayed": [
                {"message_id": outcome.letter.message_id, "problem": outcome.problem}
                for outcome in stayed
            ],
        }
        typer.echo(json.dumps(report, indent=2))
    else:
        typer.echo(f"{moved} {'dropped from' if drop else 'sent back from'} {queue}-dlq.")
        for outcome in stayed:
            fail(f"{outcome.letter.message_id} stayed: {outcome.problem}")
    if stayed:
        raise typer.Exit(1)


def _new_body(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
        json.loads(text)
    except (OSError, UnicodeDecodeError) as exc:
        raise StackError(f"The new body cannot be read from {file}: {exc}.") from exc
    except ValueError as exc:
        raise StackError(f"The new body in {file} is not JSON: {exc}.") from exc
    return text.strip()


def _confirm(message: str | None, queue: str, target: Target) -> None:
    """Dropping is for good: a person says yes, a script says --yes."""
    what = f"message {message}" if message else "ALL messages"
    if not sys.stdin.isatty():
        raise StackError(f"Dropping {what} of {queue}-dlq is for good: add --yes.")
    if not typer.confirm(f"Drop {what} of {queue}-dlq of {target.shown} for good?"):
        raise StackError("Nothing was dropped.")


def _age(seconds: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


if __name__ == "__main__":
    run(app)
