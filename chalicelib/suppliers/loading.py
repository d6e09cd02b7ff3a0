"""Suppliers, documents and claims as their callers last saw them, or why they are refused."""

from chalicelib.core.errors import Conflict, NotFound, Stale
from chalicelib.core.events import Context
from chalicelib.suppliers.claims import GOING_ON, VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvState
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.ports import SupplierReader, VendorReader


def known_supplier(reads: SupplierReader, supplier_id: str) -> Supplier:
    """Raises NotFound `supplier_not_found`."""
    supplier = reads.supplier(supplier_id)
    if supplier is None:
        raise NotFound("supplier_not_found", f"There is no supplier {supplier_id}.")
    return supplier


def known_rtv(
    reads: VendorReader, rtv_id: str, context: Context
) -> tuple[RtvDocument, VendorClaim | None]:
    """A document and its claim, at the version that its caller looked at."""
    rtv, claim = reads.rtv_and_claim(rtv_id)
    if rtv is None:
        raise NotFound("rtv_not_found", f"There is no return to vendor {rtv_id}.")
    require_version(rtv.subject, rtv.version, context)
    return rtv, claim


def known_claim(reads: VendorReader, claim_id: str, context: Context) -> VendorClaim:
    """A claim at the version that its caller looked at."""
    claim = reads.vendor_claim(claim_id)
    if claim is None:
        raise NotFound("vendor_claim_not_found", f"There is no vendor claim {claim_id}.")
    require_version(claim.subject, claim.version, context)
    return claim


def require_version(subject: str, version: int, context: Context) -> None:
    """Raises Stale where the caller looked at another version."""
    if context.expected_version is not None and version != context.expected_version:
        raise Stale(
            "stale_version",
            f"It is at version {version}, not {context.expected_version}.",
            subject=subject,
            expected=context.expected_version,
            actual=version,
        )


def require_state(rtv: RtvDocument, *allowed: RtvState) -> None:
    """Raises Conflict `rtv_not_in_state`."""
    if rtv.state not in allowed:
        raise Conflict(
            "rtv_not_in_state",
            f"The return to vendor is {rtv.state.value}.",
            state=rtv.state.value,
            allowed=[state.value for state in allowed],
        )


def require_going_on(claim: VendorClaim) -> None:
    """Raises Conflict `vendor_claim_ended`."""
    if claim.state not in GOING_ON:
        raise Conflict(
            "vendor_claim_ended",
            f"The vendor claim is {claim.state.value}.",
            state=claim.state.value,
        )
