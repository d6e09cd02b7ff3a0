"""Health: what is asked, what it is called, and that one sick part does not silence the rest."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.api import health, meta
from chalicelib.api.health import Checkup
from chalicelib.core.errors import TransientError
from chalicelib.gateways.queues import Depth
from chalicelib.store.lag import Lag
from tests.api.door import Door
from tests.stage import Stage
from tests.story import Story

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def read(door: Door, status: int = 200) -> Any:
    meta.checkup.cache_clear()
    return door.ask("nobody", "GET", "/v1/health").expect(status)


def test_a_stage_without_work_is_well(door: Door) -> None:
    told = read(door)

    assert told["status"] == "ok"
    assert set(told["dependencies"]) == {"core", "views", "files", "queues", "stream"}
    assert set(told["dependencies"].values()) == {"ok"}
    assert set(told["queues"]) == {"scans", "uploads", "deliveries", "jobs", "events"}
    assert told["queues"]["jobs"] == {"state": "ok", "waiting": 0, "in_flight": 0, "dead": 0}
    assert told["queues"]["events"]["waiting"] is None
    assert told["stream"] == {"state": "ok", "waiting": 0, "lag_s": 0.0}


def test_a_dead_letter_is_worth_a_look(door: Door, stage: Stage) -> None:
    stage.sqs.send_message(QueueUrl=stage.queue_urls["scans-dlq"], MessageBody="{}")

    told = read(door)

    assert (told["status"], told["dependencies"]["queues"]) == ("degraded", "degraded")
    assert told["queues"]["scans"]["dead"] == 1
    assert told["queues"]["jobs"]["state"] == "ok"


def test_a_part_that_is_gone_is_down_and_the_rest_is_still_told(door: Door, stage: Stage) -> None:
    stage.sqs.delete_queue(QueueUrl=stage.queue_urls["jobs"])
    stage.dynamodb.delete_table(TableName="views")
    stage.s3.delete_bucket(Bucket="tuiku-test-files")

    told = read(door)

    assert told["status"] == "degraded"
    assert told["dependencies"] == {
        "core": "ok",
        "views": "down",
        "files": "down",
        "queues": "down",
        "stream": "ok",  # No event waits for the list that is gone.
    }
    assert told["queues"]["jobs"] == {
        "state": "down",
        "waiting": None,
        "in_flight": None,
        "dead": 0,
    }


def test_without_core_the_service_is_down(door: Door, stage: Stage) -> None:
    stage.dynamodb.delete_table(TableName="core")
    meta.checkup.cache_clear()

    reply = door.ask("nobody", "GET", "/v1/health")

    assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
    assert (reply.body["status"], reply.body["dependencies"]["core"]) == ("down", "down")
    assert reply.body["dependencies"]["files"] == "ok"


def test_nothing_of_the_account_is_told(door: Door, stage: Stage) -> None:
    stage.dynamodb.delete_table(TableName="core")
    meta.checkup.cache_clear()

    raw = door.ask("nobody", "GET", "/v1/health").raw

    for secret in ("arn:", "http", "tuiku-test", "123456789012", "Exception"):
        assert secret not in raw


def test_it_is_looked_at_anew_after_five_seconds(door: Door) -> None:
    seconds = 0.0
    checkup = Checkup(clock=lambda: NOW, monotonic=lambda: seconds)
    first = checkup.health()

    seconds = 4.9
    assert checkup.health() is first
    seconds = 5.0
    assert checkup.health() is not first


def failing() -> object:
    raise TransientError("queue_unavailable", "SQS did not tell.")


@pytest.mark.parametrize(
    ("look", "answers"),
    [(failing, {}), (lambda: Depth(waiting=1, in_flight=0), {"it": Depth(waiting=1, in_flight=0)})],
)
def test_a_look_that_fails_is_missing(
    look: Callable[[], object], answers: dict[str, object]
) -> None:
    assert dict(health._answer("it", look)) == answers


@pytest.mark.parametrize(
    ("age_s", "state"), [(0.0, "ok"), (60.0, "ok"), (60.1, "degraded"), (900.0, "degraded")]
)
def test_lists_may_be_a_minute_behind(age_s: float, state: str) -> None:
    assert health._stream(Lag(waiting=3, age_s=age_s)).state == state


@pytest.mark.parametrize(("waiting", "state"), [(1_000, "ok"), (1_001, "degraded")])
def test_a_long_queue_is_worth_a_look(waiting: int, state: str) -> None:
    seen = {
        "scans": Depth(waiting=waiting, in_flight=0),
        "scans-dlq": Depth(waiting=0, in_flight=0),
    }

    assert health._queue("scans", seen).state == state


def test_events_that_no_list_shows_yet_are_counted(stage: Stage) -> None:
    from chalicelib.store import lag
    from tests.store.test_projection import images, project

    story = Story(stage)
    story.stock("S1", "S2")
    story.order("O1")
    before = images(stage)
    return_ = story.return_("O1")
    asked_at = stage.now
    story.approve(return_.return_id)

    def measured() -> Lag:
        return lag.measure(wiring.core_table(), wiring.views_table(), stage.now)

    nothing = measured()
    project(before)
    partly = measured()
    project(images(stage))

    assert nothing.waiting > partly.waiting >= 1
    assert partly.age_s == (stage.now - asked_at).total_seconds()
    assert measured() == Lag(waiting=0, age_s=0.0)
