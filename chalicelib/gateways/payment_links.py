"""Payment links: addresses where customers pay what an exchange costs more.

Nothing here raises for what a provider or the network does. What is not understood is UNKNOWN: the
key stays, and the provider is asked again. A link is only paid where the provider names our key,
our amount and a payment.
"""

from datetime import datetime
from typing import Literal, TypeVar
from urllib.parse import quote

import msgspec
import urllib3

from chalicelib.core.clock import to_millis
from chalicelib.core.money import CURRENCY_DIGITS, MINOR_MAX, Money
from chalicelib.exchanges.ports import LinkAnswer, LinkOutcome, LinkRequest
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable

ANSWER_BYTES_MAX = 64 * 1024
URL_LENGTH_MAX = 2000
_Shape = TypeVar("_Shape")


class _Link(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    url: str
    amount: int
    currency: str
    status: Literal["open", "paid", "expired"]
    expires_at: datetime
    payment: str | None = None

    def money(self) -> Money:
        if self.currency not in CURRENCY_DIGITS or not 0 < self.amount <= MINOR_MAX:
            raise Unbelievable("bad_answer")
        return Money(self.amount, self.currency)


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    key: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    data: _Named


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    key: str | None = None


class SandboxLinks:
    """A provider with the HTTP API of tools/sandbox/payment_links.py."""

    name = "sandbox"

    def __init__(self, base_url: str, http: urllib3.PoolManager) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address of the payment provider begins with https://")
        self._url = base_url.rstrip("/") + "/v1/payment-links"
        self._http = http

    def create(self, request: LinkRequest, *, timeout_s: float) -> LinkOutcome:
        """Never repeated here: whether and when to ask again is the desk's decision."""
        body: dict[str, object] = {
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "description": request.description,
        }
        try:
            status, content = self._send("POST", self._url, timeout_s, request.key, body)
            return _outcome(_link_in(status, content, request.key, believed=(200, 201)))
        except Unbelievable as unbelievable:
            return LinkOutcome(state=LinkAnswer.UNKNOWN, reason=str(unbelievable))

    def find(self, key: str, *, timeout_s: float) -> LinkOutcome:
        """NOT_FOUND only in the provider's own words, which repeat the key."""
        url = f"{self._url}?key={quote(key, safe='')}"
        try:
            status, content = self._send("GET", url, timeout_s)
            if status == 404 and _decoded(content, _Problem) == _Problem(code="not_found", key=key):
                return LinkOutcome(state=LinkAnswer.NOT_FOUND, reason="not_found")
            return _outcome(_link_in(status, content, key, believed=(200,)))
        except Unbelievable as unbelievable:
            return LinkOutcome(state=LinkAnswer.UNKNOWN, reason=str(unbelievable))

    def key_in(self, body: bytes) -> str | None:
        """Which key it tells of; what it says of it is only a reason to ask."""
        told = _decoded(body, _Told)
        is_about_link = told is not None and told.type.startswith("payment_link.")
        return told.data.key if told is not None and is_about_link else None

    def _send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        timeout_s: float,
        key: str | None = None,
        body: dict[str, object] | None = None,
    ) -> tuple[int, bytes]:
        return outbound.call(
            self._http, method, url, timeout_s, bytes_max=ANSWER_BYTES_MAX, key=key, body=body
        )


def _link_in(status: int, content: bytes, key: str, *, believed: tuple[int, ...]) -> _Link:
    if status == 409:
        raise Unbelievable("key_reused")
    if status not in believed:
        raise Unbelievable(f"http_{status}")
    link = _decoded(content, _Link)
    if link is None or link.expires_at.tzinfo is None:
        raise Unbelievable("bad_answer")
    if link.key != key:
        raise Unbelievable("wrong_link")
    if not link.url.startswith(("http://", "https://")) or len(link.url) > URL_LENGTH_MAX:
        raise Unbelievable("bad_answer")
    if link.status == "paid" and not link.payment:
        raise Unbelievable("bad_answer")
    return link


def _decoded(content: bytes, shape: type[_Shape]) -> _Shape | None:
    try:
        return msgspec.json.decode(content, type=shape, strict=True)
    except msgspec.MsgspecError:
        return None


def _outcome(link: _Link) -> LinkOutcome:
    return LinkOutcome(
        state=LinkAnswer(link.status),
        url=link.url,
        reference=link.payment,
        amount=link.money(),
        expires_at=to_millis(link.expires_at),
    )
