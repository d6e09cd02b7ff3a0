"""Messages of carriers through the API: only signed ones, each once, none spoiling another."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import boto3
import pytest

from chalicelib import wiring
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.gateways import carrier_secrets
from tests.api.door import Door, Reply
from tests.api.shop import opened
from tests.stage import Stage

PATH = "/v1/carrier-events"
DHL, OLD, UPS = "the new secret of dhl", "the old secret of dhl", "the secret of ups"
NUMBER = "JD0001"


@pytest.fixture
def post_room(door: Door, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Two carriers whose secrets are known; the first one's is being replaced."""
    monkeypatch.setenv("CARRIERS", "dhl,ups,hermes")
    put("dhl", f"{DHL.replace(' ', '-')} {OLD.replace(' ', '-')}")
    put("ups", UPS.replace(" ", "-"))
    return door


def put(carrier: str, value: str) -> None:
    boto3.client("ssm").put_parameter(
        Name=f"/tuiku-test-carriers/{carrier}", Value=value, Type="SecureString", Overwrite=True
    )


def event(number: int = 1, status: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "event_id": f"e-{number}",
        "carrier": "dhl",
        "tracking_no": NUMBER,
        "status": status,
        "occurred_at": rfc3339(utc_now() - timedelta(hours=1)),
        **more,
    }


