"""Legs of a settlement as they change: sent again, added for what was short, frozen, given up.

Pure. A key names settlement, payment and attempt. What is added later for a payment that has a leg
already has a number of its own in it, so no key ever stands for two amounts.
"""

from dataclasses import replace

from chalicelib.core.money import Money
from chalicelib.orders.model import Payment
from chalicelib.settlement.model import BESIDE, MANUAL, Leg, LegState, Settlement
from chalicelib.settlement.planning import state_when_sent


def awaits_second(settlement: Settlement) -> bool:
    """Whether a second person has to agree before anything of it is sent."""
    return settlement.second_above is not None and settlement.approved_by is None


def is_awaited(leg: Leg) -> bool:
    """Whether a person's proof is awaited; a dispute that freezes it does not change that."""
    return LegState.MANUAL in (leg.state, leg.was)


def sent_again(leg: Leg, payment: Payment | None) -> Leg:
    """The leg about to be sent under a new key; what a person pays stays with that person."""
    fresh = replace(_next(leg), state=state_when_sent(leg.provider))
    if payment is None or leg.provider == MANUAL:
        return fresh
    return replace(
        fresh,
        provider=payment.provider,
        provider_ref=payment.provider_ref,
        state=state_when_sent(payment.provider),
    )


def by_hand(leg: Leg, payment_id: str) -> Leg:
    """The leg for a person to pay, under a new key, counted on this payment."""
    return replace(
        _next(leg),
        payment_id=payment_id,
        provider=MANUAL,
        provider_ref=None,
        state=LegState.MANUAL,
    )


def added(settlement: Settlement, payment: Payment | None, amount: Money) -> Leg:
    """A leg for a part of what was short; without a payment it is paid by hand, beside them."""
    payment_id = BESIDE if payment is None else payment.payment_id
    provider = MANUAL if payment is None else payment.provider
    is_held = awaits_second(settlement)
    return Leg(
        payment_id=payment_id,
        provider=provider,
        provider_ref=None if payment is None else payment.provider_ref,
        amount=amount,
        state=LegState.HELD if is_held else state_when_sent(provider),
        key=f"{_new_stem(settlement, payment_id)}:1",
    )


def split(settlement: Settlement, leg: Leg, amount: Money) -> tuple[Leg, Leg]:
    """Two legs in place of one: the first is of this amount, the second of the rest."""
    assert Money.zero(amount.currency) < amount < leg.amount, "both parts are of something"
    rest = replace(
        leg, amount=leg.amount - amount, key=f"{_new_stem(settlement, leg.payment_id)}:1", attempt=1
    )
    return replace(leg, amount=amount), rest


def frozen(leg: Leg, reason: str) -> Leg:
    return replace(leg, state=LegState.FROZEN, reason=reason, was=leg.state)


def thawed(leg: Leg) -> Leg:
    """A frozen leg as it was before."""
    assert leg.was is not None, "a frozen leg says what it was"
    return replace(leg, state=leg.was, reason=None, was=None)


def cancelled(leg: Leg, reason: str, reference: str | None = None) -> Leg:
    """The leg that nobody pays any more."""
    return replace(leg, state=LegState.CANCELLED, reason=reason, reference=reference, was=None)


def _next(leg: Leg) -> Leg:
    stem = leg.key.rpartition(":")[0]
    return replace(
        leg,
        key=f"{stem}:{leg.attempt + 1}",
        attempt=leg.attempt + 1,
        reference=None,
        reason=None,
        was=None,
    )


def _new_stem(settlement: Settlement, payment_id: str) -> str:
    """The part of a key before its attempt, as no leg of the settlement ever had it.

    Legs are never removed and keep the payment in their key, even if they are paid beside it.
    """
    stem = f"{settlement.settlement_id}:{payment_id}"
    number = 1 + sum(leg.key.split(":")[1] == payment_id for leg in settlement.legs)
    return stem if number == 1 else f"{stem}:{number}"
