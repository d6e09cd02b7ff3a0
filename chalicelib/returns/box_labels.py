"""The label of a box or a pallet with its SSCC, as data: what stands on it and where its PDF lies.

An SSCC is the number that GS1 gives to a box on its way: the merchant makes it from their own
company prefix and calls the box by it. It names no customer.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from chalicelib.core.errors import Conflict
from chalicelib.core.gtins import check_digit
from chalicelib.returns.number_labels import LabelSize
from chalicelib.returns.parcels import GroupedParcel

COPIES_MAX = 8
_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""
_SSCC_LENGTH = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLabel:
    """What stands on each of its copies; `to` are lines of an address."""

    sscc: str
    is_pallet: bool
    language: str
    size: LabelSize
    parcels: int
    returns: int
    copies: int = 1
    warehouse: str | None = None
    to: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Of its file: the name says which words it bears."""
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()[:32]
        return f"files/labels/boxes/{self.sscc}/{digest}-{_LAYOUT}.pdf"


def box_label_of(
    box: GroupedParcel, *, language: str, size: LabelSize, copies: int, to: tuple[str, ...]
) -> BoxLabel:
    """The label; raises Conflict for a box that is called otherwise: no scanner would know it."""
    number = box.parcel.parcel_no
    if not is_sscc(number):
        raise Conflict(
            "no_sscc",
            f"{number} is no SSCC: 18 digits of which the last is right.",
            parcel_no=number,
        )
    return BoxLabel(
        sscc=number,
        is_pallet=box.parcel.is_pallet,
        language=language,
        size=size,
        parcels=len(box.parcels),
        returns=len(box.returns),
        copies=copies,
        warehouse=box.parcel.warehouse,
        to=to,
    )


def is_sscc(text: str) -> bool:
    """Eighteen digits of which the last is right."""
    if len(text) != _SSCC_LENGTH or not (text.isascii() and text.isdigit()):
        return False
    return check_digit(text[:-1]) == text[-1]
