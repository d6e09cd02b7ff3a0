"""Who names the version they looked at, what they are told where it is past, and what is known."""

from typing import Any

import pytest

from chalicelib.auth.principal import Kind, Role
from tests.api.door import Door
from tests.api.shop import DISPOSITION, INSPECTION, RECEIPT, command, opened
from tests.api.test_lifecycle import ORDER


@pytest.fixture
def return_id(door: Door) -> str:
    return opened(door)


COMMANDS: list[tuple[str, str, dict[str, Any]]] = [
    ("customer", "submit", {}),
    ("reviewer", "approve", {}),
    ("reviewer", "reject", {"code": "OTHER"}),
    ("warehouse", "receipts", RECEIPT),
    ("inspector", "inspections", INSPECTION),
    ("inspector", "dispositions", DISPOSITION),
    ("finance", "settlements", {"mode": "execute"}),
]


@pytest.mark.parametrize(("who", "name", "body"), COMMANDS, ids=[one[1] for one in COMMANDS])
@pytest.mark.parametrize("sent", [{}, {"If_Match": " "}], ids=["missing", "blank"])
def test_a_person_has_to_say_which_version_they_looked_at(
    door: Door, return_id: str, who: str, name: str, body: dict[str, Any], sent: dict[str, str]
) -> None:
    reply = command(door, who, return_id, name, body, **sent)

    assert (reply.status, reply.body["code"]) == (428, "if_match_required")
    assert reply.body["title"] == "If-Match is required"


@pytest.mark.parametrize("name", ["retry", "confirm"])
def test_so_has_who_acts_on_a_settlement(door: Door, name: str) -> None:
    body = {"payment_id": "p-1", "proof": "SEPA 1"} if name == "confirm" else {}

    reply = door.ask(
        "finance", "POST", f"/v1/settlements/stl_x_y/{name}", body, Idempotency_Key="k"
    )

    assert reply.status == 428


def test_machines_and_devices_are_not_asked(door: Door, return_id: str) -> None:
    command(door, "reviewer", return_id, "approve", If_Match="*").expect(200)
    door.sign_in("gate", Role.WAREHOUSE, kind=Kind.DEVICE)

    command(door, "gate", return_id, "receipts", RECEIPT).expect(201)
    settled = command(door, "machine", return_id, "settlements", {"mode": "execute"})

    assert (settled.status, settled.body["code"]) == (409, "nothing_to_settle")


def test_a_version_that_a_machine_names_counts(door: Door, return_id: str) -> None:
    reply = command(door, "machine", return_id, "submit", If_Match='"v7"')

    assert reply.status == 412


def test_what_only_looks_or_creates_needs_no_version(door: Door, return_id: str) -> None:
    plan = command(door, "finance", return_id, "settlements", {"mode": "plan"})
    photo = command(door, "customer", return_id, "photos", {"content_type": "image/png", "size": 9})

    # Nothing is owed yet, but nobody asks for a version.
    assert plan.status in (200, 409)
    assert photo.status == 201


def test_a_past_version_is_refused_with_what_was_done_since_and_by_whom(
    door: Door, return_id: str
) -> None:
    command(door, "reviewer", return_id, "approve", If_Match='"v1"').expect(200)
    command(door, "warehouse", return_id, "receipts", RECEIPT, If_Match='"v2"').expect(201)

    reply = command(door, "reviewer", return_id, "reject", {"code": "OTHER"}, If_Match='"v1"')

    assert (reply.status, reply.body["code"]) == (412, "stale_version")
    facts = reply.body["details"]
    assert (facts["expected"], facts["actual"]) == (1, 3)
    done = [(one["type"], one["actor"]) for one in facts["changes"]]
    assert done == [
        ("return.approved", {"id": "reviewer", "role": "reviewer"}),
        ("return.received", {"id": "warehouse", "role": "warehouse"}),
    ]
    assert [one["seq"] for one in facts["changes"]] == [3, 4]
    assert facts["changes"][0]["time"].endswith("Z")


