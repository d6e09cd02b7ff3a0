"""How the store in memory answers what is asked about inspections."""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from chalicelib.inspection.checklist import Checklist
from chalicelib.inspection.choosing import Checklists
from chalicelib.inspection.demand import Demand, sales_of
from chalicelib.inspection.judging import JudgingReader
from chalicelib.inspection.rules import InspectionRules, PastRules
from chalicelib.inspection.sampling import Inspector, SamplingReader
from chalicelib.inspection.second_records import SecondInspection
from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.inspection_records import Inspection
from chalicelib.store import keys
from chalicelib.store.key import Key
from chalicelib.uploads.model import Photo

if TYPE_CHECKING:
    from tests.fakes import FakeStore

T = TypeVar("T")


class InspectionReader(JudgingReader, SamplingReader, Protocol):
    """What both stores offer of inspections."""

    def past_rules(self, number: int) -> PastRules | None: ...

    def inspection(self, return_id: str, inspection_id: str) -> Inspection | None: ...

    def inspections(self, return_id: str) -> list[Inspection]: ...

    def second_inspections(self, return_id: str) -> list[SecondInspection]: ...

    def known_demand(self, warehouse: str, sku: str, days: int) -> Demand: ...


class FakeInspectionReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()
    store: "FakeStore"

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    @abstractmethod
    def _all(self, kind: type[T]) -> list[T]: ...

    def photos(self, return_id: str) -> list[Photo]:
        return [photo for photo in self._all(Photo) if photo.return_id == return_id]

    def checklists(self) -> Checklists:
        return self._one(keys.checklists(), Checklists) or Checklists()

    def known_checklists(self) -> Checklists:
        return self.checklists()

    def known_inspection_rules(self) -> InspectionRules:
        return self.inspection_rules()

    def checklist(self, category: str, number: int) -> Checklist | None:
        return self._one(keys.checklist(category, number), Checklist)

    def inspection_rules(self) -> InspectionRules:
        return self._one(keys.inspection_rules(), InspectionRules) or InspectionRules()

    def past_rules(self, number: int) -> PastRules | None:
        return self._one(keys.past_rules(number), PastRules)

    def inspector(self, person: str) -> Inspector:
        return self._one(keys.inspector(person), Inspector) or Inspector(person=person)

    def inspection(self, return_id: str, inspection_id: str) -> Inspection | None:
        return self._one(keys.inspection(return_id, inspection_id), Inspection)

    def inspections(self, return_id: str) -> list[Inspection]:
        found = [one for one in self._all(Inspection) if one.return_id == return_id]
        return sorted(found, key=lambda one: (one.inspected_at, one.inspection_id))

    def second_inspections(self, return_id: str) -> list[SecondInspection]:
        found = [one for one in self._all(SecondInspection) if one.return_id == return_id]
        return sorted(found, key=lambda one: (one.seen_at, one.inspection_id))

    def known_demand(self, warehouse: str, sku: str, days: int) -> Demand:
        """As it stands now: nothing is remembered."""
        on_hand = sum(
            one.quantity
            for one in self.store.stock.values()
            if (one.warehouse, one.sku, one.account) == (warehouse, sku, Account.AVAILABLE)
        )
        moved = [
            one
            for one in self._all(Movement)
            if any((entry.warehouse, entry.sku) == (warehouse, sku) for entry in one.entries)
        ]
        moved = [
            replace(one, entries=tuple(entry for entry in one.entries if entry.sku == sku))
            for one in sorted(moved, key=lambda one: one.posted_at, reverse=True)
        ]
        now = self.store.clock()
        sales = sales_of(moved, warehouse, now, days=days, is_all=True)
        return Demand(on_hand=on_hand, sales=sales)
