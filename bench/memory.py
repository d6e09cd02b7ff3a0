"""The views table in this process, answering queries as DynamoDB does, for lists of any length.

The local AWS looks at every row of a partition for a query; here a page costs what it should, and
the calls are noted where they are made.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict

from bench.capacity import size_of
from bench.tap import Json

PAGE_BYTES = 1024 * 1024
"""What one query reads at most."""


class MemoryTable:
    """Rows by partition in order of their sort key; answers Query alone."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Json]] = defaultdict(dict)
        self._order: dict[str, list[str]] = defaultdict(list)

    def put(self, pk: str, sk: str, item: Json) -> None:
        if sk not in self._rows[pk]:
            insort(self._order[pk], sk)
        self._rows[pk][sk] = item

    def __call__(self, operation: str, request: Json) -> Json:
        if operation != "Query":
            raise ValueError(f"lists are read by Query, not by {operation}")
        values = request["ExpressionAttributeValues"]
        pk, prefix = values[":pk"]["S"], values.get(":sk", {"S": ""})["S"]
        order = self._order.get(pk, [])
        first, last = bisect_left(order, prefix), bisect_left(order, prefix + "\uffff")
        is_forward = request.get("ScanIndexForward", True)
        start = request.get("ExclusiveStartKey")
        if start is not None:
            after = start["sk"]["S"]
            if is_forward:
                first = max(first, bisect_right(order, after))
            else:
                last = min(last, bisect_left(order, after))
        places = range(first, last) if is_forward else range(last - 1, first - 1, -1)
        return self._page(pk, [order[p] for p in places[: request.get("Limit", len(places))]],
                          len(places))  # fmt: skip

    def _page(self, pk: str, wanted: list[str], available: int) -> Json:
        items: list[Json] = []
        size = 0
        for sk in wanted:
            item = {"pk": {"S": pk}, "sk": {"S": sk}, **self._rows[pk][sk]}
            items.append(item)
            size += size_of(item)
            if size >= PAGE_BYTES:
                break
        answer: Json = {"Items": items, "Count": len(items), "ScannedCount": len(items)}
        if len(items) < available and items:
            answer["LastEvaluatedKey"] = {"pk": {"S": pk}, "sk": items[-1]["sk"]}
        return answer
