"""One scan of a warehouse device: the same schema over HTTP and as the body of a queue message."""

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.contracts.fields import Code, CorrelationId, Gtin, Id, Moment, Quantity, Strict
from chalicelib.returns import scanning

Step = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,31}$")]


class Scan(Strict):
    """`scan_id` is made by the device and never used twice; `seq` shows gaps in its stream."""

    scan_id: Id
    device_id: Id
    seq: Annotated[int, Field(ge=0, le=2**53 - 1)]
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

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.sku is None) == (self.gtin is None):
            raise PydanticCustomError("sku_or_gtin", "Give either sku or gtin")
        if self.serial is not None and self.quantity != 1:
            raise PydanticCustomError("one_serial_one_unit", "A serial is one unit")
        return self

    def to_domain(self) -> scanning.Scan:
        return scanning.Scan(
            scan_id=self.scan_id,
            device_id=self.device_id,
            seq=self.seq,
            captured_at=self.captured_at,
            warehouse=self.warehouse,
            return_number=self.return_number,
            parcel=self.parcel,
            sku=self.sku,
            gtin=self.gtin,
            lot=self.lot,
            serial=self.serial,
            quantity=self.quantity,
            step=self.step,
        )


class ScanMessage(Scan):
    """The body of a message in the scans queue."""

    correlation_id: CorrelationId | None = None
