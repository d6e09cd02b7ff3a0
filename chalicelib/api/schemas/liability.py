"""Liability claims: what carriers, suppliers and customers owe us for goods."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, StringConstraints

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.contracts.fields import (
    Id,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Strict,
    View,
)
from chalicelib.inventory.model import Account
from chalicelib.liability.claiming import Recover, Reject, WriteOff
from chalicelib.liability.model import LiabilityClaim, LiabilityRow, LiabilityState, Liable
from chalicelib.store.liability_lists import LiabilityFilters

GoodsGoTo = Literal["scrapped", "vendor"]
"""Where goods that were kept as evidence go: nowhere any more, or to the party."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/ -]{0,63}$")]
"""How others call it: the carrier's number of a claim."""


class LiabilityClaimsQuery(PageQuery):
    """Which claims: all filters must fit."""

    state: Annotated[LiabilityState, BeforeValidator(word_of(LiabilityState))] | None = None
    against: Annotated[Liable, BeforeValidator(word_of(Liable))] | None = None
    party: Id | None = None

    def to_filters(self, within: frozenset[str] | None) -> LiabilityFilters:
        return LiabilityFilters(
            state=self.state, against=self.against, party=self.party, within=within
        )


class LiabilityRowView(View):
    """A claim in a list; `age_days` until its end."""

    id: str
    state: LiabilityState
    against: Liable
    party: str | None
    quantity: int
    sku: str | None
    warehouse: str | None
    amount: MoneyOut | None
    recovered: MoneyOut | None
    return_id: str | None
    opened_at: MomentOut
    closed_at: MomentOut | None
    age_days: int
    version: int

    @classmethod
    def of(cls, row: LiabilityRow, now: datetime) -> Self:
        return cls(
            id=row.claim_id,
            state=row.state,
            against=row.against,
            party=row.party,
            quantity=row.quantity,
            sku=row.sku,
            warehouse=row.warehouse,
            amount=row.amount,
            recovered=row.recovered,
            return_id=row.return_id,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            age_days=max(0, ((row.closed_at or now) - row.opened_at).days),
            version=row.version,
        )


class LiabilityClaimsPage(View):
    items: tuple[LiabilityRowView, ...]
    next_cursor: str | None


class AcknowledgeBody(Strict):
    """The party got the claim; `reference` is what they call it."""

    reference: Reference | None = None


class RecoverBody(Strict):
    """The party made good, with so much; `reason` says why, where it is more than was claimed."""

    amount: Price
    goods: GoodsGoTo = "scrapped"
    reason: Note | None = None

    def to_domain(self) -> Recover:
        return Recover(
            amount=self.amount.to_domain(), goods=Account(self.goods), reason=self.reason
        )


class RejectClaimBody(Strict):
    """The party refused."""

    reason: Note
    goods: GoodsGoTo = "scrapped"

    def to_domain(self) -> Reject:
        return Reject(reason=self.reason, goods=Account(self.goods))


class WriteOffBody(Strict):
    """Nothing will come; `accountable` answers for the loss."""

    reason: Note
    accountable: Id
    goods: GoodsGoTo = "scrapped"

    def to_domain(self) -> WriteOff:
        return WriteOff(reason=self.reason, accountable=self.accountable, goods=Account(self.goods))


class LiabilityClaimView(View):
    """What is owed to us, by whom, and what became of it; `goods_went` is where evidence went.

    `disproved`, where a single claim is read: so many of its units came after all, or were not
    damaged by the carrier after all.
    """

    id: str
    state: LiabilityState
    against: Liable
    party: str | None
    quantity: int
    sku: str | None
    lot: str | None
    warehouse: str | None
    amount: MoneyOut | None
    evidence: tuple[str, ...]
    reason: str | None
    exception_id: str | None
    return_id: str | None
    has_goods: bool
    reference: str | None
    recovered: MoneyOut | None
    closing_reason: str | None
    accountable: str | None
    goods_went: Account | None
    movement_id: str | None
    vendor_claim_id: str | None
    opened_at: MomentOut
    opened_by: str
    acknowledged_at: MomentOut | None
    closed_at: MomentOut | None
    closed_by: str | None
    age_days: int
    disproved: int | None
    version: int

    @classmethod
    def of(cls, claim: LiabilityClaim, now: datetime, *, disproved: int | None = None) -> Self:
        return cls(
            id=claim.claim_id,
            state=claim.state,
            against=claim.against,
            party=claim.party,
            disproved=disproved,
            quantity=claim.quantity,
            sku=claim.sku,
            lot=claim.lot,
            warehouse=claim.warehouse,
            amount=claim.amount,
            evidence=claim.evidence,
            reason=claim.reason,
            exception_id=claim.exception_id,
            return_id=claim.return_id,
            has_goods=claim.has_goods,
            reference=claim.reference,
            recovered=claim.recovered,
            closing_reason=claim.closing_reason,
            accountable=claim.accountable,
            goods_went=claim.goods_went,
            movement_id=claim.movement_id,
            vendor_claim_id=claim.vendor_claim_id,
            opened_at=claim.opened_at,
            opened_by=claim.opened_by,
            acknowledged_at=claim.acknowledged_at,
            closed_at=claim.closed_at,
            closed_by=claim.closed_by,
            age_days=claim.age_days(now),
            version=claim.version,
        )
