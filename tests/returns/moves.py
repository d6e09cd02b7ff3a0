"""Which way units went between two versions of a return, and whether the table knows that way."""

from collections.abc import Iterator

from chalicelib.returns.model import Return, UnitGroup
from chalicelib.returns.transitions import TRANSITIONS, Axis, Command, States
from tools.reference_domain import CONSEQUENCES

WAYS: list[tuple[Command, Axis, States, States]] = [
    *((row.command, row.axis, row.origins, row.targets) for row in TRANSITIONS),
    *((row.command, row.axis, row.origins, row.targets) for row in CONSEQUENCES),
]
Move = tuple[Axis, object, object]
"""Axis, where from, where to."""


def moves(before: Return, after: Return) -> set[Move]:
    """The ways that units of both versions went; units are told apart by line and number."""
    stood = dict(_units(before))
    return {
        (axis, was, now)
        for place, group in _units(after)
        if place in stood
        for axis in Axis
        if (was := getattr(stood[place], axis)) is not (now := getattr(group, axis))
    }


def _units(ret: Return) -> Iterator[tuple[tuple[str, int], UnitGroup]]:
    for line in ret.lines:
        for group in line.groups:
            for run in group.units:
                for ordinal in range(run.first, run.last + 1):
                    yield (line.line_no, ordinal), group


def unknown(command: Command, found: set[Move]) -> set[Move]:
    """The moves that neither the table of transitions nor that of consequences has."""
    return {move for move in found if not _is_known(command, move)}


def _is_known(command: Command, move: Move) -> bool:
    axis, was, now = move
    return any(
        (command, axis) == (known, on) and was in origins and now in targets
        for known, on, origins, targets in WAYS
    )
