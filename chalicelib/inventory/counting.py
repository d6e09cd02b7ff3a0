"""Stock counts: what was counted becomes the balance of `available`, the difference is posted.

Pure but for reading balances. The balances read are part of the decision: a movement in between
makes the write fail on `expected` and the count is decided anew, never added twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Chain, Context, Journal
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.inventory.costing import Layer, Layers, layers_of, value_of
from chalicelib.inventory.model import (
    Account,
    Balance,
    Entry,
    Movement,
    MovementKind,
    Place,
    Transfer,
    entries_for,
)

ITEMS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedItem:
    """How many units of a SKU and lot lie in `available`."""

    sku: str
    quantity: int
    lot: str | None = None
    unit_cost: Money | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountStock:
    """A count of one warehouse; `kind` says whether it opens the stock of record."""

    warehouse: str
    items: tuple[CountedItem, ...]
    kind: MovementKind = MovementKind.COUNT
    counted_at: datetime | None = None

    def __post_init__(self) -> None:
        assert self.kind in (MovementKind.OPENING_COUNT, MovementKind.COUNT), "a kind of count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the count changed for one SKU and lot; `value_minor` by currency, less where goods lack.

    `booked` is what the books said at the moment at which this SKU was counted.
    """

    sku: str
    lot: str | None
    counted: int
    booked: int
    value_minor: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCount:
    """The record of one count: what was counted and what was booked before it."""

    count_id: str
    warehouse: str
    kind: MovementKind
    counted_at: datetime
    differences: tuple[Difference, ...]
    movement_id: str | None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"count/{self.count_id}"


class BalanceReader(Protocol):
    """Reads balances of one warehouse, consistently."""

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]: ...

    def stock_count(self, count_id: str) -> StockCount | None: ...


def count_stock(reads: BalanceReader, command: CountStock, context: Context) -> Decided[StockCount]:
    """Post adjustment↔available for every difference; a repeated command changes nothing."""
    count_id = derived_id("cnt", context.command_id)
    done = reads.stock_count(count_id)
    if done is not None:
        return Decided(result=done)
    _check(command)
    places = [(item.sku, item.lot, Account.AVAILABLE) for item in command.items]
    held = {(one.sku, one.lot): one for one in reads.balances_at(command.warehouse, places)}
    differences: list[Difference] = []
    transfers: list[Transfer] = []
    for item in command.items:
        balance = held.get((item.sku, item.lot))
        difference, moves = difference_of(
            command.warehouse, item, balance.quantity if balance else 0, balance
        )
        differences.append(difference)
        transfers += moves
    entries = tuple(
        replace(entry, expected=_quantity(held.get((entry.sku, entry.lot))))
        if entry.account is Account.AVAILABLE
        else entry
        for entry in entries_for(transfers)
    )
    return booked_count(
        count_id,
        warehouse=command.warehouse,
        kind=command.kind,
        counted_at=command.counted_at or context.now,
        differences=differences,
        entries=entries,
        context=context,
    )


def difference_of(
    warehouse: str, item: CountedItem, booked: int, balance: Balance | None
) -> tuple[Difference, list[Transfer]]:
    """What was counted against what was booked, and the transfers that post it.

    Goods that lack leave at what they are worth by the books; goods that were found come in at what
    was stated, else at what those beside them are worth.
    """
    delta = item.quantity - booked
    layers: Layers = ()
    if delta < 0:
        layers = layers_of(balance, -delta)
    elif delta > 0:
        cost = item.unit_cost or layers_of(balance, 1)[0].unit_cost
        layers = (Layer(quantity=delta, unit_cost=cost),)
    sign = 1 if delta > 0 else -1
    value = {currency: sign * minor for currency, minor in value_of(layers).items()}
    difference = Difference(
        sku=item.sku, lot=item.lot, counted=item.quantity, booked=booked, value_minor=value
    )
    return difference, [_adjust(warehouse, item, layer, is_found=delta > 0) for layer in layers]


def _quantity(balance: Balance | None) -> int:
    return 0 if balance is None else balance.quantity


def booked_count(
    count_id: str,
    *,
    warehouse: str,
    kind: MovementKind,
    counted_at: datetime,
    differences: Sequence[Difference],
    entries: tuple[Entry, ...],
    context: Context,
) -> Decided[StockCount]:
    """The record of a count with its event, and the movement where anything differs."""
    movement = None
    if entries:
        movement = Movement(
            movement_id=derived_id("mov", context.command_id, "count"),
            kind=kind,
            source=f"count/{count_id}",
            entries=entries,
            posted_at=context.now,
            actor=context.actor,
            command_id=context.command_id,
        )
    journal = Journal(f"count/{count_id}", Chain(), context)
    journal.record(
        "stock.counted",
        {
            "count_id": count_id,
            "warehouse": warehouse,
            "kind": kind.value,
            "items": len(differences),
            "units_counted": sum(d.counted for d in differences),
            "units_booked_before": sum(d.booked for d in differences),
            "movement_id": movement.movement_id if movement else None,
        },
    )
    record = StockCount(
        count_id=count_id,
        warehouse=warehouse,
        kind=kind,
        counted_at=counted_at,
        differences=tuple(differences),
        movement_id=movement.movement_id if movement else None,
        chain=journal.chain,
    )
    records: tuple[Record, ...] = (record, movement) if movement else (record,)
    return Decided(result=record, changes=Changes(records=records, events=tuple(journal.events)))


def _adjust(warehouse: str, item: CountedItem, layer: Layer, *, is_found: bool) -> Transfer:
    here, away = Account.AVAILABLE, Account.ADJUSTMENT
    return Transfer(
        warehouse=warehouse,
        sku=item.sku,
        lot=item.lot,
        quantity=layer.quantity,
        origin=away if is_found else here,
        target=here if is_found else away,
        unit_cost=layer.unit_cost,
        expires_on=item.expires_on if item.lot else None,
    )


def _check(command: CountStock) -> None:
    errors: list[FieldError] = []
    seen: set[tuple[str, str | None]] = set()
    if len(command.items) > ITEMS_MAX:
        message = f"A count has at most {ITEMS_MAX} items."
        errors.append(FieldError(pointer="/items", code="too_many_items", message=message))
    for place, item in enumerate(command.items):
        if item.quantity < 0:
            errors.append(
                FieldError(
                    pointer=f"/items/{place}/quantity",
                    code="negative_quantity",
                    message="Nobody counts less than nothing.",
                )
            )
        if (item.sku, item.lot) in seen:
            errors.append(
                FieldError(
                    pointer=f"/items/{place}/sku",
                    code="duplicate_item",
                    message=f"SKU {item.sku} lot {item.lot or '-'} is counted twice.",
                )
            )
        seen.add((item.sku, item.lot))
    if errors:
        raise Invalid("invalid_count", "The count has faults.", errors=errors)
