"""Goods that are repaired and go back, and those that cannot be."""

from tests.simulation.admitting import UNITS, is_in_repair
from tests.simulation.asking import need
from tests.simulation.exchanging import promise
from tests.simulation.handling import put
from tests.simulation.model import World
from tests.simulation.paying import require_ours
from tests.simulation.steps import Step
from tests.simulation.units import Refused, Unit, first


def repair(world: World, step: Step) -> None:
    """Back to the customer, whole again: nothing is paid, and they may be asked for once more."""
    request = world.requests[step.target]
    need(request, "repair")
    if not all(request.lines[line_no].to_repair for line_no in step.given["lines"]):
        raise Refused("not_to_repair")
    chosen: list[Unit] = []
    for line_no, count in step.given["lines"].items():
        fitting = [unit for unit in request.lines[line_no].units if UNITS["repair"](unit)]
        if len(fitting) < count:
            raise Refused("fewer_units_fit")
        chosen += first(fitting, count)
    require_ours(world, request, chosen)
    for unit in chosen:
        put(world, request, unit, "customer")
        unit.disposition, unit.settlement = "SHIP_BACK", "SETTLED"
    world.release(step.target, chosen)


def not_repairable(world: World, step: Step) -> None:
    """All of a line is paid back or exchanged instead; what was in repair waits on hold."""
    request = world.requests[step.target]
    need(request, "not-repairable")
    line = request.lines[step.given["line"]]
    if not line.to_repair:
        raise Refused("not_to_repair")
    if not any(map(UNITS["not-repairable"], line.units)):
        raise Refused("nothing_to_repair")
    wanted = step.given["wanted"]
    line.to_repair, line.wanted = False, wanted
    owed = [unit for unit in line.units if UNITS["not-repairable"](unit)]
    try:
        stated = {step.given["line"]: step.given.get("price")} if wanted else None
        promise(world, step.target, {step.given["line"]: owed}, step.id, stated)
    except Refused:
        line.to_repair, line.wanted = True, None
        raise
    for unit in filter(is_in_repair, line.units):
        put(world, request, unit, "quarantine")
        unit.disposition = "HOLD"
