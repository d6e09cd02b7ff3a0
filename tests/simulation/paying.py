"""What is paid back for accepted units, payment by payment."""

from tests.simulation.admitting import is_owed, is_unpaid
from tests.simulation.asking import NOT_NOW
from tests.simulation.model import Payback, Payout, Refused, Request, SoldPayment, Unit, World
from tests.simulation.owing import fees
from tests.simulation.steps import Step


def settle(world: World, step: Step) -> None:
    """One payout for all that is owed and in no other, over the payments in their order."""
    request = world.requests[step.target]
    owed = {
        line_no: units
        for line_no, line in request.lines.items()
        if line.wanted is None and (units := [unit for unit in line.units if is_owed(unit)])
    }
    if not owed or request.is_closed:
        raise Refused("nothing_to_settle", NOT_NOW)
    assert request.order_no is not None, "goods without a sale are worth nothing"
    units = [unit for part in owed.values() for unit in part]
    payout = Payout(units, _owed(world, request, owed), [])
    payout.charged = [unit for unit in units if not unit.is_free]
    payout.fees = fees(world, request, payout)
    left = sum(payout.amounts.values()) - sum(payout.fees.values())
    legs: list[Payback] = []
    for payment in world.sales[request.order_no].payments:
        part = min(left, payment.left)
        if part:
            payment.under_way += part
            state = "MANUAL" if payment.provider == "manual" else "UNKNOWN"
            legs.append(Payback(payment.payment_id, part, state))
            left -= part
    assert not left, "sales are paid in full here"
    payout.legs = legs
    request.payouts[step.id] = payout
    world.owners[step.id] = step.target
    for leg in legs:
        if leg.state == "UNKNOWN":
            _answered(world, request, leg, step.given["outcomes"].get(leg.payment_id, "paid"))
    _shown(payout)


def _owed(world: World, request: Request, owed: dict[str, list[Unit]]) -> dict[str, int]:
    """What was paid for the units of each line, less what was awarded on top of it before."""
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
    units = [unit for line_no in line_nos for unit in request.lines[line_no].units]
    paid = [(payout, line_no) for payout in request.payouts.values() for line_no in line_nos]
    is_in_one = [id(unit) for payout in request.payouts.values() for unit in payout.units]
    worth = sum(world.value(request, unit) for unit in units if _may_be_paid(unit, is_in_one))
    given = sum(payout.amounts.get(line_no, 0) for payout, line_no in paid)
    awarded = sum(
        award.award
        for award in request.appeals.values()
        if set(award.line_nos or request.lines) <= line_nos
    )
    kept = sum(
        fee
        for payout in request.payouts.values()
        for (_, line_no), fee in payout.fees.items()
        if ({line_no} if line_no else set(payout.amounts)) <= line_nos
    )
    return max(0, worth - given + kept - awarded)


def _may_be_paid(unit: Unit, is_in_one: list[int]) -> bool:
    """In a payout, or ours and neither paid back nor exchanged."""
    if id(unit) in is_in_one:
        return True
    is_with_the_customer = unit.logistics in ("SHORT_CLOSED", "REFUSED")
    is_ours = unit.is_approved and not is_with_the_customer and unit.disposition != "SHIP_BACK"
    return is_ours and is_unpaid(unit)


def retry(world: World, step: Step) -> None:
    """What is unknown is asked for; what was declined is tried anew."""
    _, request = world.owner(step.target)
    payout = request.payouts[step.target]
    states = {leg.state for leg in payout.legs}
    if states <= {"PAID"}:
        raise Refused("already_settled")
    declined = [leg for leg in payout.legs if leg.state == "DECLINED"]
    if any(_payment(world, request, leg).left < leg.amount for leg in declined):
        raise Refused("payment_exhausted")
    for leg in payout.legs:
        if leg.state == "DECLINED":
            _payment(world, request, leg).under_way += leg.amount
            leg.state = "UNKNOWN"
        if leg.state == "UNKNOWN":
            _answered(world, request, leg, step.given["outcomes"].get(leg.payment_id, "paid"))
    _shown(payout)


def confirm(world: World, step: Step) -> None:
    """A person says with a proof that a leg was paid by hand."""
    _, request = world.owner(step.target)
    payout = request.payouts[step.target]
    leg = next((x for x in payout.legs if x.payment_id == step.given["payment"]), None)
    if leg is None:
        raise Refused("leg_not_found")
    if leg.state != "MANUAL":
        raise Refused("leg_not_manual")
    _answered(world, request, leg, "paid")
    _shown(payout)


def _answered(world: World, request: Request, leg: Payback, outcome: str) -> None:
    payment = _payment(world, request, leg)
    if outcome == "silent":
        leg.state = "UNKNOWN"
        return
    payment.under_way -= leg.amount
    if outcome == "declined":
        leg.state = "DECLINED"
    else:
        payment.paid_back += leg.amount
        leg.state = "PAID"


def _payment(world: World, request: Request, leg: Payback) -> SoldPayment:
    assert request.order_no is not None, "goods without a sale are worth nothing"
    payments = world.sales[request.order_no].payments
    return next(payment for payment in payments if payment.payment_id == leg.payment_id)


def _shown(payout: Payout) -> None:
    for unit in payout.units:
        unit.settlement = payout.state


def close(world: World, step: Step) -> None:
    request = world.requests[step.target]
    if not request.is_closed and not request.is_complete:
        raise Refused("not_complete")
    request.is_closed = True
