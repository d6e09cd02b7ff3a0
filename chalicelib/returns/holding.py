"""Units that were given up are held again: for appeals, reopened returns and goods that came late.

Releasing them made them free for everybody, so some may be in another document by now. Units of one
line are as good as each other unless they have serial numbers: then a free one takes the place.
"""

from dataclasses import replace
from typing import Any

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import HolderKind, Order, OrderLine
from chalicelib.orders.value import paid_by_line
from chalicelib.returns.model import Return, ReturnLine, UnitGroup
from chalicelib.returns.sold_units import of_sale
from chalicelib.returns.units import joined, move
from chalicelib.settlement.model import SettlementState


def held_again(
    order: Order, ret: Return, line_no: str, units: Runs, **changes: Any
) -> tuple[Order, Return, Runs]:
    """The order and the return with these released units reserved and changed as named.

    `changes` are fields of UnitGroup. The runs are the units as they are called now. Neither gets
    a new version here. The line is worth what its order says now, unless some of it was settled
    at what it said before. Raises Conflict `not_returnable_quantity` where too few are free.
    """
    line = ret.line(line_no)
    assert line is not None, "a line of the return"
    assert line.order_line_no is not None, "only units of an order are held"
    sold = order.line(line.order_line_no)
    assert sold is not None, "orders keep their lines"
    free = returnable.free(order, sold)
    gone = runs.minus(units, free)
    if gone:
        line, stand_ins = _exchanged(order, sold, ret, line, gone)
        units = runs.merged((*runs.minus(units, gone), *stand_ins))
    order = returnable.reserve(
        order, sold.line_no, holder_id=ret.return_id, kind=HolderKind.RETURN, units=units
    )
    if all(group.settlement is SettlementState.NONE for group in line.groups):
        line = replace(line, paid=paid_by_line(order)[sold.line_no], sold=sold.quantity)
    return order, ret.with_line(move(line, units, **changes)), units


def names_units(ret: Return) -> bool:
    """Whether its lines say which units they are about. Those of a draft are wishes: how many."""
    return ret.is_blind or ret.decision is not None


def own_units(ret: Return, order_line_no: str) -> Runs:
    """Every unit of an order line that the return names, wherever it stands.

    Two of its lines may name the same one: where it was rejected, and where it was asked for again.
    """
    found: Runs = ()
    for line in ret.lines:
        for group in line.groups if line.order_line_no == order_line_no else ():
            found = runs.merged((*found, *runs.minus(group.units, found)))
    return found


def _exchanged(
    order: Order, sold: OrderLine, ret: Return, line: ReturnLine, gone: Runs
) -> tuple[ReturnLine, Runs]:
    """The line with free units in place of those that another document holds by now."""
    spare = runs.minus(returnable.free(order, sold), own_units(ret, sold.line_no))
    has_serials = any(
        runs.common(gone, runs.of_ordinals([int(ordinal)])) for ordinal in line.serials
    )
    if has_serials or runs.size(spare) < runs.size(gone):
        raise Conflict(
            "not_returnable_quantity",
            f"Line {line.line_no}: {runs.size(gone)} units are in another document by now.",
            line_no=line.line_no,
            returnable_quantity=0 if has_serials else runs.size(spare),
            asked=runs.size(gone),
        )
    groups: list[UnitGroup] = []
    chosen: list[Runs] = []
    for group in line.groups:
        given_up = runs.common(group.units, gone)
        kept = runs.minus(group.units, given_up)
        if kept:
            groups.append(replace(group, units=kept))
        if given_up:
            taken = runs.lowest(spare, runs.size(given_up))
            spare = runs.minus(spare, taken)
            chosen.append(taken)
            stands = replace(group, units=taken)
            groups.extend(of_sale(order, line, sold, [stands]).groups)
    stand_ins = runs.merged(run for part in chosen for run in part)
    return replace(line, groups=joined(groups)), stand_ins
