"""Liability claims: what carriers, suppliers and customers owe us for goods."""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints

from chalicelib.contracts.fields import Id, MomentOut, MoneyOut, Note, Price, Strict, View
from chalicelib.inventory.model import Account
from chalicelib.liability.claiming import Recover, Reject, WriteOff
from chalicelib.liability.model import LiabilityClaim, LiabilityState, Liable

GoodsGoTo = Literal["scrapped", "vendor"]
"""Where goods that were kept as evidence go: nowhere any more, or to the party."""
Reference = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/ -]{0,63}$")]
"""How others call it: the carrier's number of a claim."""


class AcknowledgeBody(Strict):
    """The party got the claim; `reference` is what they call it."""

    reference: Reference | None = None


class RecoverBody(Strict):
    """The party made good, with so much."""

    amount: Price
    goods: GoodsGoTo = "scrapped"

    def to_domain(self) -> Recover:
        return Recover(amount=self.amount.to_domain(), goods=Account(self.goods))


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
    """What is owed to us, by whom, and what became of it; `goods_went` is where evidence went."""

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
    opened_at: MomentOut
    opened_by: str
    acknowledged_at: MomentOut | None
    closed_at: MomentOut | None
    closed_by: str | None
    version: int

    @classmethod
    def of(cls, claim: LiabilityClaim) -> Self:
        return cls(
            id=claim.claim_id,
            state=claim.state,
            against=claim.against,
            party=claim.party,
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
            opened_at=claim.opened_at,
            opened_by=claim.opened_by,
            acknowledged_at=claim.acknowledged_at,
            closed_at=claim.closed_at,
            closed_by=claim.closed_by,
            version=claim.version,
        )
