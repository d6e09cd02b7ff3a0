"""Payment providers: who moves money back, and what is believed of their answers.

Nothing here raises for what a provider or the network does. What is not understood is UNKNOWN,
not DECLINED: a decline lets settlement use a new key, and a new key may pay a second time. So only
a 402 that names our key, payment and amount is a decline; a 400 or 404 may come from a proxy after
an earlier call under the same key went through.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlencode

import msgspec
import urllib3

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import TransientError
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.sandbox_news import (
    SIGNATURE_HEADER,
    SandboxDispute,
    SandboxRefund,
    news_in,
    shaped,
)
from chalicelib.ledger.agreement import ListedRefund
from chalicelib.settlement.news import (
    SEVERAL_REFUNDS,
    WRONG_REFUND,
    DisputeFound,
    DisputeStanding,
    News,
)
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState

ANSWER_BYTES_MAX = 64 * 1024
LIST_BYTES_MAX = 1024 * 1024
LIST_PAGE = 500
LIST_PAGES_MAX = 1000
LIST_TIMEOUT_S = 10.0


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    items: list[SandboxRefund]
    next_cursor: str | None


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    key: str | None = None


class SandboxProvider:
    """A provider with the HTTP API of tools/sandbox_provider.py, which stands for a real one."""

    name = "sandbox"
    signature_header = SIGNATURE_HEADER

    def __init__(self, base_url: str, http: urllib3.PoolManager) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address of the payment provider begins with https://")
        self._refunds_url = base_url.rstrip("/") + "/v1/refunds"
        self._disputes_url = base_url.rstrip("/") + "/v1/disputes"
        self._http = http

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        """Never repeated here: whether and when to ask again is settlement's decision."""
        payment = request.provider_ref or request.payment_id
        body = {
            "payment": payment,
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "reference": request.settlement_id,
        }
        try:
            status, content = self._send("POST", self._refunds_url, timeout_s, request.key, body)
            refund = _refund_in(status, content, believed=(200, 201, 202, 402))
            if (refund.key, refund.payment) != (request.key, payment):
                raise Unbelievable(WRONG_REFUND)
            if refund.money != request.amount:
                raise Unbelievable("amount_mismatch")
            if (status == 402) != (refund.status == "declined"):
                raise Unbelievable("bad_answer")
            return refund.outcome
        except Unbelievable as unbelievable:
            return RefundOutcome(state=RefundState.UNKNOWN, reason=str(unbelievable))

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        """NOT_FOUND only in the provider's own words, which repeat the key."""
        url = f"{self._refunds_url}?key={quote(key, safe='')}"
        try:
            status, content = self._send("GET", url, timeout_s)
            if status == 404 and _says_not_found(content, key):
                return RefundOutcome(state=RefundState.NOT_FOUND, reason="not_found")
            if status == 409:
                raise Unbelievable(SEVERAL_REFUNDS)
            refund = _refund_in(status, content, believed=(200,))
            if refund.key != key or provider_ref not in (None, refund.payment):
                raise Unbelievable(WRONG_REFUND)
            return refund.outcome
        except Unbelievable as unbelievable:
            return RefundOutcome(state=RefundState.UNKNOWN, reason=str(unbelievable))

    def refunds_of(self, provider_ref: str, *, timeout_s: float) -> tuple[ListedRefund, ...] | None:
        """Every refund of a payment, whoever made it."""
        try:
            return tuple(self._pages({"payment": provider_ref}, timeout_s))
        except Unbelievable:
            return None

    def dispute(self, dispute_id: str, *, timeout_s: float) -> DisputeFound:
        url = f"{self._disputes_url}/{quote(dispute_id, safe='')}"
        try:
            status, content = self._send("GET", url, timeout_s)
            if status == 404 and _says_not_found(content, dispute_id):
                return DisputeFound(standing=DisputeStanding.NOT_FOUND)
            if status != 200:
                raise Unbelievable(f"http_{status}")
            dispute = shaped(content, SandboxDispute)
            if dispute.id != dispute_id:
                raise Unbelievable("bad_answer")
            return DisputeFound(
                standing=dispute.standing,
                payment_refs=frozenset({dispute.payment}),
                amount=dispute.money,
            )
        except Unbelievable as unbelievable:
            return DisputeFound(standing=DisputeStanding.UNKNOWN, reason=str(unbelievable))

    def listed(self, since: datetime, until: datetime) -> Iterator[ListedRefund]:
        """All refunds made from `since` on and before `until`, whoever made them.

        Raises TransientError `refunds_not_listed` where the list cannot be read to its end.
        """
        try:
            yield from self._pages(
                {"since": rfc3339(since), "until": rfc3339(until)}, LIST_TIMEOUT_S
            )
        except Unbelievable as unbelievable:
            raise TransientError(
                "refunds_not_listed",
                "The provider's list cannot be read.",
                reason=str(unbelievable),
            ) from unbelievable

    def news_in(self, body: bytes) -> News | None:
        return news_in(body)

    def _pages(self, query: Mapping[str, str], timeout_s: float) -> Iterator[ListedRefund]:
        asked = {**query, "limit": str(LIST_PAGE)}
        for _ in range(LIST_PAGES_MAX):
            url = f"{self._refunds_url}?{urlencode(asked)}"
            status, content = self._send("GET", url, timeout_s, bytes_max=LIST_BYTES_MAX)
            if status != 200:
                raise Unbelievable(f"http_{status}")
            page = shaped(content, _Page)
            yield from map(_listed, page.items)
            if page.next_cursor is None:
                return
            asked["cursor"] = page.next_cursor
        raise Unbelievable("too_many_refunds")

    def _send(
        self,
        method: Literal["GET", "POST"],
        url: str,
        timeout_s: float,
        key: str | None = None,
        body: dict[str, object] | None = None,
        *,
        bytes_max: int = ANSWER_BYTES_MAX,
    ) -> tuple[int, bytes]:
        return outbound.call(
            self._http, method, url, timeout_s, bytes_max=bytes_max, key=key, body=body
        )


class ManualProvider:
    """Bank transfer, cash: a person pays and enters the proof (settlement's confirm command)."""

    name = "manual"

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        """Calls nobody; the leg waits for its proof."""
        return RefundOutcome(state=RefundState.PENDING, reason="awaiting_proof")

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        """Only the proof, which settlement itself keeps, can end the wait."""
        return RefundOutcome(state=RefundState.PENDING, reason="awaiting_proof")


def _refund_in(status: int, content: bytes, *, believed: tuple[int, ...]) -> SandboxRefund:
    if status == 409:
        raise Unbelievable("key_reused")
    if status not in believed:
        raise Unbelievable(f"http_{status}")
    return shaped(content, SandboxRefund)


def _says_not_found(content: bytes, key: str) -> bool:
    """A proxy's 404 does not repeat what was asked for."""
    try:
        return shaped(content, _Problem) == _Problem(code="not_found", key=key)
    except Unbelievable:
        return False


def _listed(refund: SandboxRefund) -> ListedRefund:
    return ListedRefund(
        refund_id=refund.id,
        payment=refund.payment,
        amount=refund.money,
        stands=refund.status != "declined",
        key=refund.key,
    )
