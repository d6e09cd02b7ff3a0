"""One run: a stack of its own, every figure in turn, the table at the end."""

import os
from collections.abc import Sequence
from pathlib import Path

from bench import (
    cold,
    cost,
    deciding,
    hot,
    lists,
    recording,
    sampling,
    scanning,
    simulation,
    throughput,
)
from bench.door import Door
from bench.figures import Figure, show, write
from bench.stage import staged

FIGURES = ("P1", "P2", "P3", "P4", "P5", "P9", "P10", "P11", "P12")


def run(wanted: Sequence[str], *, rounds: int, target: Path, is_sampled: bool = False) -> int:
    figures: list[Figure] = []
    with staged() as stage:
        # This process is given what a function is given; it has no other use for the variables.
        environment = stage.environment
        os.environ.update(environment)
        from app import app

        recorded = recording.record(Door(app), stage.link())
        if is_sampled:
            for layer, share in sampling.shares(Door(app)):
                print(f"{share:6.1%}  {layer}")
        if {"P1", "P2"}.intersection(wanted):
            figures += throughput.measure(environment, recorded, rounds)
            figures += throughput.over_http(stage.stack)
        if "P3" in wanted:
            figures += cost.calls(recorded)
            figures += cost.cost(stage, recorded)
        if "P4" in wanted:
            figures += scanning.measure(stage)
        if "P5" in wanted:
            figures += cold.measure()
        if "P9" in wanted:
            figures += lists.measure(stage, recorded)
        if "P10" in wanted:
            figures += hot.measure(stage)
        if "P11" in wanted:
            figures += deciding.measure()
        if "P12" in wanted:
            figures += simulation.measure(stage, recorded)
        figures = [figure for figure in figures if figure.figure in wanted]
        # Before the stack goes: removing what its functions unpacked may take a minute.
        show(figures)
        write(figures, target)
    return 0 if all(figure.ok is not False for figure in figures) else 1
