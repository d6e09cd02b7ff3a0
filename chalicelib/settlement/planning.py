"""What is owed for accepted units, and which payments it goes back to.

Pure. Legs drain the order's payments in their order, each capped at what is refundable there. What
the payments cannot carry is a shortfall that is shown, never swallowed.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.model import Order, Payment
from chalicelib.policy.fees import Fee
from chalicelib.returns.awards import all_lines, left_to_give
from chalicelib.returns.charging import fees_due, is_without_fee
from chalicelib.returns.lifecycle import is_payable
from chalicelib.returns.model import Resolution, Return
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import Leg, LegState, SettledUnits, Settlement

MANUAL = "manual"
BY_HAND = frozenset({Resolution.STORE_CREDIT, Resolution.REPAIR})
"""What is not paid back through a provider: a person gives it, and says so with its proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The units that are payable and in no settlement yet, with what was paid for them.

    `amount` is what is left of that after the fees.
    """

    lines: tuple[SettledUnits, ...]
    fees: tuple[Fee, ...]
    amount: Money
    by_hand: bool = False


def owed_now(ret: Return) -> Owed:
    """What the return is owed beyond its earlier settlements, but for what is exchanged.

    What was awarded on top of them is not paid a second time: units may be settled with less than
    was paid for them, or with nothing. Money goes back first; what a person gives by hand is owed
    in a settlement of its own.
    """
    lines = []
    left = left_to_give(ret, all_lines(ret))
    payable = [
        line
        for line in ret.lines
        if line.resolution is not Resolution.EXCHANGE and units_where(line, is_payable)
    ]
    money = [line for line in payable if line.resolution not in BY_HAND]
    for line in money or payable:
        units = units_where(line, is_payable)
        amount = min(line.value_of(units), left_to_give(ret, [line.line_no]), left)
        left = left - amount
        free = runs.common(units, units_where(line, is_without_fee))
        lines.append(SettledUnits(line_no=line.line_no, units=units, amount=amount, free=free))
    refund = Money.total((line.amount for line in lines), ret.currency)
    fees = fees_due(ret, lines)
    kept = Money.total((fee.amount for fee in fees), ret.currency)
    assert kept <= refund, "fees are taken of the refund"
    by_hand = bool(payable) and not money
    return Owed(lines=tuple(lines), fees=fees, amount=refund - kept, by_hand=by_hand)


def planned(
    ret: Return, order: Order | None, settlement_id: str, *, by: str, now: datetime
) -> Settlement:
    """The settlement that would be executed now; nothing is written."""
    owed = owed_now(ret)
    left = owed.amount
    legs: list[Leg] = []
    for payment in order.payments if order else ():
        part = min(left, payment.refundable)
        if part:
            leg = new_leg(settlement_id, payment, part, attempt=1)
            legs.append(given_by_hand(leg) if owed.by_hand else leg)
            left = left - part
    return Settlement(
        settlement_id=settlement_id,
        lines=owed.lines,
        amount=owed.amount,
        legs=tuple(legs),
        created_at=now,
        created_by=by,
        shortfall=left,
        fees=owed.fees,
    )


def given_by_hand(leg: Leg) -> Leg:
    """The leg that no provider is asked for: it still counts as given back of its payment."""
    return replace(leg, provider=MANUAL, provider_ref=None, state=LegState.MANUAL)


def new_leg(settlement_id: str, payment: Payment, amount: Money, *, attempt: int) -> Leg:
    """A leg about to be sent; its key names settlement, payment and attempt."""
    state = LegState.MANUAL if payment.provider == MANUAL else LegState.PROCESSING
    return Leg(
        payment_id=payment.payment_id,
        provider=payment.provider,
        provider_ref=payment.provider_ref,
        amount=amount,
        state=state,
        key=f"{settlement_id}:{payment.payment_id}:{attempt}",
        attempt=attempt,
    )
