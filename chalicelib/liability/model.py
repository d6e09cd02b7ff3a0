"""A liability claim: what a carrier, a supplier or a customer owes us for goods, with evidence.

Not to be taken for a claim, which is a customer's and against us. Goods that prove it lie in
`damaged` until the claim ends; then they go to the party or are scrapped.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.events import Chain
from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.inventory.model import Account


class Liable(StrEnum):
    CARRIER = "carrier"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"


class LiabilityState(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    RECOVERED = "RECOVERED"
    REJECTED = "REJECTED"
    WRITTEN_OFF = "WRITTEN_OFF"


GOING_ON = frozenset({LiabilityState.OPEN, LiabilityState.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityClaim:
    """`party` names who exactly, by a reference; `amount` is what is asked for, once it is known.

    `has_goods`: the units lie in `damaged` as evidence; `goods_went` is where they went at the end,
    by `movement_id`. With a `vendor_claim_id` it is pursued there, and ends with that claim.
    """

    claim_id: str
    against: Liable
    quantity: int
    opened_at: datetime
    opened_by: str
    party: str | None = None
    amount: Money | None = None
    evidence: tuple[str, ...] = ()
    reason: str | None = None
    exception_id: str | None = None
    return_id: str | None = None
    warehouse: str | None = None
    sku: str | None = None
    lot: str | None = None
    serials: tuple[str, ...] = ()
    unit_cost: Money | None = None
    has_goods: bool = False
    state: LiabilityState = LiabilityState.OPEN
    reference: str | None = None
    acknowledged_at: datetime | None = None
    recovered: Money | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_reason: str | None = None
    accountable: str | None = None
    goods_went: Account | None = None
    movement_id: str | None = None
    vendor_claim_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"liability/{self.claim_id}"

    def age_days(self, now: datetime) -> int:
        """Whole days since it was opened, until its end."""
        return max(0, ((self.closed_at or now) - self.opened_at).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityOf:
    """Leads from a return to a claim for units of one of its lines."""

    return_id: str
    claim_id: str
    line_no: str
    units: Runs
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LiabilityRow:
    """A claim in a list: nothing that a person wrote."""

    claim_id: str
    state: LiabilityState
    against: Liable
    party: str | None
    quantity: int
    sku: str | None
    warehouse: str | None
    amount: Money | None
    recovered: Money | None
    return_id: str | None
    opened_at: datetime
    closed_at: datetime | None
    version: int
