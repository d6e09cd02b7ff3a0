"""Redriving loses no message, repeats none within a run, and tells why one stayed."""

import io
import json
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tools import redrive
from tools.redrive import DeadLetter, ToFunction, ToQueue

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_NOTES = {"reason": "unknown_sku", "source": "ingest_scans", "failed_at": "2026-11-21T00:00:00Z"}


@pytest.fixture
def sqs(emulated: Callable[[str], Any]) -> "SQSClient":
    client: SQSClient = emulated("sqs")
    return client


@pytest.fixture
def dlq(sqs: "SQSClient") -> Iterator[str]:
    yield from _queue(sqs, "scans-dlq")


@pytest.fixture
def source(sqs: "SQSClient") -> Iterator[str]:
    yield from _queue(sqs, "scans")


def _queue(sqs: "SQSClient", name: str) -> Iterator[str]:
    url = sqs.create_queue(QueueName=f"{name}-{secrets.token_hex(4)}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def _put(sqs: "SQSClient", url: str, *bodies: str, **notes: str) -> None:
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in notes.items()
    }
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)  # type: ignore[arg-type]  # plain dicts


def _all(sqs: "SQSClient", url: str) -> list[DeadLetter]:
    """Everything visible there; afterwards it is hidden."""
    return redrive.collect(sqs, "scans", url, limit=10_000)


class Full:
    """A destination that takes nothing."""

    def send(self, letter: DeadLetter) -> str | None:
        return "it is full"


class Refailing:
    """Takes messages and does with them what a worker would do that fails again."""

    def __init__(self, fail: Callable[[str], None]) -> None:
        self._fail = fail
        self.taken: list[str] = []

    def send(self, letter: DeadLetter) -> str | None:
        self.taken.append(letter.body)
        self._fail(letter.body)
        return None


def test_a_letter_tells_why_it_is_dead(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, '{"scan_id": "s1"}', **_NOTES)

    [letter] = _all(sqs, dlq)

    assert (letter.reason, letter.source, letter.failed_at) == tuple(_NOTES.values())
    assert letter.body == '{"scan_id": "s1"}'
    assert letter.receives == 1


def test_a_letter_without_notes_was_given_up_by_the_queue(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, "{}")

    [letter] = _all(sqs, dlq)

    assert letter.reason == "given up after repeated failures"
    assert letter.source is None


def test_listing_changes_nothing(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, "1", "2", "3")

    redrive.release(sqs, dlq, _all(sqs, dlq))

    assert sorted(letter.body for letter in _all(sqs, dlq)) == ["1", "2", "3"]


def test_five_hundred_messages_go_back_once_each(sqs: "SQSClient", dlq: str, source: str) -> None:
    bodies = [json.dumps({"scan_id": f"s{number}"}) for number in range(500)]
    _put(sqs, dlq, *bodies, **_NOTES)

    outcomes = redrive.give_back(sqs, dlq, _all(sqs, dlq), ToQueue(sqs=sqs, url=source))

    assert [outcome.problem for outcome in outcomes] == [None] * 500
    assert sorted(letter.body for letter in _all(sqs, source)) == sorted(bodies)
    assert _all(sqs, dlq) == []


def test_what_goes_back_carries_no_notes_of_the_failure(
    sqs: "SQSClient", dlq: str, source: str
) -> None:
    _put(sqs, dlq, "{}", correlation_id="c-1", **_NOTES)

    redrive.give_back(sqs, dlq, _all(sqs, dlq), ToQueue(sqs=sqs, url=source))

    [message] = sqs.receive_message(QueueUrl=source, MessageAttributeNames=["All"])["Messages"]
    assert list(message["MessageAttributes"]) == ["correlation_id"]


def test_a_mended_body_is_what_goes_back(sqs: "SQSClient", dlq: str, source: str) -> None:
    _put(sqs, dlq, '{"sku": "?"}')
    [letter] = _all(sqs, dlq)

    redrive.give_back(sqs, dlq, [letter.with_body('{"sku": "A"}')], ToQueue(sqs=sqs, url=source))

    assert [sent.body for sent in _all(sqs, source)] == ['{"sku": "A"}']
    assert _all(sqs, dlq) == []


def test_a_message_that_was_not_sent_stays_and_can_be_seen(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, "1", "2")

    outcomes = redrive.give_back(sqs, dlq, _all(sqs, dlq), Full())

    assert [outcome.problem for outcome in outcomes] == ["it is full"] * 2
    assert sorted(letter.body for letter in _all(sqs, dlq)) == ["1", "2"]


def test_a_queue_that_refuses_is_a_reason_not_a_crash(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, "1")

    [outcome] = redrive.give_back(sqs, dlq, _all(sqs, dlq), ToQueue(sqs=sqs, url=dlq + "-gone"))

    assert outcome.problem is not None
    assert "NonExistentQueue" in outcome.problem
    assert len(_all(sqs, dlq)) == 1


def test_a_message_that_fails_again_is_not_taken_twice_in_one_run(
    sqs: "SQSClient", dlq: str
) -> None:
    _put(sqs, dlq, "bad", "bad", "bad")
    worker = Refailing(lambda body: _put(sqs, dlq, body, **_NOTES))

    redrive.give_back(sqs, dlq, _all(sqs, dlq), worker)

    assert worker.taken == ["bad"] * 3
    assert [letter.reason for letter in _all(sqs, dlq)] == ["unknown_sku"] * 3


