"""`tuiku reconcile`: the reconciliation of the schedule, now, by the deployed functions."""

import json
import time
from typing import Any

import typer

from tools.cli.gate import Gate
from tools.cli.jobs import failure, followed
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen
from tools.cli.telling import print_findings, print_json
from tools.stack.errors import StackError


def reconcile(name: Name = DEFAULT_NAME, stage: StageName = None, as_json: AsJson = False) -> None:
    """Run the reconciliation now and print what it found; exit code 1 if it found anything.

    It runs where the nightly one does, in the deployed functions, and leaves the same report.
    `tuiku verify` compares from here instead, and also looks for what a restore has cut.
    """
    gate = Gate(target_of(name, stage))
    screen = Screen(quiet=as_json)
    with screen.step("Reconciling") as step:
        job = gate.post("/v1/reconciliations", {}, key=f"tuiku-reconcile-{time.time_ns()}")
        job = followed(gate, job["id"], step)
    if job["state"] != "succeeded":
        raise StackError(failure(job))
    result = job["result"]
    report: dict[str, Any] = json.loads(gate.download(result["report_url"]))
    findings = report["findings"]
    if as_json:
        print_json(report)
    else:
        print_findings(findings)
        checked = ", ".join(f"{number:,} {kind}" for kind, number in report["checked"].items())
        typer.echo(f"{len(findings)} findings. Compared {checked}. Report: {result['report_key']}")
        if report["unsettled"]:
            typer.echo(f"Kept changing, so not judged: {', '.join(report['unsettled'])}.")
    if findings:
        raise typer.Exit(FOUND)
