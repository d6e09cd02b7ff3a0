"""Reads of suppliers, of what goes back to them and of what they owe. A part of `Reads`."""

from abc import ABC, abstractmethod
from typing import TypeVar

from chalicelib.store import supplier_keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item
from chalicelib.suppliers.claims import VendorClaim
from chalicelib.suppliers.documents import RtvDocument, RtvNumber, claim_id_of
from chalicelib.suppliers.model import Supplier

T = TypeVar("T")


class SupplierReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    def supplier(self, supplier_id: str) -> Supplier | None:
        (item,) = self._items(Key(*supplier_keys.supplier(supplier_id)))
        return _read(item, Supplier)

    def rtv(self, rtv_id: str) -> RtvDocument | None:
        (item,) = self._items(Key(*supplier_keys.rtv(rtv_id)))
        return _read(item, RtvDocument)

    def rtv_by_number(self, number: str) -> RtvDocument | None:
        """The document that bears this number on its box."""
        (item,) = self._items(Key(*supplier_keys.rtv_number(number)))
        claim = _read(item, RtvNumber)
        return self.rtv(claim.rtv_id) if claim is not None else None

    def rtv_and_claim(self, rtv_id: str) -> tuple[RtvDocument | None, VendorClaim | None]:
        """A document and what it asks for, once it was sent, as they stand at one moment."""
        document, claim = self._items(
            Key(*supplier_keys.rtv(rtv_id)), Key(*supplier_keys.vendor_claim(claim_id_of(rtv_id)))
        )
        return _read(document, RtvDocument), _read(claim, VendorClaim)

    def vendor_claim(self, claim_id: str) -> VendorClaim | None:
        (item,) = self._items(Key(*supplier_keys.vendor_claim(claim_id)))
        return _read(item, VendorClaim)


def _read(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
