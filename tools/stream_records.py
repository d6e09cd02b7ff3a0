"""The stream records of a failed batch: Lambda's note of the failure only tells where they were."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Pages of the shard read at most: a batch has 100 records, a page up to 1000.
_PAGES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A batch by its place in the stream, both ends included."""

    stream: str
    shard: str
    first: str
    last: str
    size: int

    @classmethod
    def of(cls, note: Any) -> "Span | None":
        """None for what is not such a note."""
        info = note.get("DDBStreamBatchInfo") if isinstance(note, dict) else None
        if not isinstance(info, dict):
            return None
        try:
            return cls(
                stream=info["streamArn"],
                shard=info["shardId"],
                first=info["startSequenceNumber"],
                last=info["endSequenceNumber"],
                size=int(info["batchSize"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


def read(streams: Any, span: Span) -> list[dict[str, Any]]:
    """The records as Lambda would hand them over; fewer than `span.size` when they are too old."""
    iterator = streams.get_shard_iterator(
        StreamArn=span.stream,
        ShardId=span.shard,
        ShardIteratorType="AT_SEQUENCE_NUMBER",
        SequenceNumber=span.first,
    ).get("ShardIterator")
    found: list[dict[str, Any]] = []
    for record in _records(streams, iterator):
        if int(record["dynamodb"]["SequenceNumber"]) > int(span.last):
            break
        found.append(_plain(record) | {"eventSourceARN": span.stream})
    return found


def _records(streams: Any, iterator: str | None) -> Iterator[dict[str, Any]]:
    for _ in range(_PAGES_MAX):
        if iterator is None:
            return
        page = streams.get_records(ShardIterator=iterator)
        yield from page["Records"]
        iterator = page.get("NextShardIterator")


def _plain(value: Any) -> Any:
    """JSON as Lambda writes it: times in seconds, bytes in base64."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | set | frozenset):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return value.timestamp() if hasattr(value, "timestamp") else value
