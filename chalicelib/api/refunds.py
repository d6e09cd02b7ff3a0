"""What happens to refunds after they were started: by a second person, by finance, by banks."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.refunds import (
    DisputeBody,
    DisputedPaymentView,
    PayOtherwiseBody,
    ReverseBody,
    WriteOffRefundBody,
)
from chalicelib.api.schemas.settlements import SettlementView
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.events import Context
from chalicelib.returns.model import Return
from chalicelib.settlement import disputes, paying_otherwise, reversing, writing_off
from chalicelib.settlement.loading import settlement_of
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)
_STATED = {"opened": disputes.opened, "won": disputes.won, "lost": disputes.lost}


@bp.route("/settlements/{settlement_id}/approve", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:approve",
    body=NoFields,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def approve_settlement(call: Call, settlement_id: str) -> Answer:
    """Agree, as a second person, to a refund above the policy's limit; then it is sent.

    To say no, take it back.
    """
    return wiring.payout().approve(
        settlement_id,
        call.context(),
        render=lambda ret: _shown(ret, settlement_id),
        idempotency=call.idempotency,
    )


@bp.route("/settlements/{settlement_id}/reverse", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:reverse",
    body=ReverseBody,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def reverse_settlement(call: Call, body: ReverseBody, settlement_id: str) -> Answer:
    """Take a settlement back that nothing was paid of; its units are owed again."""
    return _done(
        call,
        settlement_id,
        lambda reads, context: reversing.reverse(reads, settlement_id, body.to_domain(), context),
    )


@bp.route("/settlements/{settlement_id}/pay-otherwise", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:pay-otherwise",
    body=PayOtherwiseBody,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def pay_settlement_otherwise(call: Call, body: PayOtherwiseBody, settlement_id: str) -> Answer:
    """Pay by hand what was declined, what came back, or what no payment can carry.

    The leg waits for its proof, which `confirm` states.
    """
    return _done(
        call,
        settlement_id,
        lambda reads, context: paying_otherwise.pay_otherwise(
            reads, settlement_id, body.to_domain(), context
        ),
    )


@bp.route("/settlements/{settlement_id}/write-off", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="settlements:write-off",
    body=WriteOffRefundBody,
    answer=SettlementView,
    idempotency="required",
    if_match=always,
)
def write_off_settlement(call: Call, body: WriteOffRefundBody, settlement_id: str) -> Answer:
    """Give up a leg that cannot be paid, or what no payment can carry."""
    return _done(
        call,
        settlement_id,
        lambda reads, context: writing_off.write_off(
            reads, settlement_id, body.to_domain(), context
        ),
    )


@bp.route("/orders/{order_no}/payments/{payment_id}/disputes", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="payments:dispute",
    body=DisputeBody,
    answer=DisputedPaymentView,
    idempotency="required",
    if_match=always,
)
def state_dispute(call: Call, body: DisputeBody, order_no: str, payment_id: str) -> Answer:
    """State that the buyer disputes a payment at the bank, or how that ended.

    While it is open nothing is refunded to the payment. What is lost, the bank has given in our
    place. Where a provider tells us itself, nobody needs to.
    """
    context = call.context()
    state, amount = _STATED[body.state], body.amount.to_domain()
    return wiring.commands().answer(
        lambda reads: state(reads, order_no, payment_id, body.dispute_id, amount, context),
        context=context,
        render=lambda order: ok(DisputedPaymentView.of(order, payment_id), version=order.version),
        idempotency=call.idempotency,
    )


def _done(
    call: Call, settlement_id: str, decide: Callable[[Reads, Context], Decided[Return]]
) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=lambda ret: _shown(ret, settlement_id),
        idempotency=call.idempotency,
    )


def _shown(ret: Return, settlement_id: str) -> Answer:
    settlement = settlement_of(ret, settlement_id)
    assert settlement is not None, "it was changed by this command"
    return ok(SettlementView.of(settlement, ret.version), version=ret.version)
