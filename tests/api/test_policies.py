"""Policies through the API: drafted, checked, published, ended; and who may do what."""

import json
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.auth.principal import Role
from chalicelib.core.clock import rfc3339, utc_now
from chalicelib.policy.catalogue import starters
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door, Reply
from tests.stage import LambdaContext, Stage

WORDS = {"en": "x", "zh-CN": "甲"}
ANY = {"If_Match": "*"}


def document(version: str = "mine-1", begins_in: float = 1, **more: Any) -> dict[str, Any]:
    """One of policy `mine` that begins in so many days."""
    return {
        "policy": "mine",
        "version": version,
        "title": WORDS,
        "time_zone": "UTC",
        "effective_from": rfc3339(utc_now() + timedelta(days=begins_in)),
        "rules": [{"id": "all", "title": WORDS, "then": {"window": {"days": 30}}}],
    } | more


def put(door: Door, body: dict[str, Any], who: str = "admin", **headers: str) -> Reply:
    return door.ask(who, "PUT", f"/v1/policies/{body['version']}", body, **headers)


def publish(door: Door, version: str, who: str = "admin", **headers: str) -> Reply:
    path = f"/v1/policies/{version}/publish"
    return door.ask(who, "POST", path, {}, **(headers or ANY))


def published(door: Door, body: dict[str, Any]) -> dict[str, Any]:
    put(door, body).expect(201)
    shown: dict[str, Any] = publish(door, body["version"]).expect(200)
    return shown


def test_a_draft_is_kept_as_it_was_written(door: Door) -> None:
    body = document(signals=[])

    made = put(door, body)

    shown = made.expect(201)
    assert (made.headers["Location"], made.headers["ETag"]) == ("/v1/policies/mine-1", '"v1"')
    assert (shown["state"], shown["built_in"], shown["begins"]) == ("draft", False, None)
    assert shown["document"] == body
    assert door.ask("auditor", "GET", made.headers["Location"]).expect(200) == shown


def test_who_changes_a_draft_says_which_one_they_saw(door: Door) -> None:
    put(door, document()).expect(201)
    changed = document(transit_days=3)

    assert put(door, changed).body["code"] == "if_match_required"
    assert put(door, changed, If_Match='"v1"').expect(200)["document"]["transit_days"] == 3
    stale = put(door, document(transit_days=4), If_Match='"v1"')
    assert (stale.status, stale.body["code"]) == (412, "stale_version")
    assert [one["type"] for one in stale.body["details"]["changes"]] == ["policy.redrafted"]


def test_the_same_draft_again_needs_no_version(door: Door) -> None:
    body = document()
    put(door, body).expect(201)

    assert put(door, body).expect(200)["version"] == 1


def test_the_address_and_the_document_name_the_same_version(door: Door) -> None:
    reply = door.ask("admin", "PUT", "/v1/policies/other", document())

    assert (reply.status, reply.body["code"]) == (422, "other_version")
    assert reply.body["errors"][0]["pointer"] == "/version"


def test_a_document_of_the_wrong_shape_is_refused_where_it_is_wrong(door: Door) -> None:
    then = {"window": {"days": "30"}, "colour": "red"}
    body = document(rules=[{"id": "r", "title": {"en": "x"}, "then": then}])

    reply = put(door, body)

    assert reply.status == 400
    assert {error["pointer"] for error in reply.body["errors"]} == {
        "/rules/0/title/zh-CN",
        "/rules/0/then/window/days",
        "/rules/0/then/colour",
    }


def test_a_draft_shows_what_keeps_it_from_being_published(door: Door) -> None:
    body = document(time_zone="Mars/Olympus")

    found = put(door, body).expect(201)["check"]

    assert (found["publishable"], found["fault_count"]) == (False, 1)
    assert [(one["pointer"], one["code"]) for one in found["faults"]] == [
        ("/time_zone", "unknown_time_zone")
    ]
    refused = publish(door, "mine-1")
    assert (refused.status, refused.body["code"]) == (422, "policy_faults")
    assert refused.body["errors"] == found["faults"]
    assert refused.body["details"] == {"count": 1}


