"""How the store in memory answers what is asked about stock beside balances."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from chalicelib.inventory.adjusting import StockAdjustment
from chalicelib.inventory.alerting import StockWatch
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.corrected_days import CorrectedDay
from chalicelib.inventory.count_sessions import CountSession, OpenCounts
from chalicelib.inventory.lots import Lot, LotStatement
from chalicelib.inventory.model import Balance, Movement, Place
from chalicelib.inventory.planning import StockPlan
from chalicelib.inventory.serials import Serial, positions_of
from chalicelib.inventory.shelf_life import ShelfLives
from chalicelib.inventory.transferring import StockTransfer
from chalicelib.store import stock_keys
from chalicelib.store.key import Key

if TYPE_CHECKING:
    from tests.fakes import FakeStore

T = TypeVar("T")


class FakeStockReads(ABC):
    """A part of FakeReads."""

    __slots__ = ()
    store: "FakeStore"

    @abstractmethod
    def _one(self, key: Key, kind: type[T]) -> T | None: ...

    @abstractmethod
    def _all(self, kind: type[T]) -> list[T]: ...

    @abstractmethod
    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]:
        lying = self.balances(warehouse, [sku for sku, _, _ in places])
        return [one for one in lying if (one.sku, one.lot, one.account) in places]

    def serial(self, sku: str, serial: str) -> Serial | None:
        return self.store.serials.get((sku, serial))

    def lot(self, sku: str, lot: str) -> Lot | None:
        read = [
            (movement.posted_at, entry.expires_on)
            for movement in self._all(Movement)
            for entry in movement.entries
            if (entry.sku, entry.lot) == (sku, lot) and entry.expires_on is not None
        ]
        statement = self._one(Key(*stock_keys.lot_stated(sku, lot)), LotStatement)
        if not read and statement is None:
            return None
        first = read[0][1] if read else None
        dates: set[date] = {day for _, day in read}
        return Lot(
            sku=sku,
            lot=lot,
            expires_on=first if statement is None else statement.expires_on,
            first_seen=read[0][0] if read else None,
            dates_read=tuple(sorted(dates)),
            statement=statement,
        )

    def lots(self, wanted: Sequence[tuple[str, str]]) -> list[Lot]:
        found = (self.lot(sku, lot) for sku, lot in wanted)
        return [lot for lot in found if lot is not None]

    def shelf_lives(self) -> ShelfLives:
        return self._one(Key(*stock_keys.shelf_lives()), ShelfLives) or ShelfLives()

    def stock_transfer(self, transfer_id: str) -> StockTransfer | None:
        return self._one(Key(*stock_keys.stock_transfer(transfer_id)), StockTransfer)

    def stock_adjustment(self, adjustment_id: str) -> StockAdjustment | None:
        return self._one(Key(*stock_keys.stock_adjustment(adjustment_id)), StockAdjustment)

    def corrected_day(self, person: str, day: date) -> CorrectedDay:
        found = self._one(Key(*stock_keys.corrected_day(person, day)), CorrectedDay)
        return found or CorrectedDay(person=person, day=day)

    def count_session(self, session_id: str) -> CountSession | None:
        return self._one(Key(*stock_keys.count_session(session_id)), CountSession)

    def open_counts(self, warehouse: str) -> OpenCounts:
        found = self._one(Key(*stock_keys.open_counts(warehouse)), OpenCounts)
        return found or OpenCounts(warehouse=warehouse)

    def stock_plan(self, warehouse: str, sku: str) -> StockPlan:
        found = self._one(Key(*stock_keys.stock_plan(warehouse, sku)), StockPlan)
        return found or StockPlan(warehouse=warehouse, sku=sku)

    def stock_plans(self, places: Sequence[tuple[str, str]]) -> list[StockPlan]:
        return [self.stock_plan(*place) for place in places]

    def stock_watch(self, warehouse: str, sku: str) -> StockWatch:
        found = self._one(Key(*stock_keys.stock_watch(warehouse, sku)), StockWatch)
        return found or StockWatch(warehouse=warehouse, sku=sku)

    def stock_alert(self, alert_id: str) -> StockAlert | None:
        return self._one(Key(*stock_keys.stock_alert(alert_id)), StockAlert)

    def stock_alerts(self, alert_ids: Sequence[str]) -> list[StockAlert]:
        found = (self.stock_alert(one) for one in alert_ids)
        return [alert for alert in found if alert is not None]


def serials_after(
    before: dict[tuple[str, str], Serial], movements: Sequence[Movement]
) -> dict[tuple[str, str], Serial]:
    """The positions after these movements; what is not known of a cost stays as it was."""
    after = dict(before)
    for one in positions_of(movements):
        after[one.sku, one.serial] = one
    return after
