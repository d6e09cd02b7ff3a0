"""The conversation about a return, between its customer and staff and among staff."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import created
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.messages import (
    MessageBody,
    MessagesPage,
    MessagesQuery,
    MessageView,
    PostedView,
)
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.returns import conversation

bp = Blueprint(__name__)


@bp.route("/returns/{return_id}/messages", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="messages:post",
    body=MessageBody,
    answer=PostedView,
    status=201,
    idempotency="accepted",
)
def post_message(call: Call, body: MessageBody, return_id: str) -> Answer:
    """Say something about a return, to its customer or among staff.

    It does not change the return, so no version is named. What a customer writes while a question
    is open becomes a task.
    """
    context = call.context()
    command = body.to_domain(by_customer=call.principal.is_customer_only)
    return wiring.commands().answer(
        lambda reads: conversation.post(
            scopes.own(reads, call.principal), return_id, command, context
        ),
        context=context,
        render=lambda message: created(
            PostedView.of(message), location=f"/v1/returns/{return_id}/messages"
        ),
        idempotency=call.idempotency,
    )


@bp.route("/returns/{return_id}/messages", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="messages:read", query=MessagesQuery, answer=MessagesPage)
def list_messages(call: Call, query: MessagesQuery, return_id: str) -> Answer:
    """Read what was said about a return, the oldest first; what is internal only staff see."""
    reads = wiring.reads()
    if scopes.own(reads, call.principal).return_(return_id) is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    said = conversation.thread(
        reads,
        return_id,
        after=int(query.cursor or 0),
        limit=query.limit,
        with_internal=not call.principal.is_customer_only,
    )
    items = tuple(MessageView.of(message) for message in said.messages)
    place = None if said.next_after is None else str(said.next_after)
    return page_of(call, MessagesPage, items, place)
