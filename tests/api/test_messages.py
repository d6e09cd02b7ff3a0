"""The conversation about a return through the API: who reads what, and where words are kept."""

from typing import Any

import pytest

from chalicelib.auth.principal import Role
from tests.api.door import Door, Reply
from tests.api.shop import command, opened
from tests.stage import Stage

WORDS = "Anna lives at number 7"


@pytest.fixture
def return_id(door: Door) -> str:
    return opened(door)


def posts(door: Door, who: str, return_id: str, text: str = WORDS, **more: Any) -> Reply:
    """Any: fields of the body as JSON."""
    return door.ask(who, "POST", f"/v1/returns/{return_id}/messages", {"text": text, **more})


def reads(door: Door, who: str, return_id: str) -> list[str]:
    page = door.ask(who, "GET", f"/v1/returns/{return_id}/messages").expect(200)
    return [message["text"] for message in page["items"]]


def test_customer_and_staff_talk_and_staff_among_themselves(door: Door, return_id: str) -> None:
    posts(door, "customer", return_id, "It is broken").expect(201)
    posts(door, "support", return_id, "He says so each time", internal=True).expect(201)
    posts(door, "support", return_id, "Please send a photo").expect(201)

    assert reads(door, "customer", return_id) == ["It is broken", "Please send a photo"]
    assert reads(door, "auditor", return_id) == [
        "It is broken",
        "He says so each time",
        "Please send a photo",
    ]


def test_a_message_makes_nobodys_version_old(door: Door, return_id: str) -> None:
    before = door.ask("support", "GET", f"/v1/returns/{return_id}").headers["ETag"]

    posts(door, "customer", return_id).expect(201)

    assert door.ask("support", "GET", f"/v1/returns/{return_id}").headers["ETag"] == before
    assert command(door, "reviewer", return_id, "approve", If_Match=before).status == 200


def test_words_of_people_are_kept_in_their_message_alone(
    door: Door, stage: Stage, return_id: str
) -> None:
    path = f"/v1/returns/{return_id}/messages"
    reply = door.ask("customer", "POST", path, {"text": WORDS}, Idempotency_Key="k")

    assert "Anna" not in reply.raw
    stage.observe()
    holders = {
        change["dynamodb"]["NewImage"]["type"]["S"]
        for change in stage.changes
        if "Anna" in str(change)
    }
    assert holders == {"MESSAGE"}


def test_a_message_that_is_sent_again_is_said_once(door: Door, return_id: str) -> None:
    path = f"/v1/returns/{return_id}/messages"
    first = door.ask("customer", "POST", path, {"text": WORDS}, Idempotency_Key="k")

    again = door.ask("customer", "POST", path, {"text": WORDS}, Idempotency_Key="k")

    assert again.raw == first.raw
    assert reads(door, "customer", return_id) == [WORDS]


def test_a_conversation_is_read_page_by_page(door: Door, return_id: str) -> None:
    for number in range(5):
        posts(door, "support", return_id, str(number), internal=number == 1).expect(201)
    path = f"/v1/returns/{return_id}/messages?limit=2"

    pages, cursor = [], ""
    while True:
        page = door.ask("customer", "GET", path + cursor).expect(200)
        pages.append([message["text"] for message in page["items"]])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert pages == [["0"], ["2", "3"], ["4"]]


def test_an_erased_message_is_left_out(door: Door, stage: Stage, return_id: str) -> None:
    gone = posts(door, "customer", return_id, "forget me").expect(201)["id"]
    posts(door, "customer", return_id, "keep me").expect(201)
    place = {"pk": {"S": f"RETURN#{return_id}"}, "sk": {"S": f"MESSAGE#{gone}"}}
    stage.dynamodb.delete_item(TableName="core", Key=place)

    assert reads(door, "customer", return_id) == ["keep me"]


def test_the_conversation_of_another_customer_does_not_exist(door: Door, return_id: str) -> None:
    door.sign_in("stranger", Role.CUSTOMER, customer_id="cus-2002")

    for reply in (
        posts(door, "stranger", return_id),
        door.ask("stranger", "GET", f"/v1/returns/{return_id}/messages"),
    ):
        assert (reply.status, reply.body["code"]) == (404, "return_not_found")


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("customer", {"text": "x", "internal": True}, 403, "internal_not_yours"),
        ("customer", {"text": "x", "photos": ["pho_x"]}, 422, "unknown_photo"),
        ("support", {"text": " \n "}, 400, "body_invalid"),
        ("support", {"text": "x" * 4001}, 400, "body_invalid"),
        ("support", {"text": "x", "photos": ["pho_x"] * 11}, 400, "body_invalid"),
        ("auditor", {"text": "x"}, 403, "permission_denied"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_may_not_be_said(
    door: Door, return_id: str, who: str, body: dict[str, Any], status: int, code: str
) -> None:
    reply = door.ask(who, "POST", f"/v1/returns/{return_id}/messages", body)

    assert (reply.status, reply.body["code"]) == (status, code)


def test_a_photo_of_the_return_is_shown_with_what_is_said(door: Door, return_id: str) -> None:
    wanted = {"content_type": "image/png", "size": 9}
    photo = door.ask("customer", "POST", f"/v1/returns/{return_id}/photos", wanted).expect(201)

    posts(door, "customer", return_id, photos=[photo["photo_id"]]).expect(201)

    page = door.ask("support", "GET", f"/v1/returns/{return_id}/messages").expect(200)
    assert page["items"][0]["photos"] == [photo["photo_id"]]


def test_a_question_is_read_in_the_conversation_and_its_answer_becomes_a_task(
    door: Door, return_id: str
) -> None:
    asked = command(
        door, "reviewer", return_id, "request-info", {"question": "Which colour?"}, If_Match="*"
    )
    assert asked.expect(200)["status"] == "NEEDS_INFO"

    posts(door, "customer", return_id, "Blue").expect(201)

    page = door.ask("customer", "GET", f"/v1/returns/{return_id}/messages").expect(200)
    assert [(m["text"], m["question"]) for m in page["items"]] == [
        ("Which colour?", 1),
        ("Blue", None),
    ]
