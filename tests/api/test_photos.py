"""What is shown of a photo, to whom, and while what became of it is not known yet."""

from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.auth.principal import Role
from chalicelib.core.events import Actor, Context
from chalicelib.uploads import service
from chalicelib.uploads.analysing import Box, ProposedDefect
from chalicelib.uploads.hints import Look
from tests.api.door import Door
from tests.api.test_files import PHOTO, returned
from tests.stage import NOW

__all__ = ["returned"]

GOOD = Look(width=1600, height=1200, sharpness=300, mean=130, dark_share=0, bright_share=0)
BLURRED = Look(width=1600, height=1200, sharpness=5, mean=130, dark_share=0, bright_share=0)
DENT = ProposedDefect(code="dent", confidence=81, box=Box(left=100, top=200, width=300, height=400))


def asked(door: Door, returned: dict[str, Any], *, who: str = "customer", **changes: Any) -> str:
    """A photo that was asked for; its path."""
    path = f"/v1/returns/{returned['id']}/photos"
    form = door.ask(who, "POST", path, {**PHOTO, **changes}).expect(201)
    return f"{path}/{form['photo_id']}"


def context() -> Context:
    return Context(
        actor=Actor(id="index_uploads", role="system"),
        now=NOW,
        command_id="cmd-1",
        correlation_id="corr-1",
    )


def accepted(path: str, look: Look = GOOD, *proposed: ProposedDefect) -> None:
    _, _, _, return_id, _, photo_id = path.split("/")
    clean = service.CleanPhoto(width=1600, height=1200, dhash=None, look=look, proposed=proposed)
    wiring.commands().run(
        lambda reads: service.accept_photo(reads, return_id, photo_id, clean, context()),
        context=context(),
    )


@pytest.mark.parametrize("content_type", ["image/heic", "image/heif", "image/webp", "image/png"])
def test_a_form_is_given_for_every_kind_of_photo(
    door: Door, returned: dict[str, Any], content_type: str
) -> None:
    path = f"/v1/returns/{returned['id']}/photos"

    form = door.ask("customer", "POST", path, {**PHOTO, "content_type": content_type}).expect(201)

    assert form["fields"]["Content-Type"] == content_type


def test_before_a_photo_is_decided_there_is_no_address_of_it(
    door: Door, returned: dict[str, Any]
) -> None:
    path = asked(door, returned, line_no="1")

    requested = door.ask("customer", "GET", path).expect(200)
    _, _, _, return_id, _, photo_id = path.split("/")
    wiring.commands().run(
        lambda reads: service.photo_arrived(reads, return_id, photo_id, context()),
        context=context(),
    )
    uploaded = door.ask("customer", "GET", path).expect(200)

    assert requested == {
        "photo_id": photo_id,
        "line_no": "1",
        "state": "requested",
        "reason": None,
        "url": None,
        "thumbnail_url": None,
        "width": None,
        "height": None,
        "hints": [],
        "retake": False,
        "defects_proposed": [],
    }
    assert uploaded == {**requested, "state": "uploaded"}


def test_a_clean_photo_has_two_addresses_that_say_what_they_serve(
    door: Door, returned: dict[str, Any]
) -> None:
    path = asked(door, returned)
    accepted(path)

    photo = door.ask("customer", "GET", path).expect(200)

    assert (photo["state"], photo["retake"], photo["width"]) == ("clean", False, 1600)
    for name, ending in (("url", ".jpg"), ("thumbnail_url", "-small.jpg")):
        address = photo[name]
        assert f"{photo['photo_id']}{ending}" in address
        assert "response-content-type=image%2Fjpeg" in address
        assert "response-cache-control=private%2C%20no-store" in address
        assert "response-content-disposition=inline" in address
        assert "X-Amz-Expires=300" in address


def test_a_blurred_photo_is_clean_and_to_be_taken_again(
    door: Door, returned: dict[str, Any]
) -> None:
    path = asked(door, returned)
    accepted(path, BLURRED)

    photo = door.ask("customer", "GET", path).expect(200)

    assert (photo["state"], photo["hints"], photo["retake"]) == ("clean", ["blurred"], True)
    assert photo["url"] is not None


def test_a_rejected_photo_is_to_be_taken_again(door: Door, returned: dict[str, Any]) -> None:
    path = asked(door, returned)
    _, _, _, return_id, _, photo_id = path.split("/")
    wiring.commands().run(
        lambda reads: service.reject_photo(reads, return_id, photo_id, "corrupt_image", context()),
        context=context(),
    )

    photo = door.ask("customer", "GET", path).expect(200)

    assert (photo["state"], photo["reason"], photo["retake"]) == ("rejected", "corrupt_image", True)
    assert photo["url"] is photo["thumbnail_url"] is None


def test_what_a_machine_sees_is_shown_to_staff_only(door: Door, returned: dict[str, Any]) -> None:
    path = asked(door, returned)
    accepted(path, GOOD, DENT)

    staff = door.ask("inspector", "GET", path).expect(200)
    customer = door.ask("customer", "GET", path).expect(200)
    listed = door.ask("customer", "GET", path.rpartition("/")[0]).expect(200)["items"]

    assert staff["defects_proposed"] == [
        {
            "code": "dent",
            "confidence": 81,
            "box": {"left": 100, "top": 200, "width": 300, "height": 400},
            "proposed_by": "machine",
        }
    ]
    assert customer["defects_proposed"] == listed[0]["defects_proposed"] == []


def test_a_photo_of_somebody_else_is_no_photo(door: Door, returned: dict[str, Any]) -> None:
    path = asked(door, returned)
    door.sign_in("other", Role.CUSTOMER, customer_id="cus-else")

    for who, where in (("other", path), ("customer", f"{path}x")):
        reply = door.ask(who, "GET", where)
        assert (reply.status, reply.body["code"]) == (404, "photo_not_found")
