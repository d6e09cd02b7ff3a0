"""What the sandbox provider tells in signed requests, in the words of settlement.

Its events hold the refund or dispute as its API shows it (tools/sandbox_provider.py).
"""

from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

import msgspec

from chalicelib.core.errors import Invalid
from chalicelib.core.money import CURRENCY_DIGITS, MINOR_MAX, Money
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.settlement.news import (
    DisputeNews,
    DisputeStage,
    DisputeStanding,
    News,
    RefundNews,
)
from chalicelib.settlement.ports import RefundOutcome, RefundState

SIGNATURE_HEADER = "x-payment-signature"
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
_STAGES = {
    "inquired": DisputeStage.INQUIRED,
    "closed": DisputeStage.INQUIRY_CLOSED,
    "open": DisputeStage.OPENED,
    "won": DisputeStage.WON,
    "lost": DisputeStage.LOST,
}
_Shape = TypeVar("_Shape")


class SandboxRefund(msgspec.Struct, frozen=True, kw_only=True):
    """`key` is what it was asked for under; None: it was made elsewhere."""

    key: str | None
    id: _Id
    payment: _Id
    amount: int
    currency: str
    status: Literal["succeeded", "declined", "pending"]
    reason: str | None = None

    @property
    def money(self) -> Money:
        return money_in(self.amount, self.currency)

    @property
    def outcome(self) -> RefundOutcome:
        state = RefundState(self.status)
        reason = None if state is RefundState.SUCCEEDED else self.reason or self.status
        return RefundOutcome(state=state, refund_id=self.id, reason=reason, amount=self.money)


class SandboxDispute(msgspec.Struct, frozen=True, kw_only=True):
    id: _Id
    payment: _Id
    amount: int
    currency: str
    status: Literal["inquired", "closed", "open", "won", "lost"]

    @property
    def money(self) -> Money:
        return money_in(self.amount, self.currency)

    @property
    def standing(self) -> DisputeStanding:
        return DisputeStanding(self.status)


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    id: _Id
    type: str
    created_at: datetime
    data: msgspec.Raw


def news_in(body: bytes) -> News | None:
    """What a request tells; None where that is nothing for us. Raises Invalid."""
    try:
        event = shaped(body, _Event)
        if event.created_at.tzinfo is None:
            raise Unbelievable("bad_answer")
        match event.type.partition(".")[0]:
            case "refund":
                return _of_refund(event, shaped(event.data, SandboxRefund))
            case "dispute":
                return _of_dispute(event, shaped(event.data, SandboxDispute))
    except Unbelievable as exc:
        raise Invalid("unreadable_news", "The event is not of the provider's form.") from exc
    return None


def shaped(content: bytes | msgspec.Raw, shape: type[_Shape]) -> _Shape:
    """The object of this form; raises Unbelievable."""
    try:
        return msgspec.json.decode(content, type=shape, strict=True)
    except msgspec.MsgspecError as exc:
        raise Unbelievable("bad_answer") from exc


def money_in(amount: int, currency: str) -> Money:
    """Minor units as ISO 4217 counts them; raises Unbelievable."""
    if currency not in CURRENCY_DIGITS or not 0 < amount <= MINOR_MAX:
        raise Unbelievable("bad_answer")
    return Money(amount, currency)


def _of_refund(event: _Event, refund: SandboxRefund) -> RefundNews:
    return RefundNews(
        news_id=event.id,
        told_at=event.created_at.astimezone(UTC),
        refund_id=refund.id,
        payment_refs=frozenset({refund.payment}),
        key=refund.key,
        outcome=refund.outcome,
    )


def _of_dispute(event: _Event, dispute: SandboxDispute) -> DisputeNews:
    return DisputeNews(
        news_id=event.id,
        told_at=event.created_at.astimezone(UTC),
        dispute_id=dispute.id,
        payment_refs=frozenset({dispute.payment}),
        amount=dispute.money,
        stage=_STAGES[dispute.status],
        reason=dispute.status,
    )
