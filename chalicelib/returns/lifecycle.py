"""Which command may act on which units, and the header status that follows from all of them.

`GUARDS` is the transition table of the units; `status_of` is the one precedence table from the
axes to the header status. Both are data or pure functions, published in docs/domain.md.
"""

from collections.abc import Callable
from enum import StrEnum

from chalicelib.core.errors import Conflict
from chalicelib.returns.model import (
    Authorization,
    Closure,
    Disposition,
    InspectionResult,
    Logistics,
    Return,
    UnitGroup,
)
from chalicelib.returns.units import LOGISTICS_ENDED, ON_THE_WAY, PENDING
from chalicelib.settlement.model import SettlementState


class Command(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    RECEIVE = "receive"
    INSPECT = "inspect"
    DISPOSE = "dispose"
    SETTLE = "settle"
    RETRY_SETTLEMENT = "retry-settlement"
    CONFIRM_SETTLEMENT = "confirm-settlement"


class Status(StrEnum):
    """The derived header status, in the order of a return's life."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    NEEDS_INFO = "NEEDS_INFO"
    UNDER_REVIEW = "UNDER_REVIEW"
    APPROVED = "APPROVED"
    PARTLY_APPROVED = "PARTLY_APPROVED"
    REJECTED = "REJECTED"
    AWAITING_SHIPMENT = "AWAITING_SHIPMENT"
    IN_TRANSIT = "IN_TRANSIT"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    INSPECTING = "INSPECTING"
    DISPOSITIONED = "DISPOSITIONED"
    SETTLING = "SETTLING"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


def is_receivable(group: UnitGroup) -> bool:
    return group.authorization is Authorization.APPROVED and group.logistics in ON_THE_WAY


def is_inspectable(group: UnitGroup) -> bool:
    return group.logistics is Logistics.RECEIVED and group.inspection is InspectionResult.PENDING


def is_disposable(group: UnitGroup) -> bool:
    """Inspected and undecided, or on hold: HOLD may move to any other disposition later."""
    seen = group.inspection in (InspectionResult.PASSED, InspectionResult.FAILED)
    return seen and group.disposition in (None, Disposition.HOLD)


def is_payable(group: UnitGroup) -> bool:
    """Accepted for credit and in no settlement yet."""
    return group.credit is True and group.settlement is SettlementState.NONE


_UNFINISHED_MONEY = frozenset(
    {SettlementState.PROCESSING, SettlementState.PARTIAL, SettlementState.FAILED}
)
GUARDS: dict[Command, Callable[[UnitGroup], bool]] = {
    Command.SUBMIT: lambda group: group.authorization is Authorization.DRAFT,
    Command.APPROVE: lambda group: group.authorization in PENDING,
    Command.REJECT: lambda group: group.authorization in PENDING,
    Command.RECEIVE: is_receivable,
    Command.INSPECT: is_inspectable,
    Command.DISPOSE: is_disposable,
    Command.SETTLE: is_payable,
    Command.RETRY_SETTLEMENT: lambda group: group.settlement in _UNFINISHED_MONEY,
    Command.CONFIRM_SETTLEMENT: lambda group: (
        group.settlement in (SettlementState.MANUAL, SettlementState.PARTIAL)
    ),
}


def allowed(ret: Return) -> tuple[str, ...]:
    """The commands that some unit of the return admits now."""
    groups = ret.groups()
    return tuple(c.value for c, guard in GUARDS.items() if any(guard(g) for g in groups))


def require(ret: Return, command: Command) -> None:
    """Raises Conflict `not_allowed_now`, naming the status and what is allowed."""
    if not any(GUARDS[command](group) for group in ret.groups()):
        status = status_of(ret)
        raise Conflict(
            "not_allowed_now",
            f"A return that is {status.value} admits no {command.value}.",
            status=status.value,
            allowed=list(allowed(ret)),
        )


def status_of(ret: Return) -> Status:
    """The header status: the first row of the table that fits."""
    if ret.closure is Closure.COMPLETED:
        return Status.COMPLETED
    groups = ret.groups()
    states = {group.authorization for group in groups}
    for authorization, status in _BEFORE_APPROVAL:
        if authorization in states:
            return status
    approved = [g for g in groups if g.authorization is Authorization.APPROVED]
    if not approved:
        return _without_approval(states)
    return _after_approval(ret, approved, is_partial=len(states) > 1)


_BEFORE_APPROVAL = (
    (Authorization.DRAFT, Status.DRAFT),
    (Authorization.NEEDS_INFO, Status.NEEDS_INFO),
    (Authorization.UNDER_REVIEW, Status.UNDER_REVIEW),
    (Authorization.SUBMITTED, Status.SUBMITTED),
)


def _without_approval(states: set[Authorization]) -> Status:
    if Authorization.REJECTED in states:
        return Status.REJECTED
    if Authorization.CANCELLED in states:
        return Status.CANCELLED
    return Status.EXPIRED


def _after_approval(ret: Return, approved: list[UnitGroup], *, is_partial: bool) -> Status:
    logistics = {group.logistics for group in approved}
    if not logistics <= LOGISTICS_ENDED:
        if logistics & LOGISTICS_ENDED:
            return Status.PARTLY_RECEIVED
        if logistics & {Logistics.IN_TRANSIT, Logistics.ARRIVED}:
            return Status.IN_TRANSIT
        if ret.shipments:
            return Status.AWAITING_SHIPMENT
        return Status.PARTLY_APPROVED if is_partial else Status.APPROVED
    received = [group for group in approved if group.logistics is Logistics.RECEIVED]
    if received and all(g.inspection is InspectionResult.PENDING for g in received):
        return Status.RECEIVED
    if any(not _is_disposed(group) for group in received):
        return Status.INSPECTING
    if any(group.settlement is not SettlementState.NONE for group in approved):
        return Status.SETTLING
    return Status.DISPOSITIONED


def _is_disposed(group: UnitGroup) -> bool:
    return group.disposition is not None and group.disposition is not Disposition.HOLD


def is_complete(ret: Return) -> bool:
    """Nothing is open: no unit waits for a decision, goods, inspection, disposition or money.

    Units on hold keep a return open, and so do exceptions that nobody resolved.
    """
    groups = ret.groups()
    if ret.open_exceptions or any(g.authorization in _UNDECIDED for g in groups):
        return False
    approved = [g for g in groups if g.authorization is Authorization.APPROVED]
    return bool(approved) and all(_is_finished(group) for group in approved)


_UNDECIDED = PENDING | {Authorization.DRAFT}


def _is_finished(group: UnitGroup) -> bool:
    if group.logistics not in LOGISTICS_ENDED:
        return False
    if group.logistics is Logistics.RECEIVED and not _is_disposed(group):
        return False
    return not group.credit or group.settlement is SettlementState.SETTLED
