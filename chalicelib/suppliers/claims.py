"""A vendor claim: what a supplier is asked to make good, with evidence, and what came of it.

Of a document that sends goods back, of goods that were destroyed with us, or of a liability claim.
`accepted` is what the supplier owes by its own word; a recovery is what it really gave.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.money import Money

RECOVERIES_MAX = 100


class VendorClaimState(StrEnum):
    OPEN = "OPEN"
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PARTLY_RECOVERED = "PARTLY_RECOVERED"
    RECOVERED = "RECOVERED"
    REJECTED = "REJECTED"
    WRITTEN_OFF = "WRITTEN_OFF"
    WITHDRAWN = "WITHDRAWN"


class Age(StrEnum):
    """How many days ago the supplier was told."""

    DAYS_0_30 = "0-30"
    DAYS_31_60 = "31-60"
    DAYS_61_90 = "61-90"
    DAYS_OVER_90 = "90+"


GOING_ON = frozenset(
    {
        VendorClaimState.OPEN,
        VendorClaimState.SENT,
        VendorClaimState.ACKNOWLEDGED,
        VendorClaimState.PARTLY_RECOVERED,
    }
)
_AGES = ((30, Age.DAYS_0_30), (60, Age.DAYS_31_60), (90, Age.DAYS_61_90))


def age_at(sent_at: datetime | None, state: VendorClaimState, now: datetime) -> Age | None:
    """None for what is not asked for (yet, or any more)."""
    if sent_at is None or state not in GOING_ON:
        return None
    days = (now - sent_at) // timedelta(days=1)
    return next((age for most, age in _AGES if days <= most), Age.DAYS_OVER_90)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedUnits:
    """Some units of one SKU; of a return where they came back by one."""

    sku: str
    quantity: int
    return_id: str | None = None
    line_no: str | None = None
    inspection_id: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What shows that the goods were bad: ids of photos and inspections, references of papers."""

    photos: tuple[str, ...] = ()
    inspections: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What the supplier gave, under its reference. `reason`: why it is above what was claimed.

    `accepted` is the part that nobody had accepted before it came.
    """

    recovery_id: str
    amount: Money
    reference: str
    received_at: datetime
    booked_by: str
    reason: str | None = None
    accepted: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedCredit:
    """What the supplier says it credited; it counts once finance has confirmed it."""

    amount: Money
    reference: str
    stated_at: datetime
    stated_by: str
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorClaim:
    """`amount` is what is claimed. `remind_at` is when somebody is told that nothing came.

    `offered` is what the supplier said that it accepts; it counts once finance agrees to it.
    """

    claim_id: str
    supplier_id: str
    amount: Money
    units: tuple[ClaimedUnits, ...]
    opened_at: datetime
    opened_by: str
    evidence: Evidence = Evidence()
    rtv_id: str | None = None
    liability_claim_id: str | None = None
    state: VendorClaimState = VendorClaimState.OPEN
    claim_by: datetime | None = None
    days_to_answer: int = 14
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None
    reference: str | None = None
    accepted: Money | None = None
    offered: Money | None = None
    recoveries: tuple[Recovery, ...] = ()
    stated: tuple[StatedCredit, ...] = ()
    disputed_code: str | None = None
    disputed_at: datetime | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    written_off: Money | None = None
    closing_code: str | None = None
    accountable: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"vendorclaim/{self.claim_id}"

    @property
    def is_told(self) -> bool:
        """Whether the supplier knows of it."""
        return self.sent_at is not None

    @property
    def quantity(self) -> int:
        return sum(one.quantity for one in self.units)

    @property
    def recovered(self) -> Money:
        return Money.total((one.amount for one in self.recoveries), self.amount.currency)

    @property
    def due(self) -> Money:
        """What the supplier accepted and has neither given nor been forgiven."""
        nothing = Money.zero(self.amount.currency)
        given = self.recovered + (self.written_off or nothing)
        return (self.accepted or nothing) - given

    @property
    def left(self) -> Money:
        """What is claimed and did not come; never negative."""
        return max(self.amount - self.recovered, Money.zero(self.amount.currency))

    def age(self, now: datetime) -> Age | None:
        """None for what is not asked for (yet, or any more)."""
        return age_at(self.sent_at, self.state, now)
