"""The stock behind a promise: chosen lot by lot, and posted as one movement of the exchange.

What was taken at a cost goes on, or goes back, at the same cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from chalicelib.core.errors import Conflict
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money, round_half_even
from chalicelib.exchanges.model import PromisedStock
from chalicelib.exchanges.ports import StockReader
from chalicelib.inventory.model import (
    Account,
    Balance,
    Movement,
    MovementKind,
    Transfer,
    entries_for,
)

Stock = tuple[PromisedStock, ...]


@dataclass(slots=True)
class Available:
    """What is available in one warehouse, less what this command has taken already."""

    reads: StockReader
    warehouse: str
    currency: str
    _left: dict[str, list[PromisedStock]] = field(default_factory=dict)

    def take(self, sku: str, quantity: int, *, unit_cost: Money | None, line_no: str) -> Stock:
        """Goods without a lot first, then lot by lot.

        Without `unit_cost` they are taken at what those that lie there cost on average. Raises
        Conflict `replacement_out_of_stock`; that the goods are still there when it is written is
        the store's to guard.
        """
        if sku not in self._left:
            self._left[sku] = self._lying(sku)
        left = sum(part.quantity for part in self._left[sku])
        if left < quantity:
            raise Conflict(
                "replacement_out_of_stock",
                f"Warehouse {self.warehouse} has {left} of {sku}, {quantity} are needed.",
                warehouse=self.warehouse,
                sku=sku,
                line_no=line_no,
                available=left,
                needed=quantity,
            )
        taken, rest = split(tuple(self._left[sku]), quantity)
        self._left[sku] = list(rest)
        if unit_cost is None:
            return taken
        return tuple(replace(part, unit_cost=unit_cost) for part in taken)

    def _lying(self, sku: str) -> list[PromisedStock]:
        lying = [
            balance
            for balance in self.reads.balances(self.warehouse, [sku])
            if balance.account is Account.AVAILABLE and balance.quantity > 0
        ]
        cost = _average(lying, self.currency)
        return [
            PromisedStock(lot=balance.lot, quantity=balance.quantity, unit_cost=cost)
            for balance in sorted(lying, key=lambda balance: balance.lot or "")
        ]


def _average(lying: Sequence[Balance], currency: str) -> Money | None:
    """None where the goods have no known value in the currency of the sale."""
    worth = sum(balance.value_minor.get(currency, 0) for balance in lying)
    count = sum(balance.quantity for balance in lying)
    return Money(round_half_even(worth, count), currency) if worth > 0 else None


def split(stock: Stock, quantity: int) -> tuple[Stock, Stock]:
    """The first `quantity` units, and the others."""
    first: list[PromisedStock] = []
    others: list[PromisedStock] = []
    for part in stock:
        mine = min(part.quantity, quantity)
        quantity -= mine
        if mine:
            first.append(replace(part, quantity=mine))
        if part.quantity > mine:
            others.append(replace(part, quantity=part.quantity - mine))
    assert quantity == 0, "no more is moved than was promised"
    return tuple(first), tuple(others)


def transfers(
    stock: Stock, *, warehouse: str, sku: str, origin: Account, target: Account
) -> list[Transfer]:
    """The units, lot by lot, from one account to another."""
    return [
        Transfer(
            warehouse=warehouse,
            sku=sku,
            lot=part.lot,
            quantity=part.quantity,
            origin=origin,
            target=target,
            unit_cost=part.unit_cost,
        )
        for part in stock
    ]


def movement(moved: Sequence[Transfer], subject: str, context: Context) -> Movement:
    """The one movement of an exchange in a command."""
    return Movement(
        movement_id=derived_id("mov", context.command_id, subject),
        kind=MovementKind.EXCHANGE,
        source=subject,
        entries=entries_for(moved),
        posted_at=context.now,
        actor=context.actor,
        command_id=context.command_id,
    )
