"""The boundary of queue workers: what is done, tried again, given up on, and left for later."""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.app import Blueprint, Chalice, SQSEvent

from chalicelib import telemetry
from chalicelib.contracts.fields import Id, Quantity, Strict
from chalicelib.core import errors
from chalicelib.workers.boundary import Attempt, batch
from chalicelib.workers.messages import UploadNotification

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Count(Strict):
    id: Id
    units: Quantity = 1
    correlation_id: Id | None = None


class Context:
    """Lambda's context with a clock of its own: each handled record takes `step_s`."""

    def __init__(self, remaining_s: float = 60) -> None:
        self.remaining_s = remaining_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_s * 1000)


@dataclass
class Queue:
    """Takes the dead letters, or fails to."""

    dead: list[dict[str, Any]] = field(default_factory=list)
    is_broken: bool = False

    def send_dead(
        self, queue_url: str, body: str, *, reason: str, source: str, failed_at: datetime
    ) -> None:
        if self.is_broken:
            raise errors.TransientError("queue_unavailable", "SQS did not take it")
        self.dead.append(
            {"url": queue_url, "body": body, "reason": reason, "source": source, "at": failed_at}
        )


class Bench:
    """A worker on a bench: what it was given, and what it should raise for which id."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.context = Context()
        self.raises: dict[str, Exception] = {}
        self.costs_s = 0.0
        self.done: list[str] = []
        self.attempts: list[Attempt] = []
        self.followed: list[str] = []

        @batch(
            Count,
            dead_letter=lambda: "https://sqs/dlq",
            dead_letters=lambda: self.queue,
            clock=lambda: NOW,
        )
        def count_units(message: Count, attempt: Attempt) -> None:
            self.context.remaining_s -= self.costs_s
            self.attempts.append(attempt)
            self.followed.append(telemetry.correlation_id())
            if message.id in self.raises:
                raise self.raises[message.id]
            self.done.append(message.id)

        self.worker = count_units

    def run(self, *bodies: str, **attributes: str) -> list[str]:
        context: Any = self.context  # Any: Chalice types it as a dict
        event = SQSEvent({"Records": records(*bodies, **attributes)}, context)
        failures = self.worker(event)["batchItemFailures"]
        return [failure["itemIdentifier"] for failure in failures]


def records(*bodies: str, **attributes: str) -> list[dict[str, Any]]:
    return [
        {
            "messageId": f"m{number}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "2"},
            "messageAttributes": {
                name: {"stringValue": value, "dataType": "String"}
                for name, value in attributes.items()
            },
            "eventSource": "aws:sqs",
        }
        for number, body in enumerate(bodies)
    ]


def body(number: int | str, **more: object) -> str:
    return json.dumps({"id": f"c{number}", **more})


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_good_batch_is_done_and_nothing_is_sent_again(bench: Bench) -> None:
    assert bench.run(body(0), body(1), body(2)) == []
    assert bench.done == ["c0", "c1", "c2"]


def test_every_failing_subset_of_a_batch_fails_alone() -> None:
    numbers = range(8)
    for size in range(9):
        for failing in itertools.combinations(numbers, size):
            bench = Bench()
            bench.raises = {f"c{n}": errors.TransientError("busy", "later") for n in failing}

            failed = bench.run(*(body(n) for n in numbers))

            assert failed == [f"m{n}" for n in failing]
            assert bench.done == [f"c{n}" for n in numbers if n not in failing]
            assert bench.queue.dead == []


@pytest.mark.parametrize(
    "error",
    [
        errors.TransientError("busy", "later"),
        errors.Conflict("not_allowed_now", "not in this state"),
        errors.Stale("stale_version", "moved on"),
        errors.NotFound("job_not_found", "not there yet"),
        RuntimeError("bug"),
        ValueError("bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_succeed_later_is_sent_again(bench: Bench, error: Exception) -> None:
    bench.raises = {"c1": error}

    assert bench.run(body(0), body(1)) == ["m1"]
    assert bench.queue.dead == []


@pytest.mark.parametrize(
    "error",
    [
        errors.Invalid("bad_quantity", "at least one unit"),
        errors.NotAllowed("warehouse_not_yours", "not in WH1"),
        errors.PolicyRefused("outside_window", "too late"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_can_never_succeed_is_given_up_on_with_its_reason(
    bench: Bench, error: errors.DomainError
) -> None:
    bench.raises = {"c1": error}

    assert bench.run(body(0), body(1), body(2)) == []
    assert bench.done == ["c0", "c2"]
    assert bench.queue.dead == [
        {
            "url": "https://sqs/dlq",
            "body": body(1),
            "reason": str(error),
            "source": "count_units",
            "at": NOW,
        }
    ]


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"id":"c0","colour":"red"}',
        '{"id":"c0","units":"1"}',
        '{"id":"c0","units":NaN}',
        '{"id":"c0","units":' + "9" * 5000 + "}",
        '{"id":"\\ud800"}',
        "[" * 10_000,
    ],
)
def test_a_malformed_message_is_given_up_on_at_once(bench: Bench, malformed: str) -> None:
    assert bench.run(malformed, body(1)) == []
    assert [letter["body"] for letter in bench.queue.dead] == [malformed]
    assert bench.queue.dead[0]["reason"].startswith("malformed: ")
    assert bench.done == ["c1"]


def test_the_reason_does_not_repeat_what_the_message_holds(bench: Bench) -> None:
    bench.run('{"id":"anna@example.com","units":0}')

    assert bench.queue.dead[0]["reason"] == (
        "malformed: id: string_pattern_mismatch; units: greater_than_equal"
    )


def test_what_cannot_be_given_up_on_is_left_to_the_queue(bench: Bench) -> None:
    bench.queue.is_broken = True

    assert bench.run("{", body(1)) == ["m0"]
    assert bench.done == ["c1"]


def test_no_record_is_begun_when_time_runs_out(bench: Bench) -> None:
    bench.context.remaining_s = 10
    bench.costs_s = 4

    failed = bench.run(*(body(number) for number in range(5)))

    assert bench.done == ["c0", "c1"]
    assert failed == ["m2", "m3", "m4"]


def test_the_same_message_twice_in_a_batch_is_handled_twice(bench: Bench) -> None:
    assert bench.run(body(0), body(0)) == []
    assert bench.done == ["c0", "c0"]


def test_each_record_is_followed_by_its_own_correlation_id(bench: Bench) -> None:
    bench.run(body(0, correlation_id="from-body"), body(1), correlation_id="from-attribute")
    bench.run(body(2))

    assert bench.followed == ["from-body", "from-attribute", "m0"]
    assert [attempt.correlation_id for attempt in bench.attempts] == bench.followed
    assert telemetry.correlation_id() == ""


def test_the_handler_knows_how_often_it_was_tried_and_how_long_it_may_take(bench: Bench) -> None:
    bench.run(body(0))

    attempt = bench.attempts[0]
    assert (attempt.received, attempt.started_at, attempt.remaining_s()) == (2, NOW, 60)


def test_an_empty_batch_is_nothing(bench: Bench) -> None:
    assert bench.run() == []


def test_chalice_passes_the_failures_on() -> None:
    bp = Blueprint("small")
    seen: list[str] = []

    @bp.on_sqs_message(queue="counts", batch_size=10)
    @batch(Count, dead_letter=lambda: "dlq", dead_letters=Queue)
    def take_counts(message: Count, attempt: Attempt) -> None:
        seen.append(message.id)
        raise errors.TransientError("busy", "later")

    app = Chalice(app_name="small-worker", configure_logs=False)
    app.register_blueprint(bp)

    # Not through chalice.test.Client: its context has three seconds left from the beginning.
    answer = app.handler_map["take_counts"]({"Records": records(body(0))}, Context())

    assert seen == ["c0"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_notification_of_s3_is_read_with_its_key_decoded() -> None:
    sent = {
        "Records": [
            {
                "eventName": "ObjectCreated:Post",
                "s3": {
                    "bucket": {"name": "files"},
                    "object": {"key": "uploads/a+b%2Fc.jpg", "size": 9, "eTag": "x"},
                },
                "new_field_of_aws": 1,
            }
        ]
    }

    notification = UploadNotification.model_validate_json(json.dumps(sent))

    assert (notification.records[0].key, notification.records[0].bucket) == (
        "uploads/a b/c.jpg",
        "files",
    )


def test_the_test_message_of_s3_holds_no_objects() -> None:
    sent = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"files"}'

    assert UploadNotification.model_validate_json(sent).records == ()