def test_dropping_deletes_only_what_was_chosen(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, "keep", "drop")
    letters = _all(sqs, dlq)
    chosen = [letter for letter in letters if letter.body == "drop"]

    redrive.drop(sqs, dlq, chosen)
    redrive.release(sqs, dlq, [letter for letter in letters if letter not in chosen])

    assert [letter.body for letter in _all(sqs, dlq)] == ["keep"]


def test_no_more_than_the_limit_is_taken(sqs: "SQSClient", dlq: str) -> None:
    _put(sqs, dlq, *map(str, range(25)))

    assert len(redrive.collect(sqs, "scans", dlq, limit=12)) == 12


def test_the_age_counts_from_when_it_was_sent() -> None:
    sent = datetime(2026, 11, 21, tzinfo=UTC)
    letter = DeadLetter(
        queue="scans",
        message_id="m",
        receipt="r",
        body="{}",
        reason="x",
        source=None,
        failed_at=None,
        sent_at=sent,
        receives=1,
        group=None,
        attributes={},
    )

    assert letter.to_dict(sent + timedelta(hours=2))["age_s"] == 7200


class FakeFunctions:
    """A Lambda client whose function answers this."""

    def __init__(self, result: Any, *, error: str | None = None) -> None:
        self._result = result
        self._error = error
        self.events: list[Any] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.events.append(json.loads(Payload))
        if self._error == "unreachable":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self._result).encode())}
        return answer | ({"FunctionError": self._error} if self._error else {})


def _worker(functions: FakeFunctions, streams: Any = None) -> ToFunction:
    return ToFunction(functions=functions, streams=streams, name="project_events")


_RECORD = {"eventID": "1", "eventName": "INSERT", "dynamodb": {"NewImage": {}}}


def _letter(body: Any) -> DeadLetter:
    return DeadLetter(
        queue="events",
        message_id="m",
        receipt="r",
        body=json.dumps(body),
        reason="x",
        source=None,
        failed_at=None,
        sent_at=datetime(2026, 11, 21, tzinfo=UTC),
        receives=1,
        group=None,
        attributes={},
    )


@pytest.mark.parametrize("body", [_RECORD, {"Records": [_RECORD]}], ids=["record", "event"])
def test_a_stored_stream_record_is_given_to_its_worker(body: Any) -> None:
    functions = FakeFunctions({"batchItemFailures": []})

    assert _worker(functions).send(_letter(body)) is None

    assert functions.events == [{"Records": [_RECORD]}]


@pytest.mark.parametrize("body", [{}, [], 3, {"DDBStreamBatchInfo": {"shardId": "s"}}])
def test_what_holds_no_record_stays(body: Any) -> None:
    functions = FakeFunctions(None)

    assert "neither stream records" in str(_worker(functions).send(_letter(body)))

    assert functions.events == []


@pytest.mark.parametrize(
    "functions",
    [
        FakeFunctions({"batchItemFailures": [{"itemIdentifier": "1"}]}),
        FakeFunctions({"errorMessage": "boom"}, error="Unhandled"),
        FakeFunctions(None, error="unreachable"),
    ],
    ids=["item failed", "function failed", "not reached"],
)
def test_a_record_its_worker_did_not_take_stays(functions: FakeFunctions) -> None:
    assert _worker(functions).send(_letter(_RECORD)) is not None


@pytest.fixture
def stream(emulated: Callable[[str], Any]) -> Iterator[str]:
    """The stream of a table that got five items, numbered 0 to 4, one after the other."""
    dynamodb = emulated("dynamodb")
    table = f"core-{secrets.token_hex(4)}"
    created = dynamodb.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    for number in range(5):
        item = {"pk": {"S": str(number)}, "raw": {"B": bytes([number])}}
        dynamodb.put_item(TableName=table, Item=item)
    yield created["TableDescription"]["LatestStreamArn"]
    dynamodb.delete_table(TableName=table)


def _note(streams: Any, arn: str, *, first: int, last: int, size: int) -> dict[str, Any]:
    """What Lambda writes of a failed batch, with the places of these records."""
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    places = [record["dynamodb"]["SequenceNumber"] for record in records]
    return {
        "DDBStreamBatchInfo": {
            "streamArn": arn,
            "shardId": shard,
            "startSequenceNumber": places[first],
            "endSequenceNumber": places[last],
            "batchSize": size,
        }
    }


def test_a_failed_batch_is_read_from_the_stream_again(
    emulated: Callable[[str], Any], stream: str
) -> None:
    streams = emulated("dynamodbstreams")
    functions = FakeFunctions({"batchItemFailures": []})

    problem = _worker(functions, streams).send(
        _letter(_note(streams, stream, first=1, last=3, size=3))
    )

    assert problem is None
    [event] = functions.events
    images = [record["dynamodb"]["NewImage"] for record in event["Records"]]
    assert [(image["pk"], image["raw"]) for image in images] == [
        ({"S": "1"}, {"B": "AQ=="}),
        ({"S": "2"}, {"B": "Ag=="}),
        ({"S": "3"}, {"B": "Aw=="}),
    ]
    assert {record["eventSourceARN"] for record in event["Records"]} == {stream}


def test_a_batch_the_stream_no_longer_holds_whole_stays(
    emulated: Callable[[str], Any], stream: str
) -> None:
    streams = emulated("dynamodbstreams")
    functions = FakeFunctions({"batchItemFailures": []})

    problem = _worker(functions, streams).send(
        _letter(_note(streams, stream, first=1, last=3, size=9))
    )

    assert problem is not None
    assert "3 of 9 left" in problem
    assert functions.events == []
