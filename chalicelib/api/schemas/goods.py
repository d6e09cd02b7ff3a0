"""Goods in the warehouse: receipts, inspections and dispositions of a return."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from chalicelib.api.schemas.orders import Serials
from chalicelib.api.schemas.received_items import ReceivedItemBody
from chalicelib.api.schemas.scrap import ProofBody
from chalicelib.contracts.fields import (
    Id,
    Moment,
    Note,
    Quantity,
    Strict,
    Word,
)
from chalicelib.returns.disposing import Dispose, DisposedItem
from chalicelib.returns.inspecting import Inspect, InspectedGroup
from chalicelib.returns.model import Disposition, FaultParty, Grade, InspectionResult
from chalicelib.returns.receiving import Receive

CheckPoint = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Outcome = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Duration = Annotated[int, Field(ge=0, le=86_400)]


class ReceiptBody(Strict):
    """One receipt at one warehouse, as counted there."""

    warehouse: Id
    received_at: Moment | None = None
    items: Annotated[tuple[ReceivedItemBody, ...], Field(min_length=1, max_length=200)]

    def to_domain(self) -> Receive:
        return Receive(
            warehouse=self.warehouse,
            received_at=self.received_at,
            items=tuple(item.to_domain() for item in self.items),
        )


class InspectedGroupBody(Strict):
    """Units of one line that look alike. `checklist` has the answers by item, numbers as text.

    `defects` are codes of the checklist; those that answers stand for are added by themselves.
    """

    line_no: Id
    quantity: Quantity
    grade: Grade
    result: Literal["passed", "failed"]
    fault: FaultParty = FaultParty.NONE
    accept_credit: bool | None = None
    checklist: Annotated[dict[CheckPoint, Outcome], Field(max_length=50)] = Field(
        default_factory=dict
    )
    notes: Note | None = None
    photos: Annotated[tuple[Id, ...], Field(max_length=20)] = ()
    serials: Serials = ()
    defects: Annotated[tuple[Word, ...], Field(max_length=20)] = ()

    def to_domain(self) -> InspectedGroup:
        return InspectedGroup(
            line_no=self.line_no,
            quantity=self.quantity,
            grade=self.grade,
            result=InspectionResult(self.result.upper()),
            fault=self.fault,
            accept_credit=self.accept_credit,
            checklist=dict(self.checklist),
            notes=self.notes,
            photos=self.photos,
            serials=self.serials,
            defects=self.defects,
        )


class InspectionBody(Strict):
    """What one inspector saw; never edited, only followed by another one."""

    groups: Annotated[tuple[InspectedGroupBody, ...], Field(min_length=1, max_length=100)]
    started_at: Moment | None = None
    duration_s: Duration | None = None

    def to_domain(self, near: frozenset[str] | None) -> Inspect:
        """`near`: the warehouses in which the inspector works; None: in any."""
        return Inspect(
            groups=tuple(group.to_domain() for group in self.groups),
            started_at=self.started_at,
            duration_s=self.duration_s,
            near=near,
        )


class DisposedItemBody(Strict):
    """Units of one line that go one way; `from` HOLD moves on what was held.

    `proof` shows that goods were destroyed, or who got them.
    """

    line_no: Id
    quantity: Quantity
    disposition: Disposition
    warehouse: Id | None = None
    grade: Grade | None = None
    origin: Literal[Disposition.HOLD] | None = Field(default=None, alias="from")
    note: Note | None = None
    proof: ProofBody | None = None

    def to_domain(self) -> DisposedItem:
        return DisposedItem(
            line_no=self.line_no,
            quantity=self.quantity,
            disposition=self.disposition,
            warehouse=self.warehouse,
            grade=self.grade,
            origin=self.origin,
            note=self.note,
            proof=self.proof.to_domain() if self.proof is not None else None,
        )


class DispositionBody(Strict):
    items: Annotated[tuple[DisposedItemBody, ...], Field(min_length=1, max_length=100)]

    def to_domain(self) -> Dispose:
        return Dispose(items=tuple(item.to_domain() for item in self.items))
