"""`tuiku policy simulate`: what a version would have changed, tried on past returns by a job."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from chalicelib.core.clock import rfc3339
from tools.cli.gate import Gate
from tools.cli.jobs import failure, followed
from tools.cli.options import (
    DEFAULT_NAME,
    FOUND,
    AsJson,
    Name,
    StageName,
    moment_of,
    target_of,
)
from tools.cli.progress import Screen, Step
from tools.cli.telling import print_json, print_table
from tools.stack.errors import StackError

_SEGMENT_ROWS = 8
_CSV_HEAD = b"\xef\xbb\xbf"


def simulate(
    version: Annotated[str, typer.Argument(help="A draft, a published or a built-in version.")],
    since: Annotated[
        str | None, typer.Option("--from", help="Only returns asked for from this day or time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="... and before this one; now, if left out.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Only returns of this region.")] = None,
    sample: Annotated[int | None, typer.Option(help="Only so many, chosen by --seed.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed takes the same sample.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="A folder for the report and the list of differences.")
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Try a version on past returns: approvals, refusals, fees and money that would differ.

    Nothing is changed by it. Exit code 1 if any return would have gone otherwise.
    """
    body: dict[str, Any] = {
        "from": _said(since),
        "to": _said(until),
        "region": region,
        "sample": sample,
        "seed": seed,
    }
    gate = Gate(target_of(name, stage))
    with Screen(quiet=as_json).step(f"Trying {version}") as step:
        files, report = tried(gate, version, body, step)
    if out is not None:
        keep(gate, files, report, out)
    if as_json:
        print_json(report)
    else:
        tell(report, out)
    if report["different"]:
        raise typer.Exit(FOUND)


def tried(
    gate: Gate, version: str, body: dict[str, Any], step: Step
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Where the files of the simulation are, and its report, once it has succeeded."""
    place = f"/v1/policies/{quote(version, safe='')}/simulations"
    job = gate.post(place, body, key=f"tuiku-simulate-{time.time_ns()}")
    job = followed(gate, job["id"], step)
    if job["state"] != "succeeded":
        raise StackError(failure(job))
    files: dict[str, Any] = gate.get(f"{place}/{job['id']}")["files"]
    report: dict[str, Any] = json.loads(gate.download(files["report"]))
    return files, report


def _said(text: str | None) -> str | None:
    moment = moment_of(text)
    return None if moment is None else rfc3339(moment)


def keep(gate: Gate, files: dict[str, Any], report: dict[str, Any], folder: Path) -> None:
    """The parts of a list are put together: one header, one file."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    (folder / "report.json").write_text(text, encoding="utf-8")
    with (folder / "differences.csv").open("wb") as table:
        for number, url in enumerate(files["csv"]):
            content = gate.download(url)
            table.write(content if number == 0 else _without_head(content))
    with (folder / "differences.jsonl").open("wb") as lines:
        for url in files["jsonl"]:
            lines.write(gate.download(url))


def _without_head(content: bytes) -> bytes:
    return content.removeprefix(_CSV_HEAD).partition(b"\r\n")[2]


def tell(report: dict[str, Any], out: Path | None) -> None:
    typer.echo(_headline(report))
    if report["changes"]:
        typer.echo("")
        rows = [(_plain(change), f"{n:,}", _share(n, report)) for change, n in _most(report)]
        print_table(("what would change", "returns", ""), rows)
    moved = {flow: n for flow, n in report["flows"].items() if len(set(flow.split(">"))) == 2}
    if moved:
        typer.echo("")
        flows = sorted(moved.items(), key=lambda one: -one[1])
        print_table(
            ("then", "now", "returns"),
            [(*map(_plain, flow.split(">")), f"{n:,}") for flow, n in flows],
        )
    for money in report["money"]:
        typer.echo("")
        print_table((money["currency"], "then", "now"), _money(money))
    _tell_segments(report)
    _tell_left_out(report)
    where = f"In {out}: report.json, differences.csv, differences.jsonl." if out else ""
    typer.echo(where or f"The whole report: {report['job_id']} (--out keeps it, and the list).")


def _headline(report: dict[str, Any]) -> str:
    of = f" (a sample of {report['found']:,})" if report["sample"] else ""
    different = report["different"]
    return (
        f"{report['version_id']} tried on {report['returns']:,} past returns{of}: "
        f"{different:,} would have gone otherwise ({_share(different, report)})."
    )


def _most(report: dict[str, Any]) -> list[tuple[str, int]]:
    return sorted(report["changes"].items(), key=lambda one: -one[1])


def _money(money: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    for kind in ("refund", "fees"):
        yield kind, money[f"{kind}_before"], money[f"{kind}_after"]


def _tell_segments(report: dict[str, Any]) -> None:
    """Where something differs, the most first; a segment of one value says nothing new."""
    for segment, values in report["segments"].items():
        differing = sorted(
            (one for one in values if one["different"]), key=lambda one: -one["different"]
        )
        if len(values) < 2 or not differing:
            continue
        typer.echo("")
        rows = [
            (
                one["value"],
                f"{one['different']:,} of {one['returns']:,}",
                ", ".join(f"{_plain(change)} {n:,}" for change, n in _most(one)),
            )
            for one in differing[:_SEGMENT_ROWS]
        ]
        print_table((segment.replace("_", " "), "differ", "what"), rows)
        if len(differing) > _SEGMENT_ROWS:
            typer.echo(f"… and {len(differing) - _SEGMENT_ROWS} more: --json tells all.")


def _tell_left_out(report: dict[str, Any]) -> None:
    typer.echo("")
    for fact, number in sorted(report["unknown_facts"].items()):
        typer.echo(f"Not known of {number:,} returns, and not guessed: {fact}.")
    for why, number in sorted(report["not_replayable"].items()):
        typer.echo(f"Not tried, {number:,} returns: {_WHY.get(why, why)}.")


_WHY = {
    "no_decision": "policy was never asked about them",
    "no_facts": "the facts of their decision were not kept",
    "unreadable": "they cannot be read",
}


def _plain(word: str) -> str:
    return word.replace("_", " ")


def _share(number: int, report: dict[str, Any]) -> str:
    return f"{number / report['returns']:.1%}" if report["returns"] else "0 %"