def test_a_version_of_the_future_has_no_changes_to_tell(door: Door, return_id: str) -> None:
    reply = command(door, "reviewer", return_id, "approve", If_Match='"v9"')

    assert reply.status == 412
    assert reply.body["details"] == {"expected": 9, "actual": 1, "changes": []}


def test_the_changes_of_an_order_are_told_too(door: Door) -> None:
    door.ask("machine", "PUT", "/v1/orders/SO-9", {**ORDER, "deliveries": []}).expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-9", {**ORDER, "deliveries": [], "channel": "shop"})

    stale = door.ask(
        "sales", "PUT", "/v1/orders/SO-9", {**ORDER, "deliveries": []}, If_Match='"v1"'
    )

    assert stale.status == 412
    assert [one["type"] for one in stale.body["details"]["changes"]] == ["order.updated"]


def test_an_answer_that_was_given_is_given_again_whatever_has_changed_since(
    door: Door, return_id: str
) -> None:
    first = command(door, "reviewer", return_id, "approve", If_Match='"v1"')
    command(door, "warehouse", return_id, "receipts", RECEIPT, If_Match='"v2"').expect(201)

    again = command(door, "reviewer", return_id, "approve", If_Match='"v1"')
    newer = command(door, "reviewer", return_id, "approve", If_Match='"v3"')
    bare = command(door, "reviewer", return_id, "approve")

    for reply in (again, newer):
        assert (reply.status, reply.raw) == (200, first.raw)
        assert reply.headers["Idempotency-Replayed"] == "true"
        assert reply.headers["ETag"] == first.headers["ETag"] == '"v2"'
    # The form of a request is looked at before anything is looked up.
    assert bare.status == 428


def test_a_person_who_changes_an_order_names_its_version_and_who_creates_it_does_not(
    door: Door,
) -> None:
    body = {**ORDER, "deliveries": []}
    door.ask("sales", "PUT", "/v1/orders/SO-9", body).expect(201)

    unchanged = door.ask("sales", "PUT", "/v1/orders/SO-9", body)
    blind = door.ask("sales", "PUT", "/v1/orders/SO-9", {**body, "channel": "shop"})
    seen = door.ask("sales", "PUT", "/v1/orders/SO-9", {**body, "channel": "shop"}, If_Match='"v1"')
    machine = door.ask("machine", "PUT", "/v1/orders/SO-9", body)

    assert [unchanged.status, blind.status, seen.status] == [200, 428, 200]
    assert machine.expect(200)["channel"] is None


KNOWN = ['"v1"', 'W/"v1"', '"v7", "v1"', 'W/"v7" ,W/"v1"', "*", '"a,b", "v1"']
UNKNOWN = ["", '"v2"', "v1", '"v11"', '"v1', '"V1"', "**", '"x, v1"']


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("sent", KNOWN)
def test_what_is_known_is_not_sent_again(
    door: Door, return_id: str, method: str, sent: str
) -> None:
    for path in (f"/v1/returns/{return_id}", f"/v1/returns/{return_id}/settlements"):
        reply = door.ask("support", method, path, If_None_Match=sent)

        assert (reply.status, reply.raw) == (304, "")
        assert reply.headers["ETag"] == '"v1"'
        assert reply.headers["Cache-Control"] == "no-store"
        assert "Content-Type" not in reply.headers


@pytest.mark.parametrize("sent", UNKNOWN)
def test_what_is_not_known_is_sent(door: Door, return_id: str, sent: str) -> None:
    reply = door.ask("support", "GET", f"/v1/returns/{return_id}", If_None_Match=sent)

    assert (reply.status, reply.headers["ETag"]) == (200, '"v1"')


def test_a_write_does_not_look_at_if_none_match(door: Door, return_id: str) -> None:
    reply = command(door, "reviewer", return_id, "approve", If_Match="*", If_None_Match="*")

    assert reply.status == 200
