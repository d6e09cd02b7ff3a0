"""Where a return stands as a whole: its header status and what is still open.

Both follow from the units, and are never stored. `HEADER` is the precedence table that
docs/domain.md shows: the first row that holds is the status.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.returns.awards import awards_unpaid
from chalicelib.returns.differences import differences_unpaid
from chalicelib.returns.model import (
    Authorization,
    Closure,
    Disposition,
    InspectionResult,
    Logistics,
    Resolution,
    Return,
    ShipmentState,
    UnitGroup,
)
from chalicelib.returns.units import LOGISTICS_ENDED, PENDING
from chalicelib.settlement.model import SettlementState


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


_HERE_OR_GIVEN_UP = LOGISTICS_ENDED - {Logistics.NOT_NEEDED}
_GONE = frozenset({ShipmentState.REFUSED, ShipmentState.VOIDED})
"""Shipments that bring nothing any more."""


class Standing:
    """What the rows of the header table ask about, gathered once."""

    def __init__(self, ret: Return) -> None:
        groups = ret.groups()
        self.is_closed = ret.closure is Closure.COMPLETED
        self.has_shipment = any(one.state not in _GONE for one in ret.shipments)
        self.authorizations = {group.authorization for group in groups}
        self.approved = [g for g in groups if g.authorization is Authorization.APPROVED]
        self.logistics = {group.logistics for group in self.approved}
        self.received = [g for g in self.approved if g.logistics is Logistics.RECEIVED]

    def has(self, authorization: Authorization) -> bool:
        return authorization in self.authorizations

    def is_without_approval(self, ended: Authorization) -> bool:
        return not self.approved and ended in self.authorizations

    @property
    def is_expecting(self) -> bool:
        """Some approved units are neither here nor given up."""
        return not self.logistics <= LOGISTICS_ENDED

    @property
    def has_begun(self) -> bool:
        """Money has started, or only money is left to do."""
        return any(group.settlement is not SettlementState.NONE for group in self.approved)


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One row: the status, when it holds in words, and as a function."""

    status: Status
    words: str
    holds: Callable[[Standing], bool]


_A, _L = Authorization, Logistics
HEADER: tuple[HeaderRow, ...] = (
    HeaderRow(Status.COMPLETED, "the return is closed", lambda s: s.is_closed),
    HeaderRow(Status.DRAFT, "any unit is a draft", lambda s: s.has(_A.DRAFT)),
    HeaderRow(Status.NEEDS_INFO, "any unit needs information", lambda s: s.has(_A.NEEDS_INFO)),
    HeaderRow(Status.UNDER_REVIEW, "any unit is under review", lambda s: s.has(_A.UNDER_REVIEW)),
    HeaderRow(Status.SUBMITTED, "any unit is submitted", lambda s: s.has(_A.SUBMITTED)),
    HeaderRow(
        Status.REJECTED,
        "no unit is approved, some are rejected",
        lambda s: s.is_without_approval(_A.REJECTED),
    ),
    HeaderRow(
        Status.CANCELLED,
        "no unit is approved, some are cancelled",
        lambda s: s.is_without_approval(_A.CANCELLED),
    ),
    HeaderRow(Status.EXPIRED, "no unit is approved", lambda s: not s.approved),
    HeaderRow(
        Status.PARTLY_RECEIVED,
        "some approved units are here or given up, others not",
        lambda s: s.is_expecting and bool(s.logistics & _HERE_OR_GIVEN_UP),
    ),
    HeaderRow(
        Status.IN_TRANSIT,
        "none is here, some are in transit or arrived",
        lambda s: s.is_expecting and bool(s.logistics & {_L.IN_TRANSIT, _L.ARRIVED}),
    ),
    HeaderRow(
        Status.AWAITING_SHIPMENT,
        "none is here or on its way, a label or parcel is known",
        lambda s: s.is_expecting and s.has_shipment,
    ),
    HeaderRow(
        Status.PARTLY_APPROVED,
        "none is here or on its way, other units were refused or taken back",
        lambda s: s.is_expecting and len(s.authorizations) > 1,
    ),
    HeaderRow(Status.APPROVED, "none is here or on its way", lambda s: s.is_expecting),
    HeaderRow(
        Status.RECEIVED,
        "all are here or given up, none of those here was looked at",
        lambda s: bool(s.received) and all(_is_untouched(group) for group in s.received),
    ),
    HeaderRow(
        Status.INSPECTING,
        "some of those here are not inspected, undecided or on hold",
        lambda s: any(not _is_disposed(group) for group in s.received),
    ),
    HeaderRow(Status.SETTLING, "money has started", lambda s: s.has_begun),
    HeaderRow(Status.DISPOSITIONED, "else", lambda _: True),
)


def status_of(ret: Return) -> Status:
    """The header status: the first row of the table that holds."""
    standing = Standing(ret)
    return next(row.status for row in HEADER if row.holds(standing))


def _is_untouched(group: UnitGroup) -> bool:
    return group.inspection is InspectionResult.PENDING and group.disposition is None


def _is_disposed(group: UnitGroup) -> bool:
    return group.disposition is not None and group.disposition is not Disposition.HOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPoint:
    """Something that keeps a return open; `line_no` None: about the whole return."""

    code: str
    quantity: int
    line_no: str | None = None


def open_points(ret: Return) -> tuple[OpenPoint, ...]:
    """What is left to do before the return is complete; empty when it is."""
    points = list(_of_the_whole(ret))
    for line in ret.lines:
        counts: dict[str, int] = {}
        for group in line.groups:
            for code in _open_codes(group, line.resolution):
                counts[code] = counts.get(code, 0) + group.size
        points.extend(
            OpenPoint(code=code, quantity=counts[code], line_no=line.line_no)
            for code in sorted(counts)
        )
    return tuple(points)


def _of_the_whole(ret: Return) -> Iterator[OpenPoint]:
    if ret.open_exceptions:
        yield OpenPoint(code="exception_open", quantity=ret.open_exceptions)
    if ret.open_appeals:
        yield OpenPoint(code="appeal_open", quantity=len(ret.open_appeals))
    if unpaid := awards_unpaid(ret):
        yield OpenPoint(code="award_owed", quantity=len(unpaid))
    if on_top := [one for one in differences_unpaid(ret) if not one.units]:
        yield OpenPoint(code="difference_owed", quantity=len(on_top))
    if not any(group.authorization is Authorization.APPROVED for group in ret.groups()):
        yield OpenPoint(code="nothing_approved", quantity=len(ret.lines))


_UNDECIDED = PENDING | {Authorization.DRAFT}


def _open_codes(group: UnitGroup, resolution: Resolution) -> Iterator[str]:
    if group.authorization in _UNDECIDED:
        yield "not_decided"
    if group.authorization is not Authorization.APPROVED:
        return
    if group.logistics not in LOGISTICS_ENDED:
        yield "goods_expected"
    if group.logistics is Logistics.RECEIVED and not _is_disposed(group):
        yield "no_disposition"
    if group.credit and group.settlement is not SettlementState.SETTLED:
        yield "repair_owed" if resolution is Resolution.REPAIR else "money_owed"


def is_complete(ret: Return) -> bool:
    """Nothing is open: no unit waits for a decision, goods, inspection, disposition or money.

    Units on hold keep a return open, and so do exceptions and appeals that nobody decided.
    """
    return not open_points(ret)
