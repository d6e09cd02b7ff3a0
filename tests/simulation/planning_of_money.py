"""Which step about money comes next: of payouts, by banks, with store credit."""

from collections.abc import Callable
from typing import Any

from tests.simulation.admitting import OF_PAYOUTS, admits
from tests.simulation.banking import is_told_of
from tests.simulation.model import Request, Sale, World
from tests.simulation.money import CREDIT, MANUAL, Payback, Payout, Quarrel
from tests.simulation.refunding import may_be_sent
from tests.simulation.steps import Choices, is_lucky, pick

WAYS = ("paid",) * 6 + ("declined", "lost", "silent", "deaf")
COMMANDS = (*OF_PAYOUTS, "settle", "tell", "dispute", "spend")
QUARRELS_MAX = 2
"""So many disputes of a sale, and no more come but by chance."""
SAID = ("OPEN", "OPEN", "WON", "LOST")
Given = dict[str, Any]
"""Any: the arguments of a command."""


def targets(world: World, request: Request) -> dict[str, list[str]]:
    """What steps about its money may be about, by command: what they fit, if there is any."""
    if request.order_no is None:
        return {}
    sale = world.sales[request.order_no]
    every = list(request.payouts)
    found = {
        name: [key for key in every if _is_fit(sale, request.payouts[key], name)] or every
        for name in (*OF_PAYOUTS, "tell")
    }
    found["dispute"] = [request.order_no] if _disputable(sale) else []
    found["spend"] = [request.order_no] if sale.lots else []
    found["tell"] = [key for key in found["tell"] if _tellable(request.payouts[key])]
    return found


def is_sensible(world: World, request: Request, name: str, keys: list[str]) -> bool:
    """Whether there is anything for the command to do."""
    sale = world.sales[str(request.order_no)]
    match name:
        case "tell":
            return True
        case "dispute":
            quarrels = [one for payment in sale.payments for one in payment.quarrels.values()]
            is_undecided = any(one.state == "OPEN" for one in quarrels)
            return bool(request.payouts) and (is_undecided or len(quarrels) < QUARRELS_MAX)
        case "spend":
            return any(lot.left for lot in sale.lots)
        case _:
            fits = any(_is_fit(sale, request.payouts[key], name) for key in keys)
            return fits and (admits(request, OF_PAYOUTS[name]) or not request.is_closed)


def _is_fit(sale: Sale, payout: Payout, name: str) -> bool:
    if payout.is_reversed:
        return False
    legs = payout.legs
    match name:
        case "retry":
            return may_be_sent(sale, payout) or _has(legs, "UNKNOWN")
        case "confirm":
            return _has(legs, "MANUAL")
        case "approve-refund":
            return _has(legs, "HELD")
        case "pay-otherwise":
            is_any = _has(legs, "DECLINED") or any(leg.came_back for leg in legs)
            return is_any or bool(payout.short)
        case "write-off":
            return _has(legs, "DECLINED", "FROZEN", "MANUAL") or bool(payout.short)
        case "reverse":
            return payout.state in ("QUOTED", "FAILED", "MANUAL")
        case "withdraw-credit":
            return any(leg.lot is not None and leg.lot.left == leg.lot.given for leg in legs)
        case _:
            return any(is_told_of(leg) for leg in legs)


def _has(legs: list[Payback], *states: str) -> bool:
    return any(leg.state in states for leg in legs)


def _disputable(sale: Sale) -> list[str]:
    return [payment.payment_id for payment in sale.payments if payment.captured]


def _tellable(payout: Payout) -> list[int]:
    """The places of legs that were sent to a provider."""
    return [place for place, leg in enumerate(payout.legs) if leg.provider not in (MANUAL, CREDIT)]


def _outcomes(world: World, choices: Choices, request: Request) -> Given:
    """What becomes of refunds of each payment that is asked for."""
    payments = world.sales[str(request.order_no)].payments
    return {
        "outcomes": {
            payment.payment_id: pick(choices, WAYS)
            for payment in payments
            if payment.provider not in (MANUAL, CREDIT)
        }
    }


def _of_leg(*states: str) -> Callable[[Choices, Payout], Given]:
    """A payment of the payout; None for what is short."""

    def given(choices: Choices, payout: Payout) -> Given:
        fit: list[str | None] = [
            leg.payment_id for leg in payout.legs if leg.state in states or leg.was in states
        ]
        fit += [None] if payout.short and "DECLINED" in states else []
        every = [leg.payment_id for leg in payout.legs] or ["none"]
        return {"payment": pick(choices, fit or every)}

    return given


_LEGS = {
    "confirm": _of_leg("MANUAL"),
    "pay-otherwise": _of_leg("DECLINED", "PAID"),
    "write-off": _of_leg("DECLINED", "FROZEN", "MANUAL"),
}


def given(world: World, choices: Choices, command: str, key: str, target: str) -> Given:
    """What a command about money is given."""
    request = world.requests[key]
    if command == "settle":
        return _outcomes(world, choices, request)
    if command == "dispute":
        return _dispute(world.sales[target], choices)
    if command == "spend":
        return _spend(world.sales[target], choices)
    payout = request.payouts[target]
    if command in ("retry", "approve-refund"):
        return {"of": key, **_outcomes(world, choices, request)}
    if command == "tell":
        places = _tellable(payout)
        known = [place for place in places if is_told_of(payout.legs[place])]
        return {"of": key, "leg": pick(choices, known or places), "fails": is_lucky(choices, 40)}
    if command in _LEGS:
        return {"of": key, **_LEGS[command](choices, payout)}
    return {"of": key}


def _dispute(sale: Sale, choices: Choices) -> Given:
    """A new dispute of a payment, or more of one that is known."""
    open_ones = [
        (payment.payment_id, name, quarrel)
        for payment in sale.payments
        for name, quarrel in payment.quarrels.items()
        if quarrel.state == "OPEN" or is_lucky(choices, 20)
    ]
    state = pick(choices, SAID)
    if open_ones and not is_lucky(choices, 15):
        payment_id, name, quarrel = pick(choices, open_ones)
        state = pick(choices, SAID[1:])
        return _said(payment_id, name, quarrel, state)
    payment = pick(choices, [one for one in sale.payments if one.captured])
    amount = payment.captured if is_lucky(choices, 40) else 1 + choices.upto(payment.captured - 1)
    name = f"dispute {len(payment.quarrels) + 1}"
    return _said(payment.payment_id, name, Quarrel(amount), state)


def _said(payment_id: str, name: str, quarrel: Quarrel, state: str) -> Given:
    return {"payment": payment_id, "dispute": name, "amount": quarrel.amount, "state": state}


def _spend(sale: Sale, choices: Choices) -> Given:
    """Some of the credit, now and then too much."""
    left = sum(lot.left for lot in sale.lots)
    return {"amount": 1 + choices.upto(max(0, left - 1 + is_lucky(choices, 10)))}
