"""The days of the simulation go every way of the table of transitions, and no other."""

from collections import defaultdict
from typing import Any

from chalicelib.returns.model import Return
from chalicelib.returns.transitions import TRANSITIONS, Command, Transition
from tests.returns.moves import Move, moves, unknown
from tests.simulation.commands import about
from tests.simulation.driver import Duel
from tests.simulation.planning import next_step
from tests.simulation.steps import Seeded, Step
from tools.reference_domain import CONSEQUENCES, Consequence

STEPS = 8000
ROWS: tuple[Transition | Consequence, ...] = (*TRANSITIONS, *CONSEQUENCES)
OTHER_NAMES = {
    "scan": Command.RECEIVE,
    "retry": Command.RETRY_SETTLEMENT,
    "confirm": Command.CONFIRM_SETTLEMENT,
    "decide": Command.DECIDE_APPEAL,
}
CARRIERS = {"in_transit": Command.SHIP, "delivered": Command.ARRIVE}
"""What a carrier tells does what a command does; a parcel that went back to its sender is more."""


_WISH = ("1", 1, "CHANGED_MIND", "POT")


def _sale(name: str, **more: Any) -> Step:
    """One unit for ten euros; `more` is what it is sold under."""
    payments = [(f"{name}-card", "sandbox", 1000), (f"{name}-other", "manual", 0)]
    given = {"lines": [("TEA", 1, 1, 1000, 0)], "discount": 0, "payments": payments, "spare": []}
    return Step(name, "sell", given={**given, **more})


def _upheld(terms: str) -> tuple[Step, ...]:
    """A rejection that does not stand."""
    wishes = [("1", 1, "CHANGED_MIND", None)]
    return (
        _sale(terms, terms=terms),
        Step(f"{terms}-ret", "ask", given={"order": terms, "wishes": wishes, "submit": True}),
        Step(f"{terms}-no", "reject", f"{terms}-ret", who="ann"),
        Step(f"{terms}-apl", "appeal", f"{terms}-ret", given={"against": "rejection", "lines": ()}),
        Step(
            f"{terms}-yes",
            "decide",
            f"{terms}-apl",
            given={"of": f"{terms}-ret", "upheld": True, "award": None},
            who="bob",
        ),
    )


def _alone(terms: str, ret: str) -> tuple[Step, ...]:
    """A draft that is approved by no person when it is submitted."""
    sale = f"{ret}-sale"
    wishes = [("1", 1, "CHANGED_MIND", None)]
    return (
        _sale(sale, terms=terms, alone=True),
        Step(ret, "ask", given={"order": sale, "wishes": wishes, "submit": False}),
        Step(f"{ret}-submitted", "submit", ret),
    )


RARE = (
    _sale("sale", alone=True),
    Step("ret", "ask", given={"order": "sale", "wishes": [_WISH], "submit": True}),
    Step("question", "request-info", "ret"),
    Step("answer", "edit", "ret", given={"wishes": [(*_WISH[:3], None)]}),
    Step("asked", "submit", "ret"),
    *_upheld("kept"),
    *_upheld("on-approval"),
    *_alone("kept", "stays"),
    *_alone("on-approval", "lapses"),
    Step("lapsed", "expire", "lapses", given={"kind": "ship"}),
    *_alone("on-approval", "turned away"),
    Step("refused", "refuse", "turned away"),
    *_alone("on-scan", "moves"),
    Step("moving", "ship", "moves"),
    Step("scanned", "news", "moving", given={"status": "in_transit"}),
    *_alone("on-scan", "comes"),
    Step("coming", "ship", "comes"),
    Step("brought", "news", "coming", given={"status": "delivered"}),
)
"""An answer that the policy approves alone; and what becomes of units under terms that pay early:
chance seldom leads there."""


def command_of(step: Step) -> Command | None:
    """The row of the table that a step goes by; None for what the table does not know."""
    if step.command == "news":
        return CARRIERS.get(step.given["status"])
    if step.command in OTHER_NAMES:
        return OTHER_NAMES[step.command]
    return Command(step.command) if step.command in list(Command) else None


def test_every_way_is_gone_and_no_other() -> None:
    gone: dict[Command, set[Move]] = defaultdict(set)
    duel, choices = Duel(), Seeded(12)

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
