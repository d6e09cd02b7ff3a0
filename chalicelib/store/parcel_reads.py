"""Reads of parcels: what carriers told of them, boxes with several returns, counts at the door.

A part of `Reads`, which knows how items are fetched.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.notices.model import AdvanceNotice, Confirmation
from chalicelib.notices.partners import Partner
from chalicelib.orders.model import Contact
from chalicelib.receivings.model import Receiving, ReceivingOf
from chalicelib.returns.handovers import HandoverReceipt
from chalicelib.returns.parcels import Parcel
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.epcis_reads import EpcisReads
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")


class ParcelReads(EpcisReads):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        return self._parcel_record(keys.tracking(carrier, tracking_no), Tracking)

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None:
        return self._parcel_record(keys.carrier_event(carrier, event_id), CarrierEvent)

    def parcel(self, parcel_no: str) -> Parcel | None:
        return self._parcel_record(keys.parcel(parcel_no), Parcel)

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]:
        """Those of these boxes that are there, as they stand at one moment."""
        if not parcel_nos:
            return []
        items = self._items(*map(keys.parcel, parcel_nos))
        bodies = (body_of(item) for item in items if item is not None)
        return [decode(body, Parcel) for body in bodies if body is not None]

    def receiving(self, receiving_id: str) -> Receiving | None:
        return self._parcel_record(keys.receiving(receiving_id), Receiving)

    def receiving_of(self, place: str) -> ReceivingOf | None:
        return self._parcel_record(keys.receiving_of(place), ReceivingOf)

    def handovers(self, return_id: str) -> list[HandoverReceipt]:
        """The receipts that a customer got of a return."""
        items = self._core.query(f"RETURN#{return_id}", prefix="HANDOVER#")
        bodies = (body_of(item) for item in items)
        return [decode(body, HandoverReceipt) for body in bodies if body is not None]

    def notice(self, notice_id: str) -> AdvanceNotice | None:
        return self._parcel_record(keys.notice(notice_id), AdvanceNotice)

    def confirmation(self, notice_id: str, confirmation_id: str) -> Confirmation | None:
        return self._parcel_record(keys.confirmation(notice_id, confirmation_id), Confirmation)

    def partner(self, warehouse: str) -> Partner | None:
        return self._parcel_record(keys.partner(warehouse), Partner)

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]:
        """What was claimed from carriers for units of a return, with each claim as it is now."""
        items = self._core.query(f"RETURN#{return_id}", prefix="LIABILITY#")
        bodies = [body for item in items if (body := body_of(item)) is not None]
        links = [decode(body, LiabilityOf) for body in bodies]
        return [
            (link, self._parcel_record(keys.liability_claim(link.claim_id), LiabilityClaim))
            for link in links
        ]

    def contact(self, contact_id: str) -> Contact | None:
        """Where a parcel comes from."""
        return self._parcel_record(keys.contact(contact_id), Contact)

    def _parcel_record(self, key: Key, kind: type[T]) -> T | None:
        (item,) = self._items(key)
        body = None if item is None else body_of(item)
        return None if body is None else decode(body, kind)
