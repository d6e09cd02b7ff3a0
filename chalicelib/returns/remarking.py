"""A note that comes with a command is said in the conversation, in the same write."""

from chalicelib.core.commands import Changes
from chalicelib.core.events import Context
from chalicelib.returns.conversation import MessageReader, PostMessage, post

_CUSTOMER = "customer"


def remark(
    reads: MessageReader,
    return_id: str,
    note: str | None,
    context: Context,
    *,
    answers: bool = True,
) -> Changes:
    """What the note writes; nothing without one. `answers`: it may answer an open question."""
    if note is None:
        return Changes()
    said = PostMessage(text=note, by_customer=context.actor.role == _CUSTOMER, answers=answers)
    return post(reads, return_id, said, context).changes
