"""How the store in memory answers what is asked about boxes and counts at the door."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from chalicelib.liability.model import LiabilityClaim, LiabilityOf
from chalicelib.notices.model import AdvanceNotice, Confirmation, NoticesOf
from chalicelib.notices.partners import Partner
from chalicelib.receivings.model import Kind, Receiving, ReceivingOf, place_of
from chalicelib.returns.handovers import HandoverReceipt
from chalicelib.returns.model import Return
from chalicelib.returns.parcels import Parcel
from chalicelib.store import keys
from chalicelib.store.key import Key
from tests.epcis_fakes import FakeEpcisReads

T = TypeVar("T")


class FakeParcelReads(FakeEpcisReads):
    """A part of FakeReads."""

    __slots__ = ()

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    @abstractmethod
    def _all(self, kind: type[T]) -> list[T]: ...

    @abstractmethod
    def return_by_number(self, number: str) -> Return | None: ...

    def parcel(self, parcel_no: str) -> Parcel | None:
        return self._one(keys.parcel(parcel_no), Parcel)

    def parcels_of(self, parcel_nos: Sequence[str]) -> list[Parcel]:
        return [box for one in parcel_nos if (box := self.parcel(one)) is not None]

    def notice(self, notice_id: str) -> AdvanceNotice | None:
        return self._one(keys.notice(notice_id), AdvanceNotice)

    def notices_of(self, subjects: Sequence[str]) -> dict[str, NoticesOf]:
        found = {one: self._one(keys.notices_of(one), NoticesOf) for one in subjects}
        return {name: one for name, one in found.items() if one is not None}

    def confirmation(self, notice_id: str, confirmation_id: str) -> Confirmation | None:
        return self._one(keys.confirmation(notice_id, confirmation_id), Confirmation)

    def partner(self, warehouse: str) -> Partner | None:
        return self._one(keys.partner(warehouse), Partner)

    def liability_claims_of(
        self, return_id: str
    ) -> list[tuple[LiabilityOf, LiabilityClaim | None]]:
        links = [link for link in self._all(LiabilityOf) if link.return_id == return_id]
        return [
            (link, self._one(keys.liability_claim(link.claim_id), LiabilityClaim)) for link in links
        ]

    def receiving(self, receiving_id: str) -> Receiving | None:
        return self._one(keys.receiving(receiving_id), Receiving)

    def receiving_of(self, place: str) -> ReceivingOf | None:
        return self._one(keys.receiving_of(place), ReceivingOf)

    def return_and_count(self, number: str) -> tuple[Return | None, ReceivingOf | None]:
        ret = self.return_by_number(number)
        if ret is None:
            return None, None
        return ret, self.receiving_of(place_of(Kind.RETURN, ret.return_id))

    def handovers(self, return_id: str) -> list[HandoverReceipt]:
        papers = [one for one in self._all(HandoverReceipt) if one.return_id == return_id]
        return sorted(papers, key=lambda one: one.number)
