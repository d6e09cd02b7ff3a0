"""How much may still be given for units: for all of them never more than was paid for them.

One rule, where an award is decided and where a settlement is planned. Awards are paid by people,
beside the payments of the order, so whatever comes after them is less by them.
"""

from collections.abc import Collection

from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.returns.model import (
    AppealState,
    Authorization,
    Disposition,
    Logistics,
    Return,
    UnitGroup,
)
from chalicelib.returns.units import units_where
from chalicelib.settlement.model import SettlementState

_WITH_THE_CUSTOMER = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})


def left_to_give(ret: Return, line_nos: Collection[str]) -> Money:
    """What was paid for units of these lines and is neither settled nor awarded; never negative.

    Units that were exchanged are settled: their replacement is worth what was paid for them. Fees
    were kept, so they may still be given. Of the awards those count that are about no other lines.
    """
    unpaid = [_unpaid(ret, line_no) for line_no in line_nos]
    unpaid += _fees_kept(ret, frozenset(line_nos))
    awarded = [award for lines, award in _awards(ret) if lines <= frozenset(line_nos)]
    left = Money.total(unpaid, ret.currency) - Money.total(awarded, ret.currency)
    return max(left, Money.zero(ret.currency))


def left_to_award(ret: Return, order: Order | None, line_nos: Collection[str]) -> Money:
    """The most that can be awarded for these lines: what the order's payments carry, too."""
    nothing = Money.zero(ret.currency)
    carried = (
        Money.total((p.refundable for p in order.payments), ret.currency) if order else nothing
    )
    carried = carried - awarded_in_all(ret)
    return max(
        min(left_to_give(ret, line_nos), left_to_give(ret, all_lines(ret)), carried), nothing
    )


def awarded_in_all(ret: Return) -> Money:
    """Every award of the return together."""
    return Money.total((award for _, award in _awards(ret)), ret.currency)


def awarded_about(ret: Return, line_no: str) -> Money:
    """The awards that are about this line, or about others with it."""
    return Money.total((award for lines, award in _awards(ret) if line_no in lines), ret.currency)


def all_lines(ret: Return) -> frozenset[str]:
    """The numbers of all lines of the return."""
    return frozenset(line.line_no for line in ret.lines)


def _awards(ret: Return) -> list[tuple[frozenset[str], Money]]:
    """Each award with the lines that it is about."""
    return [
        (frozenset(appeal.line_nos) or all_lines(ret), appeal.award)
        for appeal in ret.appeals
        if appeal.state is AppealState.UPHELD and appeal.award is not None
    ]


def _unpaid(ret: Return, line_no: str) -> Money:
    """The value of units that are ours and in no settlement, and what settlements left out."""
    line = ret.line(line_no)
    assert line is not None, "asked for lines of the return"
    nothing = Money.zero(ret.currency)
    left_out = [
        max(line.value_of(part.units) - part.amount, nothing)
        for settlement in ret.settlements
        for part in settlement.lines
        if part.line_no == line_no
    ]
    return Money.total([line.value_of(units_where(line, _is_unsettled)), *left_out], ret.currency)


def _fees_kept(ret: Return, line_nos: frozenset[str]) -> list[Money]:
    """The fees of these lines. One of the whole return is of the lines that it was taken with."""
    return [
        fee.amount
        for settlement in ret.settlements
        for fee in settlement.fees
        if ({part.line_no for part in settlement.lines} if fee.line_no is None else {fee.line_no})
        <= line_nos
    ]


def _is_unsettled(group: UnitGroup) -> bool:
    """Approved, not in the customer's hands again, and in no settlement."""
    return (
        group.authorization is Authorization.APPROVED
        and group.logistics not in _WITH_THE_CUSTOMER
        and group.disposition is not Disposition.SHIP_BACK
        and group.settlement is SettlementState.NONE
    )
