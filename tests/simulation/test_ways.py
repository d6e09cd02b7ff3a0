"""The days of the simulation go every way of the table of transitions, and no other."""

from collections import defaultdict

from chalicelib.returns.model import Return
from chalicelib.returns.transitions import TRANSITIONS, Command, Transition
from tests.returns.moves import Move, moves, unknown
from tests.simulation.commands import about
from tests.simulation.driver import Duel
from tests.simulation.planning import next_step
from tests.simulation.rare import RARE
from tests.simulation.steps import Seeded, Step
from tools.reference_domain import CONSEQUENCES, Consequence

STEPS = 8000
ROWS: tuple[Transition | Consequence, ...] = (*TRANSITIONS, *CONSEQUENCES)
OTHER_NAMES = {
    "scan": Command.RECEIVE,
    "retry": Command.RETRY_SETTLEMENT,
    "confirm": Command.CONFIRM_SETTLEMENT,
    "approve-refund": Command.APPROVE_SETTLEMENT,
    "reverse": Command.REVERSE_SETTLEMENT,
    "decide": Command.DECIDE_APPEAL,
}
CARRIERS = {"in_transit": Command.SHIP, "delivered": Command.ARRIVE}
"""What a carrier tells does what a command does; a parcel that went back to its sender is more."""


def command_of(step: Step) -> Command | None:
    """The row of the table that a step goes by; None for what the table does not know."""
    if step.command == "news":
        return CARRIERS.get(step.given["status"])
    if step.command in OTHER_NAMES:
        return OTHER_NAMES[step.command]
    return Command(step.command) if step.command in list(Command) else None


def test_every_way_is_gone_and_no_other() -> None:
    gone: dict[Command, set[Move]] = defaultdict(set)
    duel, choices = Duel(), Seeded(2)

    for number in range(1, STEPS + len(RARE) + 1):
        step = RARE[number - 1] if number <= len(RARE) else next_step(duel.world, choices, number)
        command = command_of(step)
        before = _returns(duel, step) if command else {}
        duel.do(step)
        if command is not None:
            after = _returns(duel, step)
            for key, ret in before.items():
                gone[command] |= moves(ret, after[key])

    assert {command: unknown(command, found) for command, found in gone.items()} == {
        command: set() for command in gone
    }
    assert _missing(gone) == []


def _returns(duel: Duel, step: Step) -> dict[str, Return]:
    keys = about(duel.world, step) if step.command != "ask" else []
    return {key: ret for key in keys if (ret := duel.reality.return_(key)) is not None}


def _missing(gone: dict[Command, set[Move]]) -> list[str]:
    """Targets that no unit was led to."""
    return [
        f"{row.command}: {row.axis} {target}"
        for row in ROWS
        for target in row.targets - row.origins
        if not any(
            axis is row.axis and now is target and was in row.origins
            for axis, was, now in gone[row.command]
        )
    ]
