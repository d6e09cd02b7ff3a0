"""`tuiku verify`: does the truth agree with itself, item by item?"""

from typing import Annotated

import typer

from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen, Step
from tools.cli.scanning import WatchedTable, about
from tools.cli.telling import as_json as told
from tools.cli.telling import print_findings, print_json
from tools.cli.truth import Verified, Verifier, kinds_of
from tools.targets import Target


def verify(
    subject: Annotated[
        str | None,
        typer.Option(help="Only one: order/NO, return/ID, exception/ID, stocktransfer/ID …"),
    ] = None,
    name: Name = DEFAULT_NAME,
    stage: StageName = None,
    as_json: AsJson = False,
) -> None:
    """Check all that is stored against itself, and print what does not fit, with a repair.

    Events: gapless per subject, hashes unbroken. Orders, returns, ledger: every invariant of the
    reconciliation. References: nothing named that is missing, nothing there that is not named, as
    a restore of a single table or item may leave it. Nothing is repaired by this command. Exit
    code 1 when something was found.
    """
    target = target_of(name, stage)
    screen = Screen(quiet=as_json)
    with screen.step("Verifying", None if subject else about(target, "core")) as step:
        verified = _verified(target, subject, step)
        seconds = step.seconds
    findings = [told(finding) for finding in verified.findings]
    if as_json:
        print_json(
            {
                "items": verified.items,
                "seconds": round(seconds, 3),
                "items_per_second": round(verified.items / max(seconds, 0.001)),
                "checked": dict(sorted(verified.checked.items())),
                "kinds": kinds_of(verified.findings),
                "unsettled": verified.unsettled,
                "findings": findings,
            }
        )
    else:
        print_findings(findings)
        _tell(verified, seconds)
    if findings:
        raise typer.Exit(FOUND)


def _verified(target: Target, subject: str | None, step: Step) -> Verified:
    core = WatchedTable(
        target.tables["core"], target.link(), target.client("dynamodb"), seen=step.advance
    )
    verifier = Verifier(core=core)
    return verifier.one(subject) if subject else verifier.everything()


def _tell(verified: Verified, seconds: float) -> None:
    checked = ", ".join(f"{number:,} {what}" for what, number in sorted(verified.checked.items()))
    rate = verified.items / max(seconds, 0.001)
    typer.echo(
        f"{len(verified.findings):,} findings in {verified.items:,} items ({checked}); "
        f"{seconds:.1f} s, {rate:,.0f} items/s."
    )
    if verified.unsettled:
        typer.echo(f"Kept changing, so not judged: {', '.join(verified.unsettled)}.")
