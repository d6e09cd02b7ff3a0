"""Moving units of a line from one place on the axes to another, and counting where they stand."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from chalicelib.core import runs
from chalicelib.core.runs import Run, Runs
from chalicelib.returns.model import (
    Authorization,
    Disposition,
    InspectionResult,
    Logistics,
    Resolution,
    ReturnLine,
    UnitGroup,
)
from chalicelib.settlement.model import SettlementState

Where = Callable[[UnitGroup], bool]

PENDING = frozenset({Authorization.SUBMITTED, Authorization.NEEDS_INFO, Authorization.UNDER_REVIEW})
TAKEN_BACK = frozenset({Authorization.CANCELLED, Authorization.EXPIRED})
ON_THE_WAY = frozenset({Logistics.AWAITING, Logistics.IN_TRANSIT, Logistics.ARRIVED})
LOGISTICS_ENDED = frozenset(
    {
        Logistics.NOT_NEEDED,
        Logistics.RECEIVED,
        Logistics.LOST,
        Logistics.SHORT_CLOSED,
        Logistics.REFUSED,
    }
)


def units_where(line: ReturnLine, where: Where) -> Runs:
    """All units of the line that stand where `where` says."""
    return runs.merged(run for group in line.groups if where(group) for run in group.units)


def customers_own(line: ReturnLine) -> Runs:
    """Units that are repaired for the customer: theirs, and no money is owed for them."""
    if line.resolution is not Resolution.REPAIR:
        return ()
    return units_where(
        line, lambda group: bool(group.credit) and group.settlement is SettlementState.NONE
    )


def move(line: ReturnLine, units: Runs, **changes: Any) -> ReturnLine:
    """The line with these units changed on the named axes; groups that became equal are joined.

    `changes` are fields of UnitGroup. All units must belong to the line.
    """
    moved: list[UnitGroup] = []
    found = 0
    for group in line.groups:
        inside = runs.common(group.units, units)
        outside = runs.minus(group.units, units)
        if inside:
            found += runs.size(inside)
            moved.append(replace(group, units=inside, **changes))
        if outside:
            moved.append(replace(group, units=outside))
    assert found == runs.size(units), "units belong to the line"
    return replace(line, groups=joined(moved))


def joined(groups: list[UnitGroup]) -> tuple[UnitGroup, ...]:
    """Groups in the same place made one, in order of their first unit."""
    together: dict[UnitGroup, list[Run]] = {}
    for group in groups:
        place = replace(group, units=())
        together.setdefault(place, []).extend(group.units)
    merged = [replace(place, units=runs.merged(found)) for place, found in together.items()]
    return tuple(sorted(merged, key=lambda group: group.units))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """The buckets of a line. Each unit is counted once in each block.

    Authorization: pending + approved + rejected + cancelled + expired (+ draft) = requested;
    `ended_after_approval` counts those of the cancelled and expired that had been approved.
    Logistics, of the approved: awaiting … refused, kept by the customer. Inspection, of the
    received: what is sent back unseen is in `ship_back` only.
    """

    requested: int = 0
    draft: int = 0
    pending: int = 0
    approved: int = 0
    rejected: int = 0
    cancelled: int = 0
    expired: int = 0
    ended_after_approval: int = 0
    awaiting: int = 0
    in_transit: int = 0
    arrived: int = 0
    received: int = 0
    lost: int = 0
    short_closed: int = 0
    refused: int = 0
    kept: int = 0
    uninspected: int = 0
    passed: int = 0
    failed: int = 0
    reinspection: int = 0
    undisposed: int = 0
    hold: int = 0
    restock: int = 0
    repack: int = 0
    repair: int = 0
    refurbish: int = 0
    rtv: int = 0
    scrap: int = 0
    donate: int = 0
    ship_back: int = 0
    accepted: int = 0
    denied: int = 0
    settled: int = 0

    def as_dict(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in _QUANTITIES}


_QUANTITIES = tuple(one.name for one in fields(Quantities))


_LOGISTICS_BUCKET = {
    Logistics.AWAITING: "awaiting",
    Logistics.IN_TRANSIT: "in_transit",
    Logistics.ARRIVED: "arrived",
    Logistics.RECEIVED: "received",
    Logistics.LOST: "lost",
    Logistics.SHORT_CLOSED: "short_closed",
    Logistics.REFUSED: "refused",
    Logistics.NOT_NEEDED: "kept",
}
_DISPOSITION_BUCKET: dict[Disposition, str] = {
    disposition: disposition.value.lower()
    for disposition in Disposition
    if disposition is not Disposition.KEPT_BY_CUSTOMER
}


def quantities(line: ReturnLine) -> Quantities:
    """How many units of the line stand where."""
    counts: dict[str, int] = {}
    for group in line.groups:
        for bucket in _buckets(group):
            counts[bucket] = counts.get(bucket, 0) + group.size
    return Quantities(**counts)


def _buckets(group: UnitGroup) -> list[str]:
    buckets = ["requested"]
    if group.authorization in PENDING:
        buckets.append("pending")
    else:
        buckets.append(group.authorization.value.lower())
    if group.ended_after_approval:
        buckets.append("ended_after_approval")
    if group.logistics in _LOGISTICS_BUCKET:
        buckets.append(_LOGISTICS_BUCKET[group.logistics])
    if group.logistics is Logistics.RECEIVED:
        buckets.extend(_after_receipt(group))
    if group.credit is not None:
        buckets.append("accepted" if group.credit else "denied")
    if group.settlement is SettlementState.SETTLED:
        buckets.append("settled")
    return buckets


_INSPECTION_BUCKET = {
    InspectionResult.PENDING: "uninspected",
    InspectionResult.PASSED: "passed",
    InspectionResult.FAILED: "failed",
    InspectionResult.NEEDS_REINSPECTION: "reinspection",
}


def _after_receipt(group: UnitGroup) -> list[str]:
    is_seen = group.inspection in (InspectionResult.PASSED, InspectionResult.FAILED)
    if group.disposition is not None:
        disposed = _DISPOSITION_BUCKET.get(group.disposition, "undisposed")
        return [_INSPECTION_BUCKET[group.inspection], disposed] if is_seen else [disposed]
    waiting = ["undisposed"] if is_seen else []
    return [_INSPECTION_BUCKET[group.inspection], *waiting]
