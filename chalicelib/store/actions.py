"""The writes of one command as DynamoDB actions, each with the condition that makes it true.

Records: version n is written only over version n−1. Movements: each balance changes once, physical
accounts never below zero, and where a decision was made on a balance, only if it still holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Answer, IdempotencyKey, Record
from chalicelib.core.events import Event
from chalicelib.inventory.model import PHYSICAL, Entry, Movement
from chalicelib.store import keys
from chalicelib.store.codec import body_attribute, text_attribute
from chalicelib.store.key import Key
from chalicelib.store.table import Item

IDEMPOTENCY_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action of a transaction, its key, and what a failed condition on it means."""

    key: Key
    request: dict[str, Any]
    on_failure: str


def item_of(record: Record | Event) -> Item:
    """The item of a record: keys, type, version and the body."""
    key = keys.key_of(record)
    return {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "type": {"S": keys.type_name(record)},
        "v": {"N": str(record.version)},
        **body_attribute(record),
    }


def put_record(table: str, record: Record, *, part_of: str | None = None) -> Action:
    """Store a record over its previous version; a large command's lock must be ours, or none."""
    request: dict[str, Any] = {"TableName": table, "Item": item_of(record)}
    before = record.version - 1
    if part_of is not None:
        request["ConditionExpression"] = "v = :before AND part_of = :part_of"
        request["ExpressionAttributeValues"] = {
            ":before": {"N": str(before)},
            ":part_of": {"S": part_of},
        }
    elif before == 0:
        request["ConditionExpression"] = "attribute_not_exists(pk)"
    else:
        request["ConditionExpression"] = "v = :before AND attribute_not_exists(part_of)"
        request["ExpressionAttributeValues"] = {":before": {"N": str(before)}}
    return Action(key=keys.key_of(record), request={"Put": request}, on_failure="version")


def put_event(table: str, event: Event) -> Action:
    """Store an event once, indexed by the hour in which it was stored."""
    item = item_of(event)
    item["hour_shard"] = {"S": keys.hour_shard(event.time, event.subject)}
    item["at"] = {"S": f"{rfc3339(event.time)}#{event.id}"}
    request = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    return Action(key=keys.key_of(event), request={"Put": request}, on_failure="version")


def put_answer(table: str, key: IdempotencyKey, answer: Answer, now: datetime) -> Action:
    """Remember what was answered; only the first of two racing requests may."""
    place = idempotency_place(key)
    item: Item = {
        "pk": {"S": place.pk},
        "sk": {"S": place.sk},
        "type": {"S": "IDEMPOTENCY"},
        "fingerprint": {"S": key.fingerprint},
        "status": {"N": str(answer.status)},
        **text_attribute(answer.body),
        "headers": {"M": {name: {"S": value} for name, value in answer.headers.items()}},
        "expires_at": {"N": str(int((now + IDEMPOTENCY_KEPT).timestamp()))},
    }
    request = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk) OR expires_at <= :now",
        "ExpressionAttributeValues": {":now": {"N": str(int(now.timestamp()))}},
    }
    return Action(key=place, request={"Put": request}, on_failure="replay")


def idempotency_place(key: IdempotencyKey) -> Key:
    """Where the answer to a request is remembered: a digest, so that keys may hold anything."""
    return keys.idempotency(sha256(f"{key.scope}\x1f{key.key}".encode()).hexdigest())


def balance_changes(
    table: str, movements: Iterable[Movement], *, forced: bool = False
) -> list[Action]:
    """One action a balance: a transaction may name an item only once. `forced`: without a floor."""
    together: dict[Key, list[Entry]] = {}
    for entry in (entry for movement in movements for entry in movement.entries):
        place = keys.balance(entry.warehouse, entry.sku, entry.lot, entry.account)
        together.setdefault(place, []).append(entry)
    return [_balance_change(table, p, entries, forced) for p, entries in together.items()]


def _balance_change(table: str, place: Key, entries: list[Entry], forced: bool) -> Action:
    one = entries[0]
    delta = sum(entry.quantity for entry in entries)
    values: Item = {
        ":delta": {"N": str(delta)},
        ":one": {"N": "1"},
        ":type": {"S": "BALANCE"},
        ":warehouse": {"S": one.warehouse},
        ":sku": {"S": one.sku},
        ":lot": {"S": one.lot or ""},
        ":account": {"S": one.account.value},
    }
    names = {"#type": "type"}
    adds = ["quantity :delta", "v :one"]
    for place_no, (currency, minor) in enumerate(sorted(_values(entries).items())):
        names[f"#value{place_no}"] = f"value_{currency}"
        values[f":value{place_no}"] = {"N": str(minor)}
        adds.append(f"#value{place_no} :value{place_no}")
    request: dict[str, Any] = {
        "TableName": table,
        "Key": {"pk": {"S": place.pk}, "sk": {"S": place.sk}},
        "UpdateExpression": "SET #type = :type, warehouse = :warehouse, sku = :sku, "
        f"lot = :lot, account = :account ADD {', '.join(adds)}",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    expected = next((entry.expected for entry in entries if entry.expected is not None), None)
    on_failure = "stock"
    if expected is not None:
        on_failure = "version"
        values[":expected"] = {"N": str(expected)}
        holds = "quantity = :expected"
        request["ConditionExpression"] = (
            f"attribute_not_exists(quantity) OR {holds}" if expected == 0 else holds
        )
    elif delta < 0 and one.account in PHYSICAL and not forced:
        values[":need"] = {"N": str(-delta)}
        request["ConditionExpression"] = "quantity >= :need"
    return Action(key=place, request={"Update": request}, on_failure=on_failure)


def _values(entries: Iterable[Entry]) -> dict[str, int]:
    """What the entries are worth at issue cost, by currency."""
    sums: dict[str, int] = {}
    for entry in entries:
        if entry.unit_cost is not None:
            worth = entry.unit_cost.minor * entry.quantity
            sums[entry.unit_cost.currency] = sums.get(entry.unit_cost.currency, 0) + worth
    return {currency: minor for currency, minor in sums.items() if minor}
