"""What people write to each other about a return, beside the return itself.

Pure but for reading. Messages never change the return, so nobody's version of it gets old: a small
head of their own numbers and chains the events that tell of them. What was written is personal
data: it stands in the message alone, and events say only who wrote how much, so that an erased
message leaves a whole chain.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from chalicelib.core.commands import Changes, Decided, Record
from chalicelib.core.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.events import Chain, Context, Event, Journal
from chalicelib.core.ids import derived_id
from chalicelib.returns.asked_about import has_question
from chalicelib.returns.model import Return
from chalicelib.tasks.model import Task, TaskKind, TaskState, open_task, task_id_for
from chalicelib.uploads.model import Photo, PhotoState

TEXT_MAX = 4000
MESSAGES_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Never changed; may be erased. `internal`: among staff, the customer never sees it.

    `question` is the number of the question that it asks of the customer, if it asks one.
    """

    message_id: str
    return_id: str
    author: str
    role: str
    text: str
    posted_at: datetime
    internal: bool = False
    photos: tuple[str, ...] = ()
    question: int | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """The head of the messages of one return: how many questions were asked, and their chain."""

    return_id: str
    questions: int = 0
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"conversation/{self.return_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMessage:
    """`by_customer`: whose return it is writes, not staff. `answers`: it may answer a question."""

    text: str
    by_customer: bool
    internal: bool = False
    answers: bool = True
    photos: tuple[str, ...] = ()


class ConversationReader(Protocol):
    """What a command reads that lets somebody say something."""

    def conversation(self, return_id: str) -> Conversation: ...


class AnswerReader(ConversationReader, Protocol):
    """What a command reads that may find a question answered."""

    def task(self, task_id: str) -> Task | None: ...


class MessageReader(Protocol):
    """What posting reads."""

    def message_and_return(
        self, return_id: str, message_id: str
    ) -> tuple[Message | None, Return | None, Conversation]: ...

    def photos(self, return_id: str) -> list[Photo]: ...

    def task(self, task_id: str) -> Task | None: ...


class ThreadReader(Protocol):
    """What showing a conversation reads."""

    def events(self, subject: str, *, after: int = 0, limit: int | None = None) -> list[Event]: ...

    def messages(self, return_id: str, message_ids: Sequence[str]) -> list[Message]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Some messages in their order. `next_after`: the number to go on after; None at the end."""

    messages: tuple[Message, ...]
    next_after: int | None


def thread(
    reads: ThreadReader, return_id: str, *, after: int, limit: int, with_internal: bool
) -> Thread:
    """The oldest messages after a number. What was erased, or is not for this reader, is left out:
    so there may be fewer than asked for, and still more to come."""
    subject = Conversation(return_id=return_id).subject
    events = reads.events(subject, after=after, limit=limit + 1)
    page = events[:limit]
    shown = [str(e.data["message_id"]) for e in page if with_internal or not e.data["internal"]]
    has_more = len(events) > limit
    return Thread(
        messages=tuple(reads.messages(return_id, shown)),
        next_after=page[-1].seq if has_more else None,
    )


def post(
    reads: MessageReader, return_id: str, command: PostMessage, context: Context
) -> Decided[Message]:
    """Say something about a return; the same command again says nothing more.

    What a customer writes while their answer is waited for opens a task, once for each question.
    """
    if command.internal and command.by_customer:
        raise NotAllowed("internal_not_yours", "Only staff write to each other.")
    known, ret, conversation = reads.message_and_return(return_id, message_id_for(context))
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    if known is not None:
        return Decided(result=known)
    if conversation.chain.seq >= MESSAGES_MAX:
        raise Conflict(
            "conversation_full",
            f"A return has at most {MESSAGES_MAX} messages.",
            limit=MESSAGES_MAX,
        )
    if command.photos:
        _check_photos(command.photos, reads.photos(return_id))
    message = _message(ret, command.text, context)
    message = replace(
        message, internal=command.internal, photos=tuple(dict.fromkeys(command.photos))
    )
    said = _said(ret, conversation, message, context)
    if not (command.by_customer and command.answers and has_question(ret)):
        return Decided(result=message, changes=said)
    task = _answer_task(reads, ret, conversation, context)
    return Decided(result=message, changes=said + Changes(records=task))


def question_message(
    reads: ConversationReader, ret: Return, text: str, context: Context
) -> Changes:
    """What asking the customer writes into the conversation, for the command that asks.

    It guards itself against being carried out twice: by the version of the return.
    """
    conversation = reads.conversation(ret.return_id)
    asked = replace(conversation, questions=conversation.questions + 1)
    message = replace(_message(ret, text, context), question=asked.questions)
    return _said(ret, asked, message, context)


def open_answer(reads: AnswerReader, return_id: str) -> Task | None:
    """The task to look at what the customer answered to the latest question, until it is done."""
    task = reads.task(_answer_task_id(reads.conversation(return_id)))
    return task if task is not None and task.state is not TaskState.DONE else None


def message_id_for(context: Context) -> str:
    """The same message for the same command."""
    return derived_id("msg", context.command_id)


def _message(ret: Return, text: str, context: Context) -> Message:
    assert 1 <= len(text) <= TEXT_MAX, "checked where it came in"
    return Message(
        message_id=message_id_for(context),
        return_id=ret.return_id,
        author=context.actor.id,
        role=context.actor.role,
        text=text,
        posted_at=context.now,
    )


def _said(ret: Return, conversation: Conversation, message: Message, context: Context) -> Changes:
    journal = Journal(conversation.subject, conversation.chain, context)
    journal.record(
        "return.message_posted",
        {
            "return_id": ret.return_id,
            "number": ret.number,
            "customer_id": ret.customer_id,
            "message_id": message.message_id,
            "author": message.author,
            "role": message.role,
            "internal": message.internal,
            "length": len(message.text),
            "photos": list(message.photos),
            "question": message.question,
        },
    )
    head = replace(conversation, version=conversation.version + 1, chain=journal.chain)
    return Changes(records=(message, head), events=tuple(journal.events))


def _answer_task(
    reads: MessageReader, ret: Return, conversation: Conversation, context: Context
) -> tuple[Record, ...]:
    """Nothing where this question has one: whoever works on it sees all that was written since."""
    if reads.task(_answer_task_id(conversation)) is not None:
        return ()
    task = open_task(
        TaskKind.ANSWER,
        ret.subject,
        occasion=_occasion(conversation),
        now=context.now,
        warehouse=ret.warehouse,
    )
    return (task,)


def _answer_task_id(conversation: Conversation) -> str:
    subject = f"return/{conversation.return_id}"
    return task_id_for(TaskKind.ANSWER, subject, _occasion(conversation))


def _occasion(conversation: Conversation) -> str:
    return f"question-{conversation.questions}"


def _check_photos(named: Sequence[str], photos: Sequence[Photo]) -> None:
    there = {photo.photo_id for photo in photos if photo.state is not PhotoState.REJECTED}
    for place, photo_id in enumerate(named):
        if photo_id not in there:
            message = f"The return has no photo {photo_id}."
            error = FieldError(pointer=f"/photos/{place}", code="unknown_photo", message=message)
            raise Invalid("unknown_photo", message, errors=[error])
