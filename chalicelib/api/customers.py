"""Customers as policies see them: lists and history; and what reviewers say of risk signals."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.customers import (
    CustomerListsView,
    CustomerStandingView,
    ListingBody,
    RiskFeedbackBody,
)
from chalicelib.api.schemas.return_views import ReturnView
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.events import Context
from chalicelib.customers import lists
from chalicelib.customers.model import CustomerStanding
from chalicelib.returns import risk_feedback
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/customers/{customer_id}/standing", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="customers:read", answer=CustomerStandingView)
def read_standing(call: Call, customer_id: str) -> Answer:
    """Read the lists that a customer is on, and what they did within 365 days.

    Customers are kept elsewhere: of an id that nobody used, nothing is known. The history may lag
    a little.
    """
    reads = wiring.reads()
    standing = reads.customer_standing(customer_id)
    history = reads.customer_history(customer_id, call.received_at)
    # Without an ETag: the history changes without the version of the lists.
    return ok(CustomerStandingView.of(standing, history))


@bp.route("/customers/{customer_id}/lists/{list_name}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="customers:list",
    body=ListingBody,
    answer=CustomerListsView,
    idempotency="accepted",
    if_match=always,
)
def put_on_list(call: Call, body: ListingBody, customer_id: str, list_name: str) -> Answer:
    """Put a customer on a list (`allow`, `block`, or one of your own), or say anew why."""
    command = lists.PutOnList(list_name=list_name, reason=body.reason, until=body.until)
    return _done(
        call, lambda reads, context: lists.put_on_list(reads, customer_id, command, context)
    )


@bp.route("/customers/{customer_id}/lists/{list_name}", methods=["DELETE"], **PRIVATE)
@endpoint(
    bp,
    allow="customers:list",
    answer=CustomerListsView,
    idempotency="accepted",
    if_match=always,
)
def take_off_list(call: Call, customer_id: str, list_name: str) -> Answer:
    """Take a customer off a list."""
    return _done(
        call, lambda reads, context: lists.take_off_list(reads, customer_id, list_name, context)
    )


@bp.route("/returns/{return_id}/risk-feedback", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="returns:judge-risk",
    body=RiskFeedbackBody,
    answer=ReturnView,
    idempotency="accepted",
    if_match=always,
)
def give_risk_feedback(call: Call, body: RiskFeedbackBody, return_id: str) -> Answer:
    """Say whether a signal of the risk score was right; the decision stays as it is."""
    context, command = call.context(), body.to_domain()
    return wiring.commands().answer(
        lambda reads: risk_feedback.give_feedback(reads, return_id, command, context),
        context=context,
        render=lambda ret: ok(ReturnView.of(ret, for_staff=True), version=ret.version),
        idempotency=call.idempotency,
    )


def _done(call: Call, decide: Callable[[Reads, Context], Decided[CustomerStanding]]) -> Answer:
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, context),
        context=context,
        render=lambda standing: ok(
            CustomerListsView.of(standing), version=standing.version or None
        ),
        idempotency=call.idempotency,
    )
