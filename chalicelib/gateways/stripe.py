"""Refunds through Stripe: its public API behind the ports of settlement.

Our key is the idempotency key and is in the refund's metadata. Stripe forgets idempotency keys
after a day at the earliest, so a refusal is believed only after its own list of the payment's
refunds was read to the end and holds none of our key. As everywhere, what is not understood is
UNKNOWN, and what is asked of a payment raises nothing for the outside.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from chalicelib.core.errors import TransientError
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.gateways.stripe_client import REFUNDS, StripeClient
from chalicelib.gateways.stripe_news import SIGNATURE_HEADER, news_in
from chalicelib.gateways.stripe_shapes import (
    KEY_FIELD,
    PAYMENT_FIELD,
    SETTLEMENT_FIELD,
    Dispute,
    ProblemAnswer,
    Refund,
    amount_of,
    decoded,
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

PAGES_MAX = 5
LISTED_PAGES_MAX = 1000
LISTED_TIMEOUT_S = 600.0
_REFERENCE = re.compile(r"(pi|ch|py)_[A-Za-z0-9_]{1,250}")
_REFUSALS = frozenset({"invalid_request_error", "card_error"})
_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}")


class StripeProvider:
    """A merchant's own account."""

    name = "stripe"
    signature_header = SIGNATURE_HEADER.lower()

    def __init__(self, client: StripeClient) -> None:
        self._client = client

    def refund(self, request: RefundRequest, *, timeout_s: float) -> RefundOutcome:
        """Never repeated here. What cannot be asked for at all is DECLINED: nothing was sent."""
        reference = request.provider_ref or ""
        amount = amount_of(request.amount)
        if not _REFERENCE.fullmatch(reference):
            return _not_sent("payment_reference_missing")
        if amount is None or amount <= 0:
            return _not_sent("amount_not_payable")
        form = {
            _reference_field(reference): reference,
            "amount": str(amount),
            "reason": "requested_by_customer",
            f"metadata[{KEY_FIELD}]": request.key,
            f"metadata[{SETTLEMENT_FIELD}]": request.settlement_id,
            f"metadata[{PAYMENT_FIELD}]": reference,
        }
        deadline = self._client.monotonic() + timeout_s
        try:
            status, content = self._client.send(
                "POST", REFUNDS, timeout_s, form=form, key=request.key
            )
            if status == 200:
                return _believed(decoded(content, Refund), request)
            refusal = _refusal(status, content)
            left = max(deadline - self._client.monotonic(), 0.1)
            known = self._found(request.key, reference, left)
            if known.state is not RefundState.NOT_FOUND:
                return known
            return RefundOutcome(state=RefundState.DECLINED, reason=refusal)
        except Unbelievable as unbelievable:
            return _unknown(unbelievable)

    def find(self, key: str, *, timeout_s: float, provider_ref: str | None = None) -> RefundOutcome:
        """NOT_FOUND only where every refund was looked at: of the payment, or of all that it has.

        Without `provider_ref` only the newest of the account are, so the rest stays UNKNOWN.
        """
        try:
            return self._found(key, provider_ref, timeout_s)
        except Unbelievable as unbelievable:
            return _unknown(unbelievable)

    def refunds_of(self, provider_ref: str, *, timeout_s: float) -> tuple[ListedRefund, ...] | None:
        """Every refund of a payment, whoever made it."""
        if not _REFERENCE.fullmatch(provider_ref):
            return ()
        query = {_reference_field(provider_ref): provider_ref}
        try:
            pages = self._client.refunds(query, timeout_s=timeout_s, pages_max=PAGES_MAX)
            return tuple(_listed(refund) for page in pages for refund in page)
        except Unbelievable:
            return None

    def dispute(self, dispute_id: str, *, timeout_s: float) -> DisputeFound:
        path = f"/v1/disputes/{quote(dispute_id, safe='')}"
        try:
            status, content = self._client.send("GET", path, timeout_s)
            if status == 404 and decoded(content, ProblemAnswer).error.type in _REFUSALS:
                return DisputeFound(standing=DisputeStanding.NOT_FOUND)
            if status != 200:
                raise Unbelievable(f"http_{status}")
            return _disputed(decoded(content, Dispute), dispute_id)
        except Unbelievable as unbelievable:
            return DisputeFound(standing=DisputeStanding.UNKNOWN, reason=str(unbelievable))

    def listed(self, since: datetime, until: datetime) -> Iterator[ListedRefund]:
        """All refunds made from `since` on and before `until`, whoever made them.

        Raises TransientError `refunds_not_listed` where the list cannot be read to its end.
        """
        query = {
            "created[gte]": str(int(since.timestamp())),
            "created[lt]": str(int(until.timestamp())),
        }
        try:
            for page in self._client.refunds(
                query, timeout_s=LISTED_TIMEOUT_S, pages_max=LISTED_PAGES_MAX
            ):
                yield from map(_listed, page)
        except Unbelievable as unbelievable:
            raise TransientError(
                "refunds_not_listed",
                "The provider's list cannot be read.",
                reason=str(unbelievable),
            ) from unbelievable

    def news_in(self, body: bytes) -> News | None:
        """Test keys hear of test payments only, live keys of real ones."""
        return news_in(body, is_live=self._client.is_live())

    def _found(self, key: str, reference: str | None, timeout_s: float) -> RefundOutcome:
        query: dict[str, str] = {}
        if reference is not None and _REFERENCE.fullmatch(reference):
            query[_reference_field(reference)] = reference
        ours: list[Refund] = []
        try:
            for page in self._client.refunds(query, timeout_s=timeout_s, pages_max=PAGES_MAX):
                ours += (refund for refund in page if refund.key == key)
        except Unbelievable as unbelievable:
            if not ours or str(unbelievable) != "too_many_refunds":
                raise
        return _of_all(ours)


