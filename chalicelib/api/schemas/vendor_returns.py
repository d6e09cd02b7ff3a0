"""Returns to vendor: what waits, what is sent back together, and its packing list."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.liability import Reference
from chalicelib.contracts.fields import (
    Id,
    Moment,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Quantity,
    Strict,
    View,
    Word,
)
from chalicelib.core.runs import as_text
from chalicelib.store.supplier_rows import RtvRow, WaitingRow
from chalicelib.suppliers.claiming import DISPUTE_CODES
from chalicelib.suppliers.documents import RtvDocument, RtvState
from chalicelib.suppliers.drafting import DraftRtv, WantedUnits
from chalicelib.suppliers.packing import PackedLine, PackingList


class WantedUnitsBody(Strict):
    """Units of a return that wait: of one line, or of all its lines; without `quantity` all."""

    return_id: Id
    line_no: Id | None = None
    quantity: Quantity | None = None


class DraftRtvBody(Strict):
    """What goes back together, from one warehouse."""

    warehouse: Id
    items: Annotated[tuple[WantedUnitsBody, ...], Field(min_length=1, max_length=200, strict=False)]

    def to_domain(self) -> DraftRtv:
        return DraftRtv(
            warehouse=self.warehouse,
            items=tuple(
                WantedUnits(return_id=one.return_id, line_no=one.line_no, quantity=one.quantity)
                for one in self.items
            ),
        )


class VendorStepBody(Strict):
    """What a command says; each takes some of these fields, as the address names it.

    send: amount · acknowledge: reference, amount (accepted) · ship: tracking_no, carrier ·
    credit, recover: amount, reference, received_at, reason · accept: amount · reverse: reference ·
    dispute, reject: code · write-off: code, accountable · take-back, cancel, withdraw: nothing.
    """

    amount: Price | None = None
    reference: Reference | None = None
    carrier: Id | None = None
    tracking_no: Id | None = None
    code: Word | None = None
    accountable: Id | None = None
    reason: Note | None = None
    received_at: Moment | None = None


class WaitingQuery(PageQuery):
    """Of one supplier, of one warehouse, of both or of all."""

    supplier: Id | None = None
    warehouse: Id | None = None


class WaitingLineView(View):
    line_no: str
    sku: str
    quantity: int
    grade: str | None


class WaitingView(View):
    """Units of a return that wait for their supplier and stand in no document."""

    supplier_id: str
    warehouse: str
    return_id: str
    requested_at: MomentOut
    lines: tuple[WaitingLineView, ...]

    @classmethod
    def of(cls, row: WaitingRow) -> Self:
        return cls(
            supplier_id=row.supplier_id,
            warehouse=row.warehouse,
            return_id=row.return_id,
            requested_at=row.requested_at,
            lines=tuple(
                WaitingLineView(
                    line_no=one.line_no, sku=one.sku, quantity=one.quantity, grade=one.grade
                )
                for one in row.lines
            ),
        )


class WaitingPage(View):
    items: tuple[WaitingView, ...]
    next_cursor: str | None


class RtvLineView(View):
    """Units that one inspection saw alike; `units` are their ordinals in the return line."""

    return_id: str
    line_no: str
    sku: str
    name: str
    gtin: str | None
    quantity: int
    units: str
    lot: str | None
    serials: tuple[str, ...]
    grade: str | None
    fault: str | None
    reason: str
    defects: tuple[str, ...]
    photos: tuple[str, ...]
    inspection_id: str | None
    inspected_at: MomentOut | None
    unit_cost: MoneyOut | None


class RtvView(View):
    """A return to vendor. `claim_id` is what it asks for in money, once it was sent."""

    id: str
    number: str
    supplier_id: str
    warehouse: str
    state: RtvState
    lines: tuple[RtvLineView, ...]
    quantity: int
    cost: MoneyOut | None
    claim_id: str | None
    claim_by: MomentOut | None
    credited: MoneyOut | None
    reference: str | None
    carrier: str | None
    tracking_no: str | None
    closing_code: str | None
    drafted_at: MomentOut
    drafted_by: str | None
    sent_at: MomentOut | None
    acknowledged_at: MomentOut | None
    shipped_at: MomentOut | None
    taken_back_at: MomentOut | None
    closed_at: MomentOut | None
    closed_by: str | None
    version: int

    @classmethod
    def of(cls, rtv: RtvDocument, *, as_supplier: bool = False) -> Self:
        """A supplier is not told who of us did what, nor why we gave it up."""
        return cls(
            id=rtv.rtv_id,
            number=rtv.number,
            supplier_id=rtv.supplier_id,
            warehouse=rtv.warehouse,
            state=rtv.state,
            lines=tuple(
                RtvLineView(
                    return_id=one.return_id,
                    line_no=one.line_no,
                    sku=one.sku,
                    name=one.name,
                    gtin=one.gtin,
                    quantity=one.quantity,
                    units=as_text(one.units),
                    lot=one.lot,
                    serials=one.serials,
                    grade=one.grade,
                    fault=one.fault,
                    reason=one.reason,
                    defects=one.defects,
                    photos=one.photos,
                    inspection_id=one.inspection_id,
                    inspected_at=one.inspected_at,
                    unit_cost=one.unit_cost,
                )
                for one in rtv.lines
            ),
            quantity=rtv.quantity,
            cost=rtv.cost,
            claim_id=rtv.claim_id,
            claim_by=rtv.claim_by,
            credited=rtv.credited,
            reference=rtv.reference,
            carrier=rtv.carrier,
            tracking_no=rtv.tracking_no,
            closing_code=told_code(rtv.closing_code, as_supplier=as_supplier),
            drafted_at=rtv.drafted_at,
            drafted_by=None if as_supplier else rtv.drafted_by,
            sent_at=rtv.sent_at,
            acknowledged_at=rtv.acknowledged_at,
            shipped_at=rtv.shipped_at,
            taken_back_at=rtv.taken_back_at,
            closed_at=rtv.closed_at,
            closed_by=None if as_supplier else rtv.closed_by,
            version=rtv.version,
        )


def told_code(code: str | None, *, as_supplier: bool) -> str | None:
    """A supplier is told the codes that it may use itself; the others are our own business."""
    return code if not as_supplier or code in DISPUTE_CODES else None


class RtvRowView(View):
    id: str
    number: str
    supplier_id: str
    warehouse: str
    state: RtvState
    quantity: int
    cost: MoneyOut | None
    credited: MoneyOut | None
    claim_id: str | None
    claim_by: MomentOut | None
    drafted_at: MomentOut
    sent_at: MomentOut | None
    shipped_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, row: RtvRow) -> Self:
        return cls(
            id=row.rtv_id,
            number=row.number,
            supplier_id=row.supplier_id,
            warehouse=row.warehouse,
            state=row.state,
            quantity=row.units,
            cost=row.cost,
            credited=row.credited,
            claim_id=row.claim_id,
            claim_by=row.claim_by,
            drafted_at=row.drafted_at,
            sent_at=row.sent_at,
            shipped_at=row.shipped_at,
            version=row.version,
        )


class RtvsPage(View):
    items: tuple[RtvRowView, ...]
    next_cursor: str | None


class PackedLineView(View):
    number: int
    sku: str
    name: str
    gtin: str | None
    lot: str | None
    serials: tuple[str, ...]
    quantity: int
    grade: str | None
    fault: str | None
    reason: str
    defects: tuple[dict[str, str], ...]
    photos: int
    return_id: str
    inspection_id: str | None
    value: MoneyOut | None

    @classmethod
    def of(cls, line: PackedLine) -> Self:
        return cls(
            number=line.number,
            sku=line.sku,
            name=line.name,
            gtin=line.gtin,
            lot=line.lot,
            serials=line.serials,
            quantity=line.quantity,
            grade=line.grade,
            fault=line.fault,
            reason=line.reason,
            defects=line.defects,
            photos=len(line.photos),
            return_id=line.return_id,
            inspection_id=line.inspection_id,
            value=line.value,
        )


class PackingListView(View):
    """What is in the box; `barcode` is what label and list bear as a code."""

    rtv_id: str
    number: str
    barcode: str
    supplier_id: str
    supplier_name: str
    address_ref: str | None
    warehouse: str
    carrier: str | None
    tracking_no: str | None
    reference: str | None
    drafted_at: MomentOut
    sent_at: MomentOut | None
    lines: tuple[PackedLineView, ...]
    units: int
    skus: int
    value: MoneyOut | None

    @classmethod
    def of(cls, packed: PackingList) -> Self:
        return cls(
            rtv_id=packed.rtv_id,
            number=packed.number,
            barcode=packed.barcode,
            supplier_id=packed.supplier_id,
            supplier_name=packed.supplier_name,
            address_ref=packed.address_ref,
            warehouse=packed.warehouse,
            carrier=packed.carrier,
            tracking_no=packed.tracking_no,
            reference=packed.reference,
            drafted_at=packed.drafted_at,
            sent_at=packed.sent_at,
            lines=tuple(PackedLineView.of(line) for line in packed.lines),
            units=packed.units,
            skus=packed.skus,
            value=packed.value,
        )
