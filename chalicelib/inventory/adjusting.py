"""Corrections of stock with a reason; above a limit of value another person decides on them.

A correction that waits has moved nothing. What is taken out leaves at what it is worth by the books
at the moment of posting, so its value never stays behind without goods.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.corrected_days import CorrectedReader, NeedsSecond, corrected_on
from chalicelib.inventory.costing import Layer, Layers, layers_of, value_of
from chalicelib.inventory.model import (
    PHYSICAL,
    Account,
    Balance,
    Movement,
    MovementKind,
    Place,
    Transfer,
)
from chalicelib.inventory.posting import movement
from chalicelib.tasks.model import Task, TaskKind, TaskState, finished, open_task, task_id_for

ITEMS_MAX = 200


class AdjustmentReason(StrEnum):
    FOUND = "found"
    LOST = "lost"
    DAMAGED = "damaged"
    THEFT = "theft"
    DATA_ENTRY = "data_entry"
    SAMPLE = "sample"
    OTHER = "other"


class AdjustmentState(StrEnum):
    WAITING = "waiting"
    POSTED = "posted"
    REJECTED = "rejected"


_ONLY_IN = frozenset({AdjustmentReason.FOUND})
_ONLY_OUT = frozenset(
    {
        AdjustmentReason.LOST,
        AdjustmentReason.DAMAGED,
        AdjustmentReason.THEFT,
        AdjustmentReason.SAMPLE,
    }
)
OTHER_SIDE = {
    AdjustmentReason.LOST: Account.MISSING,
    AdjustmentReason.THEFT: Account.MISSING,
    AdjustmentReason.DAMAGED: Account.DAMAGED,
}
"""Where goods are afterwards; of every other reason: `adjustment`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedItem:
    """`change` units more or less of a SKU and lot in one physical account."""

    sku: str
    change: int
    lot: str | None = None
    account: Account = Account.AVAILABLE
    unit_cost: Money | None = None
    serials: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStock:
    warehouse: str
    reason: AdjustmentReason
    items: tuple[AdjustedItem, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockAdjustment:
    """One correction. `value_minor`: what it takes out and puts in, both counted, by currency."""

    adjustment_id: str
    warehouse: str
    reason: AdjustmentReason
    state: AdjustmentState
    items: tuple[AdjustedItem, ...]
    value_minor: dict[str, int]
    asked_at: datetime
    asked_by: str
    note: str | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    movement_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"stockadjustment/{self.adjustment_id}"


class AdjustmentReader(CorrectedReader, Protocol):
    def stock_adjustment(self, adjustment_id: str) -> StockAdjustment | None: ...

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]: ...

    def task(self, task_id: str) -> Task | None: ...


def adjust(
    reads: AdjustmentReader,
    command: AdjustStock,
    context: Context,
    *,
    needs_second: NeedsSecond,
) -> Decided[StockAdjustment]:
    """Post a correction, or let it wait for a second person where it is worth more than allowed.

    `needs_second` judges a value in minor units by currency: that of all that the same person
    corrected alone on this day.
    """
    adjustment_id = derived_id("adj", context.command_id)
    done = reads.stock_adjustment(adjustment_id)
    if done is not None:
        return Decided(result=done)
    _check(command)
    held = reads.balances_at(command.warehouse, _places(command.items))
    costs = _costs(held, command.items)
    value = _worth(costs)
    today = corrected_on(reads, context.actor.id, context.now).with_more(value)
    waits = needs_second(today.minor)
    adjustment = StockAdjustment(
        adjustment_id=adjustment_id,
        warehouse=command.warehouse,
        reason=command.reason,
        state=AdjustmentState.WAITING if waits else AdjustmentState.POSTED,
        items=command.items,
        value_minor=value,
        asked_at=context.now,
        asked_by=context.actor.id,
        note=command.note,
    )
    if waits:
        _require_there(held, command)
        task = open_task(
            TaskKind.ADJUSTMENT,
            adjustment.subject,
            occasion="asked",
            now=context.now,
            warehouse=command.warehouse,
        )
        return _decided(adjustment, "stock.adjustment_asked", (task,), context)
    posted = _posted(adjustment, costs, held, context)
    adjustment = replace(adjustment, movement_id=posted.movement_id)
    records: tuple[Record, ...] = (posted, today) if value else (posted,)
    return _decided(adjustment, "stock.adjusted", records, context)


