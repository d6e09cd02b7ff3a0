"""One scan of a warehouse device: the same schema over HTTP and as the body of a queue message."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.barcode_fields import BarcodeText, agreed, barcode_of
from chalicelib.contracts.barcodes import Barcode
from chalicelib.contracts.fields import Code, CorrelationId, Gtin, Id, Moment, Quantity, Strict
from chalicelib.returns import scanning

SEQ_MAX = 2**53 - 1
"""What every reader of JSON can hold."""
Step = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]


class Scan(Strict):
    """`scan_id` is made by the device and never used twice; `seq` shows gaps in its stream.

    `receiving` names the count at the door that the scan is for. Without it, a scan of a return or
    box that is being counted is counted all the same.

    `barcode` is the text as it was scanned; what it says need not be stated beside it. Without a
    `quantity` it is what the barcode says, else 1. A scan that names a `parcel` (or a barcode with
    an SSCC) and no goods is of that box or pallet.
    """

    scan_id: Id
    device_id: Id
    seq: Annotated[int, Field(ge=0, le=SEQ_MAX)]
    captured_at: Moment
    warehouse: Id
    return_number: Id | None = None
    parcel: Code | None = None
    sku: Code | None = None
    gtin: Gtin | None = None
    lot: Code | None = None
    serial: Code | None = None
    quantity: Quantity | None = None
    step: Step = "receiving"
    receiving: Id | None = None
    barcode: BarcodeText | None = None

    @field_validator("barcode")
    @classmethod
    def _fits_its_fields(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            agreed(barcode_of(text), info.data)
        return text

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        told = self.to_domain()
        if told.sku is not None and told.gtin is not None:
            raise PydanticCustomError("sku_or_gtin", "Give either sku or gtin")
        if not told.names_goods and (told.parcel is None or _says_more(told)):
            raise PydanticCustomError("sku_or_gtin", "Give either sku or gtin, or a parcel alone")
        if told.serial is not None and told.quantity != 1:
            raise PydanticCustomError("one_serial_one_unit", "A serial is one unit")
        return self

    def _barcode(self) -> Barcode:
        return Barcode(raw="") if self.barcode is None else barcode_of(self.barcode)

    def to_domain(self) -> scanning.Scan:
        """With what the barcode says where no field states it."""
        read = self._barcode()
        return scanning.Scan(
            scan_id=self.scan_id,
            device_id=self.device_id,
            seq=self.seq,
            captured_at=self.captured_at,
            warehouse=self.warehouse,
            return_number=self.return_number or read.return_number,
            parcel=self.parcel or read.sscc,
            sku=self.sku,
            gtin=self.gtin or read.gtin,
            lot=self.lot or read.lot,
            serial=self.serial or read.serial,
            quantity=self.quantity or read.quantity or 1,
            step=self.step,
            expires_on=read.expiry,
            receiving_id=self.receiving,
        )


def _says_more(told: scanning.Scan) -> bool:
    """Beside the box: what is only true of goods, so that no goods are taken for their box."""
    of_goods = (told.lot, told.serial, told.expires_on, told.return_number)
    return told.quantity != 1 or any(one is not None for one in of_goods)


class ScanMessage(Scan):
    """The body of a message in the scans queue."""

    correlation_id: CorrelationId | None = None
