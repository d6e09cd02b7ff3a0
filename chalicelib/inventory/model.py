"""Accounts, movements and balances of the stock ledger.

A movement is never changed; a correction is a new movement that names the one it reverses. The
entries of a movement sum to zero per SKU and lot.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.core.events import Actor
from chalicelib.core.money import Money


class Account(StrEnum):
    """Where units are. Physical accounts are never negative; outside accounts may be."""

    RECEIVING = "receiving"
    QUARANTINE = "quarantine"
    DAMAGED = "damaged"
    AVAILABLE = "available"
    RESERVED = "reserved"
    REPAIR = "repair"
    IN_TRANSIT = "in_transit"
    CUSTOMER = "customer"
    VENDOR = "vendor"
    SCRAPPED = "scrapped"
    DONATED = "donated"
    MISSING = "missing"
    ADJUSTMENT = "adjustment"


PHYSICAL = frozenset(
    {
        Account.RECEIVING,
        Account.QUARANTINE,
        Account.DAMAGED,
        Account.AVAILABLE,
        Account.RESERVED,
        Account.REPAIR,
        Account.IN_TRANSIT,
    }
)
"""`in_transit`: on the way to another warehouse; until they arrive they are the sender's."""


class MovementKind(StrEnum):
    OPENING_COUNT = "opening_count"
    COUNT = "count"
    DELIVERY = "delivery"
    RECEIPT = "receipt"
    DISPOSITION = "disposition"
    REVERSAL = "reversal"
    EXCHANGE = "exchange"
    TRANSFER = "transfer"
    ADJUSTMENT = "adjustment"
    RELABEL = "relabel"
    WORK_ORDER = "work_order"
    SCRAP = "scrap"
    DONATION = "donation"
    VENDOR_RETURN = "vendor_return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`quantity` units into (+) or out of (−) one account; `unit_cost` at original issue.

    `expected` is what the account must hold before, where the decision was made on it.
    `expires_on` is what was read on the goods: the store keeps it with the lot.
    """

    warehouse: str
    sku: str
    lot: str | None
    account: Account
    quantity: int
    unit_cost: Money | None = None
    serials: tuple[str, ...] = ()
    expected: int | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One posting of one command. `source` is the subject of the document that caused it.

    A command over very many SKUs posts `parts` documents of the same id, numbered from 1.
    """

    movement_id: str
    kind: MovementKind
    source: str
    entries: tuple[Entry, ...]
    posted_at: datetime
    actor: Actor
    command_id: str
    reverses: str | None = None
    part: int = 1
    parts: int = 1
    version: int = 1

    def __post_init__(self) -> None:
        assert self.entries, "a movement moves something"
        sums: Counter[tuple[str, str | None]] = Counter()
        for entry in self.entries:
            sums[entry.sku, entry.lot] += entry.quantity
        assert not any(sums.values()), "entries of a movement sum to zero per SKU and lot"

    def touches(self, warehouses: frozenset[str] | None) -> bool:
        """Whether it moves anything in one of these; None: in any."""
        return warehouses is None or any(entry.warehouse in warehouses for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """How many units an account holds now, and their value at issue cost in minor units."""

    warehouse: str
    sku: str
    lot: str | None
    account: Account
    quantity: int
    value_minor: dict[str, int]


Place = tuple[str, str | None, Account]
"""Which balance of a warehouse: SKU, lot and account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A wish to move units of one SKU and lot from one account to another.

    `target_warehouse` is another warehouse, where they do not stay in `warehouse`.
    """

    warehouse: str
    sku: str
    lot: str | None
    quantity: int
    origin: Account
    target: Account
    unit_cost: Money | None = None
    serials: tuple[str, ...] = ()
    target_warehouse: str | None = None
    expires_on: date | None = None


def entries_for(transfers: Sequence[Transfer]) -> tuple[Entry, ...]:
    """Two entries a transfer: out of the origin, into the target."""
    entries: list[Entry] = []
    for move in transfers:
        into = move.target_warehouse or move.warehouse
        for warehouse, account, sign in (
            (move.warehouse, move.origin, -1),
            (into, move.target, 1),
        ):
            entries.append(
                Entry(
                    warehouse=warehouse,
                    sku=move.sku,
                    lot=move.lot,
                    account=account,
                    quantity=sign * move.quantity,
                    unit_cost=move.unit_cost,
                    serials=move.serials,
                    expires_on=move.expires_on if sign > 0 else None,
                )
            )
    return tuple(entries)
