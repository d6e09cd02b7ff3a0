"""What becomes of a payout after it was started: by asking again, by people, by finance."""

from collections.abc import Mapping
from dataclasses import replace

from tests.simulation.model import Sale, World
from tests.simulation.money import (
    BESIDE,
    CHARGED_BACK,
    CREDIT,
    DISPUTED,
    MANUAL,
    Lot,
    Payback,
    Payout,
    Quarrel,
    SoldPayment,
)
from tests.simulation.steps import Step
from tests.simulation.units import Refused

Outcomes = Mapping[str, str]
"""By payment: `paid`; `declined`; `lost`: paid, and the answer is lost, but not if asked again;
`silent`: nothing arrives; `deaf`: paid, and nobody can be asked what became of it."""


def retry(world: World, step: Step) -> None:
    """What is unknown is asked for; what was declined, came back or was short is sent anew.

    What can be sent is sent, whatever stands in the way of the rest.
    """
    sale, payout = _payout(world, step)
    _require_open(payout)
    waits = any(leg.state == "UNKNOWN" for leg in payout.legs)
    if not waits and not may_be_sent(sale, payout):
        raise Refused(_why_not(sale, payout))
    for leg in payout.legs:
        if _is_to_be_sent(leg) and _is_sendable(sale, leg):
            _send(leg, leg.provider)
            sale.recount()
    _send_what_is_short(sale, payout)
    give_credit(sale, payout)
    _ask(sale, payout, step.given["outcomes"], is_new=False)


def may_be_sent(sale: Sale, payout: Payout) -> bool:
    """Whether a retry would send anything, and not only ask."""
    if payout.is_reversed:
        return False
    is_any = any(_is_to_be_sent(leg) and _is_sendable(sale, leg) for leg in payout.legs)
    return is_any or bool(payout.short and any(payment.carries for payment in sale.payments))


def _is_to_be_sent(leg: Payback) -> bool:
    return leg.state in ("DECLINED", "FROZEN")


def _is_sendable(sale: Sale, leg: Payback) -> bool:
    payment = sale.payment(leg.payment_id)
    if payment is not None and payment.is_disputed:
        return False
    return leg.is_counted or (payment is not None and payment.left >= leg.amount)


def _why_not(sale: Sale, payout: Payout) -> str:
    for leg in payout.legs:
        payment = sale.payment(leg.payment_id)
        if _is_to_be_sent(leg):
            is_disputed = payment is not None and payment.is_disputed
            return "payment_disputed" if is_disputed else "payment_exhausted"
    return "nothing_to_retry"


def _send(leg: Payback, provider: str) -> None:
    """A new attempt, that nobody knows of yet."""
    leg.provider, leg.why, leg.was, leg.truth = provider, "", "", ""
    leg.state = {MANUAL: "MANUAL", CREDIT: "PAID"}.get(provider, "UNKNOWN")


def _send_what_is_short(sale: Sale, payout: Payout) -> None:
    for payment in sale.payments:
        part = min(payout.short, payment.carries)
        if part:
            leg = Payback(payment.payment_id, payment.provider, part, "HELD")
            if not payout.waits_for_second:
                _send(leg, payment.provider)
            payout.legs.append(leg)
            payout.short -= part
            sale.recount()


def approve(world: World, step: Step) -> None:
    """Another person than who started it agrees: what was held is sent."""
    sale, payout = _payout(world, step)
    if payout.agreed_by == step.who:
        world.is_unchanged = not _ask(sale, payout, step.given["outcomes"], is_new=False)
        return
    _require_open(payout)
    held = [leg for leg in payout.legs if "HELD" in (leg.state, leg.was)]
    if not held:
        raise Refused("nothing_held")
    if step.who == payout.by:
        raise Refused("same_person")
    if any(_is_disputed(sale, leg) for leg in held):
        raise Refused("payment_disputed")
    payout.agreed_by = step.who
    for leg in held:
        _send(leg, leg.provider)
    give_credit(sale, payout)
    settled_by_banks(sale, payout, [])
    _ask(sale, payout, step.given["outcomes"], is_new=True)


def confirm(world: World, step: Step) -> None:
    """A person says with a proof that a leg was paid by hand."""
    sale, payout = _payout(world, step)
    legs = _legs_of(payout, step.given["payment"])
    waiting = [leg for leg in legs if leg.state == "MANUAL"]
    if not waiting:
        raise Refused("leg_not_manual")
    waiting[0].state, waiting[0].has_moved = "PAID", True
    sale.recount()
    shown(payout)


