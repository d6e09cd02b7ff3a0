"""What becomes of goods from the customer's door to the shelf, and of those nobody expected."""

from tests.simulation.admitting import (
    UNITS,
    is_lost,
    is_uninspected,
    is_unpaid,
    may_arrive,
    may_be_disposed,
    may_be_sent_back,
)
from tests.simulation.asking import need
from tests.simulation.exchanging import drop, require_unsent, unreplaced
from tests.simulation.model import Package, Request, Stray, World
from tests.simulation.owing import is_paid_early, terms_of
from tests.simulation.paying import require_ours
from tests.simulation.steps import Step
from tests.simulation.units import Proposal, Refused, Unit, first

ACCOUNTS = {
    "HOLD": "quarantine",
    "RESTOCK": "available",
    "REPACK": "repair",
    "REPAIR": "repair",
    "REFURBISH": "repair",
    "RTV": "quarantine",
    "SCRAP": "scrapped",
    "DONATE": "donated",
    "SHIP_BACK": "customer",
}
"""Where goods of each disposition lie."""
OURS_ONLY = ("RESTOCK", "SCRAP", "DONATE")
"""What becomes of no goods that are repaired for a customer, and are theirs."""


def _named(request: Request, step: Step, command: str) -> list[Unit]:
    """The lowest units of each named line that the command fits; without lines all of them."""
    need(request, command)
    lines, fits = step.given.get("lines"), UNITS[command]
    if lines is None:
        return [unit for unit in request.units if fits(unit)]
    units: list[Unit] = []
    for line_no, count in lines.items():
        fitting = [unit for unit in request.lines[line_no].units if fits(unit)]
        units += _likely(fitting, count, command)
    return units


TURNS = {
    "short-close": ("AWAITING", "IN_TRANSIT"),
    "refuse": ("ARRIVED", "IN_TRANSIT"),
    "mark-lost": ("IN_TRANSIT ARRIVED", "AWAITING"),
}
"""Whose turn it is: what was not sent is the first to be closed short, what a carrier has is the
first to be lost or turned away."""


def _likely(units: list[Unit], count: int, command: str) -> list[Unit]:
    """So many units, those in the place that the command is most likely about first."""
    if len(units) < count:
        raise Refused("fewer_units_fit")
    turns = TURNS.get(command, ())

    def turn(unit: Unit) -> tuple[int, int]:
        places = [place for place, states in enumerate(turns) if unit.logistics in states.split()]
        return (places[0] if places else len(turns), unit.ordinal)

    return sorted(units, key=turn)[:count]


def ship(world: World, step: Step) -> None:
    request = world.requests[step.target]
    units = _named(request, step, "ship")
    for unit in units:
        unit.logistics = "IN_TRANSIT"
    world.owners[step.id] = step.target
    moving = {id(unit) for unit in units}
    request.packages[step.id] = Package(
        units=[
            (line_no, unit.ordinal)
            for line_no, line in request.lines.items()
            for unit in line.units
            if id(unit) in moving
        ]
    )


RANKS = {"in_transit": 2, "delivered": 4, "returned_to_sender": 4}
"""What a carrier tells never takes back what was further; of the same rank the later counts."""


def news(world: World, step: Step) -> None:
    """Units follow their parcel, unless they went again in a later one. Never refused."""
    key, request = world.owner(step.target)
    package, status = request.packages[step.target], step.given["status"]
    package.is_scanned = True
    if RANKS[status] >= RANKS[package.told]:
        package.told = status
    later = list(request.packages.values())
    later = later[later.index(package) + 1 :]
    gone = {unit for other in later if other.is_on_the_road for unit in other.units}
    for place in package.units:
        unit = world.unit(key, *place)
        if unit is not None and unit.is_approved and place not in gone:
            _follow(unit, package.told)
    _question(world, step, key, package)


def _follow(unit: Unit, told: str) -> None:
    match told, unit.logistics:
        case ("in_transit", "AWAITING"):
            unit.logistics = "IN_TRANSIT"
        case ("delivered", "AWAITING" | "IN_TRANSIT"):
            unit.logistics = "ARRIVED"
        case ("returned_to_sender", "IN_TRANSIT" | "ARRIVED"):
            unit.logistics = "AWAITING"


def _question(world: World, step: Step, key: str, package: Package) -> None:
    """A parcel that was called off and comes all the same is told to a person, once."""
    units = [world.unit(key, *place) for place in package.units]
    there = [unit for unit in units if unit is not None]
    if there and all(unit.authorization in ("CANCELLED", "EXPIRED") for unit in there):
        if package.is_questioned:
            return
        package.is_questioned = True
        aside(
            world, step.id, key, Stray("NOT_EXPECTED", "", len(units), "", key, len(units), False)
        )


