"""Payment providers: who moves money back, and what is believed of their answers.

Nothing here raises for what a provider or the network does. What is not understood is UNKNOWN,
not DECLINED: a decline lets settlement use a new key, and a new key may pay a second time. So only
a 402 that names our key, payment and amount is a decline; a 400 or 404 may come from a proxy after
an earlier call under the same key went through.
"""

from typing import Literal, TypeVar
from urllib.parse import quote

import msgspec
import urllib3

from chalicelib.core.money import CURRENCY_DIGITS, MINOR_MAX, Money
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.settlement.ports import RefundOutcome, RefundRequest, RefundState

ANSWER_BYTES_MAX = 64 * 1024
_Shape = TypeVar("_Shape")


class _Refund(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    id: str
    payment: str
    amount: int
    currency: str
    status: Literal["succeeded", "declined", "pending"]
    reason: str | None = None

    def money(self) -> Money:
        if self.currency not in CURRENCY_DIGITS or not 0 < self.amount <= MINOR_MAX:
            raise Unbelievable("bad_answer")
        return Money(self.amount, self.currency)


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    key: str | None = None


class SandboxProvider:
    """A provider with the HTTP API of tools/sandbox_provider.py, which stands for a real one."""

    name = "sandbox"

    def __init__(self, base_url: str, http: urllib3.PoolManager) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address of the payment provider begins with https://")
        self._refunds_url = base_url.rstrip("/") + "/v1/refunds"
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
                raise Unbelievable("wrong_refund")
            if refund.money() != request.amount:
                raise Unbelievable("amount_mismatch")
            if (status == 402) != (refund.status == "declined"):
                raise Unbelievable("bad_answer")
            return _outcome(refund)
        except Unbelievable as unbelievable:
            return RefundOutcome(state=RefundState.UNKNOWN, reason=str(unbelievable))

    def find(self, key: str, *, timeout_s: float) -> RefundOutcome:
        """NOT_FOUND only in the provider's own words, which repeat the key."""
        url = f"{self._refunds_url}?key={quote(key, safe='')}"
        try:
            status, content = self._send("GET", url, timeout_s)
            if status == 404 and _decoded(content, _Problem) == _Problem(code="not_found", key=key):
                return RefundOutcome(state=RefundState.NOT_FOUND, reason="not_found")
            refund = _refund_in(status, content, believed=(200,))
            if refund.key != key:
                raise Unbelievable("wrong_refund")
            return _outcome(refund)
        except Unbelievable as unbelievable:
            return RefundOutcome(state=RefundState.UNKNOWN, reason=str(unbelievable))

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


class ManualProvider:
    """Bank transfer, cash: a person pays and enters the proof (settlement's confirm command)."""

    name = "manual"

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        """Calls nobody; the leg waits for its proof."""
        return RefundOutcome(state=RefundState.PENDING, reason="awaiting_proof")

    def find(self, key: str, *, timeout_s: float) -> RefundOutcome:
        """Only the proof, which settlement itself keeps, can end the wait."""
        return RefundOutcome(state=RefundState.PENDING, reason="awaiting_proof")


def _refund_in(status: int, content: bytes, *, believed: tuple[int, ...]) -> _Refund:
    if status == 409:
        raise Unbelievable("key_reused")
    if status not in believed:
        raise Unbelievable(f"http_{status}")
    refund = _decoded(content, _Refund)
    if refund is None:
        raise Unbelievable("bad_answer")
    return refund


def _decoded(content: bytes, shape: type[_Shape]) -> _Shape | None:
    try:
        return msgspec.json.decode(content, type=shape, strict=True)
    except msgspec.MsgspecError:
        return None


def _outcome(refund: _Refund) -> RefundOutcome:
    state = RefundState(refund.status)
    reason = None if state is RefundState.SUCCEEDED else refund.reason or refund.status
    return RefundOutcome(state=state, refund_id=refund.id, reason=reason, amount=refund.money())
