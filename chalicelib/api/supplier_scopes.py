"""What a supplier may look at and act on: its own, and of that only what it was told.

The scope is part of the reading: another supplier's document is no document, and neither is a draft
that nobody has sent yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.auth.principal import Principal
from chalicelib.core.errors import Stale
from chalicelib.core.events import Event
from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.returns.model import Return
from chalicelib.store.reads import Reads
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.model import Supplier
from chalicelib.suppliers.ports import VendorReader
from chalicelib.tasks.model import Task


@dataclass(frozen=True, slots=True)
class OwnVendorReads:
    """Finds what one supplier was told, and nothing of another one."""

    reads: Reads
    supplier_id: str | None

    def supplier(self, supplier_id: str) -> Supplier | None:
        return self.reads.supplier(supplier_id) if supplier_id == self.supplier_id else None

    def rtv(self, rtv_id: str) -> RtvDocument | None:
        return self._own_rtv(self.reads.rtv(rtv_id))

    def rtv_by_number(self, number: str) -> RtvDocument | None:
        return self._own_rtv(self.reads.rtv_by_number(number))

    def rtv_and_claim(self, rtv_id: str) -> tuple[RtvDocument | None, VendorClaim | None]:
        rtv, claim = self.reads.rtv_and_claim(rtv_id)
        return (rtv, claim) if self._own_rtv(rtv) is not None else (None, None)

    def vendor_claim(self, claim_id: str) -> VendorClaim | None:
        claim = self.reads.vendor_claim(claim_id)
        is_own = claim is not None and claim.supplier_id == self.supplier_id
        return claim if is_own and claim is not None and claim.is_told else None

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]:
        """The returns that a document of its own is about; answers show nothing of them."""
        return self.reads.returns_of(return_ids)

    def return_(self, return_id: str) -> Return | None:
        return None

    def events(self, subject: str) -> list[Event]:
        return []

    def liability_claim(self, claim_id: str) -> LiabilityClaim | None:
        """What a vendor claim of its own ends."""
        return self.reads.liability_claim(claim_id)

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]:
        return []

    def task(self, task_id: str) -> Task | None:
        return self.reads.task(task_id)

    def _own_rtv(self, rtv: RtvDocument | None) -> RtvDocument | None:
        is_own = rtv is not None and rtv.supplier_id == self.supplier_id
        return rtv if is_own and rtv is not None and rtv.is_told else None


def for_suppliers(stale: Stale) -> Stale:
    """The refusal without what was done meanwhile, and by whom."""
    details = stale.details
    return Stale(
        stale.code, stale.message, expected=details.get("expected"), actual=details.get("actual")
    )


def vendor_reads(reads: Reads, principal: Principal, *, own: bool) -> VendorReader:
    """The reader as this principal may use it; `own`: as the supplier that it speaks for."""
    return OwnVendorReads(reads, principal.supplier_id) if own else reads
