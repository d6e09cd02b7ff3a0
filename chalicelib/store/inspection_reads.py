"""Reads of inspection: checklists, rules, what inspectors found, and how new they are.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import TypeVar

from chalicelib.core.clock import Clock
from chalicelib.inspection.checklist import Checklist
from chalicelib.inspection.choosing import Checklists
from chalicelib.inspection.demand import Demand, sales_of
from chalicelib.inspection.rules import InspectionRules, PastRules
from chalicelib.inspection.sampling import Inspector
from chalicelib.inspection.second_records import SecondInspection
from chalicelib.inventory.model import Account, Movement
from chalicelib.returns.inspection_records import Inspection
from chalicelib.store import keys
from chalicelib.store.balances import balance_of
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.links import Links
from chalicelib.store.pages import LIMIT_MAX, Ask, page_of
from chalicelib.store.row import list_name
from chalicelib.store.table import Item, Table

T = TypeVar("T")


class InspectionReads(ABC):
    _links: Links

    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    @property
    @abstractmethod
    def _now(self) -> Clock: ...

    @property
    @abstractmethod
    def _lists(self) -> Callable[[], Table] | None: ...

    def checklists(self) -> Checklists:
        """All versions that were published; version 0 where none was."""
        return _read(self._items(keys.checklists()), Checklists) or Checklists()

    def known_checklists(self) -> Checklists:
        """As they stood half a minute ago at most."""
        return self._links.checklists.get(self.checklists, self._now)

    def known_inspection_rules(self) -> InspectionRules:
        """As they stood half a minute ago at most."""
        return self._links.inspection_rules.get(self.inspection_rules, self._now)

    def known_demand(self, warehouse: str, sku: str, days: int) -> Demand:
        """What is for sale and how it sells, as it stood half a minute ago at most."""
        return self._links.demand.get(
            (warehouse, sku, days), lambda: self._demand(warehouse, sku, days), self._now
        )

    def checklist(self, category: str, number: int) -> Checklist | None:
        return _read(self._items(keys.checklist(category, number)), Checklist)

    def inspection_rules(self) -> InspectionRules:
        """Version 0 where nobody has changed anything."""
        return _read(self._items(keys.inspection_rules()), InspectionRules) or InspectionRules()

    def past_rules(self, number: int) -> PastRules | None:
        return _read(self._items(keys.past_rules(number)), PastRules)

    def inspector(self, person: str) -> Inspector:
        return _read(self._items(keys.inspector(person)), Inspector) or Inspector(person=person)

    def inspection(self, return_id: str, inspection_id: str) -> Inspection | None:
        return _read(self._items(keys.inspection(return_id, inspection_id)), Inspection)

    def inspections(self, return_id: str) -> list[Inspection]:
        """Every inspection of a return, the oldest first."""
        found = _all(self._core.query(f"RETURN#{return_id}", prefix="INSPECTION#"), Inspection)
        return sorted(found, key=lambda one: (one.inspected_at, one.inspection_id))

    def second_inspections(self, return_id: str) -> list[SecondInspection]:
        """What second inspectors found, the oldest first."""
        found = _all(self._core.query(f"RETURN#{return_id}", prefix="SECOND#"), SecondInspection)
        return sorted(found, key=lambda one: (one.seen_at, one.inspection_id))

    def _demand(self, warehouse: str, sku: str, days: int) -> Demand:
        """One query of the balances that can be sold, one of the newest movements in the lists."""
        prefix = f"BALANCE#{Account.AVAILABLE.value}#"
        balances = self._core.query(keys.stock_partition(warehouse, sku), prefix=prefix)
        on_hand = sum(balance_of(item).quantity for item in balances)
        if self._lists is None:
            return Demand(on_hand=on_hand)
        moved = Ask(list_name("MOVEMENTS", warehouse=warehouse, sku=sku), Movement)
        page = page_of(self._lists(), moved, LIMIT_MAX, None)
        is_all = page.next_cursor is None
        sales = sales_of(page.items, warehouse, self._now(), days=days, is_all=is_all)
        return Demand(on_hand=on_hand, sales=sales)


def _read(items: Iterable[Item | None], kind: type[T]) -> T | None:
    return next(iter(_all(items, kind)), None)


def _all(items: Iterable[Item | None], kind: type[T]) -> list[T]:
    bodies = (body_of(item) for item in items if item is not None)
    return [decode(body, kind) for body in bodies if body is not None]
