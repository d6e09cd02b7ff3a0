"""Goods that change hands: what a driver took along, and the receipts that customers get."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.return_views import ReceivedReturnView, ReturnView
from chalicelib.api.schemas.shipping import CarrierName, Lines, TrackingNo
from chalicelib.contracts.fields import Code, Moment, MomentOut, Strict, View
from chalicelib.returns.handovers import (
    Collect,
    DroppedOff,
    HandedItem,
    HandedOver,
    HandoverKind,
    HandoverReceipt,
    in_warehouse,
)
from chalicelib.returns.model import Return


class CollectBody(Strict):
    """A driver took goods along. Without `lines`: all that waits; without `count`: as many.

    `driver_ref` is what the carrier calls the driver or the tour: never a name.
    """

    carrier: CarrierName
    driver_ref: Code
    count: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    tracking_no: TrackingNo | None = None
    lines: Lines = None
    collected_at: Moment | None = None

    def to_domain(self) -> Collect:
        return Collect(
            carrier=self.carrier,
            driver_ref=self.driver_ref,
            count=self.count,
            tracking_no=self.tracking_no,
            lines=tuple(line.to_domain() for line in self.lines) if self.lines else None,
            collected_at=self.collected_at,
        )


class HandedItemView(View):
    sku: str
    name: str
    quantity: int

    @classmethod
    def of(cls, item: HandedItem) -> Self:
        return cls(sku=item.sku, name=item.name, quantity=item.quantity)


class HandoverView(View):
    """A customer's receipt: number, items, when, where and from whom.

    `units` were counted when they changed hands; `in_warehouse` of a driver's are received now.
    """

    id: str
    number: str
    kind: HandoverKind
    return_number: str
    items: tuple[HandedItemView, ...]
    units: int
    at: MomentOut
    place: str | None
    by: str
    carrier: str | None
    driver_ref: str | None
    receipt_id: str | None
    in_warehouse: int | None

    @classmethod
    def of(cls, paper: HandoverReceipt, ret: Return) -> Self:
        is_pickup = paper.kind is HandoverKind.PICKUP
        return cls(
            id=paper.handover_id,
            number=paper.number,
            kind=paper.kind,
            return_number=paper.return_number,
            items=tuple(HandedItemView.of(item) for item in paper.items),
            units=paper.units,
            at=paper.at,
            place=paper.place,
            by=paper.by,
            carrier=paper.carrier,
            driver_ref=paper.driver_ref,
            receipt_id=paper.receipt_id,
            in_warehouse=in_warehouse(ret, paper) if is_pickup else None,
        )


class HandoversView(View):
    items: tuple[HandoverView, ...]


class HandedOverView(ReturnView):
    """The return after its goods changed hands, and the customer's receipt."""

    handover: HandoverView

    @classmethod
    def of_handover(cls, done: HandedOver) -> Self:
        paper = HandoverView.of(done.receipt, done.ret)
        return cls(**dict(ReturnView.of(done.ret)), handover=paper)


class DroppedOffView(ReceivedReturnView):
    """The return after a receipt at a counter, and the customer's receipt."""

    handover: HandoverView

    @classmethod
    def of_drop_off(cls, done: DroppedOff) -> Self:
        ret, receipt = done.received.ret, done.received.receipt
        shown = ReceivedReturnView.of_receipt(ret, receipt.receipt_id, receipt.exception_ids)
        return cls(**dict(shown), handover=HandoverView.of(done.receipt, ret))
