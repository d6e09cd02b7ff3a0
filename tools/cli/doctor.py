"""`tuiku doctor`: is everything well, and what is to be done where it is not?"""

from collections import Counter
from collections.abc import Sequence

import typer

from tools.cli.checks import Check, Verdict, judged, problem
from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.probes import answered, probes_of, utc_now
from tools.cli.progress import Screen
from tools.cli.telling import print_json
from tools.stack.errors import StackError
from tools.stack.places import Place
from tools.stack.status import status_of

_SIGNS = {Verdict.OK: "✓", Verdict.PROBLEM: "✗", Verdict.UNKNOWN: "?"}


def doctor(name: Name = DEFAULT_NAME, stage: StageName = None, as_json: AsJson = False) -> None:
    """Look at everything a stage consists of, and say what to do where it is not well.

    Stacks, parameters, key, tables, bucket, queues and dead letters, event sources, schedules,
    errors of the last 24 hours, sign-in, health and clock. What cannot be known (an emulator that
    does not answer it, rights that you lack) is `unknown`, never ok. Exit code 1 when there is a
    problem.
    """
    found = _looked(name, stage, Screen(quiet=as_json))
    counts = Counter(check.verdict for check in found)
    if as_json:
        numbers = {verdict.value: counts[verdict] for verdict in Verdict}
        print_json({**numbers, "checks": [check.as_json() for check in found]})
    else:
        _tell(found)
        told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
        typer.echo(f"{len(found)} checks: {told}.")
    if counts[Verdict.PROBLEM]:
        raise typer.Exit(FOUND)


def _looked(name: str, stage: str | None, screen: Screen) -> list[Check]:
    try:
        target = target_of(name, stage)
    except StackError as exc:
        return [problem("stage", str(exc), "Then look again.")]
    found: list[Check] = [] if stage else _processes(name)
    if any(check.verdict is Verdict.PROBLEM for check in found):
        return found
    probes = probes_of(target, utc_now)
    with screen.step(f"Examining {target.shown}", len(probes)) as step:
        for probe in probes:
            found += answered(probe)
            step.advance()
    return found


def _processes(name: str) -> list[Check]:
    """Of a local stack: without its processes nothing else can answer."""
    return [
        judged(
            f"process {process}",
            is_ok=lives,
            said="running" if lives else "not running",
            advice=f"Start it again: run `make up NAME={name}`.",
        )
        for process, lives in status_of(Place(name=name)).processes.items()
    ]


def _tell(found: Sequence[Check]) -> None:
    width = max(len(check.name) for check in found)
    for check in found:
        typer.echo(f"{_SIGNS[check.verdict]} {check.name:<{width}}  {check.said}")
        if check.verdict is not Verdict.OK and check.advice:
            typer.echo(f"  {'':<{width}}  → {check.advice}")
