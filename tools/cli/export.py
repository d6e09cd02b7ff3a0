"""`tuiku export`: the truth as files for other programs, streamed from core."""

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tools.cli.exporting import (
    CsvWriter,
    Exported,
    NdjsonWriter,
    Wish,
    exported,
    format_of,
    whole_file,
)
from tools.cli.options import (
    DEFAULT_NAME,
    FOUND,
    AsJson,
    Name,
    StageName,
    moment_of,
    target_of,
)
from tools.cli.progress import Screen
from tools.cli.scanning import about, scan
from tools.cli.shapes import SHAPES
from tools.cli.telling import print_json
from tools.stack.errors import StackError
from tools.targets import Target


class What(StrEnum):
    ORDERS = "orders"
    RETURNS = "returns"
    EXCEPTIONS = "exceptions"
    STOCK = "stock"
    MOVEMENTS = "movements"
    EVENTS = "events"


def export(
    what: Annotated[What, typer.Argument(help="What is exported.")],
    out: Annotated[Path, typer.Option(help="The file: .csv, .ndjson or .jsonl.")],
    since: Annotated[
        str | None, typer.Option(help="From this day or time on: 2026-11-21, 2026-11-21T09:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this day or time.")] = None,
    with_contacts: Annotated[
        bool, typer.Option("--with-contacts", help="With personal data and notes of people.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Write orders, returns, exceptions, stock, movements or events to a CSV or NDJSON file.

    CSV has a row for each line (orders, returns) or entry (movements); NDJSON has all of each
    record. The time meant is when an order was placed, a return requested, an exception opened, a
    movement posted, an event stored. The order of records is the store's own. Exit code 1 when a
    record could not be read.
    """
    wish = _wish(what, since, until, with_contacts=with_contacts)
    is_csv = format_of(out) == "csv"
    if out.exists() and not force:
        raise StackError(f"{out} is there already: name another file, or add --force.")
    target = target_of(name, stage)
    wish = replace(wish, source=f"tuiku/{target.stage}")
    with whole_file(out) as file:
        writer = CsvWriter(file, wish) if is_csv else NdjsonWriter(file, wish)
        done = _streamed(target, Screen(quiet=as_json), what, wish, writer)
    if as_json:
        print_json({"file": str(out), "records": done.records, "unreadable": done.unreadable})
    else:
        typer.echo(f"{done.records:,} {what.value} written to {out}.")
        if done.unreadable:
            typer.echo(f"{done.unreadable:,} could not be read: `tuiku verify` names them.")
    if done.unreadable:
        raise typer.Exit(FOUND)


def _wish(what: What, since: str | None, until: str | None, *, with_contacts: bool) -> Wish:
    shape = SHAPES[what.value]
    if shape.at is None and (since or until):
        raise StackError(f"{what.value} is as it stands now: leave --since and --until out.")
    if with_contacts and not shape.has_contacts:
        raise StackError(f"{what.value} hold no personal data: leave --with-contacts out.")
    wish = Wish(
        shape=shape, since=moment_of(since), until=moment_of(until), with_contacts=with_contacts
    )
    if wish.since and wish.until and wish.since >= wish.until:
        raise StackError("--since must be before --until.")
    return wish


def _streamed(
    target: Target, screen: Screen, what: What, wish: Wish, writer: CsvWriter | NdjsonWriter
) -> Exported:
    client, table = target.client("dynamodb"), target.tables["core"]
    with screen.step(f"Exporting {what.value}", about(target, "core")) as step:
        items = scan(client, table, (wish.shape.item_type,), seen=step.advance)
        return exported(items, target.table("core"), wish, writer)
