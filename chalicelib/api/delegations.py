"""Delegations: senior reviewers lend their right to decide, for a time."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.delegations import DelegationBody, DelegationsView, DelegationView
from chalicelib.core.commands import Answer
from chalicelib.returns import delegating

bp = Blueprint(__name__)


@bp.route("/delegations", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="delegations:create",
    body=DelegationBody,
    answer=DelegationView,
    status=201,
    idempotency="accepted",
)
def create_delegation(call: Call, body: DelegationBody) -> Answer:
    """Let somebody decide on your behalf, for a time and with a reason."""
    context = call.context()
    return wiring.commands().answer(
        lambda _: delegating.delegate(body.to_domain(), context),
        context=context,
        render=lambda given: created(DelegationView.of(given), version=given.version),
        idempotency=call.idempotency,
    )


@bp.route("/delegations", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="delegations:read", answer=DelegationsView)
def list_delegations(call: Call) -> Answer:
    """List what you delegated and what was delegated to you, as long as it is not over."""
    known = wiring.reads().delegations_of(call.principal.id, ending_after=call.received_at)
    items = tuple(DelegationView.of(given, with_words=True) for given in known)
    return ok(DelegationsView(items=items))


@bp.route("/delegations/{delegation_id}/end", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="delegations:end",
    body=NoFields,
    answer=DelegationView,
    idempotency="accepted",
    if_match=always,
)
def end_delegation(call: Call, delegation_id: str) -> Answer:
    """Take a delegation back before its time, or give it back."""
    context = call.context()
    return wiring.commands().answer(
        lambda reads: delegating.end(reads, delegation_id, context),
        context=context,
        render=lambda given: ok(DelegationView.of(given), version=given.version),
        idempotency=call.idempotency,
    )
