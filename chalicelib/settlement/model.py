"""A settlement: one payout for some units of a return, split into legs over the order's payments.

A leg's key is stored before the provider is called, stays while the outcome is unknown, and changes
only after a definite decline.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.policy.fees import Fee


class SettlementState(StrEnum):
    NONE = "NONE"
    QUOTED = "QUOTED"
    APPROVED = "APPROVED"
    PROCESSING = "PROCESSING"
    PARTIAL = "PARTIAL"
    SETTLED = "SETTLED"
    FAILED = "FAILED"
    MANUAL = "MANUAL"
    REVERSED = "REVERSED"


class LegState(StrEnum):
    """PROCESSING: sent or about to be; UNKNOWN: no answer; MANUAL: a person's proof is awaited."""

    PROCESSING = "PROCESSING"
    UNKNOWN = "UNKNOWN"
    MANUAL = "MANUAL"
    PAID = "PAID"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Part of a settlement that goes to one payment. `attempt` counts definite declines + 1."""

    payment_id: str
    provider: str
    provider_ref: str | None
    amount: Money
    state: LegState
    key: str
    attempt: int = 1
    reference: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledUnits:
    """Which units of which line a settlement pays for, and how much, before fees.

    `free` are those of them that no fee is taken of, as it was known then.
    """

    line_no: str
    units: Runs
    amount: Money
    free: Runs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One payout of a return: `amount` is what its lines come to, less the fees."""

    settlement_id: str
    lines: tuple[SettledUnits, ...]
    amount: Money
    legs: tuple[Leg, ...]
    created_at: datetime
    created_by: str
    shortfall: Money
    fees: tuple[Fee, ...] = ()

    @property
    def state(self) -> SettlementState:
        """Derived from the legs: nothing is settled before every leg is paid."""
        states = {leg.state for leg in self.legs}
        if not states <= {LegState.PAID} or self.shortfall:
            return _unfinished(states, bool(self.shortfall))
        return SettlementState.SETTLED

    @property
    def paid(self) -> Money:
        """What really went back so far."""
        return Money.total(
            (leg.amount for leg in self.legs if leg.state is LegState.PAID), self.amount.currency
        )


def _unfinished(states: set[LegState], is_short: bool) -> SettlementState:
    if states & {LegState.PROCESSING, LegState.UNKNOWN}:
        return SettlementState.PROCESSING
    if LegState.MANUAL in states:
        return SettlementState.PARTIAL if LegState.PAID in states else SettlementState.MANUAL
    if LegState.PAID in states:
        return SettlementState.PARTIAL
    return SettlementState.FAILED if states or is_short else SettlementState.SETTLED
