"""Vendor claims: what suppliers are asked to make good, with evidence, and what came of it."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.vendor_returns import told_code
from chalicelib.contracts.fields import (
    Code,
    Id,
    MomentOut,
    MoneyOut,
    Price,
    Quantity,
    Strict,
    View,
)
from chalicelib.store.supplier_rows import VendorClaimRow
from chalicelib.suppliers.claims import (
    Age,
    ClaimedUnits,
    Evidence,
    VendorClaim,
    VendorClaimState,
    age_at,
)
from chalicelib.suppliers.opening import ClaimedLine, OpenClaim

Ids = Annotated[tuple[Id, ...], Field(max_length=200, strict=False)]


class ClaimedLineBody(Strict):
    """Destroyed units of a return line; or, without a return, of a SKU found bad with us."""

    quantity: Quantity
    return_id: Id | None = None
    line_no: Id | None = None
    sku: Code | None = None
    lot: Code | None = None
    serials: Annotated[tuple[Code, ...], Field(max_length=1000, strict=False)] = ()
    unit_cost: Price | None = None

    def to_domain(self) -> ClaimedLine:
        return ClaimedLine(
            quantity=self.quantity,
            return_id=self.return_id,
            line_no=self.line_no,
            sku=self.sku,
            lot=self.lot,
            serials=self.serials,
            unit_cost=self.unit_cost.to_domain() if self.unit_cost is not None else None,
        )


class EvidenceBody(Strict):
    """Ids of photos and inspections, and references of papers such as a QC report."""

    photos: Ids = ()
    inspections: Ids = ()
    documents: Ids = ()


class VendorClaimBody(Strict):
    """Without `amount` the agreed share of the cost; or what a liability claim is about."""

    units: Annotated[tuple[ClaimedLineBody, ...], Field(max_length=100, strict=False)] = ()
    amount: Price | None = None
    evidence: EvidenceBody = Field(default_factory=EvidenceBody)
    liability_claim_id: Id | None = None

    def to_domain(self) -> OpenClaim:
        return OpenClaim(
            units=tuple(one.to_domain() for one in self.units),
            amount=self.amount.to_domain() if self.amount is not None else None,
            evidence=Evidence(
                photos=self.evidence.photos,
                inspections=self.evidence.inspections,
                documents=self.evidence.documents,
            ),
            liability_claim_id=self.liability_claim_id,
        )


class ClaimedUnitsView(View):
    sku: str
    quantity: int
    return_id: str | None
    line_no: str | None
    inspection_id: str | None
    lot: str | None
    serials: tuple[str, ...]
    defects: tuple[str, ...]
    unit_cost: MoneyOut | None

    @classmethod
    def of(cls, one: ClaimedUnits) -> Self:
        return cls(
            sku=one.sku,
            quantity=one.quantity,
            return_id=one.return_id,
            line_no=one.line_no,
            inspection_id=one.inspection_id,
            lot=one.lot,
            serials=one.serials,
            defects=one.defects,
            unit_cost=one.unit_cost,
        )


class EvidenceView(View):
    photos: tuple[str, ...]
    inspections: tuple[str, ...]
    documents: tuple[str, ...]


class RecoveryView(View):
    id: str
    amount: MoneyOut
    reference: str
    received_at: MomentOut
    booked_by: str | None
    reason: str | None


class StatedCreditView(View):
    """What the supplier says it credited; it counts once finance has confirmed it."""

    amount: MoneyOut
    reference: str
    stated_at: MomentOut
    confirmed: bool


class VendorClaimView(View):
    """`age` is how many days ago the supplier was told; `left` is claimed and did not come.

    `offered` is what the supplier says that it accepts: it is `accepted` once finance agrees.
    """

    id: str
    supplier_id: str
    state: VendorClaimState
    amount: MoneyOut
    accepted: MoneyOut | None
    offered: MoneyOut | None
    recovered: MoneyOut
    left: MoneyOut
    units: tuple[ClaimedUnitsView, ...]
    evidence: EvidenceView
    rtv_id: str | None
    liability_claim_id: str | None
    reference: str | None
    recoveries: tuple[RecoveryView, ...]
    stated: tuple[StatedCreditView, ...]
    disputed_code: str | None
    disputed_at: MomentOut | None
    age: Age | None
    claim_by: MomentOut | None
    remind_at: MomentOut | None
    closing_code: str | None
    accountable: str | None
    opened_at: MomentOut
    opened_by: str | None
    sent_at: MomentOut | None
    acknowledged_at: MomentOut | None
    closed_at: MomentOut | None
    closed_by: str | None
    version: int

    @classmethod
    def of(cls, claim: VendorClaim, now: datetime, *, as_supplier: bool = False) -> Self:
        """A supplier is told neither who of us did what, nor what we wrote or plan."""
        return cls(
            id=claim.claim_id,
            supplier_id=claim.supplier_id,
            state=claim.state,
            amount=claim.amount,
            accepted=claim.accepted,
            offered=claim.offered,
            recovered=claim.recovered,
            left=claim.left,
            units=tuple(ClaimedUnitsView.of(one) for one in claim.units),
            evidence=EvidenceView(
                photos=claim.evidence.photos,
                inspections=claim.evidence.inspections,
                documents=claim.evidence.documents,
            ),
            rtv_id=claim.rtv_id,
            liability_claim_id=None if as_supplier else claim.liability_claim_id,
            reference=claim.reference,
            recoveries=tuple(
                RecoveryView(
                    id=one.recovery_id,
                    amount=one.amount,
                    reference=one.reference,
                    received_at=one.received_at,
                    booked_by=None if as_supplier else one.booked_by,
                    reason=None if as_supplier else one.reason,
                )
                for one in claim.recoveries
            ),
            stated=tuple(
                StatedCreditView(
                    amount=one.amount,
                    reference=one.reference,
                    stated_at=one.stated_at,
                    confirmed=one.is_confirmed,
                )
                for one in claim.stated
            ),
            disputed_code=claim.disputed_code,
            disputed_at=claim.disputed_at,
            age=claim.age(now),
            claim_by=claim.claim_by,
            remind_at=None if as_supplier else claim.remind_at,
            closing_code=told_code(claim.closing_code, as_supplier=as_supplier),
            accountable=None if as_supplier else claim.accountable,
            opened_at=claim.opened_at,
            opened_by=None if as_supplier else claim.opened_by,
            sent_at=claim.sent_at,
            acknowledged_at=claim.acknowledged_at,
            closed_at=claim.closed_at,
            closed_by=None if as_supplier else claim.closed_by,
            version=claim.version,
        )


class VendorClaimRowView(View):
    id: str
    supplier_id: str
    state: VendorClaimState
    amount: MoneyOut
    accepted: MoneyOut | None
    recovered: MoneyOut
    disputed: bool
    quantity: int
    rtv_id: str | None
    age: Age | None
    opened_at: MomentOut
    sent_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, row: VendorClaimRow, now: datetime) -> Self:
        return cls(
            id=row.claim_id,
            supplier_id=row.supplier_id,
            state=row.state,
            amount=row.amount,
            accepted=row.accepted,
            recovered=row.recovered,
            disputed=row.is_disputed,
            quantity=row.units,
            rtv_id=row.rtv_id,
            age=age_at(row.sent_at, row.state, now),
            opened_at=row.opened_at,
            sent_at=row.sent_at,
            version=row.version,
        )


class VendorClaimsPage(View):
    items: tuple[VendorClaimRowView, ...]
    next_cursor: str | None
