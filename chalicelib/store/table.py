"""One DynamoDB table through PynamoDB's connection: few calls, tight time limits, plain errors.

Items are built by hand (see docs/decisions): an aggregate is one text attribute, so models would
add only cost, and their transactions report reasons in another order than the writes were given.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from botocore import __version__ as botocore_version
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from pynamodb.connection import Connection
from pynamodb.exceptions import VerboseClientError

from chalicelib.core.errors import TransientError
from chalicelib.core.retry import RetryTokens, retry
from chalicelib.store.key import Key

CONNECT_TIMEOUT_S = 1.0
READ_TIMEOUT_S = 3.0
ATTEMPTS_MAX = 2
"""Of a call that fails at once. One that was waited for is not repeated: callers wait, too."""
BATCH_GET_MAX = 100
BATCH_PUT_MAX = 25
BATCH_ROUNDS_MAX = 5
SNAPSHOT_ROUNDS_MAX = 3

Item = dict[str, dict[str, Any]]
"""DynamoDB JSON: attribute name → {type: value}. `Any` because sets and lists nest."""

_TRANSIENT = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TransactionInProgressException",
        "InternalServerError",
        "ServiceUnavailable",
        "500",
        "503",
    }
)


class Cancelled(Exception):
    """A transaction was refused; `reasons` has a code (or None) for each action, in their order."""

    def __init__(self, reasons: Sequence[str | None]) -> None:
        super().__init__(", ".join(reason or "-" for reason in reasons))
        self.reasons = tuple(reasons)


@cache
def connection(region: str, endpoint: str | None) -> Connection:
    """One connection a process and endpoint.

    It repeats nothing: botocore would wait up to a second between attempts, and its attempts would
    multiply with ours and their time limits.
    """
    link = Connection(
        region=region,
        host=endpoint,
        connect_timeout_seconds=CONNECT_TIMEOUT_S,
        read_timeout_seconds=READ_TIMEOUT_S,
        retry_configuration={"total_max_attempts": 1, "mode": "standard"},
    )
    # Where none is given, botocore puts this header together anew, twice for each call.
    link.session.set_default_client_config(Config(user_agent=f"tuiku botocore/{botocore_version}"))
    return link


class Table:
    """Reads and writes of one table. Reads are consistent unless they say otherwise.

    `retries` is shared by all who repeat calls to it. `sleep`, `chance` and `monotonic` are
    arguments for tests.
    """

    def __init__(
        self,
        name: str,
        link: Connection,
        *,
        sleep: Callable[[float], object] = time.sleep,
        chance: Callable[[], float] = random.random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._link = link
        self._sleep = sleep
        self._chance = chance
        self._monotonic = monotonic
        self.retries = RetryTokens()

    def get(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items of these keys, in their order; one call up to a hundred keys."""
        if len(keys) == 1:
            answer = self._call(
                "GetItem", {"TableName": self.name, "Key": _key(keys[0]), "ConsistentRead": True}
            )
            return [answer.get("Item")]
        found: dict[Key, Item] = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), BATCH_GET_MAX):
            for item in self._batch(unique[start : start + BATCH_GET_MAX]):
                found[Key(item["pk"]["S"], item["sk"]["S"])] = item
        return [found.get(key) for key in keys]

    def snapshot(self, keys: Sequence[Key]) -> list[Item | None]:
        """The items of up to a hundred keys as they stand at one moment, in their order.

        BatchGetItem may answer with one item from before a transaction and one from after it.
        """
        wanted = [{"Get": {"TableName": self.name, "Key": _key(key)}} for key in keys]
        for _ in range(SNAPSHOT_ROUNDS_MAX):
            try:
                answer = self._call("TransactGetItems", {"TransactItems": wanted})
            except Cancelled:
                continue  # Somebody is writing one of them at this moment.
            return [found.get("Item") for found in answer["Responses"]]
        raise TransientError("store_busy", "The store is busy; nothing was done.")

    def query(
        self,
        pk: str,
        *,
        prefix: str = "",
        limit: int | None = None,
        after: str | None = None,
        newest_first: bool = False,
        consistent: bool = True,
    ) -> list[Item]:
        """The items of a partition whose sort key starts with `prefix`, after the key `after`.

        Without `limit` all pages are read: use it only on partitions that are bounded.
        """
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition += " AND begins_with(sk, :sk)"
            values[":sk"] = {"S": prefix}
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": consistent,
            "ScanIndexForward": not newest_first,
        }
        if after is not None:
            request["ExclusiveStartKey"] = _key(Key(pk, after))
        return list(self._pages("Query", request, limit))

    def by_hour(
        self, hour_shard: str, *, limit: int | None = None, newest_first: bool = False
    ) -> list[Item]:
        """The events of one hour and shard, in order of time (eventually consistent)."""
        return list(self.hour(hour_shard, limit=limit, newest_first=newest_first))

    def hour(
        self,
        hour_shard: str,
        *,
        limit: int | None = None,
        newest_first: bool = False,
        after: str = "",
    ) -> Iterator[Item]:
        """As `by_hour`, read page by page as they are used; only those after a place in it."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "IndexName": "by_hour",
            "KeyConditionExpression": "hour_shard = :h",
            "ExpressionAttributeValues": {":h": {"S": hour_shard}},
            "ScanIndexForward": not newest_first,
        }
        if after:
            request["KeyConditionExpression"] += " AND #at > :after"
            request["ExpressionAttributeNames"] = {"#at": "at"}
            request["ExpressionAttributeValues"][":after"] = {"S": after}
        return self._pages("Query", request, limit)

    def scan(
        self, types: Sequence[str], *, after: Mapping[str, str] | None = None
    ) -> Iterator[Item]:
        """Every item of these types, page by page. For nightly work and rebuilding only."""
        names = {f":t{place}": {"S": name} for place, name in enumerate(types)}
        request: dict[str, Any] = {
            "TableName": self.name,
            "FilterExpression": f"#type IN ({', '.join(names)})",
            "ExpressionAttributeNames": {"#type": "type"},
            "ExpressionAttributeValues": names,
            "ConsistentRead": True,
        }
        if after is not None:
            request["ExclusiveStartKey"] = _key(Key(after["pk"], after["sk"]))
        return self._pages("Scan", request, None)

    def transact(self, actions: Sequence[Mapping[str, Any]], token: str) -> None:
        """All or nothing; raises Cancelled. The same token again within 10 minutes is harmless."""
        self._call(
            "TransactWriteItems",
            {"TransactItems": list(actions), "ClientRequestToken": token},
        )

    def put(self, item: Item) -> None:
        """Store one item as it is. Only for what can be rebuilt."""
        self._call("PutItem", {"TableName": self.name, "Item": item})

    def put_all(self, items: Sequence[Item]) -> None:
        """Store items as they are, each by itself. Only for what can be rebuilt."""
        for start in range(0, len(items), BATCH_PUT_MAX):
            self._put_batch(items[start : start + BATCH_PUT_MAX])

    def _put_batch(self, items: Sequence[Item]) -> None:
        left: dict[str, Any] = {self.name: [{"PutRequest": {"Item": item}} for item in items]}
        for _ in range(BATCH_ROUNDS_MAX):
            answer = self._call("BatchWriteItem", {"RequestItems": left})
            left = answer.get("UnprocessedItems") or {}
            if not left:
                return
        raise TransientError("store_busy", "The store is busy; it is to be tried again.")

    def _batch(self, keys: Sequence[Key]) -> Iterator[Item]:
        asked: dict[str, Any] = {
            self.name: {"Keys": [_key(key) for key in keys], "ConsistentRead": True}
        }
        for _ in range(BATCH_ROUNDS_MAX):
            answer = self._call("BatchGetItem", {"RequestItems": asked})
            yield from answer.get("Responses", {}).get(self.name, [])
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return
        raise TransientError("store_busy", "The store is busy; nothing was done.")

    def _pages(self, operation: str, request: dict[str, Any], limit: int | None) -> Iterator[Item]:
        left = limit
        while True:
            if left is not None:
                request = {**request, "Limit": left}
            answer = self._call(operation, request)
            items = answer.get("Items", [])
            yield from items
            if left is not None:
                left -= len(items)
                if left <= 0:
                    return
            if "LastEvaluatedKey" not in answer:
                return
            request = {**request, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Harmless to repeat: reads, transactions under a token, and what can be rebuilt."""
        return retry(
            lambda: self._once(operation, request),
            retry_on=(TransientError,),
            budget_s=READ_TIMEOUT_S,
            attempts_max=ATTEMPTS_MAX,
            may_retry=lambda _: self.retries.take(),
            sleep=self._sleep,
            random=self._chance,
            monotonic=self._monotonic,
        )

    def _once(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self._link.dispatch(
                operation, {**request, "ReturnConsumedCapacity": "NONE"}
            )
        except VerboseClientError as exc:
            meant = _translated(exc)
            if not isinstance(meant, TransientError):
                self.retries.give_back()  # It is well, and has refused.
            raise meant from exc
        except BotoCoreError as exc:
            raise TransientError("store_unreachable", "The store did not answer.") from exc
        self.retries.give_back()
        return answer


def _translated(exc: VerboseClientError) -> Exception:
    code = exc.response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        reasons = [reason.code if reason else None for reason in exc.cancellation_reasons or ()]
        return Cancelled(reasons)
    if code in _TRANSIENT:
        return TransientError("store_busy", "The store is busy; nothing was done.")
    return exc


def _key(key: Key) -> Item:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
