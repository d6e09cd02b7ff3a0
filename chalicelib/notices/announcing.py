"""What a notice says of returns as they are now: which goods come, in which parcels, by when. Pure.

What the warehouse itself received stays announced. What was cancelled, given up, turned away, or
came in elsewhere does not.
"""

from collections.abc import Sequence
from datetime import date

from chalicelib.core import runs
from chalicelib.notices.model import NoticeLine, NoticeParcel, NoticeReturn
from chalicelib.returns.model import (
    Authorization,
    DeadlineKind,
    Logistics,
    Return,
    ReturnLine,
    ShipmentState,
    UnitGroup,
)
from chalicelib.returns.receiving import serials_of
from chalicelib.returns.units import ON_THE_WAY

_GOING = frozenset({ShipmentState.LABELLED, ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED})


def announced(returns: Sequence[Return], warehouse: str) -> tuple[NoticeReturn, ...]:
    """The returns of which goods come to the warehouse, or came there."""
    found = []
    for ret in returns:
        lines = tuple(one for line in ret.lines for one in _lines(line, warehouse))
        if lines:
            found.append(
                NoticeReturn(return_id=ret.return_id, return_number=ret.number, lines=lines)
            )
    return tuple(found)


def is_coming(returns: Sequence[Return]) -> bool:
    """Whether any of these goods are still to come, wherever to."""
    return any(
        group.authorization is Authorization.APPROVED and group.logistics in ON_THE_WAY
        for ret in returns
        for group in ret.groups()
    )


def parcels(returns: Sequence[Return]) -> tuple[NoticeParcel, ...]:
    """Those with a number, each once."""
    found = {
        (one.carrier, one.tracking_no): None
        for ret in returns
        for one in ret.shipments
        if one.tracking_no is not None and one.state in _GOING
    }
    return tuple(NoticeParcel(carrier=carrier, tracking_no=no) for carrier, no in found if no)


def expected_on(returns: Sequence[Return]) -> date | None:
    """The day of the last pickup that is booked; else by when the last goods have to be sent."""
    pickups = [ret.pickup.day for ret in returns if ret.pickup is not None]
    deadlines = [
        ret.deadline.due_at.date()
        for ret in returns
        if ret.deadline is not None and ret.deadline.kind is DeadlineKind.SHIP
    ]
    return max(pickups or deadlines, default=None)


def _lines(line: ReturnLine, warehouse: str) -> list[NoticeLine]:
    by_lot: dict[str | None, runs.Runs] = {}
    for group in line.groups:
        if _comes(group, warehouse):
            by_lot[group.lot] = runs.merged((*by_lot.get(group.lot, ()), *group.units))
    return [
        NoticeLine(
            line_no=line.line_no,
            sku=line.goods,
            gtin=line.gtin,
            lot=lot,
            quantity=runs.size(units),
            serials=serials_of(line, units),
        )
        for lot, units in sorted(by_lot.items(), key=lambda one: one[0] or "")
    ]


def _comes(group: UnitGroup, warehouse: str) -> bool:
    if group.authorization is not Authorization.APPROVED:
        return False
    is_here = group.logistics is Logistics.RECEIVED and group.warehouse in (None, warehouse)
    return is_here or group.logistics in ON_THE_WAY
