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

    `barcode` is the text as it was scanned; what it says need not be stated beside it.
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
    quantity: Quantity = 1
    step: Step = "receiving"
    barcode: BarcodeText | None = None

    @field_validator("barcode")
    @classmethod
    def _fits_its_fields(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            agreed(barcode_of(text), info.data)
        return text

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        read = self._barcode()
        if (self.sku is None) == (self.gtin is None and read.gtin is None):
            raise PydanticCustomError("sku_or_gtin", "Give either sku or gtin")
        if (self.serial or read.serial) is not None and self.quantity != 1:
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
            quantity=self.quantity,
            step=self.step,
            expires_on=read.expiry,
        )


class ScanMessage(Scan):
    """The body of a message in the scans queue."""

    correlation_id: CorrelationId | None = None
