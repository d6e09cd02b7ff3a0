"""Which fees are taken of a return's money, and of which units none is.

What an inspection takes off is taken first, whatever the return is; fees are taken of the rest.
What a line's decision states is taken of accepted units as they are refunded (policy/fees.py). What
the law or a recall brings back is free of any fee, and so is each unit whose fault is not the
customer's: docs/decisions/fees-of-a-refund.md says why.
"""

from collections.abc import Sequence

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import Withheld
from chalicelib.policy.document import Fees
from chalicelib.policy.fees import (
    FREE_TYPES,
    Charged,
    Fee,
    FeeKind,
    fees_for,
    of_kept,
    portion,
)
from chalicelib.policy.verdict import LineDecision
from chalicelib.returns.awards import awarded_about, awarded_in_all
from chalicelib.returns.deducting import deducted_of
from chalicelib.returns.model import FaultParty, Return, ReturnLine, ReturnType, UnitGroup
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import SettledUnits, standing

NOT_THE_CUSTOMER = frozenset({FaultParty.MAKER, FaultParty.CARRIER, FaultParty.US})


def fees_of(lines: Sequence[tuple[str, Money, LineDecision]], type_: ReturnType) -> tuple[Fee, ...]:
    """The fees of a request if all of it is accepted: number, refund and decision of each line."""
    if type_ in FREE_TYPES:
        return ()
    charged = [
        Charged(line_no=line_no, refund=refund, fees=stated(decision))
        for line_no, refund, decision in lines
    ]
    return tuple(fees_for(charged))


def fees_due(
    ret: Return, parts: Sequence[SettledUnits], released: Sequence[Withheld] = ()
) -> tuple[Fee, ...]:
    """The fees of these units, refunded now: what is still to be taken after earlier refunds.

    What promotions withheld of those and release now is refunded of their lines.
    """
    graded = _graded(ret, parts)
    if is_free(ret):
        return graded
    fees = {one.line_no: stated(one) for one in (ret.decision.lines if ret.decision else ())}
    settlements = standing(ret.settlements)
    before = [part for settlement in settlements for part in settlement.lines]
    known = [part for one in settlements if one.breakdown for part in one.breakdown.released]
    earlier = _carried(ret, before, known)
    so_far = _carried(ret, [*before, *parts], [*known, *released])
    charged = [
        Charged(
            line_no=line.line_no,
            refund=so_far[line.line_no] - earlier[line.line_no],
            earlier=earlier[line.line_no],
            fees=fees.get(line.line_no),
        )
        for line in ret.lines
    ]
    taken = [fee for settlement in settlements for fee in settlement.fees]
    return (*graded, *fees_for(charged, [*taken, *_given_back(ret, charged, taken)]))


def is_free(ret: Return) -> bool:
    """Whether no fee is taken of any of its units."""
    return ret.type in FREE_TYPES or ret.withdrawal_id is not None


def stated(decision: LineDecision) -> Fees | None:
    """The fees of a line as they are taken."""
    return of_kept(decision.fees, keep_item=decision.keep_item)


def is_without_fee(group: UnitGroup) -> bool:
    """Whether the fault is known, and not the customer's."""
    return group.fault in NOT_THE_CUSTOMER


def was_charged(ret: Return, line_no: str, units: Runs) -> bool:
    """Whether a refund of any of these units was reduced by a fee."""
    return any(
        fee.amount and fee.line_no in (None, line_no) and fee.kind is not FeeKind.GRADE
        for settlement in standing(ret.settlements)
        if any(
            part.line_no == line_no and runs.common(part.units, units) for part in settlement.lines
        )
        for fee in settlement.fees
    )


def _graded(ret: Return, parts: Sequence[SettledUnits]) -> tuple[Fee, ...]:
    """What inspections take off these units, with the tax that was paid on so much of them."""
    found: list[Fee] = []
    for part in parts:
        line = ret.line(part.line_no)
        assert line is not None, "units of the return"
        amount = _taken_off(ret, line, part)
        if amount:
            tax = line.paid.tax.minor * amount.minor // line.paid.total.minor
            found.append(
                Fee(
                    kind=FeeKind.GRADE,
                    amount=amount,
                    tax=Money(tax, ret.currency),
                    line_no=line.line_no,
                )
            )
    return tuple(found)


def _taken_off(ret: Return, line: ReturnLine, part: SettledUnits) -> Money:
    """Never more than these units bring: promotions and awards come first."""
    return min(deducted_of(ret, line, part.units), part.amount)


def _given_back(ret: Return, charged: Sequence[Charged], taken: Sequence[Fee]) -> list[Fee]:
    """Restocking fees that were not owed and that appeals made good, as fees below zero.

    What was taken too much lowers the next fee of the line, unless an award has given it back.
    """
    if not taken:
        return []
    found: list[Fee] = []
    awarded = awarded_in_all(ret)
    for line in charged:
        before = [
            fee for fee in taken if fee.line_no == line.line_no and fee.kind is not FeeKind.GRADE
        ]
        held = Money.total((fee.amount for fee in before), ret.currency)
        owed = portion(line.so_far - line.refund, line.fees.restocking if line.fees else 0)
        given = min(held - owed, awarded, awarded_about(ret, line.line_no))
        if given.minor <= 0:
            continue
        awarded -= given
        tax = Money.total((fee.tax for fee in before), ret.currency)
        part = Money(tax.minor * given.minor // held.minor, ret.currency)
        found.append(Fee(kind=FeeKind.RESTOCKING, amount=-given, tax=-part, line_no=line.line_no))
    return found


def _carried(
    ret: Return, parts: Sequence[SettledUnits], released: Sequence[Withheld]
) -> dict[str, Money]:
    """By line what was refunded of units that fees might be taken of then, and may be now.

    Of what was released it is no more than was withheld of the same units.
    """
    nothing = Money.zero(ret.currency)
    left: dict[str | None, Money] = {}
    for one in released:
        left[one.line_no] = left.get(one.line_no, nothing) + one.total
    of_line: dict[str, list[SettledUnits]] = {}
    for part in parts:
        of_line.setdefault(part.line_no, []).append(part)
    found: dict[str, Money] = {}
    for line in ret.lines:
        free, carried = units_where(line, is_without_fee), nothing
        for part in of_line.get(line.line_no, ()):
            again = min(part.withheld or nothing, left.get(line.order_line_no, nothing))
            if again:
                left[line.order_line_no] = left[line.order_line_no] - again
            units = runs.minus(runs.minus(part.units, part.free), free)
            worth = min(line.value_of(units), part.amount + again)
            carried = carried + max(worth - _taken_off(ret, line, part), nothing)
        found[line.line_no] = carried
    return found