def decide(
    reads: AdjustmentReader, adjustment_id: str, *, approve: bool, context: Context
) -> Decided[StockAdjustment]:
    """A second person posts a correction, or refuses it. Raises NotAllowed for the first one."""
    adjustment = reads.stock_adjustment(adjustment_id)
    if adjustment is None:
        raise NotFound("adjustment_not_found", f"There is no adjustment {adjustment_id}.")
    wished = AdjustmentState.POSTED if approve else AdjustmentState.REJECTED
    if adjustment.state is wished and adjustment.decided_by == context.actor.id:
        return Decided(result=adjustment)
    require_seen(adjustment, context)
    if adjustment.state is not AdjustmentState.WAITING:
        raise Conflict("adjustment_decided", "This adjustment does not wait for a decision.")
    if adjustment.asked_by == context.actor.id:
        raise NotAllowed(
            "second_person_needed", "Another person than who asked for it decides on it."
        )
    adjustment = replace(
        adjustment,
        state=wished,
        decided_at=context.now,
        decided_by=context.actor.id,
        version=adjustment.version + 1,
    )
    records = _done_task(reads, adjustment, context)
    if not approve:
        return _decided(adjustment, "stock.adjustment_rejected", records, context)
    held = reads.balances_at(adjustment.warehouse, _places(adjustment.items))
    costs = _costs(held, adjustment.items)
    posted = _posted(adjustment, costs, held, context)
    adjustment = replace(adjustment, movement_id=posted.movement_id, value_minor=_worth(costs))
    return _decided(adjustment, "stock.adjusted", (*records, posted), context)


def _done_task(
    reads: AdjustmentReader, adjustment: StockAdjustment, context: Context
) -> tuple[Record, ...]:
    task = reads.task(task_id_for(TaskKind.ADJUSTMENT, adjustment.subject, "asked"))
    if task is None or task.state is TaskState.DONE:
        return ()
    return (finished(task, by=context.actor.id, now=context.now),)


def _places(items: Sequence[AdjustedItem]) -> list[Place]:
    return [(item.sku, item.lot, item.account) for item in items]


def _costs(balances: Sequence[Balance], items: tuple[AdjustedItem, ...]) -> list[Layers]:
    """What each item's units are worth: as it was stated, else as the books say."""
    held = {(one.sku, one.lot, one.account): one for one in balances}
    costs: list[Layers] = []
    for item in items:
        count = abs(item.change)
        balance = held.get((item.sku, item.lot, item.account))
        if item.change > 0 and item.unit_cost is not None:
            costs.append((Layer(quantity=count, unit_cost=item.unit_cost),))
        elif item.change > 0:
            costs.append(_at_average(balance, count))
        else:
            costs.append(layers_of(balance, count))
    return costs


def _at_average(balance: Balance | None, count: int) -> Layers:
    """Goods that were found are worth what those beside them are."""
    one = layers_of(balance, 1)
    return (Layer(quantity=count, unit_cost=one[0].unit_cost),)


def _require_there(balances: Sequence[Balance], command: AdjustStock) -> None:
    """Nobody is asked to agree to what cannot be; what is posted at once the store looks at."""
    held = {(one.sku, one.lot, one.account): one.quantity for one in balances}
    for item in command.items:
        if item.change < 0 and held.get((item.sku, item.lot, item.account), 0) < -item.change:
            raise Conflict(
                "insufficient_stock",
                f"Warehouse {command.warehouse} has less of {item.sku} in {item.account} than this"
                " needs.",
                warehouse=command.warehouse,
                sku=item.sku,
                account=item.account.value,
            )