def mark_lost(world: World, step: Step) -> None:
    """No goods move; whether the customer is paid is said at once, and anew until money moves."""
    request = world.requests[step.target]
    units = _to_lose(request, step)
    terms = terms_of(world, request)
    paid = {
        id(unit)
        for line in request.lines.values()
        for unit in line.units
        if is_paid_early(line, unit, terms)
    }
    for unit in units:
        unit.logistics, unit.is_free = "LOST", True
        unit.credit = True if id(unit) in paid else step.given["credit"]
    if not step.given["credit"]:
        drop(world, request, unreplaced(world, request, units))


def _to_lose(request: Request, step: Step) -> list[Unit]:
    """What is named; else what is in motion, else what was lost and is decided otherwise now."""
    need(request, "mark-lost")
    lines, credit = step.given.get("lines"), step.given["credit"]
    meant = {
        line_no: [
            unit
            for unit in line.units
            if UNITS["mark-lost"](unit) and not (is_lost(unit) and unit.credit is credit)
        ]
        for line_no, line in request.lines.items()
    }
    if lines is not None:
        return [u for no, count in lines.items() for u in _likely(meant[no], count, "mark-lost")]
    every = [unit for units in meant.values() for unit in units]
    moving = [unit for unit in every if unit.logistics in ("IN_TRANSIT", "ARRIVED")]
    units = moving or [unit for unit in every if is_lost(unit)]
    if not units:
        raise Refused("nothing_in_motion")
    return units


def short_close(world: World, step: Step) -> None:
    _give_up(world, step, "short-close", "SHORT_CLOSED")


def refuse(world: World, step: Step) -> None:
    _give_up(world, step, "refuse", "REFUSED")


def _give_up(world: World, step: Step, command: str, how: str) -> None:
    """The customer has the units, and may ask for them again."""
    request = world.requests[step.target]
    units = _named(request, step, command)
    if step.given.get("lines") is None:
        units = unreplaced(world, request, units) or units
    require_unsent(world, request, units)
    for unit in units:
        unit.logistics, unit.credit = how, None
    world.release(step.target, units)
    drop(world, request, units)


def receive(world: World, step: Step) -> None:
    request = world.requests[step.target]
    need(request, "receive")
    book(world, step, request)


def book(world: World, step: Step, request: Request) -> None:
    """Each item to the lines that wait for its goods, in their order; the rest aside.

    What was given up for lost is found last. A surplus or a find opens a completed return again.
    """
    warehouse = step.given["warehouse"]
    for sku, quantity in step.given["items"]:
        lines = [line for line in request.lines.values() if line.sku == sku]
        waiting = [unit for line in lines for unit in first(line.units, len(line.units))]
        waiting = [unit for unit in waiting if may_arrive(unit)]
        taken = sorted(waiting, key=is_lost)[:quantity]
        for unit in taken:
            take_in(world, unit, sku, warehouse)
        if quantity > len(taken):
            kind = "OVER" if lines else "WRONG_SKU"
            stray(world, step, kind, sku, quantity - len(taken))
    if not request.is_complete:
        request.is_closed = False


def take_in(world: World, unit: Unit, sku: str, warehouse: str) -> None:
    """Here at last. What was lost and unpaid is decided about anew."""
    if is_lost(unit) and unit.settlement == "NONE":
        unit.credit, unit.is_free = None, False
    unit.logistics, unit.warehouse, unit.account = "RECEIVED", warehouse, "receiving"
    world.moved(sku, 1, warehouse, "customer", "receiving")


def stray(world: World, step: Step, kind: str, sku: str, quantity: int) -> None:
    """Goods that fit nothing lie in quarantine."""
    warehouse = step.given["warehouse"]
    world.moved(sku, quantity, warehouse, "customer", "quarantine")
    found = Stray(kind, sku, quantity, warehouse, step.target, left=quantity)
    aside(world, step.id, step.target, found)


def aside(world: World, step_id: str, key: str, found: Stray) -> None:
    """Kept for a person to decide about; a completed return is open again by it."""
    number = sum(known.startswith(f"{step_id}/") for known in world.strays)
    world.strays[f"{step_id}/{number}"] = found
    request = world.requests[key]
    request.open_exceptions += 1
    request.is_closed = False


def scan(world: World, step: Step) -> None:
    """Never refused: what a return does not wait for is kept aside as not expected."""
    request = world.requests[step.target]
    if any(unit.is_approved for unit in request.units):
        book(world, step, request)
        return
    ((sku, quantity),) = step.given["items"]
    stray(world, step, "NOT_EXPECTED", sku, quantity)


