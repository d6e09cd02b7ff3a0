"""A shop's stock in one line, for tests of what moves it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.events import Actor, Context
from chalicelib.core.money import Money
from chalicelib.inventory.counting import CountedItem, CountStock, count_stock
from chalicelib.inventory.model import Account, Movement, MovementKind, Transfer
from chalicelib.inventory.posting import movement
from tests.builders import NOW
from tests.fake_reads import Reader
from tests.fakes import FakeStore

T = TypeVar("T")


@dataclass(slots=True)
class Stock:
    """Drives the use cases of stock through a store; each command comes a second later."""

    store: FakeStore
    commands: int = 0

    def context(self, *, by: str = "warehouse-1", version: int | None = None) -> Context:
        self.commands += 1
        return Context(
            actor=Actor(id=by, role="warehouse"),
            now=NOW + timedelta(seconds=self.commands),
            command_id=f"cmd-{self.commands}",
            correlation_id="corr-1",
            expected_version=version,
        )

    def run(self, decide: Callable[[Reader, Context], Decided[T]], *, by: str = "warehouse-1") -> T:
        context = self.context(by=by)
        return self.store.run(lambda reads: decide(reads, context), context=context)

    def has(
        self,
        sku: str,
        quantity: int,
        *,
        lot: str | None = None,
        cost: Money | None = None,
        warehouse: str = "A",
    ) -> None:
        item = CountedItem(sku=sku, lot=lot, quantity=quantity, unit_cost=cost)
        command = CountStock(warehouse=warehouse, items=(item,), kind=MovementKind.OPENING_COUNT)
        self.run(lambda reads, context: count_stock(reads, command, context))

    def moves(self, *transfers: Transfer, kind: MovementKind = MovementKind.RECEIPT) -> Movement:
        """Post transfers of nobody's document."""

        def decide(_: Reader, context: Context) -> Decided[Movement]:
            posted = movement(kind, "order/O-1", transfers, context, "test")
            return Decided(result=posted, changes=Changes(records=(posted,)))

        return self.run(decide)

    def lies(
        self, account: Account, sku: str = "S", *, lot: str | None = None, warehouse: str = "A"
    ) -> int:
        return sum(
            one.quantity
            for one in self.store.reads().balances(warehouse, [sku])
            if one.account is account and one.lot == lot
        )

    def worth(self, account: Account, sku: str = "S", *, warehouse: str = "A") -> int:
        return sum(
            one.value_minor.get("EUR", 0)
            for one in self.store.reads().balances(warehouse, [sku])
            if one.account is account
        )
