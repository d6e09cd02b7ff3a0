"""Stripe's objects as far as we read them, and its amounts.

Fields and words are those of its public API (docs.stripe.com/api: refunds, disputes, events,
errors); others are ignored. What is not of this form is Unbelievable.
"""

from typing import Annotated, Literal, TypeVar

import msgspec

from chalicelib.core.money import CURRENCY_DIGITS, MINOR_MAX, Money
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.settlement.ports import RefundOutcome, RefundState

KEY_FIELD = "tuiku_key"
SETTLEMENT_FIELD = "tuiku_settlement"
PAYMENT_FIELD = "tuiku_payment"
"""Names in a refund's metadata, by which we know our own again."""

_NO_DIGITS = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_UNCLEAR = frozenset({"UGX"})
"""Its page lists it without digits and asks for two, so nobody knows what an amount is worth."""
_THREE_DIGITS = ("BHD", "JOD", "KWD", "OMR", "TND")
_Shape = TypeVar("_Shape")
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
"""docs.stripe.com/upgrades: ids of theirs have at most 255 characters."""


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """docs.stripe.com/api/refunds/object"""

    id: _Id
    object: Literal["refund"]
    amount: int
    currency: str
    status: Literal["pending", "requires_action", "succeeded", "failed", "canceled"]
    payment_intent: _Id | None = None
    charge: _Id | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] = {}

    @property
    def key(self) -> str | None:
        return self.metadata.get(KEY_FIELD)

    @property
    def payment_refs(self) -> frozenset[str]:
        return frozenset(ref for ref in (self.payment_intent, self.charge) if ref)

    @property
    def payment(self) -> str:
        """The name that the refund was asked for by; else the one that payments mostly have."""
        ours = self.metadata.get(PAYMENT_FIELD)
        return ours if ours in self.payment_refs else self.payment_intent or self.charge or ""

    @property
    def money(self) -> Money:
        return money_in(self.amount, self.currency)

    @property
    def outcome(self) -> RefundOutcome:
        """`failed` and `canceled` are final: the money is ours again."""
        state = _STATES[self.status]
        reason = None if state is RefundState.SUCCEEDED else self.failure_reason or self.status
        return RefundOutcome(state=state, refund_id=self.id, reason=reason, amount=self.money)


class RefundList(msgspec.Struct, frozen=True, kw_only=True):
    """docs.stripe.com/api/refunds/list: the newest first."""

    object: Literal["list"]
    data: list[Refund]
    has_more: bool


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    """docs.stripe.com/api/disputes/object"""

    id: _Id
    object: Literal["dispute"]
    amount: int
    currency: str
    status: str
    reason: str
    payment_intent: _Id | None = None
    charge: _Id | None = None

    @property
    def payment_refs(self) -> frozenset[str]:
        return frozenset(ref for ref in (self.payment_intent, self.charge) if ref)

    @property
    def money(self) -> Money:
        return money_in(self.amount, self.currency)


class _EventData(msgspec.Struct, frozen=True, kw_only=True):
    object: msgspec.Raw


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """docs.stripe.com/api/events/object"""

    id: _Id
    object: Literal["event"]
    type: str
    created: int
    livemode: bool
    data: _EventData


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """docs.stripe.com/api/errors"""

    type: str
    code: str | None = None
    param: str | None = None


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    error: Problem


def decoded(content: bytes | msgspec.Raw, shape: type[_Shape]) -> _Shape:
    """The object of this form; raises Unbelievable."""
    try:
        return msgspec.json.decode(content, type=shape, strict=True)
    except msgspec.MsgspecError as exc:
        raise Unbelievable("bad_answer") from exc


def amount_of(money: Money) -> int | None:
    """The amount as Stripe counts it; None where it cannot pay exactly that.

    docs.stripe.com/currencies: some have other digits there than in ISO 4217, those of three digits
    end in a nought, and ISK is told with two noughts.
    """
    if money.currency in _UNCLEAR:
        return None
    digits = _digits(money.currency)
    own = CURRENCY_DIGITS[money.currency]
    amount, rest = divmod(money.minor * _power(digits), _power(own))
    if rest or (money.currency in _THREE_DIGITS and amount % 10):
        return None
    return amount


def money_in(amount: int, currency: str) -> Money:
    """What an amount of Stripe's is worth; raises Unbelievable."""
    code = currency.upper()
    is_known = code in CURRENCY_DIGITS and code not in _UNCLEAR
    if not is_known or currency != currency.lower():
        raise Unbelievable("bad_answer")
    digits, own = _digits(code), CURRENCY_DIGITS[code]
    minor, rest = divmod(amount * _power(own), _power(digits))
    if rest or not 0 < minor <= MINOR_MAX:
        raise Unbelievable("bad_answer")
    return Money(minor, code)


def _power(digits: int) -> int:
    return int("1" + "0" * digits)


def _digits(currency: str) -> int:
    if currency in _NO_DIGITS.split():
        return 0
    return 3 if currency in _THREE_DIGITS else 2


_STATES = {
    "succeeded": RefundState.SUCCEEDED,
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "failed": RefundState.DECLINED,
    "canceled": RefundState.DECLINED,
}
