"""Transfers between warehouses, and corrections of stock."""

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, Field

from chalicelib.api.schemas.common import PageQuery, word_of
from chalicelib.contracts.fields import (
    QUANTITY_MAX,
    Code,
    Count,
    Day,
    Id,
    MomentOut,
    MoneyOut,
    Note,
    Price,
    Quantity,
    Strict,
    View,
)
from chalicelib.core.money import Money
from chalicelib.inventory.adjusting import (
    AdjustedItem,
    AdjustmentReason,
    AdjustmentState,
    AdjustStock,
    StockAdjustment,
)
from chalicelib.inventory.model import Account
from chalicelib.inventory.transfer_commands import Arrive, ArrivedItem, SendStock, SentItem
from chalicelib.inventory.transferring import StockTransfer, TransferLine, TransferState

Serials = Annotated[tuple[Code, ...], Field(max_length=1000)]
Change = Annotated[int, Field(ge=-QUANTITY_MAX, le=QUANTITY_MAX)]


class SentItemBody(Strict):
    sku: Code
    quantity: Quantity
    lot: Code | None = None
    serials: Serials = ()


class TransferBody(Strict):
    """Goods that leave one warehouse for another; `reference` is a number of yours."""

    origin: Id
    target: Id
    items: Annotated[tuple[SentItemBody, ...], Field(min_length=1, max_length=200)]
    expected_on: Day | None = None
    reference: Code | None = None

    def to_domain(self) -> SendStock:
        return SendStock(
            origin=self.origin,
            target=self.target,
            items=tuple(
                SentItem(sku=one.sku, quantity=one.quantity, lot=one.lot, serials=one.serials)
                for one in self.items
            ),
            expected_on=self.expected_on,
            reference=self.reference,
        )


class ArrivedItemBody(Strict):
    """`damaged` of `quantity` cannot be sold; `lot` is what the goods bear."""

    line_no: Id
    quantity: Quantity
    damaged: Count = 0
    lot: Code | None = None
    expires_on: Day | None = None
    serials: Serials = ()


class ArrivalBody(Strict):
    """`last`: nothing more will come, and what has not arrived is missing."""

    items: Annotated[tuple[ArrivedItemBody, ...], Field(max_length=200)] = ()
    last: bool = False

    def to_domain(self) -> Arrive:
        return Arrive(
            items=tuple(
                ArrivedItem(
                    line_no=one.line_no,
                    quantity=one.quantity,
                    damaged=one.damaged,
                    lot=one.lot,
                    expires_on=one.expires_on,
                    serials=one.serials,
                )
                for one in self.items
            ),
            is_last=self.last,
        )


class TransfersQuery(PageQuery):
    """From or to a warehouse."""

    warehouse: Id
    state: Annotated[TransferState, BeforeValidator(word_of(TransferState))] | None = None


class TransferLineView(View):
    """`underway` have not arrived; `over` came on top of what was sent."""

    line_no: str
    sku: str
    lot: str | None
    sent: int
    underway: int
    arrived: int
    damaged: int
    missing: int
    over: int

    @classmethod
    def of(cls, line: TransferLine) -> Self:
        return cls(
            line_no=line.line_no,
            sku=line.sku,
            lot=line.lot,
            sent=line.sent,
            underway=line.left,
            arrived=line.arrived,
            damaged=line.damaged,
            missing=line.missing,
            over=line.over,
        )


class TransferView(View):
    transfer_id: str
    origin: str
    target: str
    state: TransferState
    lines: tuple[TransferLineView, ...]
    sent_at: MomentOut
    sent_by: str
    expected_on: date | None
    reference: str | None
    arrived_at: MomentOut | None
    version: int

    @classmethod
    def of(cls, transfer: StockTransfer) -> Self:
        return cls(
            transfer_id=transfer.transfer_id,
            origin=transfer.origin,
            target=transfer.target,
            state=transfer.state,
            lines=tuple(TransferLineView.of(line) for line in transfer.lines),
            sent_at=transfer.sent_at,
            sent_by=transfer.sent_by,
            expected_on=transfer.expected_on,
            reference=transfer.reference,
            arrived_at=transfer.arrived_at,
            version=transfer.version,
        )


class TransfersPage(View):
    items: tuple[TransferView, ...]
    next_cursor: str | None


class AdjustedItemBody(Strict):
    """`change` units more or, below zero, less; `unit_cost` of goods that were found."""

    sku: Code
    change: Change
    lot: Code | None = None
    account: Annotated[Account, BeforeValidator(word_of(Account))] = Account.AVAILABLE
    unit_cost: Price | None = None
    serials: Serials = ()


class AdjustmentBody(Strict):
    """A correction of the books; `other` needs a note."""

    warehouse: Id
    reason: Annotated[AdjustmentReason, BeforeValidator(word_of(AdjustmentReason))]
    items: Annotated[tuple[AdjustedItemBody, ...], Field(min_length=1, max_length=200)]
    note: Note | None = None

    def to_domain(self) -> AdjustStock:
        return AdjustStock(
            warehouse=self.warehouse,
            reason=self.reason,
            items=tuple(
                AdjustedItem(
                    sku=one.sku,
                    change=one.change,
                    lot=one.lot,
                    account=one.account,
                    unit_cost=one.unit_cost.to_domain() if one.unit_cost else None,
                    serials=one.serials,
                )
                for one in self.items
            ),
            note=self.note,
        )


class AdjustmentDecisionBody(Strict):
    approve: bool


class AdjustedItemView(View):
    sku: str
    lot: str | None
    account: Account
    change: int
    serials: tuple[str, ...]


class AdjustmentView(View):
    """`value` is what it takes out and puts in, both counted, at the cost of original issue."""

    adjustment_id: str
    warehouse: str
    reason: AdjustmentReason
    state: AdjustmentState
    items: tuple[AdjustedItemView, ...]
    value: tuple[MoneyOut, ...]
    note: str | None
    asked_at: MomentOut
    asked_by: str
    decided_at: MomentOut | None
    decided_by: str | None
    movement_id: str | None
    version: int

    @classmethod
    def of(cls, adjustment: StockAdjustment) -> Self:
        return cls(
            adjustment_id=adjustment.adjustment_id,
            warehouse=adjustment.warehouse,
            reason=adjustment.reason,
            state=adjustment.state,
            items=tuple(
                AdjustedItemView(
                    sku=one.sku,
                    lot=one.lot,
                    account=one.account,
                    change=one.change,
                    serials=one.serials,
                )
                for one in adjustment.items
            ),
            value=tuple(Money(minor, c) for c, minor in sorted(adjustment.value_minor.items())),
            note=adjustment.note,
            asked_at=adjustment.asked_at,
            asked_by=adjustment.asked_by,
            decided_at=adjustment.decided_at,
            decided_by=adjustment.decided_by,
            movement_id=adjustment.movement_id,
            version=adjustment.version,
        )
