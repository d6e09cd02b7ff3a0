"""What a provider tells us without being asked: a refund that changed, a payment that is disputed.

Pure. News come late, twice and out of order: whoever acts on them asks the provider what is true of
the key now, and takes the news for the reason to ask.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.core.money import Money
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.settlement.ports import RefundOutcome


class DisputeStage(StrEnum):
    """INQUIRED and INQUIRY_CLOSED: the bank asks, no money moves. OPENED: the payment is disputed.
    WITHDRAWN and REINSTATED: money moved. WON and LOST: it is decided."""

    INQUIRED = "inquired"
    INQUIRY_CLOSED = "inquiry_closed"
    OPENED = "opened"
    WITHDRAWN = "withdrawn"
    REINSTATED = "reinstated"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNews:
    """`key` is ours, None where the refund was made elsewhere. `payment_refs` are all names that
    the provider has for the payment."""

    news_id: str
    told_at: datetime
    refund_id: str
    payment_refs: frozenset[str]
    key: str | None
    outcome: RefundOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeNews:
    """`reason` is the bank's code, as the provider says it."""

    news_id: str
    told_at: datetime
    dispute_id: str
    payment_refs: frozenset[str]
    amount: Money
    stage: DisputeStage
    reason: str


News = RefundNews | DisputeNews
SEVERAL_REFUNDS = "several_refunds"
WRONG_REFUND = "wrong_refund"
"""Why find() knows nothing although the provider answered: more than one refund stands under the
key, or the one that does is of another payment. Asking again does not help."""


class NewsOutcome(StrEnum):
    """What became of news. CONTRADICTED: they do not fit what we know, and a person has to look.

    PENDING and NOT_OURS change nothing and are not remembered.
    """

    BOOKED = "booked"
    FAILED_LATER = "failed_later"
    CONTRADICTED = "contradicted"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    DISPUTED = "disputed"
    INQUIRED = "inquired"
    UNCHANGED = "unchanged"
    PENDING = "pending"
    NOT_OURS = "not_ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentNews:
    """What became of news, kept under their id, so that a repeat only reads it.

    `about` is the provider's id of the refund or dispute.
    """

    provider: str
    news_id: str
    about: str
    told_at: datetime
    taken_at: datetime
    outcome: NewsOutcome
    order_no: str | None = None
    return_id: str | None = None
    version: int = 1


class DisputeStanding(StrEnum):
    """INQUIRED: the bank asks, and took nothing. CLOSED: it asked, and never will take anything.
    UNKNOWN: it could not be learned."""

    INQUIRED = "inquired"
    CLOSED = "closed"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFound:
    """A dispute as its provider says it stands now. `reason` is why it is UNKNOWN, in a code."""

    standing: DisputeStanding
    payment_refs: frozenset[str] = frozenset()
    amount: Money | None = None
    reason: str | None = None


class NewsSource(Protocol):
    """A provider that tells us news, and can be asked what is true. No question ever raises for
    the outside, and each ends within `timeout_s` and a second to connect."""

    @property
    def name(self) -> str: ...

    @property
    def signature_header(self) -> str:
        """Where it signs what it tells, in small letters."""

    def news_in(self, body: bytes) -> News | None:
        """What a request of theirs tells; None: nothing for us. Raises Invalid `unreadable_news`
        for another form, TransientError where it cannot be known yet."""

    def find(
        self, key: str, *, timeout_s: float, provider_ref: str | None = None
    ) -> RefundOutcome: ...

    def refunds_of(self, provider_ref: str, *, timeout_s: float) -> tuple[ListedRefund, ...] | None:
        """Every refund of a payment, whoever made it; None: they could not be learned."""

    def dispute(self, dispute_id: str, *, timeout_s: float) -> DisputeFound: ...
