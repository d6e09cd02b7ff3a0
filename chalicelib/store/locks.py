"""Locks of large commands: a mark on each document that one changes, until it is carried out."""

from typing import Any

from chalicelib.store.key import Key
from chalicelib.store.table import Item


def lock(table: str, key: Key, before: int, command_id: str) -> dict[str, Any]:
    """Mark a document as being changed; one that does not exist yet gets a placeholder."""
    place: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    if before == 0:
        item = {**place, "type": {"S": "LOCK"}, "v": {"N": "0"}, "part_of": {"S": command_id}}
        return {
            "Put": {
                "TableName": table,
                "Item": item,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
    return {
        "Update": {
            "TableName": table,
            "Key": place,
            "UpdateExpression": "SET part_of = :part_of",
            "ConditionExpression": "v = :before AND attribute_not_exists(part_of)",
            "ExpressionAttributeValues": {
                ":before": {"N": str(before)},
                ":part_of": {"S": command_id},
            },
        }
    }


def unlock(table: str, key: Key, before: int) -> dict[str, Any]:
    """Take a lock back, and the placeholder with it."""
    place: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
    if before == 0:
        return {"Delete": {"TableName": table, "Key": place}}
    return {"Update": {"TableName": table, "Key": place, "UpdateExpression": "REMOVE part_of"}}
