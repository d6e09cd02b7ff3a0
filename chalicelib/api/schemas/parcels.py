"""Boxes with several returns in them, and pallets with several boxes on them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Code, Id, Moment, MomentOut, Strict, View
from chalicelib.returns.arriving import Arrive
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import PARCELS_MAX, RETURNS_MAX, GroupedParcel
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.unpacking import Unpacked


class ParcelBody(Strict):
    """The returns in the box, by id or number; surplus goes to the first that expects goods.

    Or, in their place, `parcels`: the boxes on a pallet; `warehouse` is where it goes.
    """

    returns: Annotated[tuple[Id, ...], Field(min_length=1, max_length=RETURNS_MAX)] | None = None
    parcels: Annotated[tuple[Code, ...], Field(min_length=1, max_length=PARCELS_MAX)] | None = None
    warehouse: Id | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.returns is None) == (self.parcels is None):
            raise PydanticCustomError("returns_or_parcels", "Give either returns or parcels")
        if self.warehouse is not None and self.parcels is None:
            raise PydanticCustomError("warehouse_of_pallet", "A warehouse is of a pallet")
        return self


class ArrivalBody(Strict):
    """At which door; without a time it is now."""

    warehouse: Id
    arrived_at: Moment | None = None

    def to_domain(self) -> Arrive:
        return Arrive(warehouse=self.warehouse, arrived_at=self.arrived_at)


class ParcelReturnView(View):
    return_id: str
    number: str
    status: Status
    version: int

    @classmethod
    def of(cls, ret: Return) -> Self:
        return cls(
            return_id=ret.return_id, number=ret.number, status=status_of(ret), version=ret.version
        )


class BoxView(View):
    """A box on a pallet, and the ids of the returns in it."""

    parcel_no: str
    returns: tuple[str, ...]


class ParcelView(View):
    """A box and the returns in it, as they stand now; of a pallet, those of all its `parcels`."""

    parcel_no: str
    kind: Literal["parcel", "pallet"]
    parcels: tuple[BoxView, ...]
    returns: tuple[ParcelReturnView, ...]
    registered_at: MomentOut
    arrived_at: MomentOut | None
    warehouse: str | None
    version: int

    @classmethod
    def of(cls, box: GroupedParcel) -> Self:
        return cls(
            parcel_no=box.parcel.parcel_no,
            kind="pallet" if box.parcel.is_pallet else "parcel",
            parcels=tuple(
                BoxView(parcel_no=one.parcel_no, returns=one.return_ids) for one in box.parcels
            ),
            returns=tuple(ParcelReturnView.of(ret) for ret in box.returns),
            registered_at=box.parcel.registered_at,
            arrived_at=box.parcel.arrived_at,
            warehouse=box.parcel.warehouse,
            version=box.parcel.version,
        )


class ParcelReceiptView(View):
    """What one return got out of the box."""

    return_id: str
    number: str
    status: Status
    version: int
    receipt_id: str
    units: int
    exceptions: tuple[str, ...]


class UnpackedView(View):
    """The receipts of a box, one for each return that got something."""

    parcel_no: str
    receipts: tuple[ParcelReceiptView, ...]

    @classmethod
    def of(cls, unpacked: Unpacked) -> Self:
        receipts = tuple(
            ParcelReceiptView(
                return_id=part.ret.return_id,
                number=part.ret.number,
                status=status_of(part.ret),
                version=part.ret.version,
                receipt_id=part.receipt.receipt_id,
                units=sum(item.quantity for item in part.receipt.items),
                exceptions=part.receipt.exception_ids,
            )
            for part in unpacked.received
        )
        return cls(parcel_no=unpacked.box.parcel.parcel_no, receipts=receipts)
