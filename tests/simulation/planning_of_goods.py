"""Which step about goods that other documents move comes next, and what it is given."""

from tests.simulation.admitting import may_be_disposed
from tests.simulation.handling import may_go
from tests.simulation.model import Request, World
from tests.simulation.planning_of_sales import Given, latest
from tests.simulation.steps import Choices, is_lucky, pick
from tests.simulation.units import Unit
from tests.simulation.working import WORK, is_at_vendor, waits_for, waits_for_vendor

OF_VENDOR = {"send-to-vendor": waits_for_vendor, "come-from-vendor": is_at_vendor}
OF_JOBS = {
    "send-work": ("OPEN",),
    "cancel-work": ("OPEN", "SENT", "PARTLY_BACK"),
    "take-back-work": ("SENT", "PARTLY_BACK"),
}
OUTCOMES = ("RESTOCK", "RESTOCK", "HOLD", "SCRAP", "LOST", "CUSTOMER")
WAYS = ("RESTOCK", "HOLD", "SCRAP", "REPAIR", "RTV", "DONATE", "SHIP_BACK", "REPACK", "REFURBISH")
COMMANDS = (*OF_VENDOR, *OF_JOBS, "open-work", "decide-scrap")


def dispose(choices: Choices, request: Request) -> Given:
    """Units of one line go one way; now and then what is written off takes two persons."""
    lines = [no for no, line in request.lines.items() if any(map(may_be_disposed, line.units))]
    line_no = pick(choices, lines or list(request.lines))
    waiting = [unit for unit in request.lines[line_no].units if may_be_disposed(unit)]
    one = pick(choices, waiting) if waiting else Unit(ordinal=1)
    ways = [way for way in WAYS if may_go(one, way)] or WAYS
    way = pick(choices, WAYS if is_lucky(choices, 10) else ways)
    if request.lines[line_no].to_repair and is_lucky(choices, 60):
        way = "REPAIR"
    count = sum(unit.disposition == one.disposition and may_go(unit, way) for unit in waiting)
    items = [(line_no, 1 + choices.upto(max(0, count - 1)), way, one.disposition)]
    if way in ("SCRAP", "DONATE") and is_lucky(choices, 50):
        return {"items": items, "second": True}
    return {"items": items}


def targets(world: World, key: str) -> dict[str, list[str]]:
    """What these steps may be about, by command."""
    request = world.requests[key]
    found = {name: [key] for name, fits in OF_VENDOR.items() if any(map(fits, request.units))}
    jobs = [name for name, job in world.jobs.items() if key in {part[0] for part in job.parts}]
    for name, states in OF_JOBS.items():
        going = [one for one in jobs if world.jobs[one].state in states]
        if jobs:
            found[name] = going or jobs
    if _waiting(request):
        found["open-work"] = [key]
    proposals = [name for name, one in world.proposals.items() if one.request == key]
    if proposals:
        going = [one for one in proposals if world.proposals[one].is_open]
        found["decide-scrap"] = going or proposals
    return found


def is_sensible(world: World, name: str, about: list[str]) -> bool:
    if name in OF_JOBS:
        return any(world.jobs[one].state in OF_JOBS[name] for one in about)
    if name == "decide-scrap":
        return any(world.proposals[one].is_open for one in about)
    return True


def given(world: World, choices: Choices, command: str, key: str, target: str) -> Given:
    request = world.requests[key]
    if command in OF_VENDOR:
        return _lines(choices, request, command)
    if command == "decide-scrap":
        return {"yes": is_lucky(choices, 60)}
    if command == "open-work":
        return _open_work(world, choices, key)
    if command == "take-back-work":
        return _take_back(world, choices, target)
    return {}


def _lines(choices: Choices, request: Request, command: str) -> Given:
    fits = OF_VENDOR[command]
    lines = [no for no, line in request.lines.items() if any(map(fits, line.units))]
    line_no = pick(choices, lines or list(request.lines))
    there = sum(map(fits, request.lines[line_no].units))
    count = 1 + choices.upto(max(0, there - 1 + is_lucky(choices, 5)))
    return {"line": line_no, "count": count}


def _waiting(request: Request) -> list[tuple[str, str, str]]:
    """Line, kind and warehouse of what waits for work."""
    return [
        (line_no, unit.disposition, str(unit.warehouse))
        for line_no, line in request.lines.items()
        for unit in line.units
        if unit.disposition in WORK and waits_for(unit, unit.disposition, str(unit.warehouse))
    ]


def _open_work(world: World, choices: Choices, key: str) -> Given:
    """Of this request, and sometimes of another one where as much waits for the same."""
    line_no, kind, warehouse = pick(choices, _waiting(world.requests[key]))
    units = [(key, line_no, _count(world, choices, key, line_no, kind, warehouse))]
    for other in latest(world.requests, 6):
        ways = {(no, k, w) for no, k, w in _waiting(world.requests[other])}
        same = sorted(no for no, k, w in ways if (k, w) == (kind, warehouse))
        if other != key and same and is_lucky(choices, 50):
            units.append((other, same[0], _count(world, choices, other, same[0], kind, warehouse)))
            break
    return {"kind": kind, "warehouse": warehouse, "units": units}


def _count(
    world: World, choices: Choices, key: str, line_no: str, kind: str, warehouse: str
) -> int:
    units = world.requests[key].lines[line_no].units
    there = sum(waits_for(unit, kind, warehouse) for unit in units)
    return 1 + choices.upto(max(0, there - 1 + is_lucky(choices, 5)))


def _take_back(world: World, choices: Choices, target: str) -> Given:
    job = world.jobs[target]
    places = [place for place, left in enumerate(job.left) if left] or [0]
    place = pick(choices, places)
    outcome = pick(choices, OUTCOMES)
    key, line_no, _ = job.parts[place]
    if world.requests[key].lines[line_no].to_repair and is_lucky(choices, 80):
        outcome = pick(choices, ("CUSTOMER", "HOLD"))
    grades = ("A", "B") if outcome == "RESTOCK" else (None, "C", "D", "B")
    return {
        "part": place,
        "count": 1 + choices.upto(max(0, len(job.left[place]) - 1 + is_lucky(choices, 5))),
        "outcome": outcome,
        "grade": pick(choices, grades),
    }
