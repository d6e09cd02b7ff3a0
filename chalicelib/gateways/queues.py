"""Messages to SQS: one, many with a result for each, and those that are given up on.

Sending is at least once: after a lost answer a message may be queued twice. Consumers know that.
"""

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.core.clock import rfc3339
from chalicelib.core.errors import Invalid, TransientError
from chalicelib.core.retry import retry

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef as Entry

BATCH_MAX = 10
MESSAGE_BYTES_MAX = 1_048_576
"""Of one message and of one batch, attributes included (SQS quota since August 2025)."""
_ATTRIBUTE_CHARACTERS_MAX = 500
_RETRY_BUDGET_S = 2.0
# What SQS takes as MessageGroupId; fairness is not worth refusing a message with another name.
_GROUP = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueMessage:
    """`group` keeps one noisy sender from delaying the others (SQS fair queues), no more."""

    body: str
    group: str | None = None
    delay_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Whether SQS took the message; `code` says why not."""

    is_accepted: bool
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """About how many messages wait to be taken, now or after a delay, and are being worked on."""

    waiting: int
    in_flight: int


class Queues:
    """`sleep`, `chance` and `monotonic` are arguments for tests."""

    def __init__(
        self,
        sqs: "SQSClient",
        *,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sqs = sqs
        self._sleep = sleep
        self._chance = chance
        self._monotonic = monotonic

    def send(
        self,
        queue_url: str,
        body: str,
        *,
        group: str | None = None,
        delay_s: int = 0,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        """Raises TransientError when it is not sure that SQS has it, Invalid when it never will."""
        message = QueueMessage(body=body, group=group, delay_s=delay_s)
        size = _size(message, attributes or {})
        if size > MESSAGE_BYTES_MAX:
            raise Invalid("message_too_large", "the message is above what SQS takes", size=size)
        [sent] = self._send_batch(queue_url, [_entry(0, message, attributes or {})])
        if not sent.is_accepted:
            raise TransientError("queue_unavailable", "SQS did not take it", aws_code=sent.code)

    def send_many(self, queue_url: str, messages: Sequence[QueueMessage]) -> list[Sent]:
        """A result for each message, in order. One that was not accepted may be sent again."""
        results: dict[int, Sent] = {}
        for batch in _batches(messages):
            entries = [_entry(index, messages[index], {}) for index in batch]
            results.update(zip(batch, self._send_batch(queue_url, entries), strict=True))
        too_large = Sent(is_accepted=False, code="message_too_large")
        return [results.get(index, too_large) for index in range(len(messages))]

    def depth(self, queue_url: str) -> Depth:
        """SQS's own estimate; raises TransientError when it does not tell."""
        try:
            told = self._sqs.get_queue_attributes(
                QueueUrl=queue_url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        except (ClientError, BotoCoreError) as exc:
            raise TransientError("queue_unavailable", "SQS did not tell.") from exc
        counts = told.get("Attributes", {})
        now = int(counts.get("ApproximateNumberOfMessages", 0))
        delayed = int(counts.get("ApproximateNumberOfMessagesDelayed", 0))
        in_flight = int(counts.get("ApproximateNumberOfMessagesNotVisible", 0))
        return Depth(waiting=now + delayed, in_flight=in_flight)

    def send_dead(
        self, queue_url: str, body: str, *, reason: str, source: str, failed_at: datetime
    ) -> None:
        """Straight to a dead-letter queue, with what an operator needs to know beside the body."""
        attributes = {"reason": reason, "source": source, "failed_at": rfc3339(failed_at)}
        self.send(queue_url, body, attributes=attributes)

    def _send_batch(self, queue_url: str, entries: Sequence["Entry"]) -> list[Sent]:
        """Sends again what failed on the side of SQS; botocore has repeated a call that failed."""
        settled: dict[str, Sent] = {}

        def send_the_rest() -> None:
            rest = [entry for entry in entries if entry["Id"] not in settled]
            answer = self._sqs.send_message_batch(QueueUrl=queue_url, Entries=rest)
            for done in answer.get("Successful", []):
                settled[done["Id"]] = Sent(is_accepted=True)
            failed = answer.get("Failed", [])
            for failure in failed:
                if failure["SenderFault"]:
                    settled[failure["Id"]] = Sent(is_accepted=False, code=failure["Code"])
            if len(settled) < len(entries):
                raise _NotAllTaken(failed[0]["Code"] if failed else "not_answered")

        code = None
        try:
            retry(
                send_the_rest,
                retry_on=(_NotAllTaken,),
                budget_s=_RETRY_BUDGET_S,
                base_s=0.05,
                attempts_max=4,
                sleep=self._sleep,
                random=self._chance,
                monotonic=self._monotonic,
            )
        except _NotAllTaken as exc:
            code = str(exc)
        except ClientError as exc:
            code = exc.response["Error"].get("Code", "ClientError")
        except BotoCoreError as exc:
            code = type(exc).__name__
        return [settled.get(entry["Id"], Sent(is_accepted=False, code=code)) for entry in entries]


class _NotAllTaken(Exception):
    """SQS took a part of the batch; the code of the first failure says why."""


def _batches(messages: Sequence[QueueMessage]) -> Iterator[list[int]]:
    """Indexes in batches of at most ten messages and of the bytes that SQS takes at once.

    A message that is too large by itself is in no batch.
    """
    batch: list[int] = []
    batch_bytes = 0
    for index, message in enumerate(messages):
        size = _size(message, {})
        if size > MESSAGE_BYTES_MAX:
            continue
        if len(batch) == BATCH_MAX or batch_bytes + size > MESSAGE_BYTES_MAX:
            yield batch
            batch, batch_bytes = [], 0
        batch.append(index)
        batch_bytes += size
    if batch:
        yield batch


def _entry(index: int, message: QueueMessage, attributes: Mapping[str, str]) -> "Entry":
    entry: Entry = {"Id": str(index), "MessageBody": message.body}
    if message.group is not None and _GROUP.fullmatch(message.group):
        entry["MessageGroupId"] = message.group
    if message.delay_s:
        entry["DelaySeconds"] = message.delay_s
    if attributes:
        entry["MessageAttributes"] = {
            name: {"DataType": "String", "StringValue": _attribute(value)}
            for name, value in attributes.items()
        }
    return entry


def _attribute(value: str) -> str:
    """SQS refuses an empty value and most control characters."""
    printable = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", value)
    return printable[:_ATTRIBUTE_CHARACTERS_MAX] or "-"


def _size(message: QueueMessage, attributes: Mapping[str, str]) -> int:
    texts = [message.body]
    for name, value in attributes.items():
        texts += [name, "String", _attribute(value)]
    return sum(len(text.encode(errors="replace")) for text in texts)