def pay_otherwise(world: World, step: Step) -> None:
    """A person pays what was declined, came back or was short: beside a payment that cannot."""
    sale, payout = _payout(world, step)
    _require_open(payout)
    payment_id = step.given["payment"]
    if payment_id is None:
        if not payout.short:
            raise Refused("nothing_to_pay_otherwise")
        state = "HELD" if payout.waits_for_second else "MANUAL"
        payout.legs.append(Payback(BESIDE, MANUAL, payout.short, state))
        payout.short = 0
        shown(payout)
        return
    legs = _legs_of(payout, payment_id)
    if any(_is_disputed(sale, leg) for leg in legs):
        raise Refused("payment_disputed")
    chosen = [leg for leg in legs if leg.state == "DECLINED" or leg.came_back]
    if not chosen:
        raise Refused("nothing_to_pay_otherwise")
    for leg in chosen:
        payment = sale.payment(payment_id)
        if not leg.is_counted and (payment is None or payment.left < leg.amount):
            leg.payment_id = BESIDE
        _send(leg, MANUAL)
        sale.recount()
    shown(payout)


def write_off(world: World, step: Step) -> None:
    """Nobody pays it any more; never what may be on its way."""
    sale, payout = _payout(world, step)
    _require_open(payout)
    payment_id = step.given["payment"]
    if payment_id is None:
        if not payout.short:
            raise Refused("nothing_to_write_off")
        payout.legs.append(Payback(BESIDE, MANUAL, payout.short, "CANCELLED"))
        payout.written_off += payout.short
        payout.short = 0
    else:
        legs = _legs_of(payout, payment_id)
        chosen = [leg for leg in legs if leg.state in ("DECLINED", "FROZEN", "MANUAL")]
        if not chosen:
            raise Refused("nothing_to_write_off")
        for leg in chosen:
            leg.state, leg.was = "CANCELLED", ""
            payout.written_off += leg.amount
    sale.recount()
    shown(payout)


def reverse(world: World, step: Step) -> None:
    """As if it had not been started; only while no money moved."""
    sale, payout = _payout(world, step)
    if any(leg.state == "PAID" and leg.provider == CREDIT for leg in payout.legs):
        raise Refused("given_as_credit")
    _require_open(payout)
    if any(leg.has_moved or leg.is_over or leg.state == "UNKNOWN" for leg in payout.legs):
        raise Refused("money_moved")
    for leg in payout.legs:
        leg.state, leg.was = "CANCELLED", ""
    payout.is_reversed = True
    for unit in payout.units:
        unit.settlement = "NONE"
    for unit in payout.replaced:
        unit.settlement = "APPROVED"
    sale.recount()


def withdraw_credit(world: World, step: Step) -> None:
    """The customer wants money: unspent credit is taken back, and its legs are owed again.

    What was bought with credit stays credit.
    """
    _, request = world.owner(step.target)
    sale, payout = _payout(world, step)
    legs = [
        leg
        for leg in payout.legs
        if leg.state == "PAID" and leg.provider == CREDIT and not _was_credit(sale, leg)
    ]
    if not legs:
        raise Refused("not_given_as_credit")
    lots = {id(leg.lot): leg.lot for leg in legs}.values()
    if any(lot is None or lot.left < lot.given for lot in lots):
        raise Refused("credit_already_spent")
    for leg in legs:
        payment = sale.payment(leg.payment_id)
        assert leg.lot is not None, "it was given"
        assert payment is not None, "credit is given for payments"
        leg.lot.left -= leg.amount
        leg.provider, leg.state, leg.lot = payment.provider, "DECLINED", None
    if all(leg.lot is None for leg in payout.legs):
        payout.lot = None
    for line_no in payout.amounts:
        request.lines[line_no].as_credit = False
    sale.recount()
    shown(payout)


def _was_credit(sale: Sale, leg: Payback) -> bool:
    payment = sale.payment(leg.payment_id)
    return payment is not None and payment.provider == CREDIT