def test_faults_are_told_in_the_language_of_the_caller(door: Door) -> None:
    put(door, document(time_zone="Mars/Olympus")).expect(201)

    told = publish(door, "mine-1", If_Match="*", Accept_Language="zh-CN").body

    assert told["title"] == "政策有错误"
    assert "Mars" not in told["errors"][0]["message"]


def test_what_is_odd_is_shown_and_published_all_the_same(door: Door) -> None:
    rules = [
        {"id": name, "title": WORDS, "then": {"window": {"days": days}}}
        for name, days in (("first", 30), ("second", 60))
    ]

    shown = published(door, document(rules=rules))

    assert shown["state"] == "published"
    assert shown["check"]["publishable"]
    assert "/rules/1" in {one["pointer"] for one in shown["check"]["oddities"]}


def test_a_document_is_checked_without_being_kept(door: Door) -> None:
    published(door, document("mine-1", -1))

    found = door.ask("finance", "POST", "/v1/policies/check", document("mine-2", 0)).expect(200)

    assert [one["code"] for one in found["faults"]] == ["begins_too_soon"]
    assert door.ask("admin", "GET", "/v1/policies/mine-2").status == 404


def test_a_published_version_is_not_changed_and_not_discarded(door: Door) -> None:
    published(door, document())

    for reply in (
        put(door, document(transit_days=1), **ANY),
        door.ask("admin", "DELETE", "/v1/policies/mine-1", **ANY),
    ):
        assert (reply.status, reply.body["code"]) == (409, "policy_published")


def test_a_draft_is_given_up(door: Door) -> None:
    put(door, document()).expect(201)

    assert door.ask("admin", "DELETE", "/v1/policies/mine-1").status == 428
    gone = door.ask("admin", "DELETE", "/v1/policies/mine-1", If_Match='"v1"').expect(200)

    assert gone["state"] == "discarded"
    assert publish(door, "mine-1").body["code"] == "policy_discarded"


def test_a_built_in_version_is_read_and_copied_but_not_changed(door: Door) -> None:
    shown = door.ask("auditor", "GET", "/v1/policies/standard-30d").expect(200)
    assert (shown["built_in"], shown["state"], shown["begins"]) == (
        True,
        "published",
        rfc3339(starters()["standard-30d"].effective_from),
    )

    taken = put(door, shown["document"], **ANY)
    assert (taken.status, taken.body["code"]) == (409, "policy_built_in")

    copy = shown["document"] | {
        "version": "standard-2030",
        "effective_from": "2030-01-01T00:00:00Z",
    }
    assert published(door, copy)["begins"] == "2030-01-01T00:00:00.000Z"
    before = door.ask("auditor", "GET", "/v1/policies/standard-30d").expect(200)
    assert before["ends"] == "2030-01-01T00:00:00.000Z"


def test_a_version_ends_when_it_is_told_to(door: Door) -> None:
    published(door, document(begins_in=-1))
    at = rfc3339(utc_now() + timedelta(days=3))

    ended = door.ask("admin", "POST", "/v1/policies/mine-1/end", {"at": at}).expect(200)

    assert ended["ends"] == at
    soon = {"at": rfc3339(utc_now() + timedelta(seconds=30))}
    refused = door.ask("admin", "POST", "/v1/policies/mine-1/end", soon)
    assert (refused.status, refused.body["code"]) == (422, "ends_too_soon")


def test_what_is_repeated_under_a_key_is_answered_alike(door: Door) -> None:
    put(door, document()).expect(201)

    first, again = (publish(door, "mine-1", If_Match='"v1"', Idempotency_Key="k") for _ in "12")

    assert first.expect(200)["version"] == 2
    assert again.raw == first.raw
    assert again.headers["Idempotency-Replayed"] == "true"


def observed(stage: Stage) -> None:
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())


