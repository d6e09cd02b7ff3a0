"""Which units a command on goods under way is about: all that fit it, or so many of some lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.core import runs
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Json
from chalicelib.core.runs import Runs
from chalicelib.returns.facts import line_facts
from chalicelib.returns.lifecycle import fits, require
from chalicelib.returns.model import Logistics, Return, ReturnLine
from chalicelib.returns.transitions import Command
from chalicelib.returns.units import Where, move, units_where

UnitsByLine = Mapping[str, Runs]
"""By line number of the return; lines without units may be left out."""
IN_MOTION = frozenset({Logistics.IN_TRANSIT, Logistics.ARRIVED})
"""Of these units a parcel tells; those that only wait to be sent are with the customer."""
_IN_ORDER: dict[Command, tuple[frozenset[Logistics], ...]] = {
    Command.SHORT_CLOSE: (frozenset({Logistics.AWAITING}), frozenset({Logistics.IN_TRANSIT})),
    Command.REFUSE: (frozenset({Logistics.ARRIVED}), frozenset({Logistics.IN_TRANSIT})),
    Command.MARK_LOST: (IN_MOTION, frozenset({Logistics.AWAITING})),
}
"""Whose turn it is where a quantity names no units: what was not sent is the first to be closed
short, and what a carrier has is the first to be lost or turned away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuantity:
    """So many units of a line."""

    line_no: str
    quantity: int


def chosen(
    ret: Return,
    wanted: Sequence[NamedQuantity] | None,
    command: Command,
    where: Where = lambda _: True,
) -> dict[str, Runs]:
    """The units that the command acts on; None: all that fit it, else so many of each line.

    Of a line the lowest units, those in the place that the command is most likely about first.
    `where` narrows what fits. Raises Conflict where none fits at all, or fewer of a line than were
    named.
    """
    require(ret, command)
    if wanted is None:
        return all_that(ret, lambda group: fits(command, group) and where(group))
    found: dict[str, Runs] = {}
    for line_no, quantity in totals(ret, wanted).items():
        line = ret.line(line_no)
        assert line is not None, "checked by totals"
        fit_here = units_where(line, lambda group: fits(command, group) and where(group))
        if runs.size(fit_here) < quantity:
            raise too_few(line_no, possible=runs.size(fit_here), asked=quantity)
        found[line_no] = _first(line, fit_here, quantity, _IN_ORDER.get(command, ()))
    return found


def all_that(ret: Return, where: Where) -> dict[str, Runs]:
    """All units that stand where `where` says; lines without any are left out."""
    fit = {line.line_no: units_where(line, where) for line in ret.lines}
    return {line_no: units for line_no, units in fit.items() if units}


def _first(
    line: ReturnLine, units: Runs, quantity: int, in_order: Sequence[frozenset[Logistics]]
) -> Runs:
    """So many of these units: of each place in turn, then of all others, the lowest first."""
    chosen_here: Runs = ()
    for place in (*in_order, frozenset(Logistics)):
        here = _in(line, place)
        pool = runs.minus(runs.common(units, here), chosen_here)
        taken = runs.lowest(pool, min(runs.size(pool), quantity - runs.size(chosen_here)))
        chosen_here = runs.merged((*chosen_here, *taken))
    return chosen_here


def _in(line: ReturnLine, place: frozenset[Logistics]) -> Runs:
    return units_where(line, lambda group: group.logistics in place)


def totals(ret: Return, wanted: Sequence[NamedQuantity]) -> dict[str, int]:
    """How many units of each line were named; raises Invalid for what names none."""
    if not wanted:
        raise Invalid("no_lines", "Name at least one line, or none for all that fit.")
    asked: dict[str, int] = {}
    for place, entry in enumerate(wanted):
        if ret.line(entry.line_no) is None:
            raise _invalid(place, "line_no", "unknown_line", f"No line {entry.line_no}.")
        if entry.quantity < 1:
            raise _invalid(place, "quantity", "not_positive", "A quantity is at least 1.")
        asked[entry.line_no] = asked.get(entry.line_no, 0) + entry.quantity
    return asked


def too_few(line_no: str, *, possible: int, asked: int) -> Conflict:
    """The refusal of more units than may move; it says how many may."""
    return Conflict(
        "fewer_units_fit",
        f"Line {line_no}: {possible} units can be moved so, {asked} were named.",
        line_no=line_no,
        possible=possible,
        asked=asked,
    )


def require_free(ret: Return, units: UnitsByLine) -> None:
    """Raises Conflict `units_held` where another document has some of these units."""
    held = sorted(
        {
            group.held_by
            for line in ret.lines
            for group in line.groups
            if group.held_by is not None and runs.common(group.units, units.get(line.line_no, ()))
        }
    )
    if held:
        raise Conflict(
            "units_held", f"Other documents have some of these units: {held}.", documents=[*held]
        )


def moved(ret: Return, units: UnitsByLine, **changes: object) -> Return:
    """The return with these units changed on the named axes."""
    for line in ret.lines:
        part = units.get(line.line_no, ())
        if part:
            ret = ret.with_line(move(line, part, **changes))
    return ret


def facts_of(ret: Return, units: UnitsByLine) -> list[Json]:
    """These units as events tell of them."""
    return [line_facts(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)]


def _invalid(place: int, field: str, code: str, message: str) -> Invalid:
    pointer = f"/lines/{place}/{field}"
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
