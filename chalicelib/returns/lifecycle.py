"""What a return as a whole admits now: the transition table, asked about its units."""

from collections.abc import Callable, Sequence

from chalicelib.core.errors import Conflict
from chalicelib.inventory.model import Account
from chalicelib.returns.awards import awards_due
from chalicelib.returns.differences import differences_due
from chalicelib.returns.model import (
    Closure,
    Resolution,
    Return,
    UnitGroup,
)
from chalicelib.returns.standing import open_points, status_of
from chalicelib.returns.transitions import TRANSITIONS, Command, Transition
from chalicelib.returns.units import TAKEN_BACK

NEVER_PAID = frozenset({Resolution.EXCHANGE, Resolution.REPAIR})
"""What brings goods, not money."""
_MOVING_GOODS = frozenset(
    {
        Command.DISPOSE,
        Command.REVERSE_DISPOSITION,
        Command.REINSPECT,
        Command.SHIP_BACK,
        Command.REPAIR,
    }
)
"""What a document holds, or a supplier has, is not for these commands."""
_OF_REPAIRS = frozenset({Command.REPAIR, Command.NOT_REPAIRABLE})
_BY_COMMAND: dict[Command, tuple[Transition, ...]] = {
    command: tuple(row for row in TRANSITIONS if row.command is command) for command in Command
}


def fits(command: Command, group: UnitGroup) -> bool:
    """Whether the command may act on these units, looking at nothing but them."""
    return any(row.fits(group) for row in _BY_COMMAND[command]) and _is_free(command, group)


def _is_free(command: Command, group: UnitGroup) -> bool:
    if command not in _MOVING_GOODS:
        return True
    return group.held_by is None and group.account is not Account.VENDOR


def fitting(command: Command) -> Callable[[UnitGroup], bool]:
    """`fits` of one command, as units_where takes it."""
    return lambda group: fits(command, group)


def is_receivable(group: UnitGroup) -> bool:
    return fits(Command.RECEIVE, group)


def is_inspectable(group: UnitGroup) -> bool:
    return fits(Command.INSPECT, group)


def is_disposable(group: UnitGroup) -> bool:
    """Inspected and undecided, or on hold: HOLD may move to any other disposition later."""
    return fits(Command.DISPOSE, group)


def is_payable(group: UnitGroup) -> bool:
    """Accepted for credit and in no settlement yet."""
    return fits(Command.SETTLE, group)


def admits(ret: Return, command: Command) -> bool:
    """Whether the command may act on the return as it is now."""
    is_closed = ret.closure is Closure.COMPLETED
    if command is Command.CLOSE:
        return not is_closed and not open_points(ret)
    if command is Command.REOPEN and is_closed:
        return True
    if command is Command.DECIDE_APPEAL:
        return bool(ret.open_appeals)
    if command is Command.SETTLE and not is_closed and (awards_due(ret) or differences_due(ret)):
        return True
    if command is Command.WITHDRAW_CREDIT and all(one.credit_id is None for one in ret.settlements):
        return False
    if command is Command.EXPIRE and ret.withdrawal_id is not None:
        return False  # The law gives a declaration its effect: silence does not take it back.
    rows = [row for row in _BY_COMMAND[command] if not is_closed or row.is_open_to_closed]
    groups = _groups(ret, command)
    return any(_admits(row, groups) for row in rows)


def _admits(row: Transition, groups: Sequence[UnitGroup]) -> bool:
    if not row.whole:
        return any(row.fits(group) for group in groups)
    live = [group for group in groups if group.authorization not in TAKEN_BACK]
    return bool(live) and all(row.fits(group) for group in live)


def _groups(ret: Return, command: Command) -> list[UnitGroup]:
    """The units to look at: what is exchanged or repaired is not paid back."""
    lines = [line for line in ret.lines if _is_about(command, line.resolution)]
    groups = [group for line in lines for group in line.groups]
    return [group for group in groups if _is_free(command, group)]


def _is_about(command: Command, resolution: Resolution) -> bool:
    if command is Command.SETTLE:
        return resolution not in NEVER_PAID
    return command not in _OF_REPAIRS or resolution is Resolution.REPAIR


def allowed(ret: Return) -> tuple[str, ...]:
    """The commands that the return admits now, in order of a return's life."""
    return tuple(command.value for command in Command if admits(ret, command))


def require(ret: Return, command: Command) -> None:
    """Raises Conflict `not_allowed_now`, naming the status and what is allowed."""
    if not admits(ret, command):
        status = status_of(ret)
        raise Conflict(
            "not_allowed_now",
            f"A return that is {status.value} admits no {command.value}.",
            status=status.value,
            allowed=list(allowed(ret)),
        )
