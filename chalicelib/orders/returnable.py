"""What of an order line may still come back, by unit ordinal; reserving and releasing it.

Pure. Returns, exchanges and claims hold units of the same line, so they are counted together.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.core import runs
from chalicelib.core.errors import Conflict
from chalicelib.core.runs import Run, Runs
from chalicelib.orders.model import DeliveredItem, HolderKind, Order, OrderLine, Reservation


def held(line: OrderLine) -> Runs:
    """The units that some document holds."""
    return runs.merged(run for reservation in line.reservations for run in reservation.units)


def free(order: Order, line: OrderLine) -> Runs:
    """The units that were shipped and that no document holds."""
    shipped = order.shipped(line.line_no)
    return runs.minus((Run(1, shipped),), held(line)) if shipped else ()


def returnable_quantity(order: Order, line: OrderLine) -> int:
    """shipped − everything reserved or consumed, by order line, never by SKU."""
    return runs.size(free(order, line))


def choose(order: Order, line: OrderLine, quantity: int, serials: Sequence[str] = ()) -> Runs:
    """The units that a request for `quantity` takes: those of the serials, else the lowest.

    Raises Conflict `not_returnable_quantity` (with what is left) or `serial_not_shipped`.
    """
    available = free(order, line)
    left = runs.size(available)
    if quantity > left:
        raise Conflict(
            "not_returnable_quantity",
            f"{_called(line)} has {left} left to return, {quantity} were asked.",
            line_no=line.line_no,
            returnable_quantity=left,
            asked=quantity,
            **_part_facts(line),
        )
    named = runs.of_ordinals(_ordinals_of(order, line, serials))
    if runs.size(runs.common(named, available)) < len(serials):
        raise Conflict(
            "serial_already_returned",
            f"A serial number of line {line.line_no} is in another return already.",
            line_no=line.line_no,
        )
    rest = runs.lowest(runs.minus(available, named), quantity - len(serials))
    return runs.merged((*named, *rest))


def serials_by_ordinal(order: Order, line_no: str) -> dict[int, str]:
    """Which serial number left as which unit; empty for goods without serials."""
    found: dict[int, str] = {}
    ordinal = 0
    for item in _items(order, line_no):
        for place, serial in enumerate(item.serials):
            found[ordinal + place + 1] = serial
        ordinal += item.quantity
    return found


def lots_by_run(order: Order, line_no: str) -> list[tuple[Run, str | None]]:
    """Which lot left as which units, in order of the deliveries."""
    found: list[tuple[Run, str | None]] = []
    ordinal = 0
    for item in _items(order, line_no):
        found.append((Run(ordinal + 1, item.quantity), item.lot))
        ordinal += item.quantity
    return found


def reserve(order: Order, line_no: str, *, holder_id: str, kind: HolderKind, units: Runs) -> Order:
    """The order with these units held. They must be free (choose them with `choose`)."""
    line = order.line(line_no)
    assert line is not None, "a reservation names a line of the order"
    assert runs.common(units, free(order, line)) == runs.merged(units), "units are free"
    others = [r for r in line.reservations if r.holder_id != holder_id]
    mine = [r for r in line.reservations if r.holder_id == holder_id]
    together = runs.merged((*units, *(run for r in mine for run in r.units)))
    entry = Reservation(holder_id=holder_id, kind=kind, units=together)
    return _with_line(order, replace(line, reservations=(*others, entry)))


def release(order: Order, line_no: str, *, holder_id: str, units: Runs) -> Order:
    """The order with these units free again; they must be held by this document."""
    line = order.line(line_no)
    assert line is not None, "a reservation names a line of the order"
    kept: list[Reservation] = []
    for reservation in line.reservations:
        if reservation.holder_id != holder_id:
            kept.append(reservation)
            continue
        assert runs.size(runs.common(reservation.units, units)) == runs.size(units), "held units"
        rest = runs.minus(reservation.units, units)
        if rest:
            kept.append(replace(reservation, units=runs.merged(rest)))
    return _with_line(order, replace(line, reservations=tuple(kept)))


def _called(line: OrderLine) -> str:
    """Who asked for a kit did not name the lines of its parts."""
    if line.kit_of is None:
        return f"Line {line.line_no}"
    return f"Line {line.line_no} ({line.sku}, part of kit {line.kit_of})"


def _part_facts(line: OrderLine) -> dict[str, str]:
    return {} if line.kit_of is None else {"sku": line.sku, "kit_of": line.kit_of}


def _with_line(order: Order, line: OrderLine) -> Order:
    lines = tuple(line if old.line_no == line.line_no else old for old in order.lines)
    return replace(order, lines=lines)


def _items(order: Order, line_no: str) -> Iterator[DeliveredItem]:
    for delivery in order.deliveries:
        for item in delivery.items:
            if item.line_no == line_no:
                yield item


def _ordinals_of(order: Order, line: OrderLine, serials: Iterable[str]) -> list[int]:
    wanted = list(dict.fromkeys(serials))
    by_serial = {serial: no for no, serial in serials_by_ordinal(order, line.line_no).items()}
    unknown = [serial for serial in wanted if serial not in by_serial]
    if unknown:
        raise Conflict(
            "serial_not_shipped",
            f"Serial {unknown[0]} was not shipped on line {line.line_no}.",
            line_no=line.line_no,
            serials=unknown,
        )
    return [by_serial[serial] for serial in wanted]