def sign(body: str, secret: str = DHL, age_s: int = 0) -> str:
    moment = int(utc_now().timestamp()) - age_s
    text = f"{moment}.{body}".encode()
    mac = hmac.new(secret.replace(" ", "-").encode(), text, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def tell(door: Door, body: object, secret: str = DHL, *, age_s: int = 0, **headers: str) -> Reply:
    raw = json.dumps(body, ensure_ascii=False)
    sent = {"X_Carrier_Signature": sign(raw, secret, age_s), **headers}
    return door.ask("nobody", "POST", PATH, raw, **sent)


def outcomes(reply: Reply) -> Sequence[tuple[bool, str | None]]:
    return [(one["accepted"], one["outcome"]) for one in reply.expect(200)["results"]]


def sent(door: Door) -> str:
    """An approved return whose two units travel under NUMBER."""
    return_id = opened(door)
    for who, name, body in (
        ("reviewer", "approve", {}),
        ("customer", "shipments", {"carrier": "dhl", "tracking_no": NUMBER}),
    ):
        door.ask(
            who,
            "POST",
            f"/v1/returns/{return_id}/{name}",
            body,
            If_Match="*",
            Idempotency_Key=name,
        )
    return return_id


def whereabouts(door: Door, return_id: str) -> dict[str, int]:
    (line,) = door.ask("support", "GET", f"/v1/returns/{return_id}").expect(200)["lines"]
    names = ("awaiting", "in_transit", "arrived")
    return {name: line["quantities"][name] for name in names if line["quantities"][name]}


# --- who signed ---------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", [DHL, OLD], ids=["new", "old"])
def test_both_secrets_of_a_rotation_are_good(post_room: Door, secret: str) -> None:
    assert outcomes(tell(post_room, event(), secret)) == [(True, "remembered")]


@pytest.mark.parametrize(
    "signature", ["", "t=1,v1=" + "0" * 64, "nonsense"], ids=["none", "old", "nonsense"]
)
def test_what_is_not_signed_is_refused(post_room: Door, signature: str) -> None:
    reply = tell(post_room, event(), X_Carrier_Signature=signature)

    assert (reply.status, reply.body["code"]) == (401, "signature_invalid")


@pytest.mark.parametrize(
    ("secret", "age_s", "status"),
    [
        ("a secret of nobody", 0, 401),
        (DHL, 330, 401),
        (DHL, -330, 401),
        (DHL, 290, 200),
    ],
)
def test_a_signature_is_of_a_known_secret_and_of_now(
    post_room: Door, secret: str, age_s: int, status: int
) -> None:
    assert tell(post_room, event(), secret, age_s=age_s).status == status


def test_a_signature_is_of_exactly_the_bytes_that_were_sent(post_room: Door) -> None:
    signature = sign(json.dumps(event()))

    reply = post_room.ask(
        "nobody",
        "POST",
        PATH,
        json.dumps(event(status="lost")),
        X_Carrier_Signature=signature,
    )

    assert reply.status == 401


def test_a_signature_counts_before_anything_that_is_said(post_room: Door) -> None:
    for raw in ("{", "[]", '{"events": 7}', ""):
        assert post_room.ask("nobody", "POST", PATH, raw).status == 401


def test_a_signed_body_that_is_no_message_is_malformed(post_room: Door) -> None:
    for raw in ("{", '{"events": 7}'):
        signed = {"X_Carrier_Signature": sign(raw)}
        assert post_room.ask("nobody", "POST", PATH, raw, **signed).status == 400


def test_a_carrier_speaks_for_itself_only(post_room: Door) -> None:
    reply = tell(post_room, event(), UPS)
    assert reply.status == 400
    assert reply.body["errors"][0]["code"] == "carrier_not_yours"

    many = tell(post_room, {"events": [event(1), event(2, carrier="ups")]}, UPS)

    assert [one["accepted"] for one in many.expect(200)["results"]] == [False, True]


def test_a_secret_that_was_put_a_moment_ago_is_found(
    post_room: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(post_room, event()).expect(200)
    put("dhl", "-".join(["brand-new"] * 3))
    reply = tell(post_room, event(2), "-".join(["brand-new"] * 3))
    assert reply.status == 401, "it is not asked for at every bad signature"

    wiring.carrier_secrets()._read_at -= carrier_secrets.ASKED_AGAIN_S

    assert tell(post_room, event(2), "-".join(["brand-new"] * 3)).status == 200


def test_without_any_secret_nobody_is_believed(door: Door) -> None:
    assert tell(door, event()).status == 401


# --- what is taken ------------------------------------------------------------------------------


def test_a_message_moves_the_units_of_its_parcel(post_room: Door) -> None:
    return_id = sent(post_room)
    assert whereabouts(post_room, return_id) == {"in_transit": 2}

    assert outcomes(tell(post_room, event(tracking_no=NUMBER.lower()))) == [(True, "applied")]

    assert whereabouts(post_room, return_id) == {"arrived": 2}
    timeline = post_room.ask("support", "GET", f"/v1/returns/{return_id}/timeline").expect(200)
    arrived = timeline["items"][-1]
    assert (arrived["type"], arrived["actor"], arrived["role"]) == (
        "return.arrived",
        "carrier:dhl",
        "carrier",
    )


def test_a_message_that_came_first_is_remembered_for_the_parcel(post_room: Door) -> None:
    tell(post_room, event()).expect(200)

    return_id = sent(post_room)

    assert whereabouts(post_room, return_id) == {"arrived": 2}


def test_a_replay_within_five_minutes_has_no_second_effect(post_room: Door) -> None:
    return_id = sent(post_room)
    body = event(status="damaged")
    first = tell(post_room, body)

    again = tell(post_room, body)

    assert again.raw == first.raw
    ret = post_room.ask("support", "GET", f"/v1/returns/{return_id}").expect(200)
    assert ret["open_exceptions"] == 1


def test_many_messages_are_taken_each_by_itself(post_room: Door) -> None:
    return_id = sent(post_room)
    events = [
        event(1, "delivered"),
        event(2, "picked_up"),
        {**event(3), "status": "eaten"},
        "nonsense",
        event(4, occurred_at=rfc3339(utc_now() + timedelta(hours=1))),
        event(1, "delivered"),
    ]

    results = tell(post_room, {"events": events}).expect(200)["results"]

    assert [one["accepted"] for one in results] == [True, True, False, False, False, True]
    assert [one["event_id"] for one in results] == ["e-1", "e-2", "e-3", None, "e-4", "e-1"]
    codes = [[fault["code"] for fault in one["errors"]] for one in results]
    assert codes == [[], [], ["unknown_value"], ["wrong_type"], ["in_the_future"], []]
    assert whereabouts(post_room, return_id) == {"arrived": 2}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/event_id"),
        ({**event(), "colour": "red"}, "/colour"),
        ({**event(), "tracking_no": "a b"}, "/tracking_no"),
        ({**event(), "occurred_at": "yesterday"}, "/occurred_at"),
        ({**event(), "event_id": "a b"}, "/event_id"),
        ({**event(), "carrier": "DHL"}, "/carrier"),
        ({"events": []}, "/events"),
        ({"events": [event()] * 101}, "/events"),
        ({"events": [event()], "event_id": "1"}, ""),
    ],
    ids=[
        "empty", "unknown", "number", "time", "id", "carrier", "none", "too many", "one and many",
    ],
)  # fmt: skip
def test_a_bad_field_is_named(post_room: Door, body: object, pointer: str) -> None:
    reply = tell(post_room, body)

    assert reply.status == 400
    assert pointer in [fault["pointer"] for fault in reply.body["errors"]]


def test_what_cannot_be_stored_now_is_to_be_sent_again_and_spoils_no_other(
    post_room: Door, stage: Stage
) -> None:
    # A document that a large command holds whose plan is lost: nobody can read or write it.
    held = {"pk": "CARRIEREVENT#dhl#e-1", "sk": "CARRIEREVENT", "part_of": "cmd_lost"}
    item = {name: {"S": value} for name, value in held.items()}
    stage.dynamodb.put_item(TableName="core", Item={**item, "v": {"N": "1"}})

    results = tell(post_room, {"events": [event(1), event(2)]}).expect(200)["results"]
    alone = tell(post_room, event(1))

    assert [one["accepted"] for one in results] == [False, True]
    assert results[0]["errors"][0]["code"] == "command_unfinished"
    assert (alone.status, alone.body["code"]) == (503, "command_unfinished")
    assert "Retry-After" in alone.headers
