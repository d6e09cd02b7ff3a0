"""What lies in views, as data: rows and cursors read leniently, their owners, and conditions.

Pure. A row names the record it tells of in its own text, so that strays need no list of all rows.
"""

import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.core.errors import TransientError
from chalicelib.store.codec import body_of
from chalicelib.store.cursors import Cursor, cursor_in
from chalicelib.store.key import Key
from chalicelib.store.rows import Row, bucket_mark, rows_of
from chalicelib.store.table import Item

CURSOR_PREFIX = "CURSOR#"
UNLISTED_PREFIXES = ("BUCKETS#", "METRIC#", "SEQUENCE#")
"""The months of lists, which do no harm when they are empty, metrics, which are no lists, and the
numbers that devices gave their scans, which are compared by themselves."""
_UNREADABLE = (TransientError, AssertionError, KeyError, ValueError, TypeError, zlib.error)
"""What reading an item ends in that is not as we write it."""


def rows_made_of(item: Item) -> tuple[Row, ...] | None:
    """None where no rows can be made of it."""
    try:
        int(item["v"]["N"])
        body = body_of(item)
        return rows_of(item if body is None else {**item, "body": {"S": body}})
    except _UNREADABLE:
        return None


def marks_of(rows: Sequence[Row]) -> set[Key]:
    return {bucket_mark(row.list_name, row.bucket) for row in rows if row.bucket}


def cursor_of(item: Item | None) -> Cursor | None:
    """An absent cursor is one of version 0; None for one that says nothing."""
    try:
        cursor = cursor_in(item)
    except _UNREADABLE:
        return None
    return cursor if item is None or cursor.promised else None


def key_of(item: Item) -> Key:
    return Key(item["pk"]["S"], item["sk"]["S"])


def record_of(cursor: Item) -> Key:
    return Key(cursor["pk"]["S"].removeprefix(CURSOR_PREFIX), cursor["sk"]["S"])


def owner_of(row: Item) -> Key | None:
    """The record of core that a row tells of, as its own text says; None where it says nothing."""
    kind = row["pk"]["S"].partition("#")[0]
    try:
        said = json.loads(row["body"]["S"])
        if "record" in said:
            return Key(said["record"], said["record"].partition("#")[0])
        pk, sk = _OWNERS[kind]
        return Key(pk(said), sk(said))
    except _UNREADABLE:
        return None


def _balance_sk(said: Any) -> str:
    return f"BALANCE#{said['account']}#{said.get('lot') or ''}"


def _movement_pk(said: Any) -> str:
    kind, _, own = said["source"].partition("/")
    return f"{kind.upper()}#{own}"


def _document(said: Any) -> tuple[str, str]:
    """`vendor_claim/vcl_1` is VENDORCLAIM#vcl_1, and `rtv/rtv_1` RTV#rtv_1."""
    kind, _, own = said["subject"].partition("/")
    name = kind.replace("_", "").upper()
    return f"{name}#{own}", name


def _upload(said: Any) -> tuple[str, str]:
    """A photo lies with its return, a job by itself."""
    if said.get("job_id") is not None:
        return f"JOB#{said['job_id']}", "JOB"
    return f"RETURN#{said['return_id']}", f"PHOTO#{said['photo_id']}"


