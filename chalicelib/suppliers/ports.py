"""What the commands about suppliers read."""

from collections.abc import Sequence
from typing import Protocol

from chalicelib.core.events import Event
from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.returns.model import Return
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument
from chalicelib.suppliers.model import Supplier
from chalicelib.tasks.model import Task


class SupplierReader(Protocol):
    """Reads suppliers."""

    def supplier(self, supplier_id: str) -> Supplier | None: ...


class VendorReader(SupplierReader, Protocol):
    """Reads documents and claims, and what they are about, consistently."""

    def rtv(self, rtv_id: str) -> RtvDocument | None: ...

    def rtv_by_number(self, number: str) -> RtvDocument | None: ...

    def rtv_and_claim(self, rtv_id: str) -> tuple[RtvDocument | None, VendorClaim | None]: ...

    def vendor_claim(self, claim_id: str) -> VendorClaim | None: ...

    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...

    def return_(self, return_id: str) -> Return | None: ...

    def events(self, subject: str) -> list[Event]: ...

    def liability_claim(self, claim_id: str) -> LiabilityClaim | None: ...

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]: ...

    def task(self, task_id: str) -> Task | None: ...
