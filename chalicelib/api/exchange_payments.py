"""Exchanges and money: paying what a replacement costs more, and sending it before its units."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.exchanges import (
    ChargeBody,
    CrossShipBody,
    ExchangeView,
    PaidBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotAllowed
from chalicelib.exchanges import advancing, paying
from chalicelib.exchanges.model import Exchange
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/exchanges/{exchange_id}/payment-link", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:request-payment",
    body=NoFields,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def request_payment(call: Call, exchange_id: str) -> Answer:
    """Get a link by which the customer pays what the replacement costs more.

    One that can still be paid is shown again; one that was paid is booked. No stored card is used.
    """
    return wiring.payment_desk().link(
        exchange_id,
        call.context(),
        render=_shown,
        idempotency=call.idempotency,
        scope=lambda reads: scopes.own(reads, call.principal),
    )


@bp.route("/exchanges/{exchange_id}/paid", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:state-payment",
    body=PaidBody,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def state_payment(call: Call, body: PaidBody, exchange_id: str) -> Answer:
    """State that what the replacement costs more was paid, to the cent, with the proof."""
    context = call.context()
    return _carried_out(
        call, lambda reads: paying.state_paid(reads, exchange_id, body.to_domain(), context)
    )


@bp.route("/exchanges/{exchange_id}/cross-ship", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:cross-ship",
    body=CrossShipBody,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def cross_ship(call: Call, body: CrossShipBody, exchange_id: str) -> Answer:
    """Send the replacement before its units came, backed by money that is held.

    When they are not here in time, finance is told; nothing is charged by itself.
    """
    context = call.context()
    waives = body.waived is not None
    if waives and not permissions.may(call.principal, "exchanges:waive-authorisation"):
        raise NotAllowed(
            "waiver_not_yours",
            "Finance and admins send replacements ahead without an authorisation.",
            roles=sorted(permissions.PERMISSIONS["exchanges:waive-authorisation"]),
        )

    def decide(reads: Reads) -> Decided[Exchange]:
        decided = advancing.cross_ship(reads, exchange_id, body.to_domain(), context)
        permissions.act_in(call.principal, decided.result.warehouse, "exchanges:cross-ship")
        return decided

    return _carried_out(call, decide)


@bp.route("/exchanges/{exchange_id}/release", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:charge",
    body=NoFields,
    answer=ExchangeView,
    idempotency="accepted",
    if_match=always,
)
def release_authorisation(call: Call, exchange_id: str) -> Answer:
    """Let go of the money that is held, once all units of a cross-shipment are here."""
    context = call.context()
    return _carried_out(call, lambda reads: advancing.release(reads, exchange_id, context))


@bp.route("/exchanges/{exchange_id}/charge", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:charge",
    body=ChargeBody,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def charge_exchange(call: Call, body: ChargeBody, exchange_id: str) -> Answer:
    """State what was taken of the money that was held, for units that did not come in time.

    The customer keeps them; nothing of them is paid back.
    """
    context = call.context()
    return _carried_out(
        call, lambda reads: advancing.charge(reads, exchange_id, body.to_domain(), context)
    )


def _carried_out(call: Call, decide: Callable[[Reads], Decided[Exchange]]) -> Answer:
    return wiring.commands().answer(
        decide, context=call.context(), render=_shown, idempotency=call.idempotency
    )


def _shown(exchange: Exchange) -> Answer:
    return ok(ExchangeView.of(exchange), version=exchange.version)
