"""A return to vendor: goods of one warehouse that go back to their supplier, with one number.

Each line points to units that were inspected. What it asks for in money is a vendor claim, which is
opened when the document is sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.ids import derived_id
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs

REMIND_BEFORE = timedelta(days=7)
"""How long before the agreed time is over somebody is told of what was not sent."""


class RtvState(StrEnum):
    DRAFT = "DRAFT"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    GOODS_SHIPPED = "GOODS_SHIPPED"
    CREDITED = "CREDITED"
    REJECTED = "REJECTED"
    WRITTEN_OFF = "WRITTEN_OFF"
    CANCELLED = "CANCELLED"


LIVE = frozenset({RtvState.DRAFT, RtvState.SENT, RtvState.ACKNOWLEDGED, RtvState.GOODS_SHIPPED})
"""While nothing was decided: its units are in no other document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtvLine:
    """Units of one return line that were seen alike.

    `photos` and `defects` are those of the inspection that saw the units last.
    """

    return_id: str
    line_no: str
    sku: str
    name: str
    units: Runs
    grade: str | None
    fault: str | None
    reason: str
    gtin: str | None = None
    category: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    unit_cost: Money | None = None
    inspection_id: str | None = None
    inspected_at: datetime | None = None
    defects: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()

    @property
    def quantity(self) -> int:
        return runs.size(self.units)

    @property
    def cost(self) -> Money | None:
        """At original issue cost; None where it is not known."""
        return self.unit_cost * self.quantity if self.unit_cost is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RtvDocument:
    """`claim_by` is the last day of the agreed time for its oldest inspection.

    `claim_id` is what it asks for, `credited` what came of it so far; `reference` is what the
    supplier calls it. `closing_code` is why it was refused or given up.
    """

    rtv_id: str
    number: str
    supplier_id: str
    warehouse: str
    currency: str
    lines: tuple[RtvLine, ...]
    drafted_at: datetime
    drafted_by: str
    state: RtvState = RtvState.DRAFT
    claim_by: datetime | None = None
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    reference: str | None = None
    shipped_at: datetime | None = None
    carrier: str | None = None
    tracking_no: str | None = None
    taken_back_at: datetime | None = None
    reminded_at: datetime | None = None
    claim_id: str | None = None
    credited: Money | None = None
    closing_code: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    updated_at: datetime | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"rtv/{self.rtv_id}"

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def return_ids(self) -> tuple[str, ...]:
        """The returns that its units are of, in order of its lines."""
        return tuple(dict.fromkeys(line.return_id for line in self.lines))

    @property
    def remind_at(self) -> datetime | None:
        """When somebody is told that a draft is about to miss the agreed time; None: never."""
        if self.state is not RtvState.DRAFT or self.reminded_at or self.claim_by is None:
            return None
        return self.claim_by - REMIND_BEFORE

    @property
    def is_told(self) -> bool:
        """Whether the supplier knows of it; what was sent and cancelled then, it still does."""
        return self.sent_at is not None

    @property
    def has_left(self) -> bool:
        """Whether the goods are on their way to the supplier, or there."""
        return self.shipped_at is not None and self.taken_back_at is None

    @property
    def cost(self) -> Money | None:
        """Of all units in the document's currency; None where one of them has none in it."""
        costs = [line.cost for line in self.lines]
        known = [cost for cost in costs if cost is not None and cost.currency == self.currency]
        return Money.total(known, self.currency) if len(known) == len(costs) else None

    def units_of(self, return_id: str) -> dict[str, Runs]:
        """Its units of one return, by line."""
        found: dict[str, Runs] = {}
        for line in self.lines:
            if line.return_id == return_id:
                found[line.line_no] = runs.merged((*found.get(line.line_no, ()), *line.units))
        return found


def claim_id_of(rtv_id: str) -> str:
    """The claim that asks for the money of a document; it is there once that was sent."""
    return derived_id("vcl", rtv_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RtvNumber:
    """Says which document a printed number means; storing it twice is a conflict."""

    number: str
    rtv_id: str
    version: int = 1
