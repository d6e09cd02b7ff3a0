"""Lots and when they expire.

The date that is read first on goods of a lot stays; the store keeps every other date read beside it
(from the entries of movements), so that a contradiction is seen and nothing is overwritten. What a
person states afterwards settles it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from chalicelib.core.events import Chain


@dataclass(frozen=True, slots=True, kw_only=True)
class LotStatement:
    """What a person stated about a lot; its last version counts. `expires_on` None: never."""

    sku: str
    lot: str
    expires_on: date | None
    stated_at: datetime
    stated_by: str
    note: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        """In the partition of what was read on goods of the lot."""
        return f"lot/{self.sku}#{self.lot}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One lot of a SKU: its expiry, and the dates that were read on goods of it."""

    sku: str
    lot: str
    expires_on: date | None = None
    first_seen: datetime | None = None
    dates_read: tuple[date, ...] = ()
    statement: LotStatement | None = None

    @property
    def is_contradicted(self) -> bool:
        """Goods of it bear different dates, and nobody has stated which one is true."""
        return self.statement is None and len(set(self.dates_read)) > 1

    @property
    def judged_by(self) -> date | None:
        """The date by which goods of it are judged: of several that contradict, the earliest."""
        return min(self.dates_read) if self.is_contradicted else self.expires_on


class LotReader(Protocol):
    """Reads what is known of lots, with what was stated about them, consistently."""

    def lot(self, sku: str, lot: str) -> Lot | None: ...


def expiry_of(reads: LotReader, sku: str, lot: str | None) -> date | None:
    """By when goods of this lot are to be sold; None where that is not known, or never."""
    known = reads.lot(sku, lot) if lot is not None else None
    return None if known is None else known.judged_by
