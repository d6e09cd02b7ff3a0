"""What is owed for accepted units, and which payments it goes back to.

Pure. Legs drain the order's payments in their order, each capped at what is refundable there. What
the payments cannot carry is a shortfall that is shown, never swallowed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order, Payment
from chalicelib.policy.fees import Fee
from chalicelib.policy.giving_of import second_refunder_above
from chalicelib.returns.awards import all_lines, awards_due, left_to_give
from chalicelib.returns.charging import fees_due, is_without_fee
from chalicelib.returns.differences import differences_due
from chalicelib.returns.lifecycle import NEVER_PAID, is_payable
from chalicelib.returns.model import Resolution, Return, ReturnLine
from chalicelib.returns.units import units_where
from chalicelib.settlement.agreeing import most_to_withhold
from chalicelib.settlement.beside import legs_on_top, total_of
from chalicelib.settlement.components import Breakdown, give_back, total_withheld
from chalicelib.settlement.foreseen import not_given
from chalicelib.settlement.giving_of import giving_when_settled
from chalicelib.settlement.model import (
    MANUAL,
    STORE_CREDIT,
    Difference,
    Leg,
    LegState,
    SettledAward,
    SettledUnits,
    Settlement,
    standing,
)
from chalicelib.settlement.payments import carried_by


class Means(StrEnum):
    """How a settlement is given: over the order's payments, or as store credit."""

    MONEY = "money"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """The units that are payable and in no settlement yet, with what was paid for them.

    `amount` is what is left of that after the fees, with what belongs to no line: shipping, what
    promotions release, awards, and differences of exchanges.
    """

    lines: tuple[SettledUnits, ...]
    fees: tuple[Fee, ...]
    amount: Money
    means: Means = Means.MONEY
    awards: tuple[SettledAward, ...] = ()
    differences: tuple[Difference, ...] = ()
    breakdown: Breakdown | None = None

    @property
    def is_nothing(self) -> bool:
        return not self.lines and not self.awards and not self.differences


def owed_now(ret: Return, order: Order | None) -> Owed:
    """What the return is owed beyond its earlier settlements, but for what is exchanged.

    What was awarded on top of them is not paid a second time: units may be settled with less than
    was paid for them, or with nothing. Money goes back first; store credit is given in a settlement
    of its own.
    """
    payable = [
        line
        for line in ret.lines
        if line.resolution not in NEVER_PAID and units_where(line, is_payable)
    ]
    money = [line for line in payable if line.resolution is not Resolution.STORE_CREDIT]
    awards, differences = awards_due(ret), differences_due(ret)
    is_credit = bool(payable) and not money and not awards and not differences
    chosen = payable if is_credit else money
    left, breakdown = _left_of_each(ret, chosen), None
    if order is not None and any(line.order_line_no for line in chosen):
        wanted = not_given(order, _by_order_line(chosen))
        breakdown = give_back(
            order,
            wanted,
            giving_when_settled(ret, order),
            most_to_withhold(ret, order),
            _by_line_of_the_order(chosen, left),
        )
    lines = _settled(chosen, left, breakdown)
    released = breakdown.released if breakdown is not None else ()
    fees = fees_due(ret, lines, released)
    refund = Money.total((line.amount for line in lines), ret.currency)
    kept = Money.total((fee.amount for fee in fees), ret.currency)
    assert kept <= refund + total_withheld(released, ret.currency), "fees are taken of the refund"
    amount = refund - kept + Money.total((award.amount for award in awards), ret.currency)
    amount = amount + total_of(differences, ret.currency)
    if breakdown is not None:
        amount = amount + breakdown.shipping.total + breakdown.released_in_all
        breakdown = breakdown.with_fees(fees)
    return Owed(
        lines=lines,
        fees=fees,
        amount=amount,
        means=Means.CREDIT if is_credit else Means.MONEY,
        awards=awards,
        differences=differences,
        breakdown=breakdown,
    )


