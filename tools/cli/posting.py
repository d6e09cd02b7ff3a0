"""`tuiku post-ledger`: the postings of events from before the money ledger was there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated
from uuid import uuid4

import typer

from chalicelib.core.errors import TransientError
from chalicelib.core.events import Event
from chalicelib.ledger.model import Posting
from chalicelib.ledger.posting import posting_for
from chalicelib.store import keys
from chalicelib.store.actions import put_record
from chalicelib.store.codec import record_in
from chalicelib.store.table import BATCH_GET_MAX, Cancelled, Item, Table
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen
from tools.cli.scanning import about, scan
from tools.cli.telling import print_json


def post_ledger(
    check: Annotated[
        bool, typer.Option("--check", help="Only count, write nothing; exit code 1 if any lack.")
    ] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Make the postings that events about money lack, each from its event.

    Needed once, after the update to a version with a money ledger: from then on the store posts
    every event with it. Safe at any time and as often as you like: what is there stays as it is.
    """
    target = target_of(name, stage)
    client = target.client("dynamodb")
    core = target.table("core")
    with Screen(quiet=as_json).step("Posting events about money", about(target, "core")) as step:
        items = scan(client, target.tables["core"], ("EVENT",), seen=step.advance)
        counted = posted_all(core, items, is_dry=check)
    if as_json:
        print_json({"postings": counted.postings, "lacking": counted.lacking, "check": check})
    else:
        what = "lack" if check else "were made"
        typer.echo(f"{counted.postings:,} events about money; {counted.lacking:,} postings {what}.")
    if check and counted.lacking:
        raise typer.Exit(FOUND)


@dataclass(slots=True)
class Counted:
    """How many postings there should be, and how many of them were not there."""

    postings: int = 0
    lacking: int = 0


def posted_all(core: Table, items: Iterable[Item], *, is_dry: bool) -> Counted:
    """Write what is missing, unless `is_dry`. Raises TransientError where the store is busy."""
    counted = Counted()
    expected = (
        posting for item in items if (posting := posting_for(record_in(item, Event))) is not None
    )
    while some := list(islice(expected, BATCH_GET_MAX)):
        counted.postings += len(some)
        for posting in _lacking(core, some):
            counted.lacking += 1
            if not is_dry:
                _put(core, posting)
    return counted


def _lacking(core: Table, some: list[Posting]) -> Iterator[Posting]:
    found = core.get([keys.posting(posting) for posting in some])
    return (posting for posting, item in zip(some, found, strict=True) if item is None)


def _put(core: Table, posting: Posting) -> None:
    """Unless somebody wrote it since; then it is the same."""
    try:
        core.transact([put_record(core.name, posting).request], uuid4().hex)
    except Cancelled as exc:
        if exc.reasons != ("ConditionalCheckFailed",):
            raise TransientError("store_busy", "Others are writing the same ledger.") from exc
