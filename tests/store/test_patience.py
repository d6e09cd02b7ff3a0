"""How long the store waits for DynamoDB: always less than a caller of the API does."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import TransientError
from chalicelib.core.events import Actor, Context
from chalicelib.core.retry import TOKENS_MAX
from chalicelib.returns.numbers import NumberClaim
from chalicelib.store.execution import BUDGET_S, Commands
from chalicelib.store.key import Key
from chalicelib.store.table import (
    CONNECT_TIMEOUT_S,
    READ_TIMEOUT_S,
    Cancelled,
    Table,
    connection,
)
from tests.builders import NOW

ANSWER_S = 10.0
CONTEXT = Context(actor=Actor(id="a", role="admin"), now=NOW, command_id="c", correlation_id="c")


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def pass_(self, seconds: float) -> None:
        self.now += seconds


class Link:
    """DynamoDB as it behaves, call by call; once the script is over it answers at once."""

    def __init__(self, time: Time, *script: Callable[[Time], None]) -> None:
        self.calls = 0
        self._time = time
        self._script = list(script)

    def dispatch(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self._script:
            self._script.pop(0)(self._time)
        return {}


def hangs(time: Time) -> None:
    time.pass_(CONNECT_TIMEOUT_S + READ_TIMEOUT_S)
    raise ReadTimeoutError(endpoint_url="http://dynamodb")


def breaks(time: Time) -> None:
    raise ConnectionClosedError(endpoint_url="http://dynamodb")


def table_on(link: Link, time: Time) -> Table:
    return Table(
        "core",
        link,  # type: ignore[arg-type]  # all that is used of a connection
        sleep=time.pass_,
        chance=lambda: 0.99,
        monotonic=lambda: time.now,
    )


def test_a_command_on_a_store_that_hangs_is_given_up_in_time_to_answer() -> None:
    time = Time()
    link = Link(time, *[hangs] * 20)
    commands = Commands(
        table=table_on(link, time),
        sleep=time.pass_,
        chance=lambda: 0.99,
        monotonic=lambda: time.now,
    )

    with pytest.raises(TransientError, match="store_unreachable"):
        commands.run(lambda reads: Decided(result=reads.order("O-1")), context=CONTEXT)

    assert time.now < ANSWER_S


def test_a_query_on_a_store_that_hangs_waits_once() -> None:
    time = Time()
    link = Link(time, *[hangs] * 20)

    with pytest.raises(TransientError, match="store_unreachable"):
        table_on(link, time).get([Key("ORDER#1", "ORDER")])

    assert link.calls == 1


def test_a_broken_connection_is_tried_once_more() -> None:
    time = Time()
    link = Link(time, breaks)

    assert table_on(link, time).get([Key("ORDER#1", "ORDER")]) == [None]
    assert link.calls == 2


def test_nothing_below_us_repeats_a_call_and_its_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    config = connection("us-east-1", "http://127.0.0.1:1").client.meta.config

    assert config.retries["total_max_attempts"] == 1  # type: ignore[attr-defined]  # the stub lacks it


class ContestedTable(Table):
    """Somebody else is always first, and each attempt takes long."""

    time: Time

    def transact(self, actions: Sequence[Mapping[str, Any]], token: str) -> None:
        self.time.pass_(BUDGET_S)
        raise Cancelled(["ConditionalCheckFailed"] * len(actions))


def test_a_race_that_is_lost_when_the_time_is_up_may_be_tried_again() -> None:
    time = Time()
    table = ContestedTable("core", Link(time))  # type: ignore[arg-type]  # as above
    table.time = time
    commands = Commands(table=table, sleep=time.pass_, monotonic=lambda: time.now)
    claim = NumberClaim(number="R1", return_id="ret_1")

    with pytest.raises(TransientError, match="store_busy"):
        commands.run(
            lambda reads: Decided(result=None, changes=Changes(records=(claim,))), context=CONTEXT
        )


def test_a_store_that_refuses_everything_is_soon_asked_once_a_call() -> None:
    time = Time()
    link = Link(time, *[breaks] * 1000)
    commands = Commands(table=table_on(link, time), sleep=time.pass_, monotonic=lambda: time.now)

    for _ in range(10):
        with pytest.raises(TransientError):
            commands.run(lambda reads: Decided(result=reads.order("O-1")), context=CONTEXT)

    assert link.calls == 10 + TOKENS_MAX
