"""`tuiku redrive`: dead letters, listed, sent back or dropped."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from tools import redrive as dead
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.telling import print_json, print_table
from tools.stack.errors import StackError
from tools.stack.show import fail
from tools.targets import Target

_EXCERPT = 80


def redrive(
    queue: Annotated[str | None, typer.Argument(help=f"One of {', '.join(dead.QUEUES)}.")] = None,
    message: Annotated[str | None, typer.Option(help="Act on the message with this id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Act on all of a queue.")] = False,
    edit: Annotated[Path | None, typer.Option(help="A file with the message's new body.")] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Print the body of the message with --message, whole.")
    ] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Delete instead of sending back.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before dropping.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Messages at once.")] = 1000,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """List dead-letter messages, or send them back to where they failed, mended if need be.

    Without --message or --all it lists and changes nothing, nor with --show, which prints what
    --edit takes. Exit code 1 when a message stayed.
    """
    target = target_of(name, stage)
    if queue is not None and queue not in dead.QUEUES:
        raise StackError(f"There is no queue '{queue}': choose one of {', '.join(dead.QUEUES)}.")
    if message is None and not everything:
        if edit or drop or show:
            raise StackError("--edit, --show and --drop need --message ID (--drop also --all).")
        _list(target, [queue] if queue else list(dead.QUEUES), limit, as_json=as_json)
        return
    if queue is None:
        raise StackError("Name the queue too, for example: tuiku redrive scans --all")
    if message is not None and everything:
        raise StackError("Choose --message ID or --all, not both.")
    if show:
        if message is None or edit or drop:
            raise StackError("--show goes with --message ID alone.")
        _show(target, queue, message, limit, as_json=as_json)
        return
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
        print_json([letter.to_dict(now) for letter in letters])
        return
    if not letters:
        typer.echo(f"No dead-letter messages in {target.shown}.")
        return
    rows = []
    for letter in letters:
        told = letter.to_dict(now)
        excerpt = letter.body if len(letter.body) <= _EXCERPT else letter.body[:_EXCERPT] + "…"
        reason = f"{letter.reason} ({letter.source})" if letter.source else letter.reason
        rows.append((letter.queue, letter.message_id, _age(told["age_s"]), reason, excerpt))
    print_table(("queue", "message", "age", "reason", "body"), rows)


def _show(target: Target, queue: str, message: str, limit: int, *, as_json: bool) -> None:
    """The body on its own, so that it can be mended in a file; beside it, why it failed."""
    url = target.dead_letters_of(queue)
    found = dead.collect(target.sqs, queue, url, limit=limit)
    dead.release(target.sqs, url, found)
    chosen = [letter for letter in found if letter.message_id == message]
    if not chosen:
        raise StackError(_nowhere(message, len(found), queue))
    (letter,) = chosen
    if as_json:
        print_json(letter.to_dict(datetime.now(UTC)))
        return
    typer.echo(f"{letter.reason} ({letter.source or 'the queue itself'})", err=True)
    typer.echo(_laid_out(letter.body))


def _laid_out(body: str) -> str:
    """As a person reads it, where it is JSON at all."""
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


def _nowhere(message: str, seen: int, queue: str) -> str:
    return (
        f"There is no message {message} among the {seen} seen in {queue}-dlq: "
        f"list them with `tuiku redrive {queue}`."
    )


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
        raise StackError(_nowhere(message, len(found), queue))
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
        print_json(report)
    else:
        typer.echo(f"{moved} {'dropped from' if drop else 'sent back from'} {queue}-dlq.")
        for outcome in stayed:
            fail(f"{outcome.letter.message_id} stayed: {outcome.problem}")
    if stayed:
        raise typer.Exit(FOUND)


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
