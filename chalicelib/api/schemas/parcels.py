"""Boxes with several returns in them."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.contracts.fields import Id, MomentOut, Strict, View
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import RETURNS_MAX, GroupedParcel
from chalicelib.returns.standing import Status, status_of
from chalicelib.returns.unpacking import Unpacked


class ParcelBody(Strict):
    """The returns in the box, by id or number; surplus goes to the first that expects goods."""

    returns: Annotated[tuple[Id, ...], Field(min_length=1, max_length=RETURNS_MAX)]


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


class ParcelView(View):
    """A box and the returns in it, as they stand now."""

    parcel_no: str
    returns: tuple[ParcelReturnView, ...]
    registered_at: MomentOut
    version: int

    @classmethod
    def of(cls, box: GroupedParcel) -> Self:
        return cls(
            parcel_no=box.parcel.parcel_no,
            returns=tuple(ParcelReturnView.of(ret) for ret in box.returns),
            registered_at=box.parcel.registered_at,
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
