"""Stripe's webhooks: what a signed request tells, in the words of settlement.

The signature (`Stripe-Signature: t=…,v1=…`) is checked before anything is read, by the same rule as
those of carriers. Types of events that we do not act on are no fault: Stripe sends what an account
subscribes to, and its own newer kinds.
"""

from datetime import UTC, datetime

from chalicelib.core.errors import Invalid
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.stripe_shapes import Dispute, Event, Refund, decoded
from chalicelib.settlement.news import DisputeNews, DisputeStage, News, RefundNews

SIGNATURE_HEADER = "Stripe-Signature"
BODY_BYTES_MAX = 256 * 1024
_REFUNDS = frozenset({"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"})
_DISPUTES = frozenset(
    {
        "charge.dispute.created",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    }
)
_CLOSED = {
    "won": DisputeStage.WON,
    "lost": DisputeStage.LOST,
    "warning_closed": DisputeStage.INQUIRY_CLOSED,
}


def news_in(body: bytes, *, is_live: bool) -> News | None:
    """What a request of theirs tells; None where that is nothing for us.

    Raises Invalid `unreadable_news` for what is not theirs in form. Events of the other mode (test
    or live) are none of ours.
    """
    if len(body) > BODY_BYTES_MAX:
        raise Invalid("unreadable_news", "The event is too large.")
    try:
        event = decoded(body, Event)
        if event.livemode is not is_live:
            return None
        if event.type in _REFUNDS:
            return _of_refund(event)
        if event.type in _DISPUTES:
            return _of_dispute(event)
    except (Unbelievable, OverflowError, OSError, ValueError) as exc:
        raise Invalid("unreadable_news", "The event is not of the form of Stripe's.") from exc
    return None


def _of_refund(event: Event) -> RefundNews:
    refund = decoded(event.data.object, Refund)
    return RefundNews(
        news_id=event.id,
        told_at=_moment(event),
        refund_id=refund.id,
        payment_refs=refund.payment_refs,
        key=refund.key,
        outcome=refund.outcome,
    )


def _of_dispute(event: Event) -> DisputeNews | None:
    dispute = decoded(event.data.object, Dispute)
    stage = _stage(event.type, dispute.status)
    if stage is None:
        return None
    return DisputeNews(
        news_id=event.id,
        told_at=_moment(event),
        dispute_id=dispute.id,
        payment_refs=dispute.payment_refs,
        amount=dispute.money,
        stage=stage,
        reason=dispute.reason,
    )


def _stage(event_type: str, status: str) -> DisputeStage | None:
    match event_type:
        case "charge.dispute.created":
            is_inquiry = status.startswith("warning_")
            return DisputeStage.INQUIRED if is_inquiry else DisputeStage.OPENED
        case "charge.dispute.funds_withdrawn":
            return DisputeStage.WITHDRAWN
        case "charge.dispute.funds_reinstated":
            return DisputeStage.REINSTATED
        case _:
            return _CLOSED.get(status)


def _moment(event: Event) -> datetime:
    return datetime.fromtimestamp(event.created, tz=UTC)
