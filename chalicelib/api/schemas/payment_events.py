"""What payment providers tell: each in a form of its own, of which we read little."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from chalicelib.contracts.fields import View
from chalicelib.settlement.news import NewsOutcome


class PaymentEventBody(BaseModel):
    """An event in the provider's own form. Its parts are read by who knows that form."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


class PaymentEventOutcome(StrEnum):
    """`ignored`: nothing that we act on. `not_ours`: of no payment or refund known here."""

    BOOKED = NewsOutcome.BOOKED
    FAILED_LATER = NewsOutcome.FAILED_LATER
    CONTRADICTED = NewsOutcome.CONTRADICTED
    REFUNDED_ELSEWHERE = NewsOutcome.REFUNDED_ELSEWHERE
    DISPUTED = NewsOutcome.DISPUTED
    INQUIRED = NewsOutcome.INQUIRED
    UNCHANGED = NewsOutcome.UNCHANGED
    PENDING = NewsOutcome.PENDING
    NOT_OURS = NewsOutcome.NOT_OURS
    IGNORED = "ignored"


class PaymentEventView(View):
    """What became of an event; the same event again is told the same."""

    outcome: PaymentEventOutcome
