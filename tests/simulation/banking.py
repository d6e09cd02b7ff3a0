"""What comes from outside after a payout: news of its provider, disputes, credit that is used."""

from tests.simulation.model import Request, Sale, World
from tests.simulation.money import (
    BESIDE,
    CHARGED_BACK,
    CREDIT,
    DISPUTED,
    FAILED_LATER,
    MANUAL,
    Payback,
    Quarrel,
    SoldPayment,
)
from tests.simulation.refunding import given_by_bank, heard, settled_by_banks, shown
from tests.simulation.steps import Step
from tests.simulation.units import Refused

KNOWN = ("UNKNOWN", "PAID")


def tell(world: World, step: Step) -> None:
    """The provider tells of a part that was sent to it; `fails`: the bank sends the money back.

    Its news are a reason to ask: what is true of it now is booked.
    """
    _, request = world.owner(step.target)
    payout = request.payouts[step.target]
    leg = payout.legs[step.given["leg"]]
    if step.given["fails"] and leg.truth == "paid":
        leg.truth = "declined"
    if not leg.truth:
        raise Refused("provider_silent")
    before = leg.state
    sale = world.sales[str(request.order_no)]
    if leg.state == "UNKNOWN":
        is_with_bank = leg.why == CHARGED_BACK
        heard(leg)
        if is_with_bank and leg.state == "DECLINED":
            settled_by_banks(sale, payout, [leg])
    elif leg.state == "PAID" and leg.truth == "declined":
        leg.state, leg.was, leg.why = "FROZEN", "PAID", FAILED_LATER
        settled_by_banks(sale, payout, [leg])
    world.is_unchanged = leg.state == before
    sale.recount()
    shown(payout)


def dispute(world: World, step: Step) -> None:
    """The bank says that a payment is disputed, or how that ended; the end tells its beginning."""
    sale, given = world.sales[step.target], step.given
    payment = sale.payment(given["payment"])
    assert payment is not None, "a payment of the sale"
    if not 0 < given["amount"] <= payment.captured:
        raise Refused("dispute_amount")
    known = payment.quarrels.get(given["dispute"])
    if known is not None and known.amount != given["amount"]:
        raise Refused("dispute_differs")
    state = given["state"]
    if known is not None and state != "OPEN" and known.state not in ("OPEN", state):
        raise Refused("dispute_decided")
    if known is not None and (state == "OPEN" or known.state == state):
        return
    quarrel = payment.quarrels.setdefault(given["dispute"], Quarrel(given["amount"]))
    touched = _before(sale)
    if state == "OPEN":
        _hold_back(sale, payment)
    else:
        quarrel.state = state
        if state == "LOST":
            _give(world, step.target, payment, quarrel)
        if not payment.is_disputed:
            _release(sale, payment)
    sale.recount()
    _close_touched(world, step.target, touched)


def _hold_back(sale: Sale, payment: SoldPayment) -> None:
    """What was not sent is frozen; what may be on its way is only not sent again."""
    for leg in _legs(sale, payment):
        if leg.state == "UNKNOWN":
            leg.why = DISPUTED
        elif leg.state in ("DECLINED", "HELD", "MANUAL"):
            leg.state, leg.was, leg.why = "FROZEN", leg.state, DISPUTED


def _release(sale: Sale, payment: SoldPayment) -> None:
    """All as it was; what has no answer is not sent again once a dispute was lost."""
    is_lost = any(quarrel.state == "LOST" for quarrel in payment.quarrels.values())
    for leg in _legs(sale, payment):
        if leg.state == "UNKNOWN":
            leg.why = CHARGED_BACK if is_lost else ""
        elif leg.state == "FROZEN" and leg.why == DISPUTED:
            leg.state, leg.was, leg.why = leg.was, "", ""


def _legs(sale: Sale, payment: SoldPayment) -> list[Payback]:
    return [
        leg
        for payout in sale.payouts
        if not payout.is_reversed
        for leg in payout.legs
        if leg.payment_id == payment.payment_id
    ]


def _give(world: World, order_no: str, payment: SoldPayment, quarrel: Quarrel) -> None:
    """The bank gave the customer so much: of what we owe, the oldest request first."""
    for request in _requests(world, order_no):
        for payout in request.standing:
            given_by_bank(payout, payment, quarrel, payout.legs)


def _requests(world: World, order_no: str) -> list[Request]:
    return [one for one in world.requests.values() if one.order_no == order_no]


Looks = dict[int, list[tuple[str, str, str, int]]]


def _before(sale: Sale) -> Looks:
    """How the parts of each payout look."""
    return {
        id(payout): [(leg.state, leg.why, leg.was, leg.amount) for leg in payout.legs]
        for payout in sale.payouts
    }


def _close_touched(world: World, order_no: str, before: Looks) -> None:
    """A return is closed or open again if anything of it has changed."""
    after = _before(world.sales[order_no])
    for request in _requests(world, order_no):
        for payout in request.standing:
            shown(payout)
        if any(after[id(one)] != before[id(one)] for one in request.payouts.values()):
            request.is_closed = request.is_complete


def spend(world: World, step: Step) -> None:
    """The customer buys with store credit; what was given first is used first."""
    sale, amount = world.sales[step.target], step.given["amount"]
    if sum(lot.left for lot in sale.lots) < amount:
        raise Refused("credit_too_low")
    sale.spent += amount
    for lot in sale.lots:
        part = min(lot.left, amount)
        lot.left -= part
        amount -= part


def is_told_of(leg: Payback) -> bool:
    """Whether its provider may tell anything of it."""
    return leg.provider not in (MANUAL, CREDIT) and leg.payment_id != BESIDE and leg.state in KNOWN
