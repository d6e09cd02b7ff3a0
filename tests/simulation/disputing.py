"""What a person decides about goods that fit nothing, objections, and what had ended."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.simulation.admitting import (
    is_denied,
    is_gone,
    is_unpaid,
    may_arrive,
    may_stand_again,
)
from tests.simulation.asking import need
from tests.simulation.exchanging import promise
from tests.simulation.handling import see_again, take_in
from tests.simulation.model import AskedLine, Objection, Request, Stray, World
from tests.simulation.paying import left_to_give
from tests.simulation.steps import Step
from tests.simulation.units import PENDING, Refused, Unit, first

ENDED = ("CANCELLED", "EXPIRED", "REJECTED")


def appeal(world: World, step: Step) -> None:
    request = world.requests[step.target]
    need(request, "appeal")
    against, line_nos = step.given["against"], tuple(step.given["lines"])
    found = contested(request, against, line_nos)
    if not found or any(line_no not in found for line_no in line_nos):
        raise Refused("nothing_to_appeal")
    if len(request.appeals) >= 10:
        raise Refused("too_many_appeals")
    for other in request.open_appeals:
        is_about_all = not other.line_nos or not line_nos
        if other.against == against and (is_about_all or set(other.line_nos) & set(line_nos)):
            raise Refused("already_appealed")
    request.appeals[step.id] = Objection(against, line_nos, by=step.who)
    world.owners[step.id] = step.target


def contested(request: Request, against: str, line_nos: tuple[str, ...]) -> dict[str, list[Unit]]:
    """The units that such a decision was made about, by line."""
    decided: dict[str, Callable[[Unit], bool]] = {
        "rejection": lambda unit: unit.authorization == "REJECTED",
        "grade": is_denied,
        "amount": lambda unit: unit.settlement in ("SETTLED", "PARTIAL"),
    }
    return {
        line_no: units
        for line_no, line in request.lines.items()
        if (not line_nos or line_no in line_nos)
        and (units := [unit for unit in line.units if decided[against](unit)])
    }


def decide(world: World, step: Step) -> None:
    """By somebody who neither decided before nor appealed. Upheld: the units stand again."""
    key, request = world.owner(step.target)
    asked = request.appeals[step.target]
    if not asked.is_open:
        raise Refused("appeal_ended")
    before = {
        "rejection": request.reviewers,
        "grade": request.inspectors,
        "amount": request.reviewers | request.inspectors,
    }[asked.against]
    if step.who in before | {asked.by}:
        raise Refused("same_person")
    if step.given["upheld"]:
        _uphold(world, key, asked, step)
        request.is_closed = False
    asked.is_open = False


def _uphold(world: World, key: str, asked: Objection, step: Step) -> None:
    award, step_id = step.given["award"] or 0, step.id
    request = world.requests[key]
    found = contested(request, asked.against, asked.line_nos)
    if not found:
        raise Refused("nothing_to_appeal")
    if asked.against == "rejection":
        held_again(world, key, found, step_id)
        for unit in (unit for units in found.values() for unit in units):
            unit.authorization, unit.logistics = "APPROVED", "AWAITING"
    elif asked.against == "grade":
        if any(u.held_by and not is_gone(u) for units in found.values() for u in units):
            raise Refused("units_held")
        for unit in (unit for units in found.values() for unit in units):
            if is_gone(unit):
                unit.credit = True
            else:
                see_again(world, request, unit)
    else:
        if award > _left_to_award(world, request, asked):
            raise Refused("award_too_large")
        asked.award = award


def _left_to_award(world: World, request: Request, asked: Objection) -> int:
    """What may still be given for the lines, for all lines, and out of the payments of the sale."""
    lines = set(asked.line_nos or request.lines)
    payments = world.sales[request.order_no].payments if request.order_no else []
    awarded = sum(request.awards_due.values())
    return min(
        left_to_give(world, request, lines) - _to_come(world, request, lines),
        left_to_give(world, request, set(request.lines))
        - _to_come(world, request, set(request.lines)),
        sum(payment.left for payment in payments) - awarded,
    )


def _to_come(world: World, request: Request, line_nos: set[str]) -> int:
    """What was paid for units that are expected and not paid: nothing of that is awarded."""
    units = [unit for line_no in line_nos for unit in request.lines[line_no].units]
    expected = ("AWAITING", "IN_TRANSIT", "ARRIVED")
    return sum(
        world.value(request, unit)
        for unit in units
        if unit.is_approved and unit.logistics in expected and is_unpaid(unit)
    )


def withdraw(world: World, step: Step) -> None:
    _, request = world.owner(step.target)
    asked = request.appeals[step.target]
    if not asked.is_open:
        raise Refused("appeal_ended")
    if asked.by != step.who:
        raise Refused("not_your_appeal")
    asked.is_open = False


def reopen(world: World, step: Step) -> None:
    """A completed return goes on; what had ended stands where it stood, if it is free still."""
    request = world.requests[step.target]
    need(request, "reopen")
    found = _to_stand_again(request, step)
    if not found and not request.is_closed:
        raise Refused("nothing_to_reopen")
    if found and not request.is_evaluated:
        raise Refused("never_submitted")
    stands = {
        line_no: [unit for unit in units if _was_approved(unit)] for line_no, units in found.items()
    }
    held_again(world, step.target, found, step.id, stands)
    for unit in (unit for units in found.values() for unit in units):
        if _was_approved(unit):
            unit.authorization, unit.logistics = "APPROVED", "AWAITING"
            unit.ended_after_approval = False
        else:
            unit.authorization = "UNDER_REVIEW"
    request.is_closed = False


def _was_approved(unit: Unit) -> bool:
    return unit.ended_after_approval or unit.logistics == "SHORT_CLOSED"


def _to_stand_again(request: Request, step: Step) -> dict[str, list[Unit]]:
    lines = step.given.get("lines")
    if lines is None:
        if not all(unit.authorization in ENDED for unit in request.units):
            return {}
        lines = {
            line_no: count
            for line_no, line in request.lines.items()
            if (count := sum(may_stand_again(unit) for unit in line.units))
        }
    found = {}
    for line_no, count in lines.items():
        fitting = [unit for unit in request.lines[line_no].units if may_stand_again(unit)]
        if len(fitting) < count:
            raise Refused("fewer_units_fit")
        found[line_no] = first(fitting, count)
    return found


def held_again(
    world: World,
    key: str,
    found: dict[str, list[Unit]],
    step_id: str,
    stands: dict[str, list[Unit]] | None = None,
) -> None:
    """Held anew; another free unit of the line takes the place of one that somebody else holds.

    `stands`: those that are approved again, whose replacement is promised anew; all, if left out.
    All or nothing: which are free is worked out on copies first.
    """
    request = world.requests[key]
    held: dict[str, dict[int, str]] = {}
    names: list[tuple[Unit, int]] = []
    for line_no, units in found.items():
        line = request.lines[line_no]
        sold = world.line_of(request, line)
        if sold is None:
            continue
        mine = held.setdefault(str(line.order_line), dict(sold.held))
        free = [number for number in range(1, sold.shipped + 1) if number not in mine]
        gone = [unit for unit in units if unit.ordinal not in free]
        spare = [number for number in free if number not in _own(request, line, names)]
        if len(spare) < len(gone):
            raise Refused("not_returnable_quantity")
        stand_ins = dict(zip((id(unit) for unit in gone), spare, strict=False))
        for unit in units:
            number = stand_ins.get(id(unit), unit.ordinal)
            names.append((unit, number))
            mine[number] = key
    before = [(unit, unit.ordinal) for unit, _ in names]
    for unit, number in names:
        unit.ordinal = number
    try:
        promise(world, key, found if stands is None else stands, step_id)
    except Refused:
        for unit, number in before:
            unit.ordinal = number
        raise
    for line_no, holders in held.items():
        world.sales[str(request.order_no)].lines[line_no].held = holders


def _own(request: Request, line: AskedLine, names: list[tuple[Unit, int]]) -> set[int]:
    """Every number of the sold line that the request names, or is about to."""
    renamed = {id(unit): number for unit, number in names}
    return {
        renamed.get(id(unit), unit.ordinal)
        for other in request.lines.values()
        if other.order_line == line.order_line
        for unit in other.units
    }


def resolve(world: World, step: Step) -> None:
    """Some or all of a stray: into a line, back to the customer, claimed, or written off."""
    found = world.strays[step.target]
    quantity = step.given.get("quantity") or found.left
    way = step.given["way"]
    if not found.left:
        raise Refused("already_resolved")
    if quantity > found.left:
        raise Refused("more_than_open")
    if (way == "no_goods") == found.has_goods and way != "claim":
        raise Refused("goods_are_here" if found.has_goods else "no_goods_here")
    if way == "line" and not _into_line(world, step, found, quantity):
        return
    targets = {"ship_back": "customer", "claim": "damaged", "write_off": "scrapped"}
    if found.has_goods and way in targets:
        world.moved(found.sku, quantity, found.warehouse, "quarantine", targets[way])
    found.left -= quantity
    found.proposed = None
    if not found.left:
        world.requests[found.request].open_exceptions -= 1


def _into_line(world: World, step: Step, found: Stray, quantity: int) -> bool:
    """The goods are units of a return from now on. False: proposed only, a second person decides.

    Units that wait come first, those given up as lost last of them; then units of the same sale
    that nobody holds; what is above all that was sold becomes a line that is worth nothing.
    """
    key = step.given["into"]
    request = world.requests[key]
    lines = [line for line in request.lines.values() if line.sku == found.sku]
    undecided = ("DRAFT", *PENDING)
    if any(unit.authorization in undecided for line in lines for unit in line.units) or all(
        unit.authorization in undecided for unit in request.units
    ):
        raise Refused("return_not_decided", "never_submitted")
    if not request.is_evaluated:
        raise Refused("never_submitted")
    waiting = [unit for line in lines for unit in first(line.units, len(line.units))]
    waiting = sorted(filter(may_arrive, waiting), key=lambda unit: unit.logistics == "LOST")
    waiting = waiting[:quantity]
    sold_lines = [
        x for x in world.sales[str(request.order_no)].lines.items() if x[1].sku == found.sku
    ]
    free = sum(len(sold.free) for _, sold in sold_lines)
    above = max(0, quantity - len(waiting) - free)
    if above and not _is_seconded(step, found, key, quantity):
        return False
    picks = _free_ones(world, key, found, quantity - len(waiting))
    again: dict[str, list[Unit]] = {}
    for pick in picks:
        if pick.unit is not None:
            again.setdefault(pick.line_no, []).append(pick.unit)
    promise(world, key, again, step.id)
    world.moved(found.sku, quantity, found.warehouse, "quarantine", "customer")
    for unit in waiting:
        take_in(world, unit, found.sku, found.warehouse)
    for pick in picks:
        _take(world, key, found, pick)
    if above:
        like = lines[0] if lines else None
        units = [_here(number, found) for number in range(1, above + 1)]
        _add(request, AskedLine(found.sku, None, units, like.reason if like else "OTHER"))
        world.moved(found.sku, above, found.warehouse, "customer", "receiving")
    if not request.is_complete:
        request.is_closed = False
    return True


def _is_seconded(step: Step, found: Stray, key: str, quantity: int) -> bool:
    """Whether another person said the same before; if not, it is now said for the first time."""
    if found.proposed is not None and found.proposed[1:] == (key, quantity):
        if found.proposed[0] == step.who:
            raise Refused("same_person")
        return True
    found.proposed = (step.who, key, quantity)
    return False


@dataclass(frozen=True, slots=True)
class Pick:
    """A free unit of the sale that goods become; `unit` (of `line_no`) if the request named it."""

    sold_line: str
    number: int
    unit: Unit | None = None
    line_no: str = ""


def _free_ones(world: World, key: str, found: Stray, most: int) -> list[Pick]:
    """Units that nobody holds: what the request gave up, others, what it was refused."""
    request = world.requests[key]
    picks: list[Pick] = []
    for sold_line, sold in world.sales[str(request.order_no)].lines.items():
        if sold.sku != found.sku:
            continue
        named: dict[int, Pick] = {}
        for is_rejected in (False, True):
            for line_no, line in request.lines.items():
                is_same = line.order_line == sold_line and line.sku == found.sku
                for unit in line.units if is_same else ():
                    if (unit.authorization == "REJECTED") == is_rejected:
                        named.setdefault(unit.ordinal, Pick(sold_line, unit.ordinal, unit, line_no))
        refused = {no for no, pick in named.items() if _is_rejected(pick)}
        again = [named[no] for no in sold.free if no in named and no not in refused]
        fresh = [Pick(sold_line, no) for no in sold.free if no not in named]
        last = [named[no] for no in sold.free if no in refused]
        picks += (again + fresh + last)[: most - len(picks)]
    return picks


def _is_rejected(pick: Pick) -> bool:
    return pick.unit is not None and pick.unit.authorization == "REJECTED"


def _take(world: World, key: str, found: Stray, pick: Pick) -> None:
    request = world.requests[key]
    world.sales[str(request.order_no)].lines[pick.sold_line].held[pick.number] = key
    world.moved(found.sku, 1, found.warehouse, "customer", "receiving")
    if pick.unit is not None:
        pick.unit.become(_here(pick.number, found))
        return
    lines = [
        line
        for line in request.lines.values()
        if line.order_line == pick.sold_line and not (line.wanted or line.is_replacement)
    ]
    if lines:
        lines[0].units.append(_here(pick.number, found))
        return
    reason = next(iter(request.lines.values())).reason
    one = AskedLine(found.sku, pick.sold_line, [_here(pick.number, found)], reason)
    one.sold_sku = found.sku
    _add(request, one)


def _here(number: int, found: Stray) -> Unit:
    return Unit(
        ordinal=number,
        authorization="APPROVED",
        logistics="RECEIVED",
        warehouse=found.warehouse,
        account="receiving",
    )


def _add(request: Request, line: AskedLine) -> None:
    number = len(request.lines) + 1
    while str(number) in request.lines:
        number += 1
    request.lines[str(number)] = line