def _reference_field(reference: str) -> str:
    return "payment_intent" if reference.startswith("pi_") else "charge"


def _believed(refund: Refund, request: RefundRequest) -> RefundOutcome:
    """A refund is the one that was asked for only if it says so in every point."""
    if refund.key != request.key or request.provider_ref not in refund.payment_refs:
        raise Unbelievable(WRONG_REFUND)
    if refund.money != request.amount:
        raise Unbelievable("amount_mismatch")
    return refund.outcome


def _refusal(status: int, content: bytes) -> str:
    """Why Stripe refused, in its own words; raises Unbelievable where it did not refuse.

    A key that is in use (409) or was used for something else (idempotency_error), a missing right,
    too many requests and faults of the server say nothing about the refund.
    """
    if status not in (400, 402, 404):
        raise Unbelievable(f"http_{status}")
    problem = decoded(content, ProblemAnswer).error
    if problem.type == "idempotency_error":
        raise Unbelievable("key_reused")
    if problem.type not in _REFUSALS:
        raise Unbelievable("bad_answer")
    # "Refund amount is greater than unrefunded amount on charge" comes without a code.
    reason = problem.code or ("exceeds_captured" if problem.param == "amount" else problem.type)
    return reason if _REASON.fullmatch(reason) else "refused"


def _of_all(ours: list[Refund]) -> RefundOutcome:
    """What all refunds under one key come to; more than one that stands is for a person."""
    standing = [refund for refund in ours if refund.outcome.state is not RefundState.DECLINED]
    if len(standing) > 1:
        raise Unbelievable(SEVERAL_REFUNDS)
    if standing:
        return standing[0].outcome
    if ours:
        return ours[0].outcome
    return RefundOutcome(state=RefundState.NOT_FOUND, reason="not_found")


def _listed(refund: Refund) -> ListedRefund:
    return ListedRefund(
        refund_id=refund.id,
        payment=refund.payment,
        amount=refund.money,
        stands=refund.outcome.state is not RefundState.DECLINED,
        key=refund.key,
        also=refund.payment_refs,
    )


_STANDINGS = {
    "warning_needs_response": DisputeStanding.INQUIRED,
    "warning_under_review": DisputeStanding.INQUIRED,
    "warning_closed": DisputeStanding.CLOSED,
    # Settled before it began, by a refund that Stripe makes by itself and lists like any other.
    "prevented": DisputeStanding.CLOSED,
    "needs_response": DisputeStanding.OPEN,
    "under_review": DisputeStanding.OPEN,
    "won": DisputeStanding.WON,
    "lost": DisputeStanding.LOST,
}


def _disputed(dispute: Dispute, dispute_id: str) -> DisputeFound:
    standing = _STANDINGS.get(dispute.status)
    if dispute.id != dispute_id or standing is None:
        raise Unbelievable("bad_answer")
    return DisputeFound(standing=standing, payment_refs=dispute.payment_refs, amount=dispute.money)


def _not_sent(reason: str) -> RefundOutcome:
    return RefundOutcome(state=RefundState.DECLINED, reason=reason)


def _unknown(unbelievable: Unbelievable) -> RefundOutcome:
    return RefundOutcome(state=RefundState.UNKNOWN, reason=str(unbelievable))
