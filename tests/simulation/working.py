"""Goods that other documents move: to the supplier and back, to a workshop and back, to the bin.

While a document has a unit, no command on its return moves it.
"""

from tests.simulation.admitting import UNITS
from tests.simulation.asking import need
from tests.simulation.handling import ACCOUNTS, put
from tests.simulation.model import Request, World
from tests.simulation.paying import require_ours
from tests.simulation.steps import Step
from tests.simulation.units import Job, Refused, Unit, first

WORK = ("REPACK", "REPAIR", "REFURBISH")


def reverse(world: World, step: Step) -> None:
    """What was decided by mistake is on hold."""
    request = world.requests[step.target]
    need(request, "reverse-disposition")
    fits, lines = UNITS["reverse-disposition"], step.given.get("lines")
    chosen = [unit for unit in request.units if fits(unit)] if lines is None else []
    for line_no, count in (lines or {}).items():
        fitting = [unit for unit in request.lines[line_no].units if fits(unit)]
        if len(fitting) < count:
            raise Refused("fewer_units_fit")
        chosen += first(fitting, count)
    for unit in chosen:
        put(world, request, unit, "quarantine")
        unit.disposition = "HOLD"


def waits_for_vendor(unit: Unit) -> bool:
    return unit.disposition == "RTV" and unit.account == "quarantine"


def is_at_vendor(unit: Unit) -> bool:
    return unit.disposition == "RTV" and unit.account == "vendor"


def send_to_vendor(world: World, step: Step) -> None:
    request, line_no = world.requests[step.target], step.given["line"]
    waiting = [unit for unit in request.lines[line_no].units if waits_for_vendor(unit)]
    if len(waiting) < step.given["count"]:
        raise Refused("not_waiting_for_vendor")
    for unit in first(waiting, step.given["count"]):
        put(world, request, unit, "vendor")


def come_from_vendor(world: World, step: Step) -> None:
    """What the supplier does not take is on hold; a completed return is open again."""
    request, line_no = world.requests[step.target], step.given["line"]
    there = [unit for unit in request.lines[line_no].units if is_at_vendor(unit)]
    if len(there) < step.given["count"]:
        raise Refused("not_at_vendor")
    for unit in first(there, step.given["count"]):
        put(world, request, unit, "quarantine")
        unit.disposition = "HOLD"


def decide_scrap(world: World, step: Step) -> None:
    proposal = world.proposals[step.target]
    request = world.requests[proposal.request]
    if not proposal.is_open:
        raise Refused("proposal_decided")
    if proposal.by == step.who:
        raise Refused("same_person")
    proposal.is_open = False
    for unit, way in proposal.units:
        unit.held_by = None
        if step.given["yes"]:
            unit.disposition = way
            put(world, request, unit, ACCOUNTS[way])


def waits_for(unit: Unit, kind: str, warehouse: str) -> bool:
    is_here = unit.account == "repair" and unit.warehouse == warehouse
    return is_here and unit.disposition == kind and unit.held_by is None


def open_work(world: World, step: Step) -> None:
    """All or so many of some lines, of one request or of two."""
    kind, parts = step.given["kind"], list[tuple[str, str, list[int]]]()
    taken: list[Unit] = []
    for key, line_no, count in step.given["units"]:
        units = world.requests[key].lines[line_no].units
        waiting = [
            unit
            for unit in units
            if waits_for(unit, kind, step.given["warehouse"]) and not _is_among(unit, taken)
        ]
        if not waiting or len(waiting) < count:
            raise Refused("not_waiting_for_work")
        chosen = first(waiting, count)
        taken += chosen
        parts.append((key, line_no, [unit.ordinal for unit in chosen]))
    for unit in taken:
        unit.held_by = step.id
    world.jobs[step.id] = Job(kind, parts, [list(numbers) for _, _, numbers in parts])


def _is_among(unit: Unit, units: list[Unit]) -> bool:
    return any(unit is other for other in units)


def send_work(world: World, step: Step) -> None:
    job = world.jobs[step.target]
    if job.state != "OPEN":
        raise Refused("work_order_not_now")
    job.state = "SENT"


def cancel_work(world: World, step: Step) -> None:
    """What is not back is on hold, as it came."""
    job = world.jobs[step.target]
    if job.state not in ("OPEN", "SENT", "PARTLY_BACK"):
        raise Refused("work_order_not_now")
    for (key, line_no, _), left in zip(job.parts, job.left, strict=True):
        request = world.requests[key]
        for unit in _of(request, line_no, left):
            put(world, request, unit, "quarantine")
            unit.disposition, unit.held_by = "HOLD", None
    job.state = "CANCELLED"


WENT = {
    "RESTOCK": ("RESTOCK", "available"),
    "HOLD": ("HOLD", "quarantine"),
    "SCRAP": ("SCRAP", "scrapped"),
    "CUSTOMER": ("SHIP_BACK", "customer"),
    "LOST": ("SCRAP", "missing"),
}


def take_back(world: World, step: Step) -> None:
    """So many of one line of the order, with what came of the work."""
    job, place = world.jobs[step.target], step.given["part"]
    count, outcome, grade = step.given["count"], step.given["outcome"], step.given["grade"]
    if job.state not in ("SENT", "PARTLY_BACK"):
        raise Refused("work_order_not_now")
    key, line_no, _ = job.parts[place]
    request = world.requests[key]
    if len(job.left[place]) < count:
        raise Refused("not_at_work")
    line = request.lines[line_no]
    units = _of(request, line_no, sorted(job.left[place])[:count])
    is_theirs = line.to_repair and any(u.credit and u.settlement == "NONE" for u in units)
    if is_theirs and outcome in ("RESTOCK", "SCRAP"):
        raise Refused("goods_of_the_customer")
    if not is_theirs and outcome == "CUSTOMER":
        raise Refused("not_to_repair")
    if outcome == "CUSTOMER":
        require_ours(world, request, units)
    way, account = WENT[outcome]
    for unit in units:
        unit.held_by = None
        if grade is not None:
            unit.grade = grade
            unit.inspection = {"A": "PASSED", "B": "PASSED", "D": "FAILED"}.get(
                grade, unit.inspection
            )
        put(world, request, unit, account)
        unit.disposition = way
        if outcome == "CUSTOMER":
            unit.settlement = "SETTLED"
    if outcome == "CUSTOMER":
        world.release(key, units)
    gone = {unit.ordinal for unit in units}
    job.left[place] = [number for number in job.left[place] if number not in gone]
    job.state = "PARTLY_BACK" if any(job.left) else "DONE"


def _of(request: Request, line_no: str, numbers: list[int]) -> list[Unit]:
    return [unit for unit in request.lines[line_no].units if unit.ordinal in numbers]