def give_credit(sale: Sale, payout: Payout) -> None:
    """What became credit just now, in one lot."""
    legs = [
        leg
        for leg in payout.legs
        if leg.provider == CREDIT and leg.state == "PAID" and leg.lot is None
    ]
    if legs:
        whole = sum(leg.amount for leg in legs)
        payout.lot = Lot(whole, whole)
        sale.lots.append(payout.lot)
        for leg in legs:
            leg.lot = payout.lot


def _ask(sale: Sale, payout: Payout, outcomes: Outcomes, *, is_new: bool) -> bool:
    """Every leg without an answer is asked for; True where one has an answer now."""
    waiting = [leg for leg in payout.legs if leg.state == "UNKNOWN"]
    with_bank = [leg for leg in waiting if leg.why == CHARGED_BACK]
    for leg in waiting:
        answered(leg, outcomes.get(leg.payment_id, "paid"), is_new=is_new)
    sale.recount()
    not_paid = [leg for leg in with_bank if leg.state == "DECLINED"]
    if not_paid:
        settled_by_banks(sale, payout, not_paid)
    shown(payout)
    return any(leg.state != "UNKNOWN" for leg in waiting)


def answered(leg: Payback, outcome: str, *, is_new: bool) -> None:
    """Sent if it is new; else asked for first, and sent if its provider never heard of it."""
    if outcome == "deaf":
        leg.truth = "paid" if is_new else leg.truth
        return
    if not leg.truth and leg.why == CHARGED_BACK:
        leg.state = "DECLINED"
    if not leg.truth and leg.why not in (CHARGED_BACK, DISPUTED):
        leg.truth = {"silent": "", "declined": "declined"}.get(outcome, "paid")
    heard(leg)


def heard(leg: Payback) -> None:
    """What its provider says of it now."""
    if leg.truth:
        leg.state, leg.why = {"paid": "PAID", "declined": "DECLINED"}[leg.truth], ""
        leg.has_moved = leg.has_moved or leg.state == "PAID"


def settled_by_banks(sale: Sale, payout: Payout, legs: list[Payback]) -> None:
    """What a bank gave beyond what was owed then settles what did not go through, and is short."""
    for payment in sale.payments:
        for quarrel in payment.quarrels.values():
            if quarrel.state == "LOST":
                given_by_bank(payout, payment, quarrel, legs)
    sale.recount()


def given_by_bank(
    payout: Payout, payment: SoldPayment, quarrel: Quarrel, legs: list[Payback]
) -> None:
    """First what of these would have gone to this payment, then what was short."""
    for leg in list(legs):
        is_owed = leg.state in ("DECLINED", "HELD", "MANUAL", "FROZEN")
        part = min(leg.amount, quarrel.amount - quarrel.given)
        if part and is_owed and leg.payment_id == payment.payment_id:
            quarrel.given += part
            rest = _given_of(leg, part)
            payout.legs += rest
            legs += rest if legs is not payout.legs else []
    part = min(payout.short, quarrel.amount - quarrel.given)
    if part:
        quarrel.given += part
        payout.short -= part
        payout.legs.append(Payback(payment.payment_id, payment.provider, part, "CANCELLED"))


def _given_of(leg: Payback, part: int) -> list[Payback]:
    """Part of a leg is over; what is left of it stands as it stood."""
    rest = [replace(leg, amount=leg.amount - part, truth="")] if part < leg.amount else []
    leg.amount, leg.state, leg.was = part, "CANCELLED", ""
    return rest


def shown(payout: Payout) -> None:
    """Its units stand where it stands; those of one that was taken back are its units no more."""
    for unit in [] if payout.is_reversed else [*payout.units, *payout.replaced]:
        unit.settlement = payout.state


def _payout(world: World, step: Step) -> tuple[Sale, Payout]:
    _, request = world.owner(step.target)
    assert request.order_no is not None, "goods without a sale are worth nothing"
    return world.sales[request.order_no], request.payouts[step.target]


def _require_open(payout: Payout) -> None:
    if payout.is_reversed:
        raise Refused("settlement_reversed")
    if payout.state == "SETTLED":
        raise Refused("already_settled")


def _legs_of(payout: Payout, payment_id: str) -> list[Payback]:
    legs = [leg for leg in payout.legs if leg.payment_id == payment_id]
    if not legs:
        raise Refused("leg_not_found")
    return legs


def _is_disputed(sale: Sale, leg: Payback) -> bool:
    payment = sale.payment(leg.payment_id)
    return payment is not None and payment.is_disputed
