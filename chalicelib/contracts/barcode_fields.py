"""A scanned text beside the fields that it fills: what both say has to be the same.

Other fields have to stand before `barcode` in their model: they are checked by then.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from pydantic_core import PydanticCustomError

from chalicelib.contracts.barcodes import LENGTH_MAX, Barcode, BarcodeFault, read
from chalicelib.core.gtins import same_gtin

BarcodeText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LENGTH_MAX),
    Field(examples=["(01)04006381333931(10)A-1(21)S7(17)270130"]),
]
"""What a scanner sends: GS1 element strings, a Digital Link, EAN, UPC, SSCC, a return number."""
USABLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:~/ +-]{0,63}")
"""Lots and serials that stock can be kept under."""


def barcode_of(text: str) -> Barcode:
    """What it says, with a lot and a serial that stock can be kept under."""
    try:
        barcode = read(text)
    except BarcodeFault as fault:
        raise _refused(fault.code, fault.message) from None
    for name in ("lot", "serial"):
        value = getattr(barcode, name)
        if value is not None and not USABLE.fullmatch(value):
            raise _refused(f"barcode_{name}_unusable", f"Its {name} has signs that are not kept.")
    return barcode


def agreed(barcode: Barcode, stated: Mapping[str, Any], *, is_counted: bool = False) -> None:
    """Refuses a barcode that says other things than the fields beside it.

    `is_counted`: the quantity beside it is what somebody counted, whatever a label says.
    """
    said: dict[str, str | int | None] = {
        "gtin": barcode.gtin,
        "lot": barcode.lot,
        "serial": barcode.serial,
        "return_number": barcode.return_number,
        "parcel": barcode.sscc,
    }
    if not is_counted:
        said["quantity"] = barcode.quantity
    for name, value in said.items():
        beside = stated.get(name)
        if value is None or beside is None:
            continue
        if value != beside and not (name == "gtin" and same_gtin(str(value), beside)):
            raise _refused("barcode_contradicts", f"The barcode names another {name}.")


def known_serial(barcode: Barcode, serials: Sequence[str]) -> None:
    """Refuses a barcode whose serial is not among those that are stated."""
    if barcode.serial is not None and serials and barcode.serial not in serials:
        raise _refused("barcode_contradicts", "The barcode names another serial.")


def _refused(code: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{why}", {"why": message})
