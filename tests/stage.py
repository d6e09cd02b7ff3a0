"""A stage in memory: tables, bucket and queues on moto, wired as the functions see them."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib import wiring
from chalicelib.core.events import Actor, Context
from chalicelib.core.ids import new_id
from chalicelib.store import table

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUEUES = ("scans", "uploads", "deliveries", "jobs", "events")
BUCKET = "tuiku-test-files"
Call = Callable[[dict[str, Any], Any], Any]


class LambdaContext:
    """What a function is told about its own invocation."""

    def __init__(self, remaining_s: float = 60) -> None:
        self.remaining_s = remaining_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self.remaining_s * 1000)


@dataclass(slots=True)
class Stage:
    """The clients of the stage, and a clock that moves on with each command.

    `changes` holds the records of core's stream as Lambda would hand them over.
    """

    dynamodb: Any
    s3: Any
    sqs: Any
    queue_urls: dict[str, str]
    now: datetime = NOW
    changes: list[dict[str, Any]] = field(default_factory=list)
    _seen: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def context(self, role: str = "admin", command_id: str | None = None) -> Context:
        self.now += timedelta(seconds=1)
        return Context(
            actor=Actor(id=f"{role}-1", role=role),
            now=self.now,
            command_id=command_id or new_id("cmd", self.now),
            correlation_id="corr-1",
        )

    def observe(self) -> None:
        """Notes what changed in core since the last time. (moto's own streams fail in updates.)"""
        now = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._all("core")}
        for key in sorted({*self._seen, *now}):
            before, after = self._seen.get(key), now.get(key)
            if before != after:
                self.changes.append(_record(len(self.changes), before, after))
        self._seen = now

    def rows(self) -> list[dict[str, Any]]:
        """All of the views table in order."""
        return sorted(self._all("views"), key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def empty_views(self) -> None:
        """As if the table had just been made."""
        for item in self._all("views"):
            self.dynamodb.delete_item(TableName="views", Key={"pk": item["pk"], "sk": item["sk"]})
        wiring.projector.cache_clear()

    def _all(self, name: str) -> list[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=name)
        return [item for page in pages for item in page["Items"]]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """Takes all messages out of a queue: their bodies and attributes."""
        taken: list[dict[str, Any]] = []
        url = self.queue_urls[queue]
        while True:
            page = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            ).get("Messages", [])
            if not page:
                return taken
            for message in page:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                notes = message.get("MessageAttributes", {})
                attributes = {name: value["StringValue"] for name, value in notes.items()}
                taken.append({"body": message["Body"], **attributes})

    def objects(self, prefix: str = "") -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
        return {
            entry["Key"]: self.s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
            for entry in listed
        }


def run_queue_worker(function: Call, *bodies: str, remaining_s: float = 60) -> list[str]:
    """Calls a queue's function as Lambda does; the ids of the failed messages, m0, m1, ..."""
    records = [
        {
            "messageId": f"m{number}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        }
        for number, body in enumerate(bodies)
    ]
    answer = function({"Records": records}, LambdaContext(remaining_s))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def run_stream_worker(function: Call, records: Sequence[dict[str, Any]]) -> list[str]:
    """Calls the stream's function as Lambda does."""
    answer = function({"Records": list(records)}, LambdaContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@contextmanager
def stage_in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """A fresh stage; what this process built for another one is forgotten."""
    environment = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "STAGE": "test",
        "CORE_TABLE": "core",
        "VIEWS_TABLE": "views",
        "FILES_BUCKET": BUCKET,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        _forget()
        dynamodb = boto3.client("dynamodb")
        _create_table(dynamodb, "core")
        _create_table(dynamodb, "views")
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        sqs = boto3.client("sqs")
        urls: dict[str, str] = {}
        for queue in QUEUES:
            for suffix, variable in (("", "QUEUE_URL"), ("-dlq", "DLQ_URL")):
                url = sqs.create_queue(QueueName=f"tuiku-test-{queue}{suffix}")["QueueUrl"]
                urls[queue + suffix] = url
                monkeypatch.setenv(f"{queue.upper()}_{variable}", url)
        yield Stage(
            dynamodb=dynamodb,
            s3=s3,
            sqs=sqs,
            queue_urls=urls,
        )
        _forget()


def _forget() -> None:
    rooms = (wiring.base, wiring.jobs, wiring.partners)
    built: list[Any] = [getattr(room, name) for room in rooms for name in vars(room)]
    for function in [*built, table.connection]:
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def _create_table(dynamodb: Any, name: str) -> None:
    more: dict[str, Any] = {}
    attributes = ["pk", "sk"]
    if name == "core":
        attributes += ["hour_shard", "at"]
        more["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "by_hour",
                "KeySchema": _keys("hour_shard", "at"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        KeySchema=_keys("pk", "sk"),
        **more,
    )


def _keys(hash_name: str, range_name: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_name, "KeyType": "HASH"},
        {"AttributeName": range_name, "KeyType": "RANGE"},
    ]


def _record(
    number: int, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> dict[str, Any]:
    """A record of a stream with both images, as the JSON that Lambda passes on."""
    name = "INSERT" if before is None else "REMOVE" if after is None else "MODIFY"
    item = after or before or {}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": NOW.timestamp(),
        "Keys": {"pk": item["pk"], "sk": item["sk"]},
        "SequenceNumber": f"{number:021d}",
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    if after is not None:
        change["NewImage"] = after
    if before is not None:
        change["OldImage"] = before
    record = {
        "eventID": f"e{number}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/core/stream/now",
        "dynamodb": change,
    }
    told: dict[str, Any] = json.loads(
        json.dumps(record, default=lambda content: base64.b64encode(content).decode())
    )
    return told
