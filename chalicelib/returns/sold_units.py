"""A return line as its order says: the price, lots and serial numbers of exactly these units.

For returns that come to their sale otherwise than by asking for it: withdrawals, blind returns.
"""

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.runs import Run, Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Order, OrderLine
from chalicelib.orders.value import Paid, paid_by_line
from chalicelib.returns.model import ReturnLine, UnitGroup
from chalicelib.returns.units import joined


def line_of_sale(
    order: Order,
    sold: OrderLine,
    line_no: str,
    reason: str,
    units: Runs,
    place: UnitGroup,
    paid: Paid,
) -> ReturnLine:
    """A new return line with these units, all standing where `place` says; `paid` is for all of
    the line of the order.
    """
    line = ReturnLine(
        line_no=line_no,
        sku=sold.sku,
        name=sold.name,
        reason=reason,
        groups=(),
        paid=paid,
        sold=sold.quantity,
    )
    return _of_units(order, line, sold, [replace(place, units=units)])


def of_sale(
    order: Order, line: ReturnLine, sold: OrderLine, groups: Sequence[UnitGroup]
) -> ReturnLine:
    """The return line with these groups of units of an order line in place of its own.

    Each group is split by the lots that its units left in.
    """
    line = replace(line, paid=paid_by_line(order)[sold.line_no], sold=sold.quantity)
    return _of_units(order, line, sold, groups)


def _of_units(
    order: Order, line: ReturnLine, sold: OrderLine, groups: Sequence[UnitGroup]
) -> ReturnLine:
    by_lot = [
        replace(group, units=part, lot=lot)
        for group in groups
        for run, lot in returnable.lots_by_run(order, sold.line_no)
        if (part := runs.common(group.units, (run,)))
    ]
    units = runs.merged(run for group in groups for run in group.units)
    serials = {
        str(ordinal): serial
        for ordinal, serial in returnable.serials_by_ordinal(order, sold.line_no).items()
        if runs.common(units, (Run(ordinal, 1),))
    }
    return replace(
        line,
        order_line_no=sold.line_no,
        sku=sold.sku,
        name=sold.name,
        gtin=sold.gtin,
        category=sold.category,
        supplier_id=sold.supplier_id,
        unit_cost=sold.unit_cost,
        serials=serials,
        groups=joined(by_lot),
    )
