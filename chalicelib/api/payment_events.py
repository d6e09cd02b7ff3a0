"""What payment providers tell of refunds and disputes: signed, without sign-in.

The signature is looked at before anything of the body is read. What is told is a reason to ask the
provider, and never believed by itself.
"""

from collections.abc import Mapping

from chalice.app import Blueprint

from chalicelib import telemetry, wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PUBLIC
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call, Refused
from chalicelib.api.schemas.payment_events import (
    PaymentEventBody,
    PaymentEventOutcome,
    PaymentEventView,
)
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import derived_id
from chalicelib.core.signatures import signers

bp = Blueprint(__name__)
log = telemetry.logger(__name__)


def signed(headers: Mapping[str, str], raw: bytes, ids: Mapping[str, str]) -> bytes:
    """The bytes, where this provider signed them; raises Refused `signature_invalid`, or
    `payment_provider_not_found` for one that is not set up."""
    provider = ids["provider"]
    source = wiring.news_sources().get(provider)
    if source is None:
        raise Refused(404, "payment_provider_not_found")
    secrets, now = wiring.payment_secrets(), utc_now()
    header = headers.get(source.signature_header, "")
    is_theirs = provider in signers(header, raw, _of(provider, secrets.known()), now)
    if not is_theirs and header:
        # A secret may have been replaced since; this is not asked for at every bad signature.
        newer = secrets.again()
        is_theirs = newer is not None and provider in signers(
            header, raw, _of(provider, newer), now
        )
    if not is_theirs:
        raise Refused(401, "signature_invalid")
    return raw


@bp.route("/payment-events/{provider}", methods=["POST"], **PUBLIC)
@endpoint(bp, allow=None, body=PaymentEventBody, answer=PaymentEventView, seal=signed)
def take_payment_event(call: Call, seal: bytes, provider: str) -> Answer:
    """Take what a payment provider tells of a refund or a dispute.

    Signed by `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` with the secret of the provider,
    at most five minutes ago: Stripe in `Stripe-Signature`, the sandbox in `X-Payment-Signature`.
    Events may come twice, late and out of order; the provider is asked what is true before
    anything is booked.
    """
    news = wiring.news_sources()[provider].news_in(seal)
    if news is None:
        return ok(PaymentEventView(outcome=_of_link(call, seal, provider)))
    context = Context(
        actor=Actor(id=f"provider:{provider}", role="provider"),
        now=call.received_at,
        command_id=derived_id("cmd", "payment-event", provider, news.news_id),
        correlation_id=call.correlation_id,
    )
    done = wiring.news_desk().take(provider, news, context)
    facts = {"provider": provider, "news_id": news.news_id, "outcome": done.outcome}
    documents = {"return_id": done.return_id, "order_no": done.order_no}
    log.info("payment event taken", extra={**facts, **documents})
    return ok(PaymentEventView(outcome=PaymentEventOutcome(done.outcome)))


def _of_link(call: Call, seal: bytes, provider: str) -> PaymentEventOutcome:
    """What became of a payment link that is told of; most of what is no news is ignored."""
    context = Context(
        actor=Actor(id=f"provider:{provider}", role="provider"),
        now=call.received_at,
        command_id=derived_id("cmd", "payment-link", provider, seal.hex()),
        correlation_id=call.correlation_id,
    )
    exchange = wiring.payment_desk().told(provider, seal, context)
    if exchange is None:
        return PaymentEventOutcome.IGNORED
    is_paid = exchange.paid is not None
    return PaymentEventOutcome.BOOKED if is_paid else PaymentEventOutcome.UNCHANGED


def _of(provider: str, secrets: Mapping[str, tuple[bytes, ...]]) -> dict[str, tuple[bytes, ...]]:
    return {provider: secrets.get(provider, ())}
