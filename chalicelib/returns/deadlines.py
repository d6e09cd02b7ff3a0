"""What a return waits for, until when, and when the customer is reminded of it.

Pure. One thing is waited for at a time: while a question is open, goods need not be sent. Goods
that were sent without a tracking number are still waited for: no carrier tells of them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.core import runs
from chalicelib.core.runs import Run
from chalicelib.policy.document import Deadlines
from chalicelib.returns.model import (
    Authorization,
    Deadline,
    DeadlineKind,
    Logistics,
    Return,
    ShipmentState,
    UnitGroup,
)


def _is_to_be_sent(group: UnitGroup) -> bool:
    return group.authorization is Authorization.APPROVED and group.logistics is Logistics.AWAITING


AWAITED: dict[DeadlineKind, Callable[[UnitGroup], bool]] = {
    DeadlineKind.ANSWER: lambda group: group.authorization is Authorization.NEEDS_INFO,
    DeadlineKind.DRAFT: lambda group: group.authorization is Authorization.DRAFT,
    DeadlineKind.SHIP: _is_to_be_sent,
}
"""The units that each deadline is about; the first kind that has any is the one that counts."""
COMES_WITHIN = timedelta(days=28)
"""How long goods without a tracking number may be under way before a person asks where they are."""


def deadline_for(ret: Return, now: datetime) -> Deadline | None:
    """The deadline of what is waited for from now on, or None where nothing is."""
    for kind in AWAITED:
        if waits_for(ret, kind):
            due_at = now + timedelta(days=_days(kind, ret.deadline_terms))
            remind_at = due_at - timedelta(days=ret.deadline_terms.remind_days)
            return Deadline(kind=kind, due_at=due_at, remind_at=remind_at)
    return None


def continued(ret: Return, now: datetime) -> Return:
    """The return with its running deadline, or a new one where something else is waited for now."""
    fresh = deadline_for(ret, now)
    running = ret.deadline
    if fresh is not None and running is not None and running.kind is fresh.kind:
        return ret
    return replace(ret, deadline=fresh)


def after(ret: Return) -> Return:
    """The return without a deadline that nothing waits for any more.

    For commands that move goods: when no unit is to be sent, no date of sending is kept.
    """
    running = ret.deadline
    if running is None or waits_for(ret, running.kind):
        return ret
    return replace(ret, deadline=None)


def after_sending(ret: Return, now: datetime) -> Return:
    """As `after`; what went off without a tracking number has some time to come from now on."""
    ret = after(ret)
    running = ret.deadline
    if not is_untracked(ret) or is_asked_for(ret, DeadlineKind.SHIP):
        return ret
    due_at = now + COMES_WITHIN
    if running is not None and (running.kind is not DeadlineKind.SHIP or running.due_at >= due_at):
        return ret
    deadline = Deadline(kind=DeadlineKind.SHIP, due_at=due_at, remind_at=due_at)
    return replace(ret, deadline=deadline)


def waits_for(ret: Return, kind: DeadlineKind) -> bool:
    """Whether something of the return waits for what the deadline is about."""
    return is_asked_for(ret, kind) or (kind is DeadlineKind.SHIP and is_untracked(ret))


def is_asked_for(ret: Return, kind: DeadlineKind) -> bool:
    """Whether it is still for the customer to do something, and so to be reminded."""
    return any(AWAITED[kind](group) for group in ret.groups())


def is_untracked(ret: Return) -> bool:
    """Whether units are under way in a parcel that has no tracking number."""
    units: dict[str, list[Run]] = {}
    for shipment in ret.shipments:
        if shipment.tracking_no is None and shipment.state is ShipmentState.IN_TRANSIT:
            for part in shipment.units:
                units.setdefault(part.line_no, []).extend(part.units)
    return any(
        group.logistics is Logistics.IN_TRANSIT
        and bool(runs.common(group.units, units.get(line.line_no, ())))
        for line in ret.lines
        for group in line.groups
    )


def _days(kind: DeadlineKind, terms: Deadlines) -> int:
    match kind:
        case DeadlineKind.DRAFT:
            return terms.draft_days
        case DeadlineKind.ANSWER:
            return terms.answer_days
        case DeadlineKind.SHIP:
            return terms.ship_days
