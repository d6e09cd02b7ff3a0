"""What writing an order would meet, found out without writing: for dry runs and all-or-nothing.

The decision is the one that the write makes; the stock that deliveries take is counted down from
the balances read, in the order of the file, as the writes would do it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.inventory.model import Account, Balance, Movement
from chalicelib.orders.registration import OrderReader, Registered, RegisterOrder, register

Place = tuple[str, str, str | None]


class ForecastReader(OrderReader, Protocol):
    """Reads orders and balances, consistently."""

    def balances(self, warehouse: str, skus: Sequence[str]) -> list[Balance]: ...


@dataclass(slots=True)
class Forecast:
    """Remembers what the orders before have taken."""

    reads: ForecastReader
    left: Counter[Place] = field(default_factory=Counter)
    known: set[tuple[str, str]] = field(default_factory=set)

    def register(self, command: RegisterOrder, context: Context) -> Registered:
        """What `register` would answer; raises the Conflict or Invalid that it would meet."""
        decided = register(self.reads, command, context)
        need: Counter[Place] = Counter()
        for record in decided.changes.records:
            if isinstance(record, Movement):
                for entry in record.entries:
                    if entry.account is Account.AVAILABLE:
                        need[entry.warehouse, entry.sku, entry.lot] -= entry.quantity
        for place, quantity in need.items():
            if self._left(place) < quantity:
                raise _insufficient(place, quantity, self._left(place))
        self.left.subtract(need)
        return decided.result

    def _left(self, place: Place) -> int:
        warehouse, sku, _ = place
        if (warehouse, sku) not in self.known:
            self.known.add((warehouse, sku))
            for balance in self.reads.balances(warehouse, [sku]):
                if balance.account is Account.AVAILABLE:
                    self.left[warehouse, sku, balance.lot] += balance.quantity
        return self.left[place]


def _insufficient(place: Place, quantity: int, left: int) -> Conflict:
    warehouse, sku, _ = place
    return Conflict(
        "insufficient_stock",
        f"Warehouse {warehouse} has {left} of {sku} in available, {quantity} are needed.",
        warehouse=warehouse,
        sku=sku,
        account=Account.AVAILABLE.value,
    )
