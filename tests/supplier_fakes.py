"""How the store in memory answers what is asked about suppliers."""

from abc import ABC, abstractmethod
from typing import TypeVar

from chalicelib.store import supplier_keys
from chalicelib.store.key import Key
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvNumber, claim_id_of
from chalicelib.suppliers.model import Supplier

T = TypeVar("T")


class FakeSupplierReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    def supplier(self, supplier_id: str) -> Supplier | None:
        return self._one(Key(*supplier_keys.supplier(supplier_id)), Supplier)

    def rtv(self, rtv_id: str) -> RtvDocument | None:
        return self._one(Key(*supplier_keys.rtv(rtv_id)), RtvDocument)

    def rtv_by_number(self, number: str) -> RtvDocument | None:
        claim = self._one(Key(*supplier_keys.rtv_number(number)), RtvNumber)
        return self.rtv(claim.rtv_id) if claim is not None else None

    def rtv_and_claim(self, rtv_id: str) -> tuple[RtvDocument | None, VendorClaim | None]:
        return self.rtv(rtv_id), self.vendor_claim(claim_id_of(rtv_id))

    def vendor_claim(self, claim_id: str) -> VendorClaim | None:
        return self._one(Key(*supplier_keys.vendor_claim(claim_id)), VendorClaim)
