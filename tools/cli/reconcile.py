"""`tuiku reconcile`: the reconciliation of the schedule, now, by the deployed functions."""

import json
import time
from enum import StrEnum
from typing import Annotated, Any

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
from tools.cli.progress import Screen
from tools.cli.telling import print_findings, print_json
from tools.stack.errors import StackError


class Of(StrEnum):
    BOOKS = "books"
    PAYMENTS = "payments"


def reconcile(
    of: Annotated[
        Of, typer.Option(help="The books with themselves, or with payment providers' lists.")
    ] = Of.BOOKS,
    since: Annotated[
        str | None, typer.Option(help="Payments from this day or time on; else of three days.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Payments before this day or time.")] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Run the reconciliation now and print what it found; exit code 1 if it found anything.

    It runs where the nightly one does, in the deployed functions, and leaves the same report.
    `tuiku verify` compares from here instead, and also looks for what a restore has cut. With
    payment providers whole hours are compared, and none of the last one.
    """
    body = _body(of, since, until)
    gate = Gate(target_of(name, stage))
    screen = Screen(quiet=as_json)
    with screen.step("Reconciling") as step:
        job = gate.post("/v1/reconciliations", body, key=f"tuiku-reconcile-{time.time_ns()}")
        job = followed(gate, job["id"], step)
    if job["state"] != "succeeded":
        raise StackError(failure(job))
    result = job["result"]
    report: dict[str, Any] = json.loads(gate.download(result["report_url"]))
    findings = report["findings"]
    if as_json:
        print_json(report)
    else:
        _tell(report, result["findings"], result["report_key"])
    if findings:
        raise typer.Exit(FOUND)


def _body(of: Of, since: str | None, until: str | None) -> dict[str, str]:
    if of is Of.BOOKS:
        if since or until:
            raise StackError("The books are compared as a whole: leave --since and --until out.")
        return {}
    times = {"from": moment_of(since), "to": moment_of(until)}
    return {"of": of.value, **{name: rfc3339(at) for name, at in times.items() if at is not None}}


def _tell(report: dict[str, Any], found: int, key: str) -> None:
    print_findings(report["findings"])
    checked = ", ".join(f"{number:,} {kind}" for kind, number in report["checked"].items())
    typer.echo(f"{found} findings. Compared {checked or 'nothing'}. Report: {key}")
    if report["unsettled"]:
        typer.echo(f"Kept changing, so not judged: {', '.join(report['unsettled'])}.")
