"""When units are owed their money, what is kept of it, and what stays with the customer."""

from fractions import Fraction

from tests.simulation.model import AskedLine, Request, World
from tests.simulation.money import Payout
from tests.simulation.terms import Terms
from tests.simulation.units import Unit

WHERE: dict[str, tuple[str, ...]] = {
    "approval": ("AWAITING", "IN_TRANSIT", "ARRIVED", "RECEIVED"),
    "carrier_scan": ("ARRIVED", "RECEIVED"),
    "receipt": ("RECEIVED",),
    "inspection": (),
}
"""Where units are owed their money before anybody has seen them."""
Kept = dict[tuple[str, str], int]
"""Fees by their kind and line; the line of those that are taken once is empty."""


def fall_due(world: World, key: str) -> None:
    """After every command: what the customer keeps stays there, what is due is owed."""
    request = world.requests[key]
    for line_no, line in request.lines.items():
        if line.has_terms and line.order_line is not None:
            for unit in line.units:
                _stays(unit, terms_of(world, request))
                _falls_due(request, line_no, unit, terms_of(world, request).due)


def terms_of(world: World, request: Request) -> Terms:
    return world.sales[request.order_no].terms if request.order_no else Terms()


def _stays(unit: Unit, terms: Terms) -> None:
    is_waiting = unit.is_approved and unit.logistics == "AWAITING" and unit.settlement == "NONE"
    if terms.keeps and is_waiting:
        unit.logistics, unit.disposition, unit.credit = "NOT_NEEDED", "KEPT_BY_CUSTOMER", True


def _falls_due(request: Request, line_no: str, unit: Unit, due: str) -> None:
    if not unit.is_approved or unit.inspection != "PENDING" or unit.settlement != "NONE":
        return
    is_there = unit.logistics in WHERE[due]
    if due == "carrier_scan" and unit.logistics == "IN_TRANSIT":
        is_there = (line_no, unit.ordinal) in _scanned(request)
    if is_there and unit.credit is None and unit.disposition == "UNDECIDED":
        unit.credit = True
    elif unit.logistics == "AWAITING" and not is_there:
        unit.credit = None


def _scanned(request: Request) -> set[tuple[str, int]]:
    """Units in parcels that their carrier has told of, and that go on."""
    packages = list(request.packages.values())
    found: set[tuple[str, int]] = set()
    for place, package in enumerate(packages):
        if package.is_scanned and package.is_on_the_road:
            later = [one for one in packages[place + 1 :] if one.is_on_the_road]
            again = {unit for one in later for unit in one.units}
            found |= set(package.units) - again
    return found


def is_paid_early(line: AskedLine, unit: Unit, terms: Terms) -> bool:
    """Its money went back, or is on its way, before anybody has seen it."""
    is_to_come = unit.logistics in WHERE["approval"] and unit.inspection == "PENDING"
    is_early = line.has_terms and terms.due != "inspection" and line.wanted is None
    return is_early and is_to_come and unit.credit is True and unit.settlement != "NONE"


def fees(world: World, request: Request, payout: Payout) -> Kept:
    """What is still to be taken, with this payout, of all that was and is paid back."""
    terms = terms_of(world, request)
    payouts = [*request.standing, payout]
    whole: Kept = {}
    left = 0
    for line_no, line in request.lines.items():
        if not line.has_terms:
            continue
        carried = sum(_carried(world, request, one, line_no) for one in payouts)
        rate = 0 if terms.keeps else terms.restocking
        whole["restocking", line_no] = round(Fraction(carried * rate, 10_000))
        left += carried - whole["restocking", line_no]
    whole["flat", ""] = min(terms.flat, left)
    way_back = 0 if terms.keeps else terms.way_back
    whole["way back", ""] = min(way_back, left - whole["flat", ""])
    rest = sum(payout.amounts.values())
    kept: Kept = {}
    for place, amount in whole.items():
        taken = sum(one.fees.get(place, 0) for one in request.standing)
        kept[place] = min(max(0, amount - taken), rest)
        rest -= kept[place]
    return kept


def _carried(world: World, request: Request, payout: Payout, line_no: str) -> int:
    """What was paid for its units that nobody else's fault made, then or now."""
    units = {id(unit) for unit in request.lines[line_no].units}
    worth = sum(
        world.value(request, unit)
        for unit in payout.charged
        if id(unit) in units and not unit.is_free
    )
    return min(worth, payout.amounts.get(line_no, 0))
