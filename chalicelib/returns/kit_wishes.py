"""Wishes that name a kit, as wishes for its parts; then one wish for each line of the order.

Done before anything is checked, so that a kit and its parts asked for side by side count together.
"""

from collections.abc import Iterator
from dataclasses import replace

from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.orders import kits
from chalicelib.orders.model import LineKind, Order, OrderLine
from chalicelib.orders.returnable import serials_by_ordinal
from chalicelib.returns.wishes import LINES_MAX, RequestedLine, merged


def wished(order: Order, asked: tuple[RequestedLine, ...]) -> tuple[RequestedLine, ...]:
    """What is asked for, line by line of the order; raises Invalid above the lines of a return."""
    wishes = merged(tuple(wish for line in asked for wish in _by_part(order, line)))
    if len(wishes) > LINES_MAX:
        message = f"1 to {LINES_MAX} lines are allowed, each part of a kit being one."
        fault = FieldError(pointer="/lines", code="line_count", message=message)
        raise Invalid("invalid_request", "The request has faults.", errors=[fault])
    return wishes


def _by_part(order: Order, asked: RequestedLine) -> Iterator[RequestedLine]:
    line = order.line(asked.order_line_no or "")
    if line is None or line.kind is not LineKind.KIT:
        yield asked
        return
    if asked.exchange_for is not None:
        message = "Parts of a kit are exchanged one by one: name their lines."
        fault = FieldError(pointer="/lines", code="kit_exchanged_whole", message=message)
        raise Invalid("invalid_request", "The request has faults.", errors=[fault])
    serials = _serials(order, line, asked.serials)
    for line_no, quantity in kits.units_of(line, asked.quantity):
        yield replace(
            asked, order_line_no=line_no, quantity=quantity, serials=serials.get(line_no, ())
        )


def _serials(order: Order, kit: OrderLine, named: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The serial numbers by the line of the part that left under each."""
    found: dict[str, tuple[str, ...]] = {}
    rest = dict.fromkeys(named)
    for line_no, _ in kits.units_of(kit, 1) if named else ():
        shipped = set(serials_by_ordinal(order, line_no).values())
        found[line_no] = tuple(serial for serial in rest if serial in shipped)
        for serial in found[line_no]:
            del rest[serial]
    if rest:
        raise Conflict(
            "serial_not_shipped",
            f"Serial {next(iter(rest))} was not shipped with kit {kit.line_no}.",
            line_no=kit.line_no,
            serials=list(rest),
        )
    return found