# Any: what the text of a row says.
_OWNERS: dict[str, tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    "RETURNS": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "ORDERS": (lambda said: f"ORDER#{said['order_no']}", lambda _: "ORDER"),
    "TASKS": (lambda said: f"TASK#{said['task_id']}", lambda _: "TASK"),
    "EXCEPTIONS": (lambda said: f"EXCEPTION#{said['exception_id']}", lambda _: "EXCEPTION"),
    "JOBS": (lambda said: f"JOB#{said['job_id']}", lambda _: "JOB"),
    "MOVEMENTS": (
        _movement_pk,
        lambda said: f"MOVEMENT#{said['movement_id']}#{said.get('part', 1):04d}",
    ),
    "STOCK": (lambda said: f"STOCK#{said['warehouse']}#{said['sku']}", _balance_sk),
    "DEADLINES": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "POLICIES": (lambda said: f"POLICY#{said['version_id']}", lambda _: "POLICY"),
    "CAMPAIGNS": (lambda said: f"CAMPAIGN#{said['campaign_id']}", lambda _: "CAMPAIGN"),
    "CREDITS": (lambda said: f"CREDIT#{said['account_id']}", lambda _: "CREDIT"),
    "CREDITS_DUE": (lambda said: f"CREDIT#{said['account_id']}", lambda _: "CREDIT"),
    "CREDIT_ENTRIES": (lambda said: f"CREDITENTRY#{said['entry_id']}", lambda _: "CREDITENTRY"),
    "EXCHANGES_DUE": (lambda said: f"EXCHANGE#{said['exchange_id']}", lambda _: "EXCHANGE"),
    "NOTES": (lambda said: f"NOTE#{said['note_id']}", lambda _: "NOTE"),
    "DEVICES": (lambda said: f"DEVICE#{said['device_id']}", lambda _: "DEVICE"),
    "RECEIVINGS": (lambda said: f"RECEIVING#{said['receiving_id']}", lambda _: "RECEIVING"),
    "NOTICES": (lambda said: f"NOTICE#{said['notice_id']}", lambda _: "NOTICE"),
    "LIABILITIES": (lambda said: f"LIABILITY#{said['claim_id']}", lambda _: "LIABILITY"),
    "REDLETTERS": (lambda said: f"REDLETTER#{said['red_id']}", lambda _: "REDLETTER"),
    "SERIAL": (
        _movement_pk,
        lambda said: f"MOVEMENT#{said['movement_id']}#{said.get('part', 1):04d}",
    ),
    "INCOMING": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "TRANSFERS": (lambda said: f"STOCKTRANSFER#{said['transfer_id']}", lambda _: "STOCKTRANSFER"),
    "ALERTS": (lambda said: f"STOCKALERT#{said['alert_id']}", lambda _: "STOCKALERT"),
    "SUPPLIERS": (lambda said: f"SUPPLIER#{said['supplier_id']}", lambda _: "SUPPLIER"),
    "RTVS": (lambda said: f"RTV#{said['rtv_id']}", lambda _: "RTV"),
    "VENDOR_CLAIMS": (lambda said: f"VENDORCLAIM#{said['claim_id']}", lambda _: "VENDORCLAIM"),
    "VENDOR_DUE": (lambda said: _document(said)[0], lambda said: _document(said)[1]),
    "VENDOR_WAITING": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "SUPPLIED_RETURNS": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "WORK_WAITING": (lambda said: f"RETURN#{said['return_id']}", lambda _: "RETURN"),
    "WORKORDERS": (lambda said: f"WORKORDER#{said['work_order_id']}", lambda _: "WORKORDER"),
    "SCRAP_PROPOSALS": (lambda said: f"SCRAP#{said['proposal_id']}", lambda _: "SCRAP"),
    "UPLOADS_DUE": (lambda said: _upload(said)[0], lambda said: _upload(said)[1]),
    "STOCK_DUE": (lambda said: f"STOCK#{said['warehouse']}#{said['sku']}", lambda _: "WATCH"),
}


def _place(key: Key) -> Item:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def delete_as_seen(table: str, seen: Item) -> dict[str, Any]:
    return {"Delete": {"TableName": table, "Key": _place(key_of(seen)), **_unchanged(seen)}}


def still(table: str, key: Key, seen: Item | None) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": table, "Key": _place(key), **_unchanged(seen)}}


def _unchanged(seen: Item | None) -> dict[str, Any]:
    """The condition that an item is as it was seen."""
    if seen is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    names, values, holds = {}, {}, []
    for place, name in enumerate(("v", "body", "packed", "held_by")):
        names[f"#n{place}"] = name
        if name in seen:
            values[f":v{place}"] = seen[name]
            holds.append(f"#n{place} = :v{place}")
        else:
            holds.append(f"attribute_not_exists(#n{place})")
    more = {"ExpressionAttributeValues": values} if values else {}
    return {
        "ConditionExpression": " AND ".join(holds), "ExpressionAttributeNames": names, **more,
    }  # fmt: skip
