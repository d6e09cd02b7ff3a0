"""Whether goods of a lot may still be sold: not expired, and with the shelf life that is asked.

How many days goods must keep at least is set by category; without a setting they must not be
expired. Goods of a lot whose dates contradict each other are judged by the earliest.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, Invalid
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.inventory.checks import require_seen
from chalicelib.inventory.lots import Lot, LotReader

DAYS_MAX = 3650
CATEGORIES_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfLife:
    """How long goods of a lot keep from today on. `days_left` None: that is not known, or ever."""

    expires_on: date | None
    days_left: int | None
    is_enough: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfLives:
    """How many days goods must keep at least to be sold again; there is one such setting."""

    days_min: dict[str, int] = field(default_factory=dict)
    otherwise: int = 0
    updated_at: datetime | None = None
    updated_by: str | None = None
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return "shelflife/goods"

    def of(self, category: str | None) -> int:
        return self.days_min.get(category or "", self.otherwise)


class ShelfReader(LotReader, Protocol):
    """Reads lots, and how long goods must keep."""

    def shelf_lives(self) -> ShelfLives: ...


def shelf_life(lot: Lot | None, today: date, *, days_min: int = 0) -> ShelfLife:
    """Judge one lot. A date that nobody read refuses nothing."""
    expires_on = None if lot is None else lot.judged_by
    if expires_on is None:
        return ShelfLife(expires_on=None, days_left=None, is_enough=True)
    days_left = (expires_on - today).days
    return ShelfLife(
        expires_on=expires_on, days_left=days_left, is_enough=days_left >= max(0, days_min)
    )


def require_shelf_life(
    reads: ShelfReader, *, sku: str, lot: str | None, category: str | None, now: datetime
) -> None:
    """Raises Conflict `lot_expired` where goods of this lot may not go back on the shelf."""
    if lot is None:
        return
    known = reads.lot(sku, lot)
    if known is None or known.expires_on is None:
        return
    days_min = reads.shelf_lives().of(category)
    judged = shelf_life(known, now.date(), days_min=days_min)
    if not judged.is_enough:
        raise Conflict(
            "lot_expired",
            f"Lot {lot} of {sku} expires on {judged.expires_on}; {days_min} days must be left.",
            sku=sku,
            lot=lot,
            expires_on=str(judged.expires_on),
            days_left=judged.days_left,
            days_min=days_min,
        )


def set_shelf_lives(
    reads: ShelfReader, days_min: dict[str, int], otherwise: int, context: Context
) -> Decided[ShelfLives]:
    """State all of the setting; as it is already, nothing changes."""
    known = reads.shelf_lives()
    if (known.days_min, known.otherwise) == (days_min, otherwise):
        return Decided(result=known)
    require_seen(known, context)
    if len(days_min) > CATEGORIES_MAX:
        raise Invalid("too_many_categories", f"At most {CATEGORIES_MAX} categories can be set.")
    journal = Journal(known.subject, known.chain, context)
    categories: dict[str, Json] = dict(sorted(days_min.items()))
    journal.record("stock.shelf_life_set", {"categories": categories, "otherwise": otherwise})
    after = replace(
        known,
        days_min=days_min,
        otherwise=otherwise,
        updated_at=context.now,
        updated_by=context.actor.id,
        version=known.version + 1,
        chain=journal.chain,
    )
    return Decided(result=after, changes=Changes(records=(after,), events=tuple(journal.events)))
