"""`tuiku rebuild-views`: the lists made again from the truth, or only compared with it."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import typer

from chalicelib.store.device_lists import SCAN_TYPE
from chalicelib.store.rows import PROJECTED_TYPES
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen
from tools.cli.rebuilding import Difference, Kind, Rebuild, Tally
from tools.cli.scanning import about, scan
from tools.cli.telling import print_json
from tools.targets import Target

_SHOWN_MAX = 20
_WORDS = {
    Kind.ROW_MISSING: "rows missing",
    Kind.ROW_DIFFERS: "rows with other contents",
    Kind.ROW_STRAY: "rows that should not be there",
    Kind.MONTH_MISSING: "months missing in the table of contents",
    Kind.CURSOR_DIFFERS: "cursors that do not fit their record",
    Kind.CURSOR_STRAY: "cursors without a record",
    Kind.UNREADABLE: "records of core that no row can be made of",
    Kind.NUMBERS_MISSING: "devices with scans whose numbers were not noted",
}


def rebuild_views(
    check: Annotated[
        bool, typer.Option("--check", help="Only compare, write nothing; exit code 1 if different.")
    ] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Make all lists again from the truth in core: missing, wrong and stray rows are put right.

    Safe at any time: requests and the stream go on, and lists are never empty meanwhile. Metrics
    are not lists; `POST /v1/metrics/runs` counts them anew. Exit code 1 when something was left.
    """
    target = target_of(name, stage)
    tally = _rebuilt(target, Screen(quiet=as_json), is_dry=check)
    counts = Counter(difference.kind for difference in tally.differences)
    if as_json:
        print_json(_as_json(tally, counts, check=check))
    else:
        _tell(tally, counts, check=check)
    if tally.left or (check and tally.differences):
        raise typer.Exit(FOUND)


def _rebuilt(target: Target, screen: Screen, *, is_dry: bool) -> Tally:
    rebuild = Rebuild(core=target.table("core"), views=target.table("views"), is_dry=is_dry)
    client = target.client("dynamodb")
    with screen.step("Comparing the records of core", about(target, "core")) as step:
        name, types = target.tables["core"], (*PROJECTED_TYPES, SCAN_TYPE)
        rebuild.records(scan(client, name, types, seen=step.advance))
    with screen.step("Looking for strays in views", about(target, "views")) as step:
        rebuild.strays(scan(client, target.tables["views"], seen=step.advance))
    return rebuild.tally


def _as_json(tally: Tally, counts: Counter[Kind], *, check: bool) -> dict[str, object]:
    return {
        "checked_only": check,
        "records": tally.records,
        "items_of_views": tally.items,
        "differences": {kind.value: number for kind, number in counts.items()},
        "left": tally.left,
        "examples": [difference.as_json() for difference in tally.differences[:_SHOWN_MAX]],
    }


def _tell(tally: Tally, counts: Counter[Kind], *, check: bool) -> None:
    typer.echo(f"{tally.records:,} records and {tally.items:,} items of views compared.")
    for kind, number in counts.items():
        typer.echo(f"  {number:,} {_WORDS[kind]}{_example(tally.differences, kind)}")
    if not counts:
        typer.echo("The views are what core says.")
    elif check:
        typer.echo("Nothing was written: without --check they are put right.")
    else:
        typer.echo("All of them were put right." if not tally.left else "Put right, but for these:")
    for left in tally.left[:_SHOWN_MAX]:
        typer.echo(f"  left: {left}")


def _example(differences: Iterable[Difference], kind: Kind) -> str:
    first = next(difference for difference in differences if difference.kind is kind)
    return f", such as {first.key.pk} {first.key.sk}"