def inspect(world: World, step: Step) -> None:
    """What failed leaves the dock at once: damaged goods to damaged, others to quarantine."""
    request = world.requests[step.target]
    need(request, "inspect")
    waiting = {
        line_no: first([unit for unit in line.units if is_uninspected(unit)], len(line.units))
        for line_no, line in request.lines.items()
    }
    asked: dict[str, int] = {}
    for line_no, count, *_ in step.given["groups"]:
        asked[line_no] = asked.get(line_no, 0) + count
    if any(count > len(waiting[line_no]) for line_no, count in asked.items()):
        raise Refused("more_than_received")
    request.inspectors.add(step.who)
    denied: list[Unit] = []
    for line_no, count, grade, result, credit in step.given["groups"]:
        was_sold = request.lines[line_no].order_line is not None
        for unit in waiting[line_no][:count]:
            unit.inspection, unit.grade, unit.is_free = result, grade, False
            is_unpaid = unit.settlement in ("NONE", "APPROVED")
            unit.credit = (credit if was_sold else None) if is_unpaid else True
            denied += [unit] if unit.credit is False else []
            if result == "FAILED":
                put(world, request, unit, "damaged" if grade == "D" else "quarantine")
        del waiting[line_no][:count]
    drop(world, request, unreplaced(world, request, denied))


def reinspect(world: World, step: Step) -> None:
    """Back to the dock, to be looked at and decided about anew."""
    request = world.requests[step.target]
    for unit in _named(request, step, "reinspect"):
        see_again(world, request, unit)


def see_again(world: World, request: Request, unit: Unit) -> None:
    put(world, request, unit, "receiving")
    unit.inspection, unit.disposition = "NEEDS_REINSPECTION", "UNDECIDED"
    unit.credit = unit.grade = None
    unit.is_free = False


def dispose(world: World, step: Step) -> None:
    """So many units of a line go one way; undecided ones, or those on hold."""
    request = world.requests[step.target]
    need(request, "dispose")
    chosen: list[tuple[Unit, str]] = []
    for line_no, count, way, origin in step.given["items"]:
        waiting = [
            unit
            for unit in request.lines[line_no].units
            if may_be_disposed(unit)
            and unit.disposition == origin
            and may_go(unit, way)
            and not any(unit is other for other, _ in chosen)
        ]
        if len(waiting) < count:
            raise Refused("not_waiting_for_disposition")
        theirs = [unit for unit in first(waiting, count) if unit.credit and is_unpaid(unit)]
        if theirs and request.lines[line_no].to_repair and way in OURS_ONLY:
            raise Refused("goods_of_the_customer")
        chosen += [(unit, way) for unit in first(waiting, count)]
    back = [unit for unit, way in chosen if way == "SHIP_BACK"]
    require_unsent(world, request, back)
    require_ours(world, request, back)
    written_off = ("SCRAP", "DONATE") if step.given.get("second") else ()
    for unit, way in chosen:
        if way not in written_off:
            unit.disposition = way
            put(world, request, unit, ACCOUNTS[way])
    propose(world, step, [(unit, way) for unit, way in chosen if way in written_off])
    _sent_back(world, step.target, back)


def propose(world: World, step: Step, chosen: list[tuple[Unit, str]]) -> None:
    """These units wait on hold for somebody else's word."""
    if not chosen:
        return
    request, key = world.requests[step.target], f"{step.id}:scrap"
    world.proposals[key] = Proposal(step.target, step.who, chosen)
    for unit, _ in chosen:
        put(world, request, unit, "quarantine")
        unit.disposition, unit.held_by = "HOLD", key


def may_go(unit: Unit, way: str) -> bool:
    """Only what passed in a sellable grade is sold again; what is paid is not sent back."""
    if way == "RESTOCK":
        return unit.inspection == "PASSED" and unit.grade in ("A", "B")
    if way == "SHIP_BACK":
        return unit.credit is not True
    return unit.disposition != way


def ship_back(world: World, step: Step) -> None:
    """Seen or unseen, the goods go back to the customer, unpaid."""
    request = world.requests[step.target]
    need(request, "ship-back")
    chosen: list[Unit] = []
    for line_no, count in step.given["lines"].items():
        fitting = [unit for unit in request.lines[line_no].units if may_be_sent_back(unit)]
        if len(fitting) < count:
            raise Refused("fewer_units_fit")
        chosen += sorted(fitting, key=lambda unit: (unit.credit is True, unit.ordinal))[:count]
    require_unsent(world, request, chosen)
    require_ours(world, request, chosen)
    for unit in chosen:
        unit.disposition = "SHIP_BACK"
        put(world, request, unit, "customer")
    _sent_back(world, step.target, chosen)


def _sent_back(world: World, key: str, units: list[Unit]) -> None:
    """The customer has them again: they are not paid, and may be asked for once more."""
    for unit in units:
        unit.credit = False
    world.release(key, units)
    drop(world, world.requests[key], units)


def put(world: World, request: Request, unit: Unit, account: str) -> None:
    """From where the unit lies to another account of its warehouse."""
    line = next(x for x in request.lines.values() if any(unit is one for one in x.units))
    assert unit.warehouse is not None, "goods lie somewhere"
    assert unit.account is not None, "goods lie somewhere"
    if unit.account != account:
        world.moved(line.sku, 1, unit.warehouse, unit.account, account)
        unit.account = account