def _worth(costs: Sequence[Layers]) -> dict[str, int]:
    return value_of([layer for layers in costs for layer in layers])


def _posted(
    adjustment: StockAdjustment,
    costs: Sequence[Layers],
    held: Sequence[Balance],
    context: Context,
) -> Movement:
    moves: list[Transfer] = []
    other = OTHER_SIDE.get(adjustment.reason, Account.ADJUSTMENT)
    for item, layers in zip(adjustment.items, costs, strict=True):
        serials = item.serials
        for layer in layers:
            named, serials = serials[: layer.quantity], serials[layer.quantity :]
            moves.append(
                Transfer(
                    warehouse=adjustment.warehouse,
                    sku=item.sku,
                    lot=item.lot,
                    quantity=layer.quantity,
                    origin=item.account if item.change < 0 else other,
                    target=other if item.change < 0 else item.account,
                    unit_cost=layer.unit_cost,
                    serials=named,
                )
            )
    return movement(
        MovementKind.ADJUSTMENT, adjustment.subject, moves, context, "adjusted", costed_by=held
    )


def _decided(
    adjustment: StockAdjustment, event_type: str, records: tuple[Record, ...], context: Context
) -> Decided[StockAdjustment]:
    journal = Journal(adjustment.subject, adjustment.chain, context)
    items: list[Json] = [
        {"sku": one.sku, "lot": one.lot, "account": one.account.value, "change": one.change}
        for one in adjustment.items
    ]
    value: dict[str, Json] = dict(sorted(adjustment.value_minor.items()))
    journal.record(
        event_type,
        {
            "adjustment_id": adjustment.adjustment_id,
            "version": adjustment.version,
            "warehouse": adjustment.warehouse,
            "reason": adjustment.reason.value,
            "state": adjustment.state.value,
            "value_minor": value,
            "movement_id": adjustment.movement_id,
            "items": items,
        },
    )
    adjustment = replace(adjustment, chain=journal.chain)
    return Decided(
        result=adjustment,
        changes=Changes(records=(adjustment, *records), events=tuple(journal.events)),
    )


def _check(command: AdjustStock) -> None:
    errors: list[FieldError] = []
    if not command.items or len(command.items) > ITEMS_MAX:
        message = f"An adjustment has 1 to {ITEMS_MAX} items."
        errors.append(FieldError(pointer="/items", code="item_count", message=message))
    if command.reason is AdjustmentReason.OTHER and not command.note:
        message = "Another reason than those listed is said in words."
        errors.append(FieldError(pointer="/note", code="note_required", message=message))
    seen: set[tuple[str, str | None, Account]] = set()
    for place, item in enumerate(command.items):
        at = f"/items/{place}"
        key = (item.sku, item.lot, item.account)
        if key in seen:
            message = "The same goods are named twice."
            errors.append(FieldError(pointer=at, code="duplicate_item", message=message))
        seen.add(key)
        wrong_way = (command.reason in _ONLY_IN and item.change < 0) or (
            command.reason in _ONLY_OUT and item.change > 0
        )
        if item.change == 0 or wrong_way:
            message = f"{command.reason.value} does not go with a change of {item.change}."
            errors.append(FieldError(pointer=f"{at}/change", code="wrong_sign", message=message))
        if len(item.serials) > abs(item.change):
            message = "No more serial numbers than units."
            errors.append(FieldError(pointer=f"{at}/serials", code="serial_count", message=message))
        is_there_already = OTHER_SIDE.get(command.reason) is item.account
        if item.account not in PHYSICAL or is_there_already or item.account is Account.IN_TRANSIT:
            message = f"Goods in {item.account.value} are not adjusted like this."
            errors.append(FieldError(pointer=f"{at}/account", code="bad_account", message=message))
    if errors:
        raise Invalid("invalid_adjustment", "The adjustment has faults.", errors=errors)
