"""Where each unit with a serial number is: the last movement that named it says so.

Positions are derived: the store writes them in the transaction of the movements, from their
entries. Nobody writes one by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.money import Money
from chalicelib.inventory.model import Account, Entry, Movement


@dataclass(frozen=True, slots=True, kw_only=True)
class Serial:
    """The position of one unit. `unit_cost` is what it was last moved at, where that is known."""

    sku: str
    serial: str
    warehouse: str
    lot: str | None
    account: Account
    movement_id: str
    moved_at: datetime
    unit_cost: Money | None = None


def positions_of(movements: Iterable[Movement]) -> list[Serial]:
    """Where the units named in these movements are after all of them, one a serial number.

    A number that passes through several accounts is where it came in and did not leave: the order
    of the entries of one command does not matter.
    """
    steps: dict[tuple[str, str], list[tuple[Entry, Movement]]] = {}
    for movement in movements:
        for entry in movement.entries:
            for serial in dict.fromkeys(entry.serials):
                steps.setdefault((entry.sku, serial), []).append((entry, movement))
    return [_position(serial, taken) for (_, serial), taken in steps.items()]


def _position(serial: str, steps: list[tuple[Entry, Movement]]) -> Serial:
    net: dict[tuple[str, str | None, Account], int] = {}
    for entry, _ in steps:
        place = entry.warehouse, entry.lot, entry.account
        net[place] = net.get(place, 0) + (1 if entry.quantity > 0 else -1)
    arrivals = [(entry, movement) for entry, movement in steps if entry.quantity > 0]
    assert arrivals, "what leaves an account enters another under the same number"
    stayed = [
        (entry, movement)
        for entry, movement in arrivals
        if net[entry.warehouse, entry.lot, entry.account] > 0
    ]
    entry, movement = (stayed or arrivals)[-1]
    costs = [one.unit_cost for one, _ in arrivals if one.unit_cost is not None]
    return Serial(
        sku=entry.sku,
        serial=serial,
        warehouse=entry.warehouse,
        lot=entry.lot,
        account=entry.account,
        movement_id=movement.movement_id,
        moved_at=movement.posted_at,
        unit_cost=entry.unit_cost or (costs[-1] if costs else None),
    )
