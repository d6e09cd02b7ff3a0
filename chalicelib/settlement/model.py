"""A settlement: one payout for some units of a return, split into legs over the order's payments.

A leg's key is stored before the provider is called, stays while the outcome is unknown, and changes
only after a definite decline.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.core.money import Money
from chalicelib.core.runs import Runs
from chalicelib.policy.fees import Fee
from chalicelib.settlement.components import Breakdown


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
    """HELD: waits for a second person; PROCESSING: sent or about to be; UNKNOWN: no answer; MANUAL:
    a person's proof is awaited; FROZEN: came back after it was paid, or its payment is disputed;
    CANCELLED: nobody pays it any more."""

    HELD = "HELD"
    PROCESSING = "PROCESSING"
    UNKNOWN = "UNKNOWN"
    MANUAL = "MANUAL"
    PAID = "PAID"
    DECLINED = "DECLINED"
    FROZEN = "FROZEN"
    CANCELLED = "CANCELLED"


MANUAL = "manual"
STORE_CREDIT = "store_credit"
"""Providers that nobody is called for: a person pays, or the customer's credit grows."""
BESIDE = "-"
"""As `payment_id` of a leg: it goes back to no payment of the order. No payment is called so."""
FAILED_LATER = "failed_later"
DISPUTED = "disputed"
"""Why a leg is frozen: its `reason`."""
CHARGED_BACK = "charged_back"
WRITTEN_OFF = "written_off"
TAKEN_BACK = "reversed"
"""Why a leg is cancelled: the bank gave it to the customer, it was given up, or never owed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Part of a settlement that goes to one payment. `attempt` counts definite declines + 1.

    `was` is what a frozen leg was before. `came_back`: its money was out once.
    """

    payment_id: str
    provider: str
    provider_ref: str | None
    amount: Money
    state: LegState
    key: str
    attempt: int = 1
    reference: str | None = None
    reason: str | None = None
    was: LegState | None = None
    came_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledUnits:
    """Which units of which line a settlement pays for, and how much, before fees.

    `free` are those of them that no fee is taken of, as it was known then; `withheld` is what
    promotions kept of them: it is not in `amount`.
    """

    line_no: str
    units: Runs
    amount: Money
    free: Runs = ()
    withheld: Money | None = None

    @property
    def worth(self) -> Money:
        """Its amount with what was withheld."""
        return self.amount if self.withheld is None else self.amount + self.withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledAward:
    """What an upheld appeal gave on top, in the settlement that pays it."""

    appeal_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Money beside goods: what a replacement costs less than was paid for these units of the line.

    `on_top`: what was paid on top for a replacement that is not kept; it goes back by hand to the
    payment of this `reference`. Without units it is owed whatever comes back.
    """

    exchange_id: str
    line_no: str
    units: Runs
    amount: Money
    on_top: bool = False
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedWithholding:
    """What a promotion withholds of a return at most, as it was fixed when it was approved."""

    promotion_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One payout of a return: what its lines, shipping, awards and differences come to, less fees.

    `shortfall` is what no payment can carry. `second_above` is the limit above which a second
    person has to agree, where it was; `credit_id` is the store credit that it was given as.
    `breakdown` None: of goods on no order, of awards only, or from before it was kept.
    `settled_at` is when it was settled first; `tasks` are those that its life has opened.
    """

    settlement_id: str
    lines: tuple[SettledUnits, ...]
    amount: Money
    legs: tuple[Leg, ...]
    created_at: datetime
    created_by: str
    shortfall: Money
    fees: tuple[Fee, ...] = ()
    awards: tuple[SettledAward, ...] = ()
    differences: tuple[Difference, ...] = ()
    breakdown: Breakdown | None = None
    second_above: Money | None = None
    approved_by: str | None = None
    approved_at: datetime | None = None
    written_off: Money | None = None
    credit_id: str | None = None
    reversed_by: str | None = None
    reversed_at: datetime | None = None
    reason: str | None = None
    settled_at: datetime | None = None
    tasks: tuple[str, ...] = ()

    @property
    def state(self) -> SettlementState:
        """Derived from the legs: nothing is settled before every leg is paid or given up."""
        if self.reversed_at is not None:
            return SettlementState.REVERSED
        states = {leg.state for leg in self.legs}
        if not states <= _DONE or self.shortfall:
            return _unfinished(states, bool(self.shortfall))
        return SettlementState.SETTLED

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it is open any more."""
        return self.state in (SettlementState.SETTLED, SettlementState.REVERSED)

    @property
    def paid(self) -> Money:
        """What really went back so far."""
        return Money.total(
            (leg.amount for leg in self.legs if leg.state is LegState.PAID), self.amount.currency
        )


_DONE = frozenset({LegState.PAID, LegState.CANCELLED})


def standing(settlements: Iterable[Settlement]) -> tuple[Settlement, ...]:
    """Those that were not reversed: what units, fees and awards count in."""
    return tuple(one for one in settlements if one.reversed_at is None)


def _unfinished(states: set[LegState], is_short: bool) -> SettlementState:
    if LegState.HELD in states:
        return SettlementState.QUOTED
    if states & {LegState.PROCESSING, LegState.UNKNOWN}:
        return SettlementState.PROCESSING
    if LegState.MANUAL in states:
        return SettlementState.PARTIAL if LegState.PAID in states else SettlementState.MANUAL
    if LegState.PAID in states:
        return SettlementState.PARTIAL
    return SettlementState.FAILED if states or is_short else SettlementState.SETTLED
