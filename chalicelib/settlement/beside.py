"""What is given back beside the price of units: what exchanges cost less, or were paid for on top.

Pure. What a replacement cost less goes back to the order's payments like any refund. What was paid
on top was no payment of the order: a person gives it back to where it came from, and proves it.
"""

from collections.abc import Sequence

from chalicelib.core import runs
from chalicelib.core.events import Json
from chalicelib.core.money import Money
from chalicelib.returns.facts import money
from chalicelib.returns.model import Return
from chalicelib.returns.units import move, units_where
from chalicelib.settlement.model import (
    MANUAL,
    Difference,
    Leg,
    LegState,
    Settlement,
    SettlementState,
)


def total_of(differences: Sequence[Difference], currency: str) -> Money:
    """All of them together."""
    return Money.total((one.amount for one in differences), currency)


def legs_on_top(settlement_id: str, differences: Sequence[Difference]) -> list[Leg]:
    """One leg for each exchange that was paid for on top, in the place of a payment."""
    found: dict[str, Leg] = {}
    for one in differences:
        if not one.on_top:
            continue
        before = found.get(one.exchange_id)
        found[one.exchange_id] = Leg(
            payment_id=one.exchange_id,
            provider=MANUAL,
            provider_ref=one.reference,
            amount=one.amount if before is None else before.amount + one.amount,
            state=LegState.MANUAL,
            key=f"{settlement_id}:{one.exchange_id}:1",
        )
    return list(found.values())


def not_of_the_order(settlement: Settlement) -> frozenset[str]:
    """The `payment_id` of legs that go back to no payment of the order."""
    return frozenset(one.exchange_id for one in settlement.differences if one.on_top)


def with_replaced_units(ret: Return, settlement: Settlement) -> Return:
    """The return whose replaced units are as settled as their difference is.

    A reversed settlement leaves it owed, as it was when the replacement left. Units that the
    customer keeps after all are owed like any others: the difference is theirs no more.
    """
    state = settlement.state
    if state is SettlementState.REVERSED:
        state = SettlementState.APPROVED
    for one in settlement.differences:
        line = ret.line(one.line_no)
        if not one.units or one.on_top or line is None or line.received_as is not None:
            continue
        still = runs.common(one.units, units_where(line, lambda _: True))
        if still:
            ret = ret.with_line(move(line, still, settlement=state))
    return ret


def differences_facts(differences: Sequence[Difference]) -> list[Json]:
    """The differences as events tell of them."""
    return [
        {
            "exchange_id": one.exchange_id,
            "line_no": one.line_no,
            "units": runs.as_text(one.units),
            "amount": money(one.amount),
            "on_top": one.on_top,
            "reference": one.reference,
        }
        for one in differences
    ]
