"""Where suppliers, what goes back to them and what they owe live in the core table."""

from collections.abc import Callable
from typing import Any

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


# By name, as in keys.py. Any: mypy knows no mapping from a class to a function of its instances.
PLACES: dict[str, tuple[str, Callable[[Any], Place]]] = {
    "suppliers.model.Supplier": ("SUPPLIER", lambda r: supplier(r.supplier_id)),
    "suppliers.documents.RtvDocument": ("RTV", lambda r: rtv(r.rtv_id)),
    "suppliers.documents.RtvNumber": ("RTVNUMBER", lambda r: rtv_number(r.number)),
    "suppliers.claims.VendorClaim": ("VENDORCLAIM", lambda r: vendor_claim(r.claim_id)),
}
