"""How much may still be given for units: for all of them never more than was paid for them.

One rule, where an award is decided and where a settlement is planned. An award is paid by the next
settlement, on top of its units, so whatever comes after it is less by it.
"""

from collections.abc import Collection, Iterable

from chalicelib.core.errors import Conflict
from chalicelib.core.money import Money
from chalicelib.orders.model import Order
from chalicelib.returns.differences import given_beside
from chalicelib.returns.model import (
    AppealState,
    Authorization,
    Disposition,
    Logistics,
    Return,
    UnitGroup,
)
from chalicelib.returns.units import ON_THE_WAY, units_where
from chalicelib.settlement.model import SettledAward, Settlement, SettlementState, standing

_WITH_THE_CUSTOMER = frozenset({Logistics.SHORT_CLOSED, Logistics.REFUSED})


def left_to_give(ret: Return, line_nos: Collection[str]) -> Money:
    """What was paid for units of these lines and is neither settled nor awarded; never negative.

    Units that were exchanged are settled: their replacement is worth what was paid for them. Fees
    were kept, so they may still be given. Of the awards those count that are about no other lines.
    What was given beside a replacement that comes back instead was given for these units.
    """
    return max(_left(ret, line_nos), Money.zero(ret.currency))


def require_ours(before: Return, after: Return) -> None:
    """Raises Conflict `awarded_away` where units go back to the customer, who has the money for
    them by an award: they could be asked for, and paid, once more.
    """
    if _is_awarded_away(after) and not _is_awarded_away(before):
        raise Conflict("awarded_away", "What was paid for these units was awarded: they are ours.")


def _is_awarded_away(ret: Return) -> bool:
    """Whether more was awarded than is ours."""
    nothing = Money.zero(ret.currency)
    about = [lines for lines, _ in _awards(ret)]
    return any(_left(ret, lines) < nothing for lines in (*about, all_lines(ret)) if about)


def _left(ret: Return, line_nos: Collection[str]) -> Money:
    unpaid = [_unpaid(ret, line_no) for line_no in line_nos]
    unpaid += _fees_kept(ret, frozenset(line_nos))
    awarded = [award for lines, award in _awards(ret) if lines <= frozenset(line_nos)]
    left = Money.total(unpaid, ret.currency) - Money.total(awarded, ret.currency)
    return left - given_beside(ret, line_nos)


def left_to_award(ret: Return, order: Order | None, line_nos: Collection[str]) -> Money:
    """The most that can be awarded for these lines: what the order's payments carry, too.

    Units that are still to come are left out: they may be taken back, and asked for once more.
    """
    nothing = Money.zero(ret.currency)
    carried = (
        Money.total((p.refundable for p in order.payments), ret.currency) if order else nothing
    )
    carried = carried - Money.total((award.amount for award in awards_due(ret)), ret.currency)
    return max(min(_left_here(ret, line_nos), _left_here(ret, all_lines(ret)), carried), nothing)


def _left_here(ret: Return, line_nos: Collection[str]) -> Money:
    coming = [
        line.value_of(units_where(line, _is_coming))
        for line in ret.lines
        if line.line_no in line_nos
    ]
    return left_to_give(ret, line_nos) - Money.total(coming, ret.currency)


def awards_due(ret: Return) -> tuple[SettledAward, ...]:
    """The awards that no settlement pays yet."""
    return _awards_beyond(ret, standing(ret.settlements))


def awards_unpaid(ret: Return) -> tuple[SettledAward, ...]:
    """The awards whose money the customer does not have yet."""
    return _awards_beyond(ret, [one for one in standing(ret.settlements) if one.is_finished])


def _awards_beyond(ret: Return, settlements: Iterable[Settlement]) -> tuple[SettledAward, ...]:
    settled = {award.appeal_id for one in settlements for award in one.awards}
    return tuple(
        SettledAward(appeal_id=appeal.appeal_id, amount=appeal.award)
        for appeal in ret.appeals
        if appeal.state is AppealState.UPHELD
        and appeal.award is not None
        and appeal.appeal_id not in settled
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
        max(line.value_of(part.units) - part.worth, nothing)
        for settlement in standing(ret.settlements)
        for part in settlement.lines
        if part.line_no == line_no
    ]
    return Money.total([line.value_of(units_where(line, _is_unsettled)), *left_out], ret.currency)


def _fees_kept(ret: Return, line_nos: frozenset[str]) -> list[Money]:
    """The fees of these lines. One of the whole return is of the lines that it was taken with."""
    return [
        fee.amount
        for settlement in standing(ret.settlements)
        for fee in settlement.fees
        if ({part.line_no for part in settlement.lines} if fee.line_no is None else {fee.line_no})
        <= line_nos
    ]


def _is_coming(group: UnitGroup) -> bool:
    return _is_unsettled(group) and group.logistics in ON_THE_WAY


def _is_unsettled(group: UnitGroup) -> bool:
    """Approved, not in the customer's hands again, and in no settlement."""
    return (
        group.authorization is Authorization.APPROVED
        and group.logistics not in _WITH_THE_CUSTOMER
        and group.disposition is not Disposition.SHIP_BACK
        and group.settlement is SettlementState.NONE
    )
