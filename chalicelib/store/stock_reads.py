"""Reads of stock: balances, serial numbers, lots, documents that move goods, alerts.

A part of `Reads`, which knows how items are fetched.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from chalicelib.inventory.adjusting import StockAdjustment
from chalicelib.inventory.alerting import StockWatch
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.corrected_days import CorrectedDay
from chalicelib.inventory.count_sessions import CountSession, OpenCounts
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.lots import Lot
from chalicelib.inventory.model import Balance, Place
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.serials import Serial
from chalicelib.inventory.shelf_life import ShelfLives
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.store import keys, stock_keys
from chalicelib.store.balances import balance_of
from chalicelib.store.codec import body_of, decode
from chalicelib.store.key import Key
from chalicelib.store.table import Item, Table
from chalicelib.store.traces import lot_of, serial_of

T = TypeVar("T")


class StockReads(ABC):
    @abstractmethod
    def _items(self, *wanted: Key) -> list[Item | None]: ...

    @property
    @abstractmethod
    def _core(self) -> Table: ...

    def stock_count(self, count_id: str) -> StockCount | None:
        return self._stock_record(keys.stock_count(count_id), StockCount)

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]:
        """All balances of these SKUs in a warehouse."""
        found: list[Balance] = []
        for sku in dict.fromkeys(skus):
            items = self._core.query(keys.stock_partition(warehouse, sku), prefix="BALANCE#")
            found.extend(balance_of(item) for item in items)
        return found

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]:
        """Those of these balances of a warehouse that are there; one call up to a hundred."""
        wanted = [keys.balance(warehouse, *place) for place in dict.fromkeys(places)]
        items = self._core.get(wanted) if wanted else []
        return [balance_of(item) for item in items if item is not None]

    def serial(self, sku: str, serial: str) -> Serial | None:
        """Where a unit is; a movement in parts tells it when its last part is done."""
        (item,) = self._core.get([Key(*stock_keys.serial(sku, serial))])
        return None if item is None else serial_of(item)

    def lot(self, sku: str, lot: str) -> Lot | None:
        seen, stated = self._items(
            Key(*stock_keys.lot_seen(sku, lot)), Key(*stock_keys.lot_stated(sku, lot))
        )
        return lot_of(sku, lot, seen, stated)

    def lots(self, wanted: Sequence[tuple[str, str]]) -> list[Lot]:
        """What is known of these SKUs and lots; in one call up to fifty."""
        places = [
            Key(*place(sku, lot))
            for sku, lot in wanted
            for place in (stock_keys.lot_seen, stock_keys.lot_stated)
        ]
        items = self._core.get(places) if places else []
        found = (
            lot_of(sku, lot, seen, stated)
            for (sku, lot), seen, stated in zip(wanted, items[::2], items[1::2], strict=True)
        )
        return [lot for lot in found if lot is not None]

    def shelf_lives(self) -> ShelfLives:
        return self._stock_record(Key(*stock_keys.shelf_lives()), ShelfLives) or ShelfLives()

    def stock_transfer(self, transfer_id: str) -> StockTransfer | None:
        return self._stock_record(Key(*stock_keys.stock_transfer(transfer_id)), StockTransfer)

    def stock_adjustment(self, adjustment_id: str) -> StockAdjustment | None:
        return self._stock_record(Key(*stock_keys.stock_adjustment(adjustment_id)), StockAdjustment)

    def corrected_day(self, person: str, day: date) -> CorrectedDay:
        found = self._stock_record(Key(*stock_keys.corrected_day(person, day)), CorrectedDay)
        return found or CorrectedDay(person=person, day=day)

    def count_session(self, session_id: str) -> CountSession | None:
        return self._stock_record(Key(*stock_keys.count_session(session_id)), CountSession)

    def open_counts(self, warehouse: str) -> OpenCounts:
        found = self._stock_record(Key(*stock_keys.open_counts(warehouse)), OpenCounts)
        return found or OpenCounts(warehouse=warehouse)

    def stock_plan(self, warehouse: str, sku: str) -> StockPlan:
        found = self._stock_record(Key(*stock_keys.stock_plan(warehouse, sku)), StockPlan)
        return found or StockPlan(warehouse=warehouse, sku=sku)

    def stock_plans(self, places: Sequence[tuple[str, str]]) -> list[StockPlan]:
        """Of each warehouse and SKU, in their order; in one call up to a hundred."""
        items = self._core.get([Key(*stock_keys.stock_plan(*place)) for place in places])
        found = (_decoded(item, StockPlan) for item in items)
        return [
            plan or StockPlan(warehouse=warehouse, sku=sku)
            for plan, (warehouse, sku) in zip(found, places, strict=True)
        ]

    def stock_watch(self, warehouse: str, sku: str) -> StockWatch:
        found = self._stock_record(Key(*stock_keys.stock_watch(warehouse, sku)), StockWatch)
        return found or StockWatch(warehouse=warehouse, sku=sku)

    def stock_alert(self, alert_id: str) -> StockAlert | None:
        return self._stock_record(Key(*stock_keys.stock_alert(alert_id)), StockAlert)

    def stock_alerts(self, alert_ids: Sequence[str]) -> list[StockAlert]:
        """Those of these alerts that are there; each is guarded by its own version."""
        items = (
            self._core.get([Key(*stock_keys.stock_alert(one)) for one in alert_ids])
            if alert_ids
            else []
        )
        found = (_decoded(item, StockAlert) for item in items)
        return [alert for alert in found if alert is not None]

    def _stock_record(self, key: Key, kind: type[T]) -> T | None:
        (item,) = self._items(key)
        return _decoded(item, kind)


def _decoded(item: Item | None, kind: type[T]) -> T | None:
    body = None if item is None else body_of(item)
    return None if body is None else decode(body, kind)
