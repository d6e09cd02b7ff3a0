"""Tries the promises and prints a row for each; build/promises.json holds the same.

python -m prove [--only 1,6] [--scale small|full] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from contextlib import ExitStack
from typing import Any

from prove.promises import Ground, promises
from prove.results import FULL, SMALL, Asked, Promise, Trial
from tools.stack.places import ROOT

REPORT = ROOT / "build" / "promises.json"


def run(promise: Promise, asked: Asked) -> dict[str, Any]:
    """The row of one promise; a trial that breaks off breaks the promise."""
    trial, began = Trial(), time.monotonic()
    try:
        promise.attempt(asked, trial)
    except Exception as error:  # noqa: BLE001 - one trial must not hide the others
        traceback.print_exc()
        trial.check(False, f"broke off: {type(error).__name__}: {str(error)[:300]}")
    return {
        "promise": promise.number,
        "claim": promise.claim,
        "figure": "; ".join(trial.figures),
        "goal": promise.goal,
        "pass": trial.is_kept,
        "faults": trial.faults,
        "how": promise.how,
        "scale": asked.scale,
        "seed": asked.seed,
        "seconds": round(time.monotonic() - began, 1),
    }


def shown(row: dict[str, Any]) -> str:
    verdict = "pass" if row["pass"] else "FAIL: " + "; ".join(row["faults"])
    return f"promise {row['promise']} | {row['figure']} | {verdict}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", default="", help="numbers of promises, with commas between")
    parser.add_argument("--scale", choices=(SMALL, FULL), default=FULL)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asked = Asked(scale=given.scale, seed=given.seed)
    only = {int(number) for number in given.only.split(",") if number}
    rows = []
    with ExitStack() as closing:
        chosen = [p for p in promises(Ground(closing)) if not only or p.number in only]
        if not chosen or only - {promise.number for promise in chosen}:
            parser.error("there is no such promise here")
        for promise in chosen:
            row = run(promise, asked)
            rows.append(row)
            sys.stdout.write(shown(row) + "\n")
            sys.stdout.flush()
            REPORT.parent.mkdir(exist_ok=True)
            REPORT.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if all(row["pass"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
