"""`tuiku import`: a CSV file through the API's own import, with its rejects."""

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.imports.service import FILE_BYTES_MAX
from tools.cli.gate import Gate
from tools.cli.jobs import failure, followed
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen
from tools.cli.telling import print_json
from tools.stack.errors import StackError
from tools.stack.show import fail


class Kind(StrEnum):
    ORDERS = "orders"
    RETURNS = "returns"
    STOCK_COUNTS = "stock_counts"


class Mode(StrEnum):
    SKIP_BAD = "skip_bad"
    ALL_OR_NOTHING = "all_or_nothing"


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file, UTF-8, with a header row.")],
    kind: Annotated[Kind, typer.Option(help="What its rows are.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, change nothing.")] = False,
    mode: Annotated[
        Mode, typer.Option(help="Leave bad rows out, or import nothing if any is bad.")
    ] = Mode.SKIP_BAD,
    rejects: Annotated[
        Path | None, typer.Option(help="Write the rejected rows with their faults to this file.")
    ] = None,
    reason_system: Annotated[
        str | None,
        typer.Option(help="The reasons of a returns file are codes of this system: shopify, …"),
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Import orders, returns or stock counts from a CSV file; exit code 1 if any row was not taken.

    The same file again changes nothing: what is there already counts as unchanged. An import goes
    on by itself when this command is interrupted.
    """
    content = _content_of(file)
    gate = Gate(target_of(name, stage))
    screen = Screen(quiet=as_json)
    body: dict[str, object] = {
        "kind": kind.value, "dry_run": dry_run, "mode": mode.value, "file_name": file.name[:200],
    }  # fmt: skip
    if reason_system is not None:
        body["reason_system"] = reason_system
    with screen.step("Checking" if dry_run else "Importing") as step:
        answer = gate.post("/v1/imports", body, key=f"tuiku-import-{time.time_ns()}")
        gate.upload(answer["upload"], content)
        job = followed(gate, answer["job"]["id"], step)
    result = job.get("result") or {}
    if rejects and result.get("rejects_url"):
        rejects.write_bytes(gate.download(result["rejects_url"]))
    if as_json:
        print_json(job)
    else:
        _tell(job, result, rejects)
    if job["state"] != "succeeded" or result.get("rejected"):
        raise typer.Exit(FOUND)


def _content_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise StackError(
                f"{file} is larger than an import takes ({FILE_BYTES_MAX >> 20} MiB): cut it."
            )
        return file.read_bytes()
    except OSError as exc:
        raise StackError(f"{file} cannot be read: {exc.strerror}.") from exc


def _tell(job: dict[str, Any], result: dict[str, Any], rejects: Path | None) -> None:
    for error in result.get("errors", []):
        column = f", {error['column']}" if error.get("column") else ""
        typer.echo(f"✗ row {error['row']}{column}: {error['message']} ({error['code']})")
    if job["state"] != "succeeded":
        fail(f"{failure(job)}")
    if "rows" not in result:
        return
    done = "would be accepted" if result["dry_run"] else "accepted"
    typer.echo(
        f"{result['rows']:,} rows: {result['accepted']:,} {done}, "
        f"{result['unchanged']:,} unchanged, {result['rejected']:,} rejected. Job {job['id']}"
    )
    if not result["rejected"]:
        return
    if rejects:
        typer.echo(f"The rejected rows with their faults are in {rejects}.")
    elif result.get("rejects_url"):
        typer.echo("--rejects FILE keeps the rejected rows with their faults, to mend and import.")
