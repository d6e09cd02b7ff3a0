"""Dead-letter queues: what is in them and why, and how a message goes back to where it failed.

A message is sent first and deleted afterwards, so that none is lost; one that is sent twice is
harmless, because every worker takes repeated messages.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from tools import stream_records

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueOutputTypeDef as Attribute
    from mypy_boto3_sqs.type_defs import MessageTypeDef

QUEUES = ("scans", "uploads", "deliveries", "jobs", "events")
# What a worker writes beside the body of a message that can never succeed.
_NOTES = ("reason", "source", "failed_at")
_UNTOLD = "given up after repeated failures"
# How long collected messages stay hidden from others; long enough to send a thousand of them.
_HOLD_S = 600
# SQS may answer empty though messages are there; this many times in a row it is believed.
_EMPTY_ANSWERS_MAX = 3
# What SQS takes as a group, of what may be a warehouse.
_GROUP = re.compile(r"[A-Za-z0-9._~-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message of a dead-letter queue; with its `receipt` it can be deleted or shown to others."""

    queue: str
    message_id: str
    receipt: str
    body: str
    reason: str
    source: str | None
    failed_at: str | None
    sent_at: datetime
    receives: int
    group: str | None
    attributes: Mapping[str, "Attribute"]

    @classmethod
    def of(cls, queue: str, message: "MessageTypeDef") -> "DeadLetter":
        notes = message.get("MessageAttributes", {})
        system = message.get("Attributes", {})
        return cls(
            queue=queue,
            message_id=message["MessageId"],
            receipt=message["ReceiptHandle"],
            body=message["Body"],
            reason=_text(notes, "reason") or _UNTOLD,
            source=_text(notes, "source"),
            failed_at=_text(notes, "failed_at"),
            sent_at=datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
            receives=int(system.get("ApproximateReceiveCount", 0)),
            group=system.get("MessageGroupId"),
            attributes={name: value for name, value in notes.items() if name not in _NOTES},
        )

    def to_dict(self, now: datetime) -> dict[str, Any]:
        return {
            "queue": self.queue,
            "message_id": self.message_id,
            "reason": self.reason,
            "source": self.source,
            "failed_at": self.failed_at,
            "sent_at": self.sent_at.isoformat(),
            "age_s": int((now - self.sent_at).total_seconds()),
            "receives": self.receives,
            "body": self.body,
        }

    def with_body(self, body: str) -> "DeadLetter":
        return replace(self, body=body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message; `problem` is None when it went as asked."""

    letter: DeadLetter
    problem: str | None = None


class Destination(Protocol):
    """Where messages go back to."""

    def send(self, letter: DeadLetter) -> str | None:
        """None when it was taken for sure, else why not; then the message stays where it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToQueue:
    """The queue a message failed in. What the failure was is not sent along."""

    sqs: "SQSClient"
    url: str

    def send(self, letter: DeadLetter) -> str | None:
        named = group_of(letter)
        group = {"MessageGroupId": named} if named else {}
        try:
            self.sqs.send_message(
                QueueUrl=self.url,
                MessageBody=letter.body,
                MessageAttributes=letter.attributes,
                **group,  # type: ignore[arg-type]  # one optional text argument
            )
        except (ClientError, BotoCoreError) as exc:
            return f"it was not sent: {exc}"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToFunction:
    """The stream's worker, called with the records again: events have no queue to go back to."""

    functions: Any  # clients of Lambda and of DynamoDB streams; their stubs are not installed
    streams: Any
    name: str

    def send(self, letter: DeadLetter) -> str | None:
        try:
            records = self._records(letter.body)
            if isinstance(records, str):
                return records
            payload = json.dumps({"Records": records}).encode()
            answer = self.functions.invoke(FunctionName=self.name, Payload=payload)
            result = json.loads(answer["Payload"].read() or b"null")
        except (ClientError, BotoCoreError, ValueError) as exc:
            return f"the stream or its worker was not reached: {exc}"
        failures = result.get("batchItemFailures") if isinstance(result, dict) else None
        if "FunctionError" in answer or failures:
            return f"the worker failed again: {json.dumps(result)[:500]}"
        return None

    def _records(self, body: str) -> list[Any] | str:
        """Stored in the message itself, or still in the stream; else why they cannot be had."""
        stored = json.loads(body)
        if isinstance(stored, dict) and isinstance(stored.get("Records"), list):
            return list(stored["Records"])
        if isinstance(stored, dict) and "dynamodb" in stored:
            return [stored]
        span = stream_records.Span.of(stored)
        if span is None:
            return "it holds neither stream records nor where they were: drop it"
        found = stream_records.read(self.streams, span)
        if len(found) < span.size:
            return (
                f"the stream keeps records for a day and has {len(found)} of {span.size} left: "
                "rebuild the views, then drop it"
            )
        return found


def group_of(letter: DeadLetter) -> str | None:
    """By which the queue is shared out fairly: of a scan its warehouse, as its body now says.

    What a worker gave up on came here without its group, and mending may have changed it.
    """
    if letter.queue != "scans":
        return letter.group
    try:
        scan = json.loads(letter.body)
    except ValueError:
        return letter.group
    warehouse = scan.get("warehouse") if isinstance(scan, dict) else None
    is_name = isinstance(warehouse, str) and _GROUP.fullmatch(warehouse) is not None
    return str(warehouse) if is_name else letter.group


def collect(sqs: "SQSClient", queue: str, url: str, *, limit: int) -> list[DeadLetter]:
    """Up to `limit` messages, oldest first, hidden from others until released or 10 minutes pass.

    Taken before anything is sent: a message that fails again is not taken twice in one run.
    """
    found: dict[str, DeadLetter] = {}
    expected = _depth(sqs, url)
    empty = 0
    while len(found) < limit and empty < _EMPTY_ANSWERS_MAX:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(10, limit - len(found)),
            VisibilityTimeout=_HOLD_S,
            WaitTimeSeconds=1 if empty else 0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages = answer.get("Messages", [])
        found |= {message["MessageId"]: DeadLetter.of(queue, message) for message in messages}
        empty = 0 if messages else empty + 1
        if empty and len(found) >= expected:
            break
    return sorted(found.values(), key=lambda letter: letter.sent_at)


def release(sqs: "SQSClient", url: str, letters: Iterable[DeadLetter]) -> None:
    """Let others see them again at once."""
    for letter in letters:
        sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )


