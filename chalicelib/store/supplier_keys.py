"""Where suppliers, what goes back to them and what they owe live in the core table."""

from collections.abc import Callable
from typing import Any

from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvNumber
from chalicelib.suppliers.model import Supplier

Place = tuple[str, str]
"""Partition and place in it."""


def supplier(supplier_id: str) -> Place:
    return f"SUPPLIER#{supplier_id}", "SUPPLIER"


def rtv(rtv_id: str) -> Place:
    return f"RTV#{rtv_id}", "RTV"


def rtv_number(number: str) -> Place:
    return f"RTVNUMBER#{number}", "RTVNUMBER"


def vendor_claim(claim_id: str) -> Place:
    return f"VENDORCLAIM#{claim_id}", "VENDORCLAIM"


# Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[type, tuple[str, Callable[[Any], Place]]] = {
    Supplier: ("SUPPLIER", lambda r: supplier(r.supplier_id)),
    RtvDocument: ("RTV", lambda r: rtv(r.rtv_id)),
    RtvNumber: ("RTVNUMBER", lambda r: rtv_number(r.number)),
    VendorClaim: ("VENDORCLAIM", lambda r: vendor_claim(r.claim_id)),
}
