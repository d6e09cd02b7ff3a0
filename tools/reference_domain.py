"""Writes the parts of docs/domain.md that follow from the code: diagrams and tables of the states.

Each stands between two marker comments and is written anew; the prose around it is a person's.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from chalicelib.core.money import Money
from chalicelib.core.runs import Run
from chalicelib.orders.value import Paid
from chalicelib.returns.lifecycle import allowed
from chalicelib.returns.model import (
    Authorization,
    Closure,
    Disposition,
    InspectionResult,
    Logistics,
    Method,
    Return,
    ReturnLine,
    ReturnType,
    UnitGroup,
)
from chalicelib.returns.standing import HEADER, Status, is_complete, status_of
from chalicelib.returns.transitions import TRANSITIONS, Axis, Command, States, Transition
from chalicelib.settlement.model import SettlementState

PAGE = Path(__file__).resolve().parent.parent / "docs" / "domain.md"
AXES: dict[Axis, tuple[str, tuple[object, ...]]] = {
    Axis.AUTHORIZATION: ("审核", tuple(Authorization)),
    Axis.LOGISTICS: ("物流", tuple(Logistics)),
    Axis.INSPECTION: ("检验", tuple(InspectionResult)),
    Axis.DISPOSITION: ("处置", (None, *Disposition)),
    Axis.SETTLEMENT: ("结算", tuple(SettlementState)),
}
"""The five axes with their Chinese names; a credit is no axis of its own, it goes with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What a command changes beside the axis that it moves units on; `where` holds afterwards."""

    command: Command
    axis: Axis
    origins: States
    targets: States
    where: Mapping[Axis, States] = field(default_factory=dict)

    def fits(self, group: UnitGroup) -> bool:
        """Whether units that the command has moved are changed further."""
        return getattr(group, self.axis) in self.origins and all(
            getattr(group, axis) in states for axis, states in self.where.items()
        )


def _so(
    axis: Axis, origins: set[object], targets: set[object], *commands: Command, **where: object
) -> tuple[Consequence, ...]:
    return tuple(
        Consequence(
            command=command,
            axis=axis,
            origins=frozenset(origins),
            targets=frozenset(targets),
            where={Axis(name): frozenset({state}) for name, state in where.items()},
        )
        for command in commands
    )


_A, _C, _L, _S = Axis, Command, Logistics, SettlementState
_CREDITS: set[object] = {True, False, None}
_AGAIN = InspectionResult.NEEDS_REINSPECTION
_UNPAID = SettlementState.NONE
_STARTED: set[object] = {
    _S.QUOTED,
    _S.PROCESSING,
    _S.PARTIAL,
    _S.SETTLED,
    _S.FAILED,
    _S.MANUAL,
}
_DISPOSED: set[object] = set(Disposition)
_APPROVING = (_C.SUBMIT, _C.APPROVE, _C.DECIDE_APPEAL)
_KEPT = Disposition.KEPT_BY_CUSTOMER
CONSEQUENCES: tuple[Consequence, ...] = (
    *_so(
        _A.LOGISTICS,
        {_L.NONE},
        {_L.AWAITING, _L.NOT_NEEDED},
        *_APPROVING,
        authorization=Authorization.APPROVED,
    ),
    # What the customer keeps has not ended before, so it is never reopened.
    *_so(_A.LOGISTICS, {_L.NONE}, {_L.AWAITING}, _C.REOPEN, authorization=Authorization.APPROVED),
    *_so(_A.DISPOSITION, {None}, {_KEPT}, *_APPROVING, logistics=_L.NOT_NEEDED),
    *_so(_A.CREDIT, {None}, {True}, *_APPROVING, logistics=_L.NOT_NEEDED),
    *_so(_A.CREDIT, {None}, {True, None}, *_APPROVING, _C.REOPEN, logistics=_L.AWAITING),
    *_so(_A.CREDIT, {None}, {True, None}, _C.SHIP, _C.ARRIVE),
    *_so(_A.LOGISTICS, {_L.AWAITING}, {_L.NONE}, _C.CANCEL, _C.EXPIRE),
    *_so(_A.CREDIT, {True}, {None}, _C.CANCEL, _C.EXPIRE, _C.SHORT_CLOSE, _C.REFUSE),
    *_so(_A.CREDIT, _CREDITS, {True, False}, _C.MARK_LOST, settlement=_UNPAID),
    *_so(_A.CREDIT, {None}, {True, False}, _C.MARK_LOST),
    *_so(_A.CREDIT, _CREDITS, {True, None}, _C.RECEIVE, settlement=_UNPAID),
    *_so(_A.CREDIT, _CREDITS, {True, False}, _C.INSPECT, settlement=_UNPAID),
    *_so(_A.DISPOSITION, _DISPOSED, {None}, _C.REINSPECT, _C.DECIDE_APPEAL, inspection=_AGAIN),
    *_so(_A.CREDIT, {True, False}, {None}, _C.REINSPECT, _C.DECIDE_APPEAL, inspection=_AGAIN),
    *_so(_A.CREDIT, {True, None}, {False}, _C.SHIP_BACK),
    *_so(_A.CREDIT, {None}, {False}, _C.DISPOSE, disposition=Disposition.SHIP_BACK),
    *_so(_A.SETTLEMENT, {_UNPAID}, {_S.SETTLED}, _C.REPAIR),
    # Units whose replacement costs less are settled as their difference is.
    *_so(_A.SETTLEMENT, {_S.APPROVED}, _STARTED, _C.SETTLE),
    *_so(_A.SETTLEMENT, {_S.QUOTED, _S.FAILED, _S.MANUAL}, {_S.APPROVED}, _C.REVERSE_SETTLEMENT),
    *_so(_A.DISPOSITION, {Disposition.REPAIR}, {Disposition.HOLD}, _C.NOT_REPAIRABLE),
)
"""Every change that TRANSITIONS does not name; the tests of the life cycle see no other."""


@cache
def places() -> frozenset[UnitGroup]:
    """Everywhere that the commands lead one unit to, from where units of a new return stand."""
    start = UnitGroup(units=(Run(1, 1),))
    found, left = {start}, [start]
    while left:
        group = left.pop()
        for row in TRANSITIONS:
            for target in row.targets if row.fits(group) else ():
                moved = replace(group, **{row.axis.value: target})  # type: ignore[arg-type]
                fresh = set(_followed(row.command, moved)) - found
                found |= fresh
                left.extend(fresh)
    return frozenset(found)


def _followed(command: Command, group: UnitGroup) -> Iterator[UnitGroup]:
    """The group after each consequence, in every way that these may turn out."""
    groups = [group]
    for row in (row for row in CONSEQUENCES if row.command is command):
        groups = [
            replace(one, **{row.axis.value: target})  # type: ignore[arg-type]
            for one in groups
            for target in (row.targets if row.fits(one) else [getattr(one, row.axis)])
        ]
    yield from groups


_BLOCK = re.compile(r"(<!-- made by tools\.reference: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def page(text: str, parts: Mapping[str, Callable[[], str]] | None = None) -> str:
    """The text with every marked part made anew; KeyError for a mark that nothing makes.

    `parts` are those of another page.
    """
    made = PARTS if parts is None else parts
    return _BLOCK.sub(lambda found: f"{found[1]}\n{made[found[2]]()}\n{found[3]}", text)


def marks(text: str) -> list[str]:
    """The names of the marked parts, in order."""
    return [found[2] for found in _BLOCK.finditer(text)]


def axes_table() -> str:
    """Each axis with its states; the first is where units begin."""
    rows = [
        (f"{axis} {chinese}", " ".join(f"`{shown(state)}`" for state in states))
        for axis, (chinese, states) in AXES.items()
    ]
    return _table(("axis", "states"), rows)


def diagram(axis: Axis) -> str:
    """One axis as a mermaid state diagram: an arrow for each way, with the commands that go it."""
    ways: dict[tuple[object, object], list[str]] = {}
    for row in TRANSITIONS:
        if row.axis is not axis:
            continue
        for origin in _sorted(axis, row.origins):
            for target in _sorted(axis, row.targets):
                if origin is not target:
                    ways.setdefault((origin, target), []).append(row.command.value)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {shown(beginning(axis))}"]
    for origin, target in sorted(
        ways, key=lambda way: (_place(axis, way[0]), _place(axis, way[1]))
    ):
        commands = ", ".join(dict.fromkeys(ways[origin, target]))
        lines.append(f"    {shown(origin)} --> {shown(target)} : {commands}")
    return "\n".join([*lines, "```"])


def beginning(axis: Axis) -> object:
    """Where units of a new return stand."""
    return next(field.default for field in fields(UnitGroup) if field.name == axis.value)


def transitions_table() -> str:
    """Every row of TRANSITIONS."""
    rows = [
        (
            f"`{row.command.value}`",
            row.axis.value,
            _states(row.axis, row.origins),
            _states(row.axis, row.targets) or "stays",
            _where(row),
            ", ".join(
                text
                for holds, text in (
                    (row.whole, "whole return"),
                    (row.is_open_to_closed, "closed too"),
                )
                if holds
            ),
        )
        for row in TRANSITIONS
    ]
    return _table(("command", "axis", "from", "to", "where", ""), rows)


def consequences_table() -> str:
    """What else a command changes."""
    rows = [
        (
            f"`{row.command.value}`",
            row.axis.value,
            _states(row.axis, row.origins),
            _states(row.axis, row.targets),
            _where(row),
        )
        for row in CONSEQUENCES
    ]
    return _table(("command", "axis", "from", "to", "where"), rows)


def unreached() -> str:
    """States that no command leads to yet."""
    rows = []
    for axis, (_, states) in AXES.items():
        reached = {getattr(group, axis) for group in places()}
        names = [f"`{shown(state)}`" for state in states if state not in reached]
        rows += [(axis.value, " ".join(names))] if names else []
    return _table(("axis", "states"), rows)


def commands_table() -> str:
    """What a return of one unit admits in each status: always, or depending on its other axes."""
    by_status: dict[Status, list[set[str]]] = {}
    for group in places():
        ret = _return_of(group)
        by_status.setdefault(status_of(ret), []).append(set(allowed(ret)))
        if is_complete(ret):
            closed = replace(ret, closure=Closure.COMPLETED)
            by_status.setdefault(status_of(closed), []).append(set(allowed(closed)))
    rows = []
    for status in (status for status in Status if status in by_status):
        always, ever = set.intersection(*by_status[status]), set.union(*by_status[status])
        rows.append((f"`{status}`", _commands(always), _commands(ever - always)))
    return _table(("status", "always", "depending on where the unit stands"), rows)


def _commands(names: set[str]) -> str:
    return " ".join(f"`{command.value}`" for command in Command if command.value in names)


def _return_of(group: UnitGroup) -> Return:
    """A return of these units, and of nothing else that a status looks at."""
    then, nothing = datetime(2026, 1, 1, tzinfo=UTC), Money.zero("EUR")
    line = ReturnLine(
        line_no="1",
        sku="",
        name="",
        reason="",
        groups=(group,),
        paid=Paid(net=nothing, tax=nothing),
        sold=1,
    )
    return Return(
        return_id="",
        number="",
        type=ReturnType.CUSTOMER_RETURN,
        method=Method.COURIER,
        currency="EUR",
        lines=(line,),
        requested_at=then,
        created_at=then,
        updated_at=then,
        requested_by="",
    )


def header_table() -> str:
    """The rows of HEADER: the first that holds is the status."""
    rows = [(str(place), row.words, f"`{row.status.value}`") for place, row in enumerate(HEADER, 1)]
    return _table(("", "when", "status"), rows)


def shown(state: object) -> str:
    """A state as documents write it: no disposition yet is `UNDECIDED`, a credit yes or no."""
    words: Mapping[object, str] = {None: "UNDECIDED", True: "yes", False: "no"}
    return words[state] if state in words else str(state)


def _where(row: Transition | Consequence) -> str:
    return "; ".join(f"{axis.value} {_states(axis, states)}" for axis, states in row.where.items())


def _states(axis: Axis, states: States) -> str:
    return " ".join(f"`{shown(state)}`" for state in _sorted(axis, states))


def _sorted(axis: Axis, states: Iterable[object]) -> list[object]:
    return sorted(states, key=lambda state: _place(axis, state))


def _place(axis: Axis, state: object) -> int:
    """States of different axes may have the same name, so the axis says where one stands."""
    states = AXES[axis][1] if axis in AXES else (True, False, None)
    return states.index(state)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


PARTS: dict[str, Callable[[], str]] = {
    "axes": axes_table,
    "authorization": lambda: diagram(Axis.AUTHORIZATION),
    "logistics": lambda: diagram(Axis.LOGISTICS),
    "inspection": lambda: diagram(Axis.INSPECTION),
    "disposition": lambda: diagram(Axis.DISPOSITION),
    "settlement": lambda: diagram(Axis.SETTLEMENT),
    "transitions": transitions_table,
    "consequences": consequences_table,
    "unreached": unreached,
    "commands": commands_table,
    "header": header_table,
}
"""What each mark of the page is replaced by."""
