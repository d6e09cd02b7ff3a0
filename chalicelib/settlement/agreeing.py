"""What an approval fixes: the most that promotions withhold of the units which it lets come back.

Pure. Whatever comes back of other returns, it does not become more. What was approved and does not
come after all was not agreed to: a part that came is priced as a part.
"""

from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.orders.given import GivenUnits
from chalicelib.orders.model import Order
from chalicelib.policy.giving import PromotionRule
from chalicelib.returns.lifecycle import NEVER_PAID
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    Logistics,
    Return,
    ReturnLine,
    UnitGroup,
)
from chalicelib.returns.units import Where, units_where
from chalicelib.settlement.foreseen import most_withheld
from chalicelib.settlement.giving_of import giving_for
from chalicelib.settlement.model import AgreedWithholding, SettlementState, standing
from chalicelib.settlement.sale import Sale


def with_agreed(ret: Return, order: Order | None) -> Return:
    """The return with what may be withheld of its approved units; more than before where more units
    were approved, never less."""
    if order is None or not order.promotions:
        return ret
    if giving_for(ret, order).promotions is not PromotionRule.CLAW_BACK:
        return ret
    approved = _by_order_line(ret, _is_to_be_paid)
    wanted = [GivenUnits(line_no=line_no, units=units) for line_no, units in approved.items()]
    most = most_withheld(order, wanted, own=ret.return_id)
    known = {one.promotion_id: one.amount for one in ret.withholdings}
    taken = withheld_so_far(ret)
    nothing = Money.zero(ret.currency)
    agreed = tuple(
        AgreedWithholding(
            promotion_id=promotion_id,
            amount=max(known.get(promotion_id, nothing), taken.get(promotion_id, nothing) + amount),
        )
        for promotion_id, amount in most.items()
    )
    return replace(ret, withholdings=agreed)


def most_to_withhold(ret: Return, order: Order) -> dict[str, Money] | None:
    """By promotion, what the next settlement may withhold at most; None: nothing limits it.

    That is what is left of what was fixed, or what is lost by this return alone where only a part
    of it came. For units that were to be exchanged when they were approved nothing was fixed.
    """
    if any(_is_paid_instead(line) for line in ret.lines):
        return None
    sale, taken, nothing = Sale.of(order), withheld_so_far(ret), Money.zero(ret.currency)
    came = sale.gone(_by_order_line(ret, _has_come))
    most = still_to_withhold(ret)
    for one in order.promotions:
        lost = sale.withheld_due(one, came) - taken.get(one.promotion_id, nothing)
        most[one.promotion_id] = max(most.get(one.promotion_id, nothing), lost)
    return most


def still_to_withhold(ret: Return) -> dict[str, Money]:
    """By promotion, what is left of what was fixed after earlier settlements."""
    nothing = Money.zero(ret.currency)
    taken = withheld_so_far(ret)
    return {
        one.promotion_id: max(one.amount - taken.get(one.promotion_id, nothing), nothing)
        for one in ret.withholdings
    }


def withheld_so_far(ret: Return) -> dict[str, Money]:
    """By promotion, what earlier settlements of the return withheld and did not release again."""
    nothing = Money.zero(ret.currency)
    found: dict[str, Money] = {}
    for settlement in standing(ret.settlements):
        whole = settlement.breakdown
        for sign, parts in ((1, whole.withheld), (-1, whole.released)) if whole else ():
            for part in parts:
                before = found.get(part.promotion_id, nothing)
                found[part.promotion_id] = max(before + part.total * sign, nothing)
    return found


def _by_order_line(ret: Return, where: Where) -> dict[str, Runs]:
    """The units that stand so and that money goes back for, by order line."""
    by_line: dict[str, Runs] = {}
    for line in ret.lines:
        if line.order_line_no is None or line.resolution in NEVER_PAID:
            continue
        before = by_line.get(line.order_line_no, ())
        by_line[line.order_line_no] = runs.merged((*before, *units_where(line, where)))
    return {line_no: units for line_no, units in by_line.items() if units}


def _is_paid_instead(line: ReturnLine) -> bool:
    return line.exchange_id is not None and line.resolution not in NEVER_PAID


def _has_come(group: UnitGroup) -> bool:
    """Ours by now, whether it was accepted or not; or paid, or to be paid, before it is."""
    is_approved = group.authorization is Authorization.APPROVED
    is_here = group.logistics is Logistics.RECEIVED
    is_paid = group.credit is True or group.settlement is not SettlementState.NONE
    is_ours = is_here or is_paid
    return is_approved and is_ours and group.disposition is not Disposition.SHIP_BACK


def _is_to_be_paid(group: UnitGroup) -> bool:
    is_approved = group.authorization is Authorization.APPROVED
    return is_approved and group.settlement is SettlementState.NONE
