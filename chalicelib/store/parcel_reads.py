"""Reads of parcels: what carriers told of them, boxes with several returns, counts at the door.

A part of `Reads`, which knows how items are fetched.
"""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.notices.model import AdvanceNotice, Confirmation, NoticesOf
from chalicelib.notices.partners import Partner
from chalicelib.orders.model import Contact
from chalicelib.receivings.model import Kind, Receiving, ReceivingOf, place_of
from chalicelib.returns.handovers import HandoverReceipt
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.shipping.tracking import CarrierEvent, Tracking
from chalicelib.store import keys
from chalicelib.store.codec import body_of, decode
from chalicelib.store.epcis_reads import EpcisReads
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table

T = TypeVar("T")
_AT_ONCE = 25


class ParcelReads(EpcisReads):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    @abstractmethod
    def _id_of_number(self, number: str) -> str | None: ...

    @abstractmethod
    def _as_return(self, item: Item | None) -> Return | None: ...

    def tracking(self, carrier: str, tracking_no: str) -> Tracking | None:
        return self._parcel_record(keys.tracking(carrier, tracking_no), Tracking)

    def carrier_event(self, carrier: str, event_id: str) -> CarrierEvent | None:
        return self._parcel_record(keys.carrier_event(carrier, event_id), CarrierEvent)

    def parcel(self, parcel_no: str) -> Parcel | None:
        return self._parcel_record(keys.parcel(parcel_no), Parcel)

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]:
        """Those of these boxes that are there; each is guarded by its own version."""
        return list(self._decoded([keys.parcel(one) for one in parcel_nos], Parcel))

    def receiving(self, receiving_id: str) -> Receiving | None:
        return self._parcel_record(keys.receiving(receiving_id), Receiving)

    def receiving_of(self, place: str) -> ReceivingOf | None:
        return self._parcel_record(keys.receiving_of(place), ReceivingOf)

    def return_and_count(self, number: str) -> tuple[Return | None, ReceivingOf | None]:
        """A return by its number, and the count at the door that goes on, or went on, of it."""
        return_id = self._id_of_number(number)
        if return_id is None:
            return None, None
        place = place_of(Kind.RETURN, return_id)
        ret, lock = self._items(keys.return_(return_id), keys.receiving_of(place))
        body = None if lock is None else body_of(lock)
        return self._as_return(ret), None if body is None else decode(body, ReceivingOf)

    def handovers(self, return_id: str) -> list[HandoverReceipt]:
        """The receipts that a customer got of a return."""
        items = self._core.query(f"RETURN#{return_id}", prefix="HANDOVER#")
        bodies = (body_of(item) for item in items)
        return [decode(body, HandoverReceipt) for body in bodies if body is not None]

    def notice(self, notice_id: str) -> AdvanceNotice | None:
        return self._parcel_record(keys.notice(notice_id), AdvanceNotice)

    def notices_of(self, subjects: Sequence[str]) -> dict[str, NoticesOf]:
        """By subject, those that are known; each is guarded by its own version."""
        found: dict[str, NoticesOf] = {}
        for start in range(0, len(subjects), _AT_ONCE):
            wanted = subjects[start : start + _AT_ONCE]
            for item in self._items(*map(keys.notices_of, wanted)):
                body = None if item is None else body_of(item)
                if body is not None:
                    one = decode(body, NoticesOf)
                    found[one.subject] = one
        return found

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
