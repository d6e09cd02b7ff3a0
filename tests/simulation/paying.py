"""What is paid back for accepted units, payment by payment."""

from collections.abc import Sequence

from tests.simulation.admitting import is_owed, is_unpaid
from tests.simulation.asking import NOT_NOW
from tests.simulation.beside import cut, given_beside
from tests.simulation.model import AskedLine, Request, Sale, World
from tests.simulation.money import CREDIT, MANUAL, Beside, Payback, Payout
from tests.simulation.owing import fees, terms_of
from tests.simulation.refunding import answered, give_credit, settled_by_banks, shown
from tests.simulation.steps import Step
from tests.simulation.units import Refused, Unit


def settle(world: World, step: Step) -> None:
    """One payout for all that is owed and in no other, over the payments in their order."""
    request = world.requests[step.target]
    owed, as_credit = _owed(request)
    awards = request.awards_due
    besides = [
        cut(world, request, one, [unit for unit, _ in one.parts]) if one.is_of_units else one
        for one in request.besides_due
    ]
    if not (owed or awards or besides) or request.is_closed:
        raise Refused("nothing_to_settle", NOT_NOW)
    assert request.order_no is not None, "goods without a sale are worth nothing"
    sale = world.sales[request.order_no]
    units = [unit for part in owed.values() for unit in part]
    payout = Payout(units, _amounts(world, request, owed), [], by=step.who, awards=awards)
    payout.besides = besides
    for line_no, part in owed.items():
        sold_line = request.lines[line_no].order_line
        if sold_line is not None:
            payout.numbers.setdefault(sold_line, []).extend(unit.ordinal for unit in part)
    payout.charged = [unit for unit in units if not unit.is_free]
    payout.fees = fees(world, request, payout)
    above = terms_of(world, request).second_above
    before = sum(one.amount for one in request.standing)
    payout.is_above = above is not None and 0 < payout.amount > above - before
    _drain(sale, payout, as_credit=as_credit)
    request.payouts[step.id] = payout
    world.owners[step.id] = step.target
    sale.payouts.append(payout)
    sale.recount()
    give_credit(sale, payout)
    if not payout.waits_for_second:
        settled_by_banks(sale, payout, [])
    for leg in payout.legs:
        if leg.state == "UNKNOWN":
            answered(leg, step.given["outcomes"].get(leg.payment_id, "paid"), is_new=True)
    sale.recount()
    shown(payout)


def _owed(request: Request) -> tuple[dict[str, list[Unit]], bool]:
    """What is paid now, by line, and whether as credit: that has its turn when no money is owed."""

    def of(lines: dict[str, AskedLine]) -> dict[str, list[Unit]]:
        found = {no: [unit for unit in line.units if is_owed(unit)] for no, line in lines.items()}
        return {no: units for no, units in found.items() if units}

    lines = {no: line for no, line in request.lines.items() if line.is_paid_back}
    money = of({no: line for no, line in lines.items() if not line.as_credit})
    if money or request.awards_due or request.besides_due:
        return money, False
    return of(lines), True


def _drain(sale: Sale, payout: Payout, *, as_credit: bool) -> None:
    """The payments in their order, each for as much as it carries; the rest is short."""
    for one in payout.besides:
        if one.on_top:
            _leg_on_top(payout, one)
    payout.short = payout.amount - sum(leg.amount for leg in payout.legs)
    for payment in sale.payments:
        part = min(payout.short, payment.carries)
        if part:
            provider = CREDIT if as_credit else payment.provider
            payout.legs.append(
                Payback(payment.payment_id, provider, part, _begins(payout, provider))
            )
            payout.short -= part


def _leg_on_top(payout: Payout, one: Beside) -> None:
    """It goes back by hand to where it came from, all of an exchange together."""
    for leg in payout.legs:
        if leg.payment_id == one.swap:
            leg.amount += one.amount
            return
    payout.legs.append(Payback(one.swap, MANUAL, one.amount, _begins(payout, MANUAL)))


def _begins(payout: Payout, provider: str) -> str:
    if payout.waits_for_second:
        return "HELD"
    return {CREDIT: "PAID", MANUAL: "MANUAL"}.get(provider, "UNKNOWN")


def _amounts(world: World, request: Request, owed: dict[str, list[Unit]]) -> dict[str, int]:
    """What was paid for the units of each line, less what was awarded for it."""
    left = left_to_give(world, request, set(request.lines))
    amounts = {}
    for line_no, units in owed.items():
        worth = sum(world.value(request, unit) for unit in units)
        amounts[line_no] = min(worth, left_to_give(world, request, {line_no}), left)
        left -= amounts[line_no]
    return amounts


def left_to_give(world: World, request: Request, line_nos: set[str]) -> int:
    """What was paid for units that are ours now, less all that was given for them already.

    An award counts against lines if it was for them and for no others. A fee was not given; one of
    the whole request is of the lines that it was taken with.
    """
    return max(0, _left(world, request, line_nos))


def require_ours(world: World, request: Request, back: list[Unit]) -> None:
    """Units that the customer has the money for, by an award, do not go back."""
    about = [set(one.line_nos or request.lines) for one in request.appeals.values() if one.award]
    about += [set(request.lines)] if about else []
    is_short = [_left(world, request, lines) < 0 for lines in about]
    will_be = [_left(world, request, lines, without=back) < 0 for lines in about]
    if any(will_be) and not any(is_short):
        raise Refused("awarded_away")


def _left(world: World, request: Request, line_nos: set[str], without: Sequence[Unit] = ()) -> int:
    gone = [id(unit) for unit in without]
    units = [
        unit
        for line_no in line_nos
        for unit in request.lines[line_no].units
        if id(unit) not in gone
    ]
    paid = [(payout, line_no) for payout in request.standing for line_no in line_nos]
    is_in_one = [id(unit) for payout in request.standing for unit in payout.units]
    worth = sum(world.value(request, unit) for unit in units if _may_be_paid(unit, is_in_one))
    given = sum(payout.amounts.get(line_no, 0) for payout, line_no in paid)
    awarded = sum(
        award.award
        for award in request.appeals.values()
        if set(award.line_nos or request.lines) <= line_nos
    )
    kept = sum(
        fee
        for payout in request.standing
        for (_, line_no), fee in payout.fees.items()
        if ({line_no} if line_no else set(payout.amounts)) <= line_nos
    )
    beside = given_beside(world, request, line_nos)
    return worth - given + kept - awarded - beside


def _may_be_paid(unit: Unit, is_in_one: list[int]) -> bool:
    """In a payout, or ours and neither paid back nor exchanged."""
    if id(unit) in is_in_one:
        return True
    is_with_the_customer = unit.logistics in ("SHORT_CLOSED", "REFUSED")
    is_ours = unit.is_approved and not is_with_the_customer and unit.disposition != "SHIP_BACK"
    return is_ours and is_unpaid(unit)


def close(world: World, step: Step) -> None:
    request = world.requests[step.target]
    if not request.is_closed and not request.is_complete:
        raise Refused("not_complete")
    request.is_closed = True
