"""The conversation about a return: what is said, and how it is shown."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.schemas.common import PageQuery
from chalicelib.contracts.fields import Id, MomentOut, Strict, Text, View
from chalicelib.returns.conversation import Message, PostMessage

PHOTOS_MAX = 10


class MessagesQuery(PageQuery):
    """A page of messages."""


class MessageBody(Strict):
    """What is said. `internal`: among staff. `photos` are photos of this return."""

    text: Text
    internal: bool = False
    photos: Annotated[tuple[Id, ...], Field(max_length=PHOTOS_MAX)] = ()

    def to_domain(self, *, by_customer: bool) -> PostMessage:
        return PostMessage(
            text=self.text, internal=self.internal, photos=self.photos, by_customer=by_customer
        )


class PostedView(View):
    """That it was said. The text is not repeated: answers are remembered, and it may be erased."""

    id: str
    return_id: str
    role: str
    internal: bool
    photos: tuple[str, ...]
    posted_at: MomentOut

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(
            id=message.message_id,
            return_id=message.return_id,
            role=message.role,
            internal=message.internal,
            photos=message.photos,
            posted_at=message.posted_at,
        )


class MessageView(View):
    """One message; `author` is an id. `question`: the number of the question that it asks."""

    id: str
    author: str
    role: str
    text: str
    internal: bool
    photos: tuple[str, ...]
    question: int | None
    posted_at: MomentOut

    @classmethod
    def of(cls, message: Message) -> Self:
        return cls(
            id=message.message_id,
            author=message.author,
            role=message.role,
            text=message.text,
            internal=message.internal,
            photos=message.photos,
            question=message.question,
            posted_at=message.posted_at,
        )


class MessagesPage(View):
    items: tuple[MessageView, ...]
    next_cursor: str | None
