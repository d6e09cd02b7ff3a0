"""What documents of a warehouse name: returns in a box, the claim of what went to a supplier."""

from collections.abc import Iterator
from typing import Any

from chalicelib.store import keys, supplier_keys
from chalicelib.store.key import Key

Named = tuple[Key, str]
"""Where it lies, and what it is in words."""


def named_in_warehouse(kind: str, body: dict[str, Any]) -> Iterator[Named]:
    """What a record of this kind names in other partitions."""
    match kind:
        case "PARCEL" | "RECEIVING":
            yield from _returns(body.get("return_ids"))
            for own in body.get("exception_ids") or ():
                yield keys.exception(own), f"exception {own}"
        case "ADVANCENOTICE":
            yield from _returns(one.get("return_id") for one in body.get("returns") or ())
        case "WORKORDER" | "RTV":
            yield from _returns(one.get("return_id") for one in body.get("lines") or ())
        case "SCRAP":
            yield from _returns([body.get("return_id")])
    yield from _to_the_vendor(kind, body)


def _to_the_vendor(kind: str, body: dict[str, Any]) -> Iterator[Named]:
    if kind in ("RTV", "VENDORCLAIM") and (own := body.get("supplier_id")):
        yield Key(*supplier_keys.supplier(own)), f"supplier {own}"
    if kind == "RTV" and (own := body.get("claim_id")):
        yield Key(*supplier_keys.vendor_claim(own)), f"claim {own}"
    if kind in ("RTVNUMBER", "VENDORCLAIM") and (own := body.get("rtv_id")):
        yield Key(*supplier_keys.rtv(own)), f"document {own}"
    if kind == "VENDORCLAIM" and (own := body.get("liability_claim_id")):
        yield keys.liability_claim(own), f"claim {own}"
    if kind == "RECEIVINGOF" and (own := body.get("receiving_id")):
        yield keys.receiving(own), f"receiving {own}"


def _returns(named: Any) -> Iterator[Named]:
    """Of whatever a stored item holds there; None is no name."""
    for own in dict.fromkeys(named or ()):
        if own:
            yield keys.return_(own), f"return {own}"
