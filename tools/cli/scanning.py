"""Reading a table from end to end, with progress by what was looked at, not by what was kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pynamodb.connection import Connection

from chalicelib.store.table import Item, Table
from tools.targets import Target

Seen = Callable[[int], object]
"""Told after each page how many items it had."""


def nothing(_: int) -> None:
    """Nobody watches."""


def about(target: Target, name: str) -> int | None:
    """How many items there are: DynamoDB counts every six hours, so it is a guess."""
    told = target.client("dynamodb").describe_table(TableName=target.tables[name])
    return int(told["Table"].get("ItemCount") or 0) or None


def scan(
    client: Any, table: str, types: Sequence[str] = (), *, seen: Seen = nothing
) -> Iterator[Item]:
    """Every item, or every one of these types, page by page with consistent reads."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    if types:
        names = {f":t{place}": {"S": name} for place, name in enumerate(types)}
        request |= {
            "FilterExpression": f"#type IN ({', '.join(names)})",
            "ExpressionAttributeNames": {"#type": "type"},
            "ExpressionAttributeValues": names,
        }
    for page in client.get_paginator("scan").paginate(**request):
        yield from page["Items"]
        seen(page["ScannedCount"])


class WatchedTable(Table):
    """A table whose scans are watched: `observe` sees every item, also of types not asked for."""

    def __init__(
        self, name: str, link: Connection, client: Any, *,
        seen: Seen = nothing, observe: Callable[[Item], object] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, link)
        self._client = client
        self.seen = seen
        self.observe = observe

    def scan(
        self, types: Sequence[str], *, after: Mapping[str, str] | None = None
    ) -> Iterator[Item]:
        assert after is None, "an operator's scan begins at the beginning"
        if self.observe is None:
            yield from scan(self._client, self.name, types, seen=self.seen)
            return
        wanted = frozenset(types)
        for item in scan(self._client, self.name, seen=self.seen):
            self.observe(item)
            if item.get("type", {}).get("S") in wanted:
                yield item
