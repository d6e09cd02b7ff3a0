"""Orders say over HTTP which terms they were sold under, or leave it to the policy in force."""

from typing import Any

import pytest

from tests.api.door import Door, Reply
from tests.api.test_lifecycle import ORDER
from tests.api.test_policies import document, published

SILENT = {
    name: value for name, value in ORDER.items() if name not in ("policy_version", "deliveries")
}


def put(door: Door, **terms: Any) -> Reply:
    return door.ask("machine", "PUT", "/v1/orders/SO-1", {**SILENT, **terms})


def test_an_order_that_says_nothing_is_sold_under_the_standard(door: Door) -> None:
    assert put(door).expect(201)["policy_version"] == "standard-30d"


def test_an_order_may_name_the_policy(door: Door) -> None:
    published(door, document("mine-1", -1000))

    assert put(door, policy="mine").expect(201)["policy_version"] == "mine-1"
    assert put(door).expect(200)["policy_version"] == "mine-1"


@pytest.mark.parametrize(
    ("terms", "status", "code"),
    [
        ({"policy": "mine"}, 422, "no_version_in_force"),
        ({"policy_version": "mine-1"}, 422, "unknown_policy_version"),
        ({"policy": "standard", "policy_version": "standard-30d"}, 400, "body_invalid"),
    ],
)
def test_terms_that_nobody_was_shown_are_refused(
    door: Door, terms: dict[str, str], status: int, code: str
) -> None:
    reply = put(door, **terms)

    assert (reply.status, reply.body["code"]) == (status, code)
    if status == 400:
        assert [error["code"] for error in reply.body["errors"]] == ["policy_or_version"]
