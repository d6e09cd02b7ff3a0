"""Legs whose payment is disputed: held back, released, or given to the customer by the bank.

Pure. Each function is about one settlement, and says in the journal of its return what it changed.
Legs that may be on their way are never frozen: they are only not sent again while it lasts.
"""

from collections.abc import Collection
from dataclasses import replace

from chalicelib.core.events import Journal
from chalicelib.core.money import Money
from chalicelib.orders.model import Payment
from chalicelib.returns.facts import money
from chalicelib.returns.model import Return
from chalicelib.settlement.booking import STARTED, UNDECIDED, heading, noted
from chalicelib.settlement.facts import leg_facts
from chalicelib.settlement.legs import added, cancelled, frozen, split, thawed
from chalicelib.settlement.model import CHARGED_BACK, DISPUTED, Leg, LegState, Settlement
from chalicelib.settlement.writing_off import tell_cancelled

_WAITING = frozenset({LegState.DECLINED, LegState.HELD, LegState.MANUAL})
"""Legs that were not sent, or of which a person has not said yet that they were."""


def held_back(
    journal: Journal, ret: Return, settlement: Settlement, payment_id: str, dispute_id: str
) -> Settlement:
    """Nothing more goes to this payment."""
    legs: list[Leg] = []
    for leg in settlement.legs:
        if leg.payment_id == payment_id and leg.state in UNDECIDED:
            leg = replace(leg, reason=DISPUTED)
        elif leg.payment_id == payment_id and leg.state in _WAITING:
            leg = frozen(leg, DISPUTED)
            facts = {**heading(ret), **leg_facts(settlement, leg), "dispute_id": dispute_id}
            journal.record("refund.frozen", facts)
        legs.append(leg)
    return replace(settlement, legs=tuple(legs))


def released(
    journal: Journal, ret: Return, settlement: Settlement, payment: Payment, *, is_lost: bool
) -> Settlement:
    """Every leg as it was before; one without an answer is sent again only if nothing was lost."""
    legs: list[Leg] = []
    for leg in settlement.legs:
        is_its = leg.payment_id == payment.payment_id
        if is_its and leg.state in UNDECIDED and (is_lost or leg.reason == DISPUTED):
            leg = replace(leg, reason=CHARGED_BACK if is_lost else None)
        elif is_its and leg.state is LegState.FROZEN and leg.reason == DISPUTED:
            leg = thawed(leg)
            journal.record("refund.released", {**heading(ret), **leg_facts(settlement, leg)})
        legs.append(leg)
    return replace(settlement, legs=tuple(legs))


def given_by_bank(
    journal: Journal,
    ret: Return,
    settlement: Settlement,
    payment: Payment,
    dispute_id: str,
    left: Money,
    *,
    keys: Collection[str] | None = None,
) -> tuple[Settlement, Money]:
    """What of the settlement the bank has given with `left`, and how much that is.

    First what would have gone to this payment (where `keys` are said, of these legs), then what was
    short.
    """
    before, given = settlement, Money.zero(left.currency)
    for leg in before.legs:
        part = min(leg.amount, left - given)
        is_meant = leg.payment_id == payment.payment_id and (keys is None or leg.key in keys)
        if is_meant and _is_owed(leg) and part:
            settlement = _cancelled(settlement, leg, part, dispute_id)
            given = given + part
    short = min(settlement.shortfall, left - given)
    if short:
        leg = cancelled(added(settlement, payment, short), CHARGED_BACK, dispute_id)
        settlement = replace(
            settlement, legs=(*settlement.legs, leg), shortfall=settlement.shortfall - short
        )
        given = given + short
    if given:
        settlement = noted(ret, settlement, STARTED)
        tell_cancelled(ret, before, settlement, journal)
        journal.record(
            "settlement.charged_back",
            {
                **heading(ret),
                "settlement_id": settlement.settlement_id,
                "payment_id": payment.payment_id,
                "dispute_id": dispute_id,
                "amount": money(given),
            },
        )
    return settlement, given


def _is_owed(leg: Leg) -> bool:
    return leg.state in _WAITING or leg.state is LegState.FROZEN


def _cancelled(settlement: Settlement, leg: Leg, part: Money, dispute_id: str) -> Settlement:
    """The settlement with so much of the leg given; what is left of it is a leg of its own."""
    rest: tuple[Leg, ...] = ()
    if part < leg.amount:
        leg, left_over = split(settlement, leg, part)
        rest = (left_over,)
    done = cancelled(leg, CHARGED_BACK, dispute_id)
    legs = tuple(done if one.key == leg.key else one for one in settlement.legs)
    return replace(settlement, legs=(*legs, *rest))
