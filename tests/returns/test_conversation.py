"""Messages beside a return: who may say what, once, and what is told of it."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from chalicelib.core.events import Context, Event, chain_fault
from chalicelib.returns import conversation
from chalicelib.returns.conversation import Message, PostMessage
from chalicelib.returns.model import Authorization, Return
from chalicelib.tasks.model import Task, TaskKind, task_id_for
from chalicelib.uploads.model import Photo, PhotoState
from tests.builders import NOW, Shop, line, order
from tests.fakes import FakeStore


@pytest.fixture
def asked(shop: Shop) -> Return:
    """A return under review."""
    shop.sells(order(line()))
    return shop.asks()


def posts(
    shop: Shop,
    ret: Return,
    text: str = "Anna was here",
    context: Context | None = None,
    **more: Any,  # Any: fields by name
) -> Message:
    fields: dict[str, Any] = {"by_customer": False} | more
    command = PostMessage(text=text, **fields)
    return shop.do(
        lambda reads, made: conversation.post(reads, ret.return_id, command, made), context
    )


def stores(shop: Shop, *records: Any) -> None:  # Any: records of any kind
    shop.do(lambda *_: Decided(result=None, changes=Changes(records=records)))


def asks_back(shop: Shop, ret: Return, question: str = "Which colour?") -> Return:
    """As asking for information does: the return waits, and the question is written."""
    waiting = replace(
        ret,
        lines=tuple(
            replace(
                line,
                groups=tuple(
                    replace(group, authorization=Authorization.NEEDS_INFO) for group in line.groups
                ),
            )
            for line in ret.lines
        ),
        version=ret.version + 1,
    )

    def decide(reads: Any, context: Context) -> Decided[Return]:  # Any: reads of either store
        said = conversation.question_message(reads, waiting, question, context)
        return Decided(result=waiting, changes=Changes(records=(waiting,)) + said)

    return shop.do(decide)


def told(shop: Shop, ret: Return) -> list[Event]:
    events = shop.store.reads().events(f"conversation/{ret.return_id}")
    assert chain_fault(events) is None
    return events


def task(shop: Shop, ret: Return, question: int) -> Task | None:
    occasion = f"question-{question}"
    return shop.store.reads().task(task_id_for(TaskKind.ANSWER, ret.subject, occasion))


def refusal(kind: type[DomainError], act: Any) -> DomainError:  # Any: what is called without more
    with pytest.raises(kind) as refused:
        act()
    return refused.value


def test_what_is_said_is_kept_with_who_said_it_and_when(shop: Shop, asked: Return) -> None:
    message = posts(shop, asked, "It is broken")

    assert (message.text, message.author, message.role) == ("It is broken", "someone", "admin")
    assert message.posted_at == shop.now
    assert not message.internal


def test_a_message_leaves_the_return_as_it_is(shop: Shop, asked: Return) -> None:
    posts(shop, asked)

    assert shop.store.reads().return_(asked.return_id) == asked


def test_events_say_how_much_was_written_and_never_what(shop: Shop, asked: Return) -> None:
    posts(shop, asked, "Anna was here", internal=True)

    (event,) = told(shop, asked)
    assert event.type == "return.message_posted"
    assert (event.data["length"], event.data["internal"]) == (13, True)
    assert "Anna" not in str(event.data)


def test_messages_are_numbered_in_one_chain(shop: Shop, asked: Return) -> None:
    ids = [posts(shop, asked, text).message_id for text in ("one", "two", "three")]

    assert [(event.seq, event.data["message_id"]) for event in told(shop, asked)] == [
        (1, ids[0]), (2, ids[1]), (3, ids[2]),
    ]  # fmt: skip


def test_the_same_command_again_says_nothing_more(shop: Shop, asked: Return) -> None:
    first = posts(shop, asked, context=shop.context("cmd_1"))

    again = posts(shop, asked, context=shop.context("cmd_1"))

    assert again == first
    assert len(told(shop, asked)) == 1


def test_two_who_write_at_once_are_both_heard(shop: Shop, asked: Return) -> None:
    store = shop.store
    assert isinstance(store, FakeStore)
    store.meanwhile(lambda: posts(shop, asked, "me too"))

    posts(shop, asked, "me first")

    assert len(told(shop, asked)) == 2


def test_a_message_needs_a_return(shop: Shop, asked: Return) -> None:
    nowhere = replace(asked, return_id="ret_x")

    assert refusal(NotFound, lambda: posts(shop, nowhere)).code == "return_not_found"


def test_customers_do_not_write_among_staff(shop: Shop, asked: Return) -> None:
    error = refusal(NotAllowed, lambda: posts(shop, asked, internal=True, by_customer=True))

    assert error.code == "internal_not_yours"


def test_photos_of_the_return_may_be_shown_each_once(shop: Shop, asked: Return) -> None:
    stores(shop, photo(asked, "pho_1"), photo(asked, "pho_2", PhotoState.CLEAN))

    message = posts(shop, asked, photos=("pho_2", "pho_1", "pho_2"))

    assert message.photos == ("pho_2", "pho_1")


@pytest.mark.parametrize("named", ["pho_bad", "pho_other", "pho_nobody"])
def test_other_photos_may_not_be_shown(shop: Shop, asked: Return, named: str) -> None:
    other = replace(photo(asked, "pho_other"), return_id="ret_other")
    stores(shop, photo(asked, "pho_bad", PhotoState.REJECTED), other, photo(asked, "pho_1"))

    error = refusal(Invalid, lambda: posts(shop, asked, photos=("pho_1", named)))

    assert isinstance(error, Invalid)
    assert [(each.code, each.pointer) for each in error.errors] == [("unknown_photo", "/photos/1")]


def photo(ret: Return, photo_id: str, state: PhotoState = PhotoState.REQUESTED) -> Photo:
    return Photo(
        photo_id=photo_id,
        return_id=ret.return_id,
        content_type="image/jpeg",
        size=1,
        upload_key="k",
        requested_at=NOW,
        requested_by="someone",
        state=state,
    )


def test_a_conversation_has_an_end(shop: Shop, asked: Return) -> None:
    head = conversation.Conversation(return_id=asked.return_id)
    full = replace(
        head, version=1, chain=replace(head.chain, seq=conversation.MESSAGES_MAX, head="h")
    )
    stores(shop, full)

    assert refusal(Conflict, lambda: posts(shop, asked)).code == "conversation_full"


def test_a_question_stands_in_the_conversation(shop: Shop, asked: Return) -> None:
    asks_back(shop, asked, "Which colour?")

    (event,) = told(shop, asked)
    assert (event.data["question"], event.data["internal"]) == (1, False)


def test_an_answer_of_the_customer_is_work_once_for_each_question(
    shop: Shop, asked: Return
) -> None:
    waiting = asks_back(shop, asked)
    posts(shop, waiting, "blue", by_customer=True)
    posts(shop, waiting, "or rather green", by_customer=True)

    first = task(shop, waiting, 1)
    assert first is not None
    assert (first.kind, first.role, first.subject) == (TaskKind.ANSWER, "support", asked.subject)
    assert first.version == 1

    again = asks_back(shop, waiting, "Light or dark?")
    assert task(shop, again, 2) is None
    posts(shop, again, "light", by_customer=True)
    assert task(shop, again, 2) is not None


def test_what_staff_write_is_no_answer(shop: Shop, asked: Return) -> None:
    waiting = asks_back(shop, asked)

    posts(shop, waiting)

    assert task(shop, waiting, 1) is None


def test_where_nothing_was_asked_a_message_of_the_customer_is_no_work(
    shop: Shop, asked: Return
) -> None:
    posts(shop, asked, by_customer=True)

    assert task(shop, asked, 0) is None
