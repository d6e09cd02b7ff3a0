"""`tuiku chase`: the daily reminding and expiring, now, by the deployed function."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import typer

from tools.cli.options import DEFAULT_NAME, FOUND, AsJson, Name, StageName, target_of
from tools.cli.progress import Screen, Step
from tools.cli.telling import print_json
from tools.stack.errors import StackError
from tools.targets import Target

FUNCTION = "chase_deadlines"
SECONDS_A_RUN = 30
"""Less than a client of AWS waits for an answer, so that none is given up on and asked again."""
_COUNTS = ("reminded", "expired", "overdue", "unchanged", "failed")
_ACTS = ("reminded", "expired", "overdue")


def chase(name: Name = DEFAULT_NAME, stage: StageName = None, as_json: AsJson = False) -> None:
    """Remind and expire what is due now; exit code 1 if something could not be done.

    It runs where the daily one does, in the deployed function, again until nothing is left.
    """
    target = target_of(name, stage)
    with Screen(quiet=as_json).step("Chasing deadlines") as step:
        counts = chased(lambda: run_once(target), step)
    if as_json:
        print_json(counts)
    else:
        done = ", ".join(f"{counts[one]:,} {one}" for one in _COUNTS)
        typer.echo(f"{done}, {counts['remaining']:,} left.")
    if counts["failed"] or counts["remaining"]:
        raise typer.Exit(FOUND)


def chased(run: Callable[[], Mapping[str, int]], step: Step) -> dict[str, int]:
    """The counts of all runs together. It ends when nothing is left, or a run gets nowhere.

    What failed is due again in the next run, so failures are those of the last one.
    """
    total = dict.fromkeys(_COUNTS, 0)
    while True:
        told = run()
        for one in (*_ACTS, "unchanged"):
            total[one] += told[one]
        total["failed"] = told["failed"]
        left = told["remaining"]
        step.set(sum(total[one] for one in _ACTS), None)
        if not left or not any(told[one] for one in _ACTS):
            return total | {"remaining": left}


def run_once(target: Target) -> dict[str, int]:
    """One run of the function; raises StackError with its own error where it fails."""
    physical = target.functions.get(FUNCTION)
    if physical is None:
        raise StackError(f"{target.shown} has no function {FUNCTION}: deploy this version first.")
    payload = json.dumps(event_of(target, time.gmtime())).encode()
    answer = target.client("lambda").invoke(FunctionName=physical, Payload=payload)
    told: Any = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer or not isinstance(told, dict):
        raise StackError(f"{FUNCTION} failed: {json.dumps(told)[:500]}")
    return {one: int(told[one]) for one in (*_COUNTS, "remaining")}


def event_of(target: Target, now: time.struct_time) -> dict[str, Any]:
    """What EventBridge would send, with how long the run may take."""
    return {
        "version": "0",
        "id": f"tuiku-chase-{time.time_ns()}",
        "detail-type": "Scheduled Event",
        "source": "tuiku.cli",
        "account": "",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        "region": target.region,
        "resources": [],
        "detail": {"seconds": SECONDS_A_RUN},
    }
