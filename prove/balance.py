"""Promise 3: money and stock balance, after any commands in any order, and while others act.

The first half plays long random days against a model that was written from the words of the domain
(tests/simulation); the second lets processes meet over the same return (prove/conflicts.py).
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from prove import conflicts
from prove.bench import Bench
from prove.results import Asked, Trial
from tests.simulation.driver import Failed, run


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What one seed came to."""

    seed: int
    steps: int
    refused: int
    fault: str | None


def attempt(bench: Bench, asked: Asked, trial: Trial) -> None:
    seeds, steps = asked.size(small=2, full=20), asked.size(small=300, full=20_000)
    _played(range(asked.seed, asked.seed + seeds), steps, trial)
    conflicts.attempt(bench, asked.size(small=2, full=200), trial)


def _played(seeds: range, steps: int, trial: Trial) -> None:
    began = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=context) as pool:
        days = list(pool.map(_day, seeds, [steps] * len(seeds)))
    for day in days:
        if day.fault is not None:
            sys.stderr.write(f"{day.fault}\n")
    faults = [f"seed {day.seed}" for day in days if day.fault is not None]
    played, refused = sum(day.steps for day in days), sum(day.refused for day in days)
    rate = played / (time.monotonic() - began)
    trial.check(
        not faults and played == steps * len(seeds),
        f"{played:,} steps of seeds {seeds[0]}-{seeds[-1]} agree with the model"
        + (f", {', '.join(faults)} do not" if faults else ""),
    )
    trial.figure(f"{refused:,} refused as they must be, {rate:,.0f} steps/s")


def _day(seed: int, steps: int) -> Day:
    try:
        duel = run(seed, steps)
    except Failed as failed:
        return Day(seed=seed, steps=0, refused=0, fault=str(failed))
    return Day(seed=seed, steps=duel.steps, refused=duel.refused, fault=None)
