"""The one rule of release: units that the customer may ask for again, in the write that ends them.

Reject, cancel, expire, short-close, refuse and ship-back release; every other command holds or
consumes what a return reserved.
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.core.events import Context
from chalicelib.core.runs import Runs
from chalicelib.orders import returnable
from chalicelib.orders.model import Order
from chalicelib.returns.asked_about import needs_info
from chalicelib.returns.model import Return
from chalicelib.returns.units import units_where


def released(
    order: Order, ret: Return, units_by_line: Mapping[str, Runs], context: Context
) -> Order:
    """The order at its next version, with these units (by line number of the return) free again.

    They must be held by the return. Lines that name no order line hold nothing.
    """
    for line in ret.lines:
        units = units_by_line.get(line.line_no, ())
        if units and line.order_line_no is not None:
            order = returnable.release(
                order, line.order_line_no, holder_id=ret.return_id, units=units
            )
    return replace(order, version=order.version + 1, updated_at=context.now)


def without_asked(order: Order, ret: Return) -> Order:
    """The order as if the return did not hold the units that a question is open about.

    To see what it may ask for anew; what was decided stays held. Still at its present version:
    whoever writes it raises that once.
    """
    for line in ret.lines:
        units = units_where(line, needs_info)
        if units and line.order_line_no is not None:
            order = returnable.release(
                order, line.order_line_no, holder_id=ret.return_id, units=units
            )
    return order
