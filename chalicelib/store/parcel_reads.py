"""Reads of parcels: what carriers told of their numbers, and boxes with several returns in them.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from typing import TypeVar

from chalicelib.orders.model import Contact
from chalicelib.returns.parcels import Parcel
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.keys import Key
from chalicelib.store.table import Item

T = TypeVar("T")


class ParcelReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        return self._parcel_record(keys.tracking(carrier, tracking_no), Tracking)

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None:
        return self._parcel_record(keys.carrier_event(carrier, event_id), CarrierEvent)

    def parcel(self, parcel_no: str) -> Parcel | None:
        return self._parcel_record(keys.parcel(parcel_no), Parcel)

    def contact(self, contact_id: str) -> Contact | None:
        """Where a parcel comes from."""
        return self._parcel_record(keys.contact(contact_id), Contact)

    def _parcel_record(self, key: Key, kind: type[T]) -> T | None:
        (item,) = self._items(key)
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, kind)
