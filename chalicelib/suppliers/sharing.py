"""What a supplier sees of the goods that it made: units, reasons, grades, defects, clean photos.

Never who bought them, nor what anybody wrote; what they were sold for only where that was agreed.
Photos are those that inspectors took: those of customers may show more than goods.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.events import Event
from chalicelib.core.money import Money
from chalicelib.returns.model import InspectionResult, Logistics, Return, ReturnLine, UnitGroup
from chalicelib.suppliers.evidence import Seen, parted, seen_units, shareable
from chalicelib.suppliers.waiting import read_returns
from chalicelib.uploads.model import Photo


class SharedReader(Protocol):
    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...

    def events(self, subject: str) -> list[Event]: ...

    def photos(self, return_id: str) -> list[Photo]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedUnits:
    """Units that stand alike and were seen alike. `photos` are keys of clean files."""

    return_id: str
    line_no: str
    sku: str
    name: str
    reason: str
    requested_at: datetime
    quantity: int
    inspection: str
    grade: str | None
    fault: str | None
    disposition: str | None
    lot: str | None
    serials: tuple[str, ...]
    defects: tuple[str, ...]
    photos: tuple[str, ...]
    inspection_id: str | None
    price: Money | None


def shared_units(
    reads: SharedReader,
    return_ids: Sequence[str],
    supplier_id: str,
    *,
    sees_prices: bool,
    with_photos: bool = True,
    as_told: Callable[[Return], Return] = lambda ret: ret,
) -> list[SharedUnits]:
    """What came back of the supplier's goods with these returns, in their order.

    `as_told`: a return as it is told to who asks, where that is less than there is.
    """
    found: list[SharedUnits] = []
    for ret in map(as_told, read_returns(reads, return_ids)):
        seen = seen_units(reads.events(ret.subject))
        photos = shareable(reads.photos(ret.return_id)) if with_photos and _has_photos(seen) else {}
        for line in ret.lines:
            if line.supplier_id != supplier_id:
                continue
            for group in line.groups:
                if group.logistics is Logistics.RECEIVED:
                    found += _units(ret, line, group, seen, photos, sees_prices=sees_prices)
    return found


def _units(
    ret: Return,
    line: ReturnLine,
    group: UnitGroup,
    seen: list[Seen],
    photos: dict[str, str],
    *,
    sees_prices: bool,
) -> list[SharedUnits]:
    is_open = group.inspection in (InspectionResult.PENDING, InspectionResult.NEEDS_REINSPECTION)
    return [
        SharedUnits(
            return_id=ret.return_id,
            line_no=line.line_no,
            sku=line.goods,
            name=line.name,
            reason=line.reason,
            requested_at=ret.requested_at,
            quantity=runs.size(units),
            inspection=group.inspection.value,
            grade=group.grade.value if group.grade else None,
            fault=group.fault.value if group.fault else None,
            disposition=group.disposition.value if group.disposition else None,
            lot=group.lot,
            serials=tuple(
                serial for at, serial in line.serials.items() if runs.holds(units, int(at))
            ),
            defects=one.defects if one else (),
            photos=tuple(photos[id_] for id_ in one.photos if id_ in photos) if one else (),
            inspection_id=one.inspection_id if one else None,
            price=line.value_of(units) if sees_prices else None,
        )
        for units, one in parted(line.line_no, group.units, () if is_open else seen)
    ]


def _has_photos(seen: list[Seen]) -> bool:
    return any(one.photos for one in seen)
