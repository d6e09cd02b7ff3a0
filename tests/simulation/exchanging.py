"""Exchanges: stock that is promised for units of a return, until it leaves or is free again."""

from collections import Counter
from collections.abc import Mapping

from tests.simulation.model import (
    ON_THE_WAY,
    PENDING,
    AskedLine,
    Refused,
    Request,
    Swap,
    Unit,
    World,
)
from tests.simulation.steps import Step

HOME = "W1"
"""Where all sales leave from, and replacements too."""
SENT = ("SHIPPED", "FULFILLED")
Chosen = Mapping[str, list[Unit]]
"""Units by line of a request."""


def promise(world: World, key: str, approved: Chosen, step_id: str) -> None:
    """What is approved and to be exchanged has its replacement set aside, or all is refused."""
    request = world.requests[key]
    wanted = {no: u for no, u in approved.items() if u and request.lines[no].wanted}
    known = {no: u for no, u in wanted.items() if request.lines[no].order_line is not None}
    needed: Counter[str] = Counter()
    for line_no, units in known.items():
        needed[str(request.lines[line_no].wanted)] += len(units)
    if any(world.stock[HOME, sku, "available"] < count for sku, count in needed.items()):
        raise Refused("replacement_out_of_stock")
    for line_no in wanted:
        if line_no not in known:
            request.lines[line_no].wanted = None
    for line_no, units in known.items():
        line = request.lines[line_no]
        sku = str(line.wanted)
        swap_key = f"{step_id}:{line_no}"
        numbers = sorted(unit.ordinal for unit in units)
        world.swaps[swap_key] = Swap(key, line_no, sku, numbers)
        line.swaps.append(swap_key)
        for _ in units:
            world.moved(sku, 1, HOME, "available", "reserved")


def replaced(world: World, line: AskedLine) -> set[int]:
    """The units of a line whose replacement has left."""
    swaps = [world.swaps[key] for key in line.swaps]
    return {number for swap in swaps if swap.state in SENT for number in swap.numbers}


def unreplaced(world: World, request: Request, units: list[Unit]) -> list[Unit]:
    """Those of the units that nothing was given for yet."""
    gone = {
        id(unit)
        for line in request.lines.values()
        for unit in line.units
        if unit.ordinal in replaced(world, line)
    }
    return [unit for unit in units if id(unit) not in gone]


def require_unsent(world: World, request: Request, units: list[Unit]) -> None:
    """What was replaced cannot be taken back as if nothing had been given for it."""
    if len(unreplaced(world, request, units)) < len(units):
        raise Refused("replacement_shipped")


def drop(world: World, request: Request, units: list[Unit]) -> None:
    """What was promised for these units goes back on the shelf."""
    ended = {id(unit) for unit in units}
    for line in request.lines.values():
        numbers = {unit.ordinal for unit in line.units if id(unit) in ended}
        if not numbers or not line.swaps:
            continue
        for swap in (world.swaps[key] for key in line.swaps):
            hit = [number for number in swap.numbers if number in numbers]
            if swap.state == "RESERVED" and hit:
                left = [number for number in swap.numbers if number not in numbers]
                swap.numbers = left or swap.numbers
                swap.state = "RESERVED" if left else "CANCELLED"
                for _ in hit:
                    world.moved(swap.sku, 1, HOME, "reserved", "available")


def lapse(world: World, line: AskedLine) -> None:
    """Where nothing is promised any more, units that got no replacement are paid back.

    So it is after every command, whatever it was about.
    """
    if not line.swaps or any(world.swaps[key].state == "RESERVED" for key in line.swaps):
        return
    if any(unit.authorization in ("DRAFT", *PENDING) for unit in line.units):
        return
    if any(u.settlement == "NONE" and u.authorization != "REJECTED" for u in line.units):
        line.wanted = None


def ship_swap(world: World, step: Step) -> None:
    """It leaves: its units count as settled. Units that were denied get none."""
    swap = _open(world, step, "RESERVED")
    line = world.requests[swap.request].lines[swap.line_no]
    units = [unit for unit in line.units if unit.ordinal in swap.numbers]
    owed = [unit for unit in units if unit.credit is not False]
    if not owed:
        raise Refused("replacement_not_owed")
    for unit in units:
        world.moved(swap.sku, 1, HOME, "reserved", "customer" if unit in owed else "available")
    for unit in owed:
        unit.settlement = "SETTLED"
    swap.numbers, swap.state = sorted(unit.ordinal for unit in owed), "SHIPPED"


def fulfil_swap(world: World, step: Step) -> None:
    _open(world, step, "SHIPPED").state = "FULFILLED"


def cancel_swap(world: World, step: Step) -> None:
    swap = _open(world, step, "RESERVED")
    for _ in swap.numbers:
        world.moved(swap.sku, 1, HOME, "reserved", "available")
    swap.state = "CANCELLED"


def unexchange(world: World, step: Step) -> None:
    """The replacement is expected instead, for money: the same units, as other goods."""
    swap = _open(world, step, *SENT)
    request = world.requests[swap.request]
    line = request.lines[swap.line_no]
    expected = [
        unit
        for unit in line.units
        if unit.ordinal in swap.numbers
        and unit.is_approved
        and unit.logistics in ON_THE_WAY
        and unit.settlement == "SETTLED"
    ]
    count = step.given.get("quantity") or len(expected)
    if not 1 <= count <= len(expected):
        raise Refused("not_to_unexchange")
    units = sorted(expected, key=lambda unit: -unit.ordinal)[:count]
    for unit in units:
        unit.settlement = "NONE"
    if len(units) == len(line.units):
        line.sku, line.wanted, line.is_replacement = swap.sku, None, True
        return
    rest = [unit for unit in line.units if not any(unit is one for one in units)]
    line.units = rest
    number = next(
        str(no) for no in range(1, len(request.lines) + 2) if str(no) not in request.lines
    )
    request.lines[number] = AskedLine(
        swap.sku,
        line.order_line,
        units,
        line.reason,
        None,
        list(line.swaps),
        is_replacement=True,
        has_terms=line.has_terms,
    )


def _open(world: World, step: Step, *states: str) -> Swap:
    swap = world.swaps[step.target]
    if swap.state not in states:
        raise Refused("exchange_not_open")
    return swap
