"""Appeals: objecting to a decision about a return, and deciding again."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.undoing import AppealBody, DecideAppealBody, ReturnAppealView
from chalicelib.core.commands import Answer
from chalicelib.returns import appealing
from chalicelib.returns.model import Return

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/appeals", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="appeals:create",
    body=AppealBody,
    answer=ReturnAppealView,
    status=201,
    idempotency="accepted",
    if_match=always,
)
def create_appeal(call: Call, body: AppealBody, return_id: str) -> Answer:
    """Object to a rejection, a grade or an amount."""
    context = call.context()
    appeal_id = appealing.appeal_id_for(context)
    return wiring.commands().answer(
        lambda reads: appealing.appeal(
            scopes.own(reads, call.principal), return_id, body.to_domain(), context
        ),
        context=context,
        render=lambda ret: created(_view(ret, appeal_id), version=ret.version),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/appeals/{appeal_id}/decide", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="appeals:decide",
    body=DecideAppealBody,
    answer=ReturnAppealView,
    idempotency="required",
    if_match=always,
)
def decide_appeal(call: Call, body: DecideAppealBody, return_id: str, appeal_id: str) -> Answer:
    """Uphold or dismiss an appeal, as somebody who did not make the decision.

    Upheld, rejected units are approved, graded ones inspected again, and an award is to be paid.
    """
    context = call.context()
    return wiring.commands().answer(
        lambda reads: appealing.decide(reads, return_id, appeal_id, body.to_domain(), context),
        context=context,
        render=lambda ret: ok(_view(ret, appeal_id), version=ret.version),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/appeals/{appeal_id}/withdraw", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="appeals:withdraw",
    body=NoFields,
    answer=ReturnAppealView,
    idempotency="accepted",
    if_match=always,
)
def withdraw_appeal(call: Call, return_id: str, appeal_id: str) -> Answer:
    """Take an appeal back that you made."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: appealing.withdraw(
            scopes.own(reads, call.principal), return_id, appeal_id, context
        ),
        context=context,
        render=lambda ret: ok(_view(ret, appeal_id), version=ret.version),
        idempotency=call.idempotency,
    )


def _view(ret: Return, appeal_id: str) -> ReturnAppealView:
    return ReturnAppealView.of_return(ret, appealing.appeal_in(ret, appeal_id))
