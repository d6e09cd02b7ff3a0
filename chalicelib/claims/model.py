"""A claim: units of one order line that the customer wants money or other goods for.

They do not come back, but they are held like those of a return: no unit is claimed and returned.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core import runs
from chalicelib.core.events import Chain
from chalicelib.core.runs import Runs
from chalicelib.returns.model import LinkedDocument


class ClaimState(StrEnum):
    OPEN = "OPEN"
    APPROVED = "APPROVED"
    RESOLVED = "RESOLVED"
    DENIED = "DENIED"
    CANCELLED = "CANCELLED"


class ClaimReason(StrEnum):
    """What is wrong. OTHER needs a note."""

    MISSING_ITEM = "MISSING_ITEM"
    DAMAGED_ON_ARRIVAL = "DAMAGED_ON_ARRIVAL"
    WRONG_ITEM = "WRONG_ITEM"
    NEVER_ARRIVED = "NEVER_ARRIVED"
    DEFECTIVE = "DEFECTIVE"
    OTHER = "OTHER"


class Remedy(StrEnum):
    """What the customer wants, and what a claim is resolved with."""

    REFUND = "refund"
    REPLACEMENT = "replacement"
    BOTH = "both"


class Denial(StrEnum):
    """Why a claim is denied. OTHER needs a note."""

    DELIVERY_PROVEN = "DELIVERY_PROVEN"
    NO_EVIDENCE = "NO_EVIDENCE"
    NOT_DEFECTIVE = "NOT_DEFECTIVE"
    AS_ORDERED = "AS_ORDERED"
    TOO_LATE = "TOO_LATE"
    OTHER = "OTHER"


HOLDING = frozenset({ClaimState.OPEN, ClaimState.APPROVED, ClaimState.RESOLVED})
"""States in which the claim's units are held on the order; RESOLVED holds them for good."""
PAID: frozenset[Remedy] = frozenset({Remedy.REFUND, Remedy.BOTH})
"""What money goes back for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`photos` and `documents` are references to the evidence, which is kept elsewhere.

    `decided_as` is the role of who decided. `return_id` is the return that pays its units back:
    they are held by it from then on.
    """

    claim_id: str
    order_no: str
    customer_id: str
    order_line_no: str
    sku: str
    name: str
    units: Runs
    reason: ClaimReason
    wanted: Remedy
    opened_at: datetime
    opened_by: str
    updated_at: datetime
    warehouse: str | None = None
    note: str | None = None
    photos: tuple[str, ...] = ()
    documents: tuple[LinkedDocument, ...] = ()
    state: ClaimState = ClaimState.OPEN
    outcome: Remedy | None = None
    denial: Denial | None = None
    answer: str | None = None
    decided_by: str | None = None
    decided_as: str | None = None
    decided_at: datetime | None = None
    return_id: str | None = None
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"claim/{self.claim_id}"

    @property
    def quantity(self) -> int:
        return runs.size(self.units)

    @property
    def holds_units(self) -> bool:
        """Whether it holds its units itself."""
        return self.state in HOLDING and self.return_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOfOrder:
    """Beside the order: leads from it to each of its claims, whatever became of them."""

    order_no: str
    claim_id: str
    version: int = 1
