"""What settlement asks of whoever moves money back: one refund a key, and what became of it.

Pure. Implementations live in gateways; they answer with an outcome and never raise, because after a
call to the outside the one thing that may not be lost is what is known about the money.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from chalicelib.core.money import Money
from chalicelib.ledger.agreement import ListedRefund


class RefundState(StrEnum):
    """DECLINED and NOT_FOUND: no money moved under this key. Only DECLINED is for ever."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """One leg of a settlement. `key` is stored before the call and stays until it is DECLINED."""

    key: str
    payment_id: str
    provider_ref: str | None
    amount: Money
    settlement_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOutcome:
    """`reason` is a stable code in every state but SUCCEEDED; `refund_id` is the provider's id.

    `amount` is what the provider says the refund is about, when it says so. The answer to a refund
    was compared with the request; the answer to find() was not: compare before believing it.
    """

    state: RefundState
    refund_id: str | None = None
    reason: str | None = None
    amount: Money | None = None


class PaymentProvider(Protocol):
    """Calls end within `timeout_s` and a second to connect, and never raise for the outside."""

    @property
    def name(self) -> str:
        """The word that `payments[].provider` of an order uses for this provider."""

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        """Ask for the refund. The same key again says what became of it, without a second one."""

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        """What became of a key, of this payment where the caller knows which.

        NOT_FOUND: the provider has not seen it *so far*; an earlier call that is still on its way
        may arrive later, so asking again uses the same key."""


@runtime_checkable
class RefundLister(Protocol):
    """A provider that lists its refunds, to be compared with the ledger."""

    def listed(self, since: datetime, until: datetime) -> Iterator[ListedRefund]:
        """Every refund that was made in [since, until), whoever asked for it, page by page.

        `payment` is what `provider_ref` of an order's payment says, or its `payment_id` where it
        has none. Raises TransientError where the list cannot be read to its end.
        """