def give_back(
    sqs: "SQSClient",
    url: str,
    letters: Sequence[DeadLetter],
    destination: Destination,
    done: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Send each message, then delete it here. What was not sent stays and is visible again."""
    return [_settle(sqs, url, letter, destination.send(letter), done) for letter in letters]


def drop(
    sqs: "SQSClient",
    url: str,
    letters: Sequence[DeadLetter],
    done: Callable[[], object] = lambda: None,
) -> list[Outcome]:
    """Delete each message for good."""
    return [_settle(sqs, url, letter, None, done) for letter in letters]


def _settle(
    sqs: "SQSClient",
    url: str,
    letter: DeadLetter,
    problem: str | None,
    done: Callable[[], object],
) -> Outcome:
    try:
        if problem is not None:
            release(sqs, url, [letter])
        else:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=letter.receipt)
    except (ClientError, BotoCoreError) as exc:
        problem = problem or f"it is still in the dead-letter queue as well: {exc}"
    done()
    return Outcome(letter=letter, problem=problem)


def _depth(sqs: "SQSClient", url: str) -> int:
    name = "ApproximateNumberOfMessages"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer["Attributes"][name])  # type: ignore[index]  # the stub wants a literal


def _text(notes: Mapping[str, "Attribute"], name: str) -> str | None:
    return notes[name].get("StringValue") if name in notes else None
