"""`tuiku finance journal`: what was posted in a time, as lines for the books of another system."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core.clock import rfc3339
from tools.cli.exporting import whole_file
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
from tools.cli.progress import Screen
from tools.cli.telling import print_json
from tools.stack.errors import StackError

_FORMATS = {".csv": "csv", ".json": "json"}


class Language(StrEnum):
    ENGLISH = "en"
    CHINESE = "zh-CN"


def journal(
    since: Annotated[
        str, typer.Option(help="From this day or time on: 2026-11-01, 2026-11-01T09:00:00Z.")
    ],
    until: Annotated[str, typer.Option(help="Before this day or time, which has to be over.")],
    out: Annotated[Path, typer.Option(help="The file: .csv or .json.")],
    language: Annotated[
        Language, typer.Option("--lang", help="Of the names of accounts.")
    ] = Language.ENGLISH,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Write the journal of a time to a file, under the account codes that finance has stated.

    Exit code 1 if a posting has no exchange rate, and so no amount in the shop's own currency.
    """
    body = _body(since, until, out, language)
    if out.exists() and not force:
        raise StackError(f"{out} is there already: name another file, or add --force.")
    gate = Gate(target_of(name, stage))
    screen = Screen(quiet=as_json)
    with screen.step("Writing the journal") as step:
        job = gate.post("/v1/finance/journals", body, key=f"tuiku-journal-{time.time_ns()}")
        job = followed(gate, job["id"], step)
    if job["state"] != "succeeded":
        raise StackError(failure(job))
    result: dict[str, Any] = job["result"]
    with whole_file(out) as file:
        file.write(gate.download(result["journal_url"]).decode("utf-8"))
    unrated = result["unrated"]
    if as_json:
        told = ("from", "to", "postings", "lines", "unrated", "accounts_version", "totals")
        print_json({"file": str(out), **{field: result[field] for field in told}})
    else:
        typer.echo(f"{result['postings']:,} postings in {result['lines']:,} lines: {out}.")
        if unrated:
            typer.echo(f"{unrated:,} have no exchange rate: state one at PUT /v1/finance/accounts.")
    if unrated:
        raise typer.Exit(FOUND)


def _body(since: str, until: str, out: Path, language: Language) -> dict[str, str]:
    begin, end = moment_of(since), moment_of(until)
    assert begin is not None, "it has to be said"
    assert end is not None, "it has to be said"
    if begin >= end:
        raise StackError("--since must be before --until.")
    form = _FORMATS.get(out.suffix.lower())
    if form is None:
        raise StackError(
            f"{out} does not say which format is meant: end it with {' or '.join(_FORMATS)}."
        )
    return {
        "from": rfc3339(begin), "to": rfc3339(end), "format": form, "language": language.value,
    }  # fmt: skip
