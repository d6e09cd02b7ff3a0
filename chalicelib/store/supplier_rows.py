"""Which lists suppliers, documents, claims and the returns of their goods stand in.

What a supplier may see stands in lists of its own (`told`): nothing has to be left out of a page.
No row says who bought the goods, or what anybody wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.money import Money
from chalicelib.returns.model import Logistics, Return, ReturnLine
from chalicelib.returns.units import units_where
from chalicelib.store.codec import record_in
from chalicelib.store.row import Row, list_name
from chalicelib.store.table import Item
from chalicelib.suppliers.claims import GOING_ON, VendorClaim, VendorClaimState
from chalicelib.suppliers.documents import RtvDocument, RtvState
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.waiting import waiting

SUPPLIERS = list_name("SUPPLIERS")
VENDOR_DUE = list_name("VENDOR_DUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierRow:
    supplier_id: str
    name: str
    currency: str
    is_agreed: bool
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingLine:
    line_no: str
    sku: str
    quantity: int
    grade: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """Units of a return that wait for one supplier in one warehouse."""

    supplier_id: str
    warehouse: str
    return_id: str
    requested_at: datetime
    lines: tuple[WaitingLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RtvRow:
    rtv_id: str
    number: str
    supplier_id: str
    warehouse: str
    state: RtvState
    units: int
    cost: Money | None
    credited: Money | None
    claim_by: datetime | None
    drafted_at: datetime
    sent_at: datetime | None
    shipped_at: datetime | None
    claim_id: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorClaimRow:
    claim_id: str
    supplier_id: str
    rtv_id: str | None
    state: VendorClaimState
    amount: Money
    accepted: Money | None
    recovered: Money
    is_disputed: bool
    units: int
    opened_at: datetime
    sent_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenUnits:
    quantity: int
    inspection: str
    grade: str | None
    fault: str | None
    disposition: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliedLine:
    """One line of a return whose goods a supplier made: how many came, and how they were seen."""

    line_no: str
    sku: str
    name: str
    reason: str
    received: int
    units: tuple[SeenUnits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppliedReturnRow:
    """A return as the supplier of some of its goods sees it."""

    return_id: str
    requested_at: datetime
    lines: tuple[SuppliedLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorDueRow:
    """A claim or a draft about which somebody is told at `next_at`."""

    subject: str
    next_at: datetime


def waiting_list(supplier_id: str | None = None, warehouse: str | None = None) -> str:
    return list_name("VENDOR_WAITING", supplier=supplier_id, warehouse=warehouse)


def rtv_list(supplier_id: str, *, told: bool = False) -> str:
    return list_name("RTVS", supplier=supplier_id, told="yes" if told else None)


def claim_list(supplier_id: str | None = None, *, told: bool = False) -> str:
    """Of a supplier: all of them. Of nobody in particular: those that are going on."""
    return list_name("VENDOR_CLAIMS", supplier=supplier_id, told="yes" if told else None)


def supplied_list(supplier_id: str) -> str:
    return list_name("SUPPLIED_RETURNS", supplier=supplier_id)


def supplier_rows(item: Item) -> Iterator[Row]:
    supplier = record_in(item, Supplier)
    body = SupplierRow(
        supplier_id=supplier.supplier_id,
        name=supplier.name,
        currency=supplier.currency,
        is_agreed=supplier.terms.is_agreed,
        updated_at=supplier.updated_at,
        version=supplier.version,
    )
    yield Row(list_name=SUPPLIERS, bucket="", sort=supplier.supplier_id, body=body)


def rtv_rows(item: Item) -> Iterator[Row]:
    rtv = record_in(item, RtvDocument)
    body = RtvRow(
        rtv_id=rtv.rtv_id,
        number=rtv.number,
        supplier_id=rtv.supplier_id,
        warehouse=rtv.warehouse,
        state=rtv.state,
        units=rtv.quantity,
        cost=rtv.cost,
        credited=rtv.credited,
        claim_by=rtv.claim_by,
        drafted_at=rtv.drafted_at,
        sent_at=rtv.sent_at,
        shipped_at=rtv.shipped_at,
        claim_id=rtv.claim_id,
        version=rtv.version,
    )
    sort = f"{rfc3339(rtv.drafted_at)}#{rtv.rtv_id}"
    names = [rtv_list(rtv.supplier_id)]
    if rtv.is_told:
        names.append(rtv_list(rtv.supplier_id, told=True))
    for name in names:
        yield Row(list_name=name, bucket=f"{rtv.drafted_at:%Y-%m}", sort=sort, body=body)
    yield from _due(rtv.subject, rtv.remind_at)


def vendor_claim_rows(item: Item) -> Iterator[Row]:
    claim = record_in(item, VendorClaim)
    body = VendorClaimRow(
        claim_id=claim.claim_id,
        supplier_id=claim.supplier_id,
        rtv_id=claim.rtv_id,
        state=claim.state,
        amount=claim.amount,
        accepted=claim.accepted,
        recovered=claim.recovered,
        is_disputed=claim.disputed_at is not None,
        units=claim.quantity,
        opened_at=claim.opened_at,
        sent_at=claim.sent_at,
        version=claim.version,
    )
    sort = f"{rfc3339(claim.opened_at)}#{claim.claim_id}"
    names = [claim_list(claim.supplier_id)]
    if claim.is_told:
        names.append(claim_list(claim.supplier_id, told=True))
    if claim.state in GOING_ON:
        names.append(claim_list())
    for name in names:
        yield Row(list_name=name, bucket=f"{claim.opened_at:%Y-%m}", sort=sort, body=body)
    yield from _due(claim.subject, claim.remind_at if claim.state in GOING_ON else None)


def supplied_rows(ret: Return) -> Iterator[Row]:
    """What waits for suppliers, by supplier and warehouse; and what each sees of the return."""
    month = f"{ret.requested_at:%Y-%m}"
    sort = f"{rfc3339(ret.requested_at)}#{ret.return_id}"
    together: dict[tuple[str, str], list[WaitingLine]] = {}
    for one in waiting(ret):
        if one.supplier_id is not None and one.warehouse is not None:
            together.setdefault((one.supplier_id, one.warehouse), []).append(
                WaitingLine(
                    line_no=one.line.line_no,
                    sku=one.line.goods,
                    quantity=one.group.size,
                    grade=one.group.grade.value if one.group.grade else None,
                )
            )
    for (supplier_id, warehouse), lines in sorted(together.items()):
        row = WaitingRow(
            supplier_id=supplier_id,
            warehouse=warehouse,
            return_id=ret.return_id,
            requested_at=ret.requested_at,
            lines=tuple(lines),
        )
        place = f"{sort}#{supplier_id}#{warehouse}"
        for name in (
            waiting_list(),
            waiting_list(supplier_id),
            waiting_list(warehouse=warehouse),
            waiting_list(supplier_id, warehouse),
        ):
            yield Row(list_name=name, bucket=month, sort=place, body=row)
    by_supplier: dict[str, list[SuppliedLine]] = {}
    for line in ret.lines:
        seen = _supplied(line)
        if line.supplier_id is not None and seen.received:
            by_supplier.setdefault(line.supplier_id, []).append(seen)
    for supplier_id, supplied in sorted(by_supplier.items()):
        body = SuppliedReturnRow(
            return_id=ret.return_id, requested_at=ret.requested_at, lines=tuple(supplied)
        )
        yield Row(list_name=supplied_list(supplier_id), bucket=month, sort=sort, body=body)


def _supplied(line: ReturnLine) -> SuppliedLine:
    here = [group for group in line.groups if group.logistics is Logistics.RECEIVED]
    received = units_where(line, lambda group: group.logistics is Logistics.RECEIVED)
    return SuppliedLine(
        line_no=line.line_no,
        sku=line.goods,
        name=line.name,
        reason=line.reason,
        received=runs.size(received),
        units=tuple(
            SeenUnits(
                quantity=group.size,
                inspection=group.inspection.value,
                grade=group.grade.value if group.grade else None,
                fault=group.fault.value if group.fault else None,
                disposition=group.disposition.value if group.disposition else None,
            )
            for group in here
        ),
    )


def _due(subject: str, at: datetime | None) -> Iterator[Row]:
    if at is not None:
        yield Row(
            list_name=VENDOR_DUE,
            bucket=f"{at:%Y-%m}",
            sort=f"{rfc3339(at)}#{subject}",
            body=VendorDueRow(subject=subject, next_at=at),
        )
