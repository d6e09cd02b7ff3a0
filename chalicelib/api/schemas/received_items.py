"""What was counted at the door: stated, or scanned."""

from typing import Self

from pydantic import ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.api.schemas.orders import Serials
from chalicelib.contracts.barcode_fields import BarcodeText, agreed, barcode_of, known_serial
from chalicelib.contracts.barcodes import Barcode
from chalicelib.contracts.fields import Code, Gtin, Label, Quantity, Strict
from chalicelib.returns.receiving import ReceivedItem


class ReceivedItemBody(Strict):
    """What was counted; what `barcode` says of the goods need not be stated beside it."""

    sku: Code | None = None
    gtin: Gtin | None = None
    lot: Code | None = None
    serials: Serials = ()
    quantity: Quantity
    condition: Label | None = None
    barcode: BarcodeText | None = None

    @field_validator("barcode")
    @classmethod
    def _fits_its_fields(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            read = barcode_of(text)
            agreed(read, info.data, is_counted=True)
            known_serial(read, info.data.get("serials", ()))
        return text

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        if (self.sku is None) == (self.gtin is None and self._barcode().gtin is None):
            raise PydanticCustomError("sku_or_gtin", "Give either sku or gtin")
        return self

    def _barcode(self) -> Barcode:
        return Barcode(raw="") if self.barcode is None else barcode_of(self.barcode)

    def to_domain(self) -> ReceivedItem:
        read = self._barcode()
        return ReceivedItem(
            sku=self.sku,
            gtin=self.gtin or read.gtin,
            lot=self.lot or read.lot,
            serials=self.serials or ((read.serial,) if read.serial else ()),
            quantity=self.quantity,
            condition=self.condition,
            expires_on=read.expiry,
        )
