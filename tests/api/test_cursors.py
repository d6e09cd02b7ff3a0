"""Cursors: genuine ones lead on; made up, foreign, old and borrowed ones are refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode

import boto3
import pytest

from chalicelib import wiring
from chalicelib.api import cursors
from chalicelib.api.call import Call
from chalicelib.auth.principal import Kind, Principal, Role
from chalicelib.core.errors import Invalid
from chalicelib.settings import settings
from chalicelib.workers.events_stream import project_events
from tests.api.door import Door
from tests.api.test_lifecycle import COUNT, ORDER, RETURN
from tests.stage import LambdaContext, Stage

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ONE = {**RETURN, "lines": [{"order_line_no": "1", "quantity": 1, "reason": "CHANGED_MIND"}]}


@pytest.fixture
def listed(door: Door, stage: Stage) -> Door:
    """Three returns, of one unit each, that the lists know."""
    door.ask("warehouse", "POST", "/v1/stock/counts", COUNT, Idempotency_Key="c-1").expect(201)
    door.ask("machine", "PUT", "/v1/orders/SO-1", ORDER).expect(201)
    for _ in range(3):
        door.ask("customer", "POST", "/v1/returns", ONE).expect(201)
    stage.observe()
    project_events({"Records": stage.changes}, LambdaContext())
    return door


def first(door: Door, query: str = "limit=1", who: str = "support") -> str:
    cursor = door.ask(who, "GET", f"/v1/returns?{query}").expect(200)["next_cursor"]
    assert isinstance(cursor, str)
    return cursor


def ask(door: Door, cursor: str, query: str = "limit=1", who: str = "support") -> Any:
    return door.ask(who, "GET", f"/v1/returns?{query}&{urlencode({'cursor': cursor})}")


def pages(door: Door, query: str) -> Iterator[Any]:
    reply = door.ask("support", "GET", f"/v1/returns?{query}")
    yield reply
    while "Link" in reply.headers:
        target, _, rel = reply.headers["Link"].partition("; ")
        assert rel == 'rel="next"'
        reply = door.ask("support", "GET", "/v1/returns" + target.strip("<>"))
        yield reply


def test_links_lead_through_the_whole_list(listed: Door) -> None:
    seen = [reply.expect(200) for reply in pages(listed, "limit=1&order_no=SO-1")]

    assert len({page["items"][0]["id"] for page in seen}) == 3
    assert [page["next_cursor"] is None for page in seen] == [False, False, True]


def test_a_link_keeps_what_was_asked_for(listed: Door) -> None:
    reply = listed.ask("support", "GET", "/v1/returns?limit=2&order_no=SO-1&status=UNDER_REVIEW")

    query = parse_qs(reply.headers["Link"].partition(">")[0].removeprefix("<?"))
    assert query.pop("cursor") == [reply.body["next_cursor"]]
    assert query == {"limit": ["2"], "order_no": ["SO-1"], "status": ["UNDER_REVIEW"]}


def test_the_last_page_has_no_link(listed: Door) -> None:
    assert "Link" not in listed.ask("support", "GET", "/v1/returns?limit=3").headers


def test_the_size_of_a_page_may_change_on_the_way(listed: Door) -> None:
    assert len(ask(listed, first(listed), "limit=2").expect(200)["items"]) == 2


@pytest.mark.parametrize(
    "query", ["limit=1&order_no=SO-1", "limit=1&status=UNDER_REVIEW", "limit=1&warehouse=WH1"]
)
def test_a_cursor_of_other_filters_is_refused(listed: Door, query: str) -> None:
    refused(ask(listed, first(listed), query))


def test_a_cursor_of_somebody_else_is_refused(listed: Door) -> None:
    refused(ask(listed, first(listed), who="sales"))


def test_a_cursor_of_another_list_is_refused(listed: Door) -> None:
    reply = listed.ask("support", "GET", f"/v1/tasks?limit=1&cursor={first(listed)}")

    refused(reply)


@pytest.mark.parametrize(
    "change",
    [
        lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        lambda cursor: "2" + cursor[1:],
        lambda cursor: cursor.replace(".", "-"),
        lambda cursor: cursor.split(".")[3],
        lambda cursor: ".".join(["1", "00000000", *cursor.split(".")[2:]]),
        lambda cursor: ".".join([*cursor.split(".")[:2], "ffffffff", *cursor.split(".")[3:]]),
        lambda cursor: ".".join([*cursor.split(".")[:3], "AAAA", cursor.split(".")[4]]),
        lambda cursor: cursor + ".",
        lambda _: "....",
        lambda _: "1.2.3",
    ],
    ids=["signature", "form", "dots", "bare", "key", "expiry", "place", "tail", "empty", "short"],
)
def test_a_cursor_that_was_changed_is_refused(listed: Door, change: Any) -> None:
    refused(ask(listed, change(first(listed))))


def refused(reply: Any) -> None:
    assert (reply.status, reply.body["code"]) == (422, "bad_cursor")
    assert reply.body["details"] == {"reason": "it was not given to you for this list"}


def call(**changes: Any) -> Call:
    made: dict[str, Any] = {
        "method": "GET",
        "route": "/v1/returns",
        "path": {},
        "headers": {},
        "principal": Principal(id="usr-1", kind=Kind.PERSON, roles=frozenset({Role.SUPPORT})),
        "role": Role.SUPPORT,
        "correlation_id": "c",
        "received_at": NOW,
        "query": {"status": "APPROVED", "limit": "5"},
    }
    return Call(**{**made, **changes})


@pytest.mark.parametrize(("later_s", "is_good"), [(0, True), (3600, True), (3601, False)])
def test_a_cursor_lives_for_an_hour(door: Door, later_s: int, is_good: bool) -> None:
    cursor = cursors.sealed(call(), "place")
    later = call(received_at=NOW + timedelta(seconds=later_s))

    if is_good:
        assert cursors.opened(later, cursor) == "place"
        return
    with pytest.raises(Invalid, match="expired"):
        cursors.opened(later, cursor)


def test_the_key_may_be_replaced_and_the_one_before_stays_good(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = boto3.client("secretsmanager")
    old = cursors.sealed(call(), "place")

    secrets.put_secret_value(SecretId=settings.cursor_key, SecretString="t" * 64)
    wiring.cursor_key.cache_clear()
    new = cursors.sealed(call(), "place")

    assert old.split(".")[1] != new.split(".")[1]
    assert cursors.opened(call(), old) == cursors.opened(call(), new) == "place"
    secrets.put_secret_value(SecretId=settings.cursor_key, SecretString="u" * 64)
    wiring.cursor_key.cache_clear()
    assert cursors.opened(call(), new) == "place"
    with pytest.raises(Invalid, match="bad_cursor"):
        cursors.opened(call(), old)


def test_a_key_that_cannot_be_read_is_a_passing_failure(
    listed: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURSOR_KEY", "gone")
    wiring.cursor_key.cache_clear()

    whole = listed.ask("support", "GET", "/v1/returns?limit=3")
    part = listed.ask("support", "GET", "/v1/returns?limit=1")

    assert whole.status == 200, "a list that fits one page needs no key"
    assert (part.status, part.body["code"]) == (503, "cursor_key_unavailable")