def planned(
    ret: Return, order: Order | None, settlement_id: str, *, by: str, now: datetime
) -> Settlement:
    """The settlement that would be executed now; nothing is written."""
    owed = owed_now(ret, order)
    limit = second_refunder_above(ret.decision)
    is_held = limit is not None and _is_above(limit, ret, owed.amount)
    on_top = legs_on_top(settlement_id, owed.differences)
    left = owed.amount - Money.total((leg.amount for leg in on_top), ret.currency)
    legs: list[Leg] = [replace(leg, state=LegState.HELD) if is_held else leg for leg in on_top]
    for payment in order.payments if order else ():
        part = min(left, carried_by(payment))
        if part:
            leg = new_leg(settlement_id, payment, part, attempt=1)
            leg = _as_credit(leg) if owed.means is Means.CREDIT else leg
            legs.append(replace(leg, state=LegState.HELD) if is_held else leg)
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
        awards=owed.awards,
        differences=owed.differences,
        breakdown=owed.breakdown,
        second_above=limit if is_held else None,
    )


def _is_above(limit: Money, ret: Return, amount: Money) -> bool:
    """Whether so much more brings the return above the limit: parts of a refund count together.

    A limit in another currency cannot be compared: then a second person looks at it.
    """
    if limit.currency != ret.currency:
        return True
    before = Money.total((one.amount for one in standing(ret.settlements)), ret.currency)
    return bool(amount) and before + amount > limit


def new_leg(settlement_id: str, payment: Payment, amount: Money, *, attempt: int) -> Leg:
    """A leg about to be sent; its key names settlement, payment and attempt.

    What was paid with store credit goes back as store credit, at once and without a provider.
    """
    return Leg(
        payment_id=payment.payment_id,
        provider=payment.provider,
        provider_ref=payment.provider_ref,
        amount=amount,
        state=state_when_sent(payment.provider),
        key=f"{settlement_id}:{payment.payment_id}:{attempt}",
        attempt=attempt,
    )


def state_when_sent(provider: str) -> LegState:
    """What a leg is from the moment that it may be paid: credit is given in the same write."""
    if provider == STORE_CREDIT:
        return LegState.PAID
    return LegState.MANUAL if provider == MANUAL else LegState.PROCESSING


def _as_credit(leg: Leg) -> Leg:
    """The leg that no provider is asked for: it still counts as given back of its payment.

    One of a payment by credit is such a leg already, and refers to the credit that paid it.
    """
    if leg.provider == STORE_CREDIT:
        return leg
    return replace(leg, provider=STORE_CREDIT, provider_ref=None, state=LegState.PAID)


def _by_order_line(lines: Sequence[ReturnLine]) -> list[GivenUnits]:
    """The payable units by line of the order; several lines of a return may be of the same."""
    found: dict[str, runs.Runs] = {}
    for line in lines:
        if line.order_line_no is not None:
            before = found.get(line.order_line_no, ())
            found[line.order_line_no] = runs.merged((*before, *units_where(line, is_payable)))
    return [GivenUnits(line_no=line_no, units=units) for line_no, units in found.items()]


def _left_of_each(ret: Return, lines: Sequence[ReturnLine]) -> list[Money]:
    """What may be given for each line's payable units: what was paid, less what was awarded."""
    found: list[Money] = []
    left = left_to_give(ret, all_lines(ret))
    for line in lines:
        value = line.value_of(units_where(line, is_payable))
        most = min(value, left_to_give(ret, [line.line_no]), left)
        found.append(most)
        left = left - most
    return found


def _by_line_of_the_order(
    lines: Sequence[ReturnLine], amounts: Sequence[Money]
) -> dict[str, Money]:
    """The amounts by line of the order; several lines of a return may be of the same."""
    found: dict[str, Money] = {}
    for line, amount in zip(lines, amounts, strict=True):
        if line.order_line_no is not None:
            before = found.get(line.order_line_no, Money.zero(amount.currency))
            found[line.order_line_no] = before + amount
    return found


def _settled(
    lines: Sequence[ReturnLine], left: Sequence[Money], breakdown: Breakdown | None
) -> tuple[SettledUnits, ...]:
    """Each line's payable units with what they come to: what is left, less what is withheld."""
    kept = [Money.zero(amount.currency) for amount in left]
    if breakdown is not None:
        numbers = (line.order_line_no for line in lines)
        kept = breakdown.withheld_by([*zip(numbers, left, strict=True)])
    settled: list[SettledUnits] = []
    for line, most, withheld in zip(lines, left, kept, strict=True):
        units = units_where(line, is_payable)
        settled.append(
            SettledUnits(
                line_no=line.line_no,
                units=units,
                amount=most - withheld,
                free=runs.common(units, units_where(line, is_without_fee)),
                withheld=withheld or None,
            )
        )
    return tuple(settled)
