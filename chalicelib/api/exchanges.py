"""Exchanges: sending what was promised in place of what comes back, or taking the promise back."""

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
    CancelExchangeBody,
    ExchangesView,
    ExchangeView,
    ShipExchangeBody,
    UnexchangeBody,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.core.events import Context
from chalicelib.exchanges import sending, unexchanging
from chalicelib.exchanges.model import Exchange
from chalicelib.exchanges.promising import of_line
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/exchanges", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exchanges:read", answer=ExchangesView)
def list_exchanges(call: Call, return_id: str) -> Answer:
    """List the exchanges of a return."""
    reads = scopes.own(wiring.reads(), call.principal)
    ret = reads.return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    found = {one.exchange_id: one for line in ret.lines for one in of_line(reads, line)}
    items = tuple(ExchangeView.of(exchange) for exchange in found.values())
    # No tag: an exchange moves on without its return, so the return's version is not theirs.
    return ok(ExchangesView(items=items))


@bp.route("/exchanges/{exchange_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="exchanges:read", answer=ExchangeView)
def read_exchange(call: Call, exchange_id: str) -> Answer:
    """Read an exchange."""
    exchange = scopes.own(wiring.reads(), call.principal).exchange(exchange_id)
    if exchange is None:
        raise NotFound("exchange_not_found", f"There is no exchange {exchange_id}.")
    return _shown(exchange)


@bp.route("/exchanges/{exchange_id}/ship", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:ship",
    body=ShipExchangeBody,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def ship_exchange(call: Call, body: ShipExchangeBody, exchange_id: str) -> Answer:
    """Send the replacement out of what was reserved for it.

    Units that were denied meanwhile get none. Their return waits for goods only from now on.
    """
    context = call.context()
    return _carried_out(
        call,
        context,
        "exchanges:ship",
        lambda reads: sending.ship(reads, exchange_id, body.to_domain(), context),
    )


@bp.route("/exchanges/{exchange_id}/fulfil", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:fulfil",
    body=NoFields,
    answer=ExchangeView,
    idempotency="accepted",
    if_match=always,
)
def fulfil_exchange(call: Call, exchange_id: str) -> Answer:
    """State that the replacement is with the customer."""
    context = call.context()
    return _carried_out(
        call, context, "exchanges:fulfil", lambda reads: sending.fulfil(reads, exchange_id, context)
    )


@bp.route("/exchanges/{exchange_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:cancel",
    body=CancelExchangeBody,
    answer=ExchangeView,
    idempotency="required",
    if_match=always,
)
def cancel_exchange(call: Call, body: CancelExchangeBody, exchange_id: str) -> Answer:
    """Take the promise back before it is sent; what comes back is paid back."""
    context = call.context()
    return _carried_out(
        call,
        context,
        "exchanges:cancel",
        lambda reads: sending.cancel(reads, exchange_id, body.to_domain(), context),
    )


@bp.route("/exchanges/{exchange_id}/unexchange", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="exchanges:unexchange",
    body=UnexchangeBody,
    answer=ExchangeView,
    idempotency="accepted",
    if_match=always,
)
def unexchange(call: Call, body: UnexchangeBody, exchange_id: str) -> Answer:
    """Expect the replacement back in place of what was sold, which the customer keeps.

    What was paid for the units is paid back; nothing is counted twice.
    """
    context = call.context()
    return _carried_out(
        call,
        context,
        "exchanges:unexchange",
        lambda reads: unexchanging.unexchange(reads, exchange_id, body.to_domain(), context),
    )


def _carried_out(
    call: Call, context: Context, permission: str, decide: Callable[[Reads], Decided[Exchange]]
) -> Answer:
    """The command, unless its stock lies in a warehouse that is not the principal's."""

    def scoped(reads: Reads) -> Decided[Exchange]:
        decided = decide(reads)
        permissions.act_in(call.principal, decided.result.warehouse, permission)
        return decided

    return wiring.commands().answer(
        scoped, context=context, render=_shown, idempotency=call.idempotency
    )


def _shown(exchange: Exchange) -> Answer:
    return ok(ExchangeView.of(exchange), version=exchange.version)
