"""Settlements: paying back what is owed, and what became of it."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import proofs, scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.settlements import (
    ConfirmBody,
    SettlementBody,
    SettlementsView,
    SettlementView,
)
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns.model import Return
from chalicelib.settlement import booking, starting
from chalicelib.settlement.loading import return_id_of, settlement_id_for, settlement_of

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/settlements", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:settle",
    body=SettlementBody,
    answer=SettlementView,
    status=(200, 201),
    idempotency="required",
    if_match=lambda body: body.mode == "execute",
)
def settle_return(call: Call, body: SettlementBody, return_id: str) -> Answer:
    """Pay back what is owed for accepted units, or (mode `plan`) see how it would be paid.

    The same key again goes on where an interrupted settlement stopped; nothing is paid twice.
    """
    context = call.context()
    if body.mode == "plan":
        if call.idempotency is not None:
            # A plan is never remembered; but a key that paid may not ask for one.
            wiring.commands().answered(call.idempotency)
        return ok(SettlementView.of(starting.plan(wiring.reads(), return_id, context)))
    return wiring.payout().execute(
        return_id,
        context,
        render=lambda ret: _settled(ret, settlement_id_for(ret, context)),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/settlements", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="settlements:read", answer=SettlementsView)
def list_settlements(call: Call, return_id: str) -> Answer:
    """List the settlements of a return."""
    ret = scopes.own(wiring.reads(), call.principal).return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    for_staff = not call.principal.is_customer_only
    items = tuple(SettlementView.of(one, for_staff=for_staff) for one in ret.settlements)
    if not for_staff:
        items = tuple(one.discreet() for one in items)
    return ok(SettlementsView(items=items), version=ret.version)


@bp.route("/settlements/{settlement_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="settlements:read", answer=SettlementView)
def read_settlement(call: Call, settlement_id: str) -> Answer:
    """Read a settlement."""
    return_id = return_id_of(settlement_id)
    ret = scopes.own(wiring.reads(), call.principal).return_(return_id)
    settlement = settlement_of(ret, settlement_id) if ret is not None else None
    if ret is None or settlement is None:
        raise NotFound("settlement_not_found", f"There is no settlement {settlement_id}.")
    for_staff = not call.principal.is_customer_only
    view = SettlementView.of(settlement, ret.version, for_staff=for_staff)
    return ok(view if for_staff else view.discreet(), version=ret.version)


@bp.route("/settlements/{settlement_id}/retry", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:retry",
    body=NoFields,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def retry_settlement(call: Call, settlement_id: str) -> Answer:
    """Ask what became of legs without an answer, and try declined ones again."""
    return wiring.payout().retry(
        settlement_id,
        call.context(),
        render=lambda ret: _shown(ret, settlement_id),
        idempotency=call.idempotency,
    )


@bp.route("/settlements/{settlement_id}/confirm", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:confirm",
    body=ConfirmBody,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def confirm_settlement(call: Call, body: ConfirmBody, settlement_id: str) -> Answer:
    """State that a leg was paid by hand, with the proof."""
    context = call.context()
    proof = proofs.required(settlement_id, body.proof)
    return wiring.commands().answer(
        lambda reads: booking.confirm(
            reads, settlement_id, payment_id=body.payment_id, proof=proof, context=context
        ),
        context=context,
        render=lambda ret: _shown(ret, settlement_id),
        idempotency=call.idempotency,
    )


def _settled(ret: Return, settlement_id: str) -> Answer:
    location = f"/v1/settlements/{settlement_id}"
    return created(_view(ret, settlement_id), location=location, version=ret.version)


def _shown(ret: Return, settlement_id: str) -> Answer:
    return ok(_view(ret, settlement_id), version=ret.version)


def _view(ret: Return, settlement_id: str) -> SettlementView:
    settlement = settlement_of(ret, settlement_id)
    assert settlement is not None, "it was booked in this command"
    return SettlementView.of(settlement, ret.version)