def test_all_versions_are_listed_by_policy_with_their_dates(door: Door, stage: Stage) -> None:
    published(door, document("mine-1", -1))
    published(door, document("mine-2", 5))
    put(door, document("mine-3", 9)).expect(201)
    other = document("standard-2027", 5, policy="standard")
    published(door, other)
    observed(stage)

    page = door.ask("auditor", "GET", "/v1/policies").expect(200)

    told = [(row["version_id"], row["state"], row["in_force"]) for row in page["items"]]
    assert told == [
        ("mine-1", "published", True),
        ("mine-2", "published", False),
        ("mine-3", "draft", False),
        ("standard-2027", "published", False),
    ]
    assert page["items"][0]["ends"] == page["items"][1]["begins"]
    assert {row["version_id"] for row in page["built_in"]} == set(starters())
    ends = {row["version_id"]: row["ends"] for row in page["built_in"]}
    assert ends["standard-30d"] == other["effective_from"]
    assert "rules" not in json.dumps(page)


def test_the_list_comes_in_pages_and_by_policy(door: Door, stage: Stage) -> None:
    for no, policy in enumerate(("mine", "standard", "mine"), start=1):
        put(door, document(f"v-{no}", no, policy=policy)).expect(201)
    observed(stage)

    def rows(query: str) -> list[str]:
        page = door.ask("admin", "GET", f"/v1/policies{query}").expect(200)
        more = f"{query}&cursor={page['next_cursor']}" if page["next_cursor"] else ""
        return [row["version_id"] for row in page["items"]] + (rows(more) if more else [])

    assert rows("?limit=2") == ["v-1", "v-3", "v-2"]
    assert rows("?policy=standard") == ["v-2"]
    page = door.ask("admin", "GET", "/v1/policies?policy=standard").expect(200)
    assert [row["version_id"] for row in page["built_in"]] == ["standard-30d"]


@pytest.mark.parametrize("role", Role)
def test_who_may_draft_publish_and_read(door: Door, role: Role) -> None:
    put(door, document("kept")).expect(201)
    drafters = {Role.REVIEWER, Role.SENIOR_REVIEWER, Role.FINANCE, Role.MACHINE, Role.ADMIN}
    outside = {Role.CUSTOMER, Role.SUPPLIER, Role.DEVICE}

    drafted = put(door, document("mine-1"), who=role.value)
    put_in_force = publish(door, "kept", who=role.value)
    read = door.ask(role.value, "GET", "/v1/policies/kept")

    assert drafted.status == (201 if role in drafters else 403)
    assert put_in_force.status == (200 if role in {Role.MACHINE, Role.ADMIN} else 403)
    assert read.status == (403 if role in outside else 200)


def test_a_document_as_large_as_a_request_may_be_is_kept_and_answered_again(door: Door) -> None:
    rules = [
        {
            "id": f"r{number}",
            "title": {"en": f"{number}".ljust(190, "x"), "zh-CN": "甲" * 20},
            "when": {"fact": "sku", "is": f"S-{number}"},
            "then": {"window": {"days": number}},
        }
        for number in range(500)
    ]
    body = document(rules=rules)
    assert len(json.dumps(body, ensure_ascii=False)) > 150_000

    first = put(door, json.loads(json.dumps(body)), Idempotency_Key="large")
    again = put(door, body, Idempotency_Key="large")

    assert first.expect(201)["document"] == body
    assert again.raw == first.raw
    assert publish(door, "mine-1").expect(200)["state"] == "published"


def test_ten_thousand_rules_are_told_that_they_are_too_many(door: Door) -> None:
    rules = [
        {"id": f"r-{n}", "title": WORDS, "when": {"fact": "sku", "is": f"SKU-{n}"},
         "then": {"fees": {"restocking_percent": "5"}}}
        for n in range(10_000)
    ]  # fmt: skip

    told = door.ask("admin", "POST", "/v1/policies/check", document(rules=rules)).expect(200)

    assert told["publishable"] is False
    assert [(one["pointer"], one["code"]) for one in told["faults"]] == [
        ("/rules", "too_many_rules")
    ]
    assert "10000" in told["faults"][0]["message"].replace(",", "")
