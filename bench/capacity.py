"""Capacity units by the published rules, from the sizes of items; and what they cost.

Rules: "DynamoDB read and write operations" and "Item sizes and formats" of the DynamoDB Developer
Guide. Not from what an emulator reports: that is its reading of the same pages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from bench.tap import Call, Json

READ_BYTES, WRITE_BYTES = 4096, 1024
_SMALL_ITEM = 1
"""Write units of a balance, which an update never makes larger than 1 KB."""


@dataclass(frozen=True, slots=True)
class Units:
    """Read and write request units."""

    read: float = 0.0
    write: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        return Units(self.read + other.read, self.write + other.write)

    @classmethod
    def total(cls, parts: Iterable["Units"]) -> "Units":
        return sum(parts, cls())


def size_of(item: Json) -> int:
    """Bytes: names and values in UTF-8, two digits a byte, 3 for a map and 1 for each entry."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Json) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return ceil(len(held.lstrip("-").lstrip("0").replace(".", "")) / 2) + 1
        case "B":
            return len(held)
        case "M":
            return 3 + len(held) + size_of(held)
        case "L":
            return 3 + sum(1 + _value_size(one) for one in held)
        case _:
            return 1


def units_of(call: Call) -> Units:
    """Of one call. Transactions cost double; the index by_hour takes a copy of what carries it."""
    match call.operation:
        case "GetItem":
            return _read([call.answer.get("Item")], 1.0 if _is_consistent(call.request) else 0.5)
        case "BatchGetItem":
            return Units.total(_batch_parts(call))
        case "TransactGetItems":
            return _read([found.get("Item") for found in call.answer["Responses"]], 2.0)
        case "Query":
            size = sum(size_of(item) for item in call.answer["Items"])
            factor = 1.0 if _is_consistent(call.request) else 0.5
            return Units(read=factor * max(1, ceil(size / READ_BYTES)))
        case "PutItem":
            return _written(call.request["Item"], 1.0)
        case "BatchWriteItem":
            puts = [put for puts in call.request["RequestItems"].values() for put in puts]
            return Units.total(_written(put["PutRequest"]["Item"], 1.0) for put in puts)
        case "TransactWriteItems":
            actions = [next(iter(action.values())) for action in call.request["TransactItems"]]
            return Units.total(_written(action.get("Item"), 2.0) for action in actions)
    raise ValueError(f"no rule is written down for {call.operation}")


def _batch_parts(call: Call) -> Iterator[Units]:
    """A key without an item costs as much as the smallest item."""
    for name, asked in call.request["RequestItems"].items():
        found: list[Any] = list(call.answer["Responses"].get(name, []))
        found += [None] * (len(asked["Keys"]) - len(found))
        yield _read(found, 1.0 if _is_consistent(asked) else 0.5)


def _is_consistent(request: Json) -> bool:
    return bool(request.get("ConsistentRead"))


def _read(items: Iterable[Json | None], factor: float) -> Units:
    return Units(
        read=sum(factor * max(1, ceil(size_of(item or {}) / READ_BYTES)) for item in items)
    )


def _written(item: Json | None, factor: float) -> Units:
    if item is None:
        return Units(write=factor * _SMALL_ITEM)
    kilobytes = ceil(size_of(item) / WRITE_BYTES)
    indexed = kilobytes if "hour_shard" in item else 0
    return Units(write=factor * kilobytes + indexed)
