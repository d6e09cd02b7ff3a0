"""Parts that work uses up: they leave our shelf in the write that takes the worked-on goods back.

Each part leaves at what it is worth by the books, which is part of what the work cost; the goods
that it was put into keep their original issue cost. What a workshop brings along is in its bill.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.core.events import Context, Json
from chalicelib.core.money import Money
from chalicelib.inventory.costing import Layers, first_of, layers_of, value_of
from chalicelib.inventory.model import (
    Account,
    Balance,
    Movement,
    MovementKind,
    Place,
    Transfer,
)
from chalicelib.inventory.posting import movement
from chalicelib.returns.facts import money
from chalicelib.workorders.model import UsedPart, WorkOrder

PARTS_MAX = 100
"""Of one command."""


class PartsReader(Protocol):
    """Reads what lies in a warehouse."""

    def balances_at(self, warehouse: str, places: Sequence[Place]) -> list[Balance]: ...


def used_up(
    reads: PartsReader,
    order: WorkOrder,
    wanted: Sequence[tuple[UsedPart, ...]],
    context: Context,
) -> tuple[list[tuple[UsedPart, ...]], Movement | None]:
    """The parts of each result with what they are worth, and the movement that takes them.

    Raises Conflict `insufficient_stock` where fewer are on the shelf of the warehouse.
    """
    _check(wanted)
    every = [part for parts in wanted for part in parts]
    if not every:
        return [()] * len(wanted), None
    quantities: Counter[tuple[str, str | None]] = Counter()
    for part in every:
        quantities[part.sku, part.lot] += part.quantity
    held = reads.balances_at(
        order.warehouse, [(sku, lot, Account.AVAILABLE) for sku, lot in quantities]
    )
    left = _layers(held, quantities)
    valued: list[tuple[UsedPart, ...]] = []
    transfers: list[Transfer] = []
    for parts in wanted:
        done: list[UsedPart] = []
        for part in parts:
            own, left[part.sku, part.lot] = first_of(left[part.sku, part.lot], part.quantity)
            transfers.extend(_transfers(order.warehouse, part, own))
            worth = sorted(value_of(own).items())
            done.append(replace(part, worth=tuple(Money(minor, name) for name, minor in worth)))
        valued.append(tuple(done))
    taken = movement(
        MovementKind.WORK_ORDER, order.subject, transfers, context, "parts", costed_by=held
    )
    return valued, taken


def part_facts(part: UsedPart) -> Json:
    """As events tell of a part."""
    return {
        "sku": part.sku,
        "lot": part.lot,
        "quantity": part.quantity,
        "worth": [money(worth) for worth in part.worth],
    }


def _check(wanted: Sequence[tuple[UsedPart, ...]]) -> None:
    if sum(len(parts) for parts in wanted) > PARTS_MAX:
        raise Invalid(
            "part_count",
            f"At most {PARTS_MAX} parts are booked at once: the others go with other results.",
        )
    named: set[tuple[str, str]] = set()
    for place, parts in enumerate(wanted):
        for number, part in enumerate(parts):
            at = f"/results/{place}/parts/{number}"
            if part.quantity < 1:
                raise _invalid(f"{at}/quantity", "not_positive", "A quantity is at least 1.")
            serials = {(part.sku, serial) for serial in part.serials}
            if len(serials) not in (0, part.quantity) or serials & named:
                raise _invalid(f"{at}/serials", "serial_count", "Name each unit once, or none.")
            named |= serials


def _layers(
    held: Sequence[Balance], quantities: Mapping[tuple[str, str | None], int]
) -> dict[tuple[str, str | None], Layers]:
    """What all units of a SKU and lot are worth that leave the shelf, for all results together."""
    there = {(one.sku, one.lot): one for one in held}
    return {place: layers_of(there.get(place), count) for place, count in quantities.items()}


def _transfers(warehouse: str, part: UsedPart, layers: Layers) -> list[Transfer]:
    transfers: list[Transfer] = []
    serials = part.serials
    for layer in layers:
        named, serials = serials[: layer.quantity], serials[layer.quantity :]
        transfers.append(
            Transfer(
                warehouse=warehouse,
                sku=part.sku,
                lot=part.lot,
                quantity=layer.quantity,
                origin=Account.AVAILABLE,
                target=Account.ADJUSTMENT,
                unit_cost=layer.unit_cost,
                serials=named,
            )
        )
    return transfers


def _invalid(pointer: str, code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[FieldError(pointer=pointer, code=code, message=message)])
