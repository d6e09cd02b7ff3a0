"""Where each kind of record lives in the core table. docs/data-model.md shows the same patterns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from chalicelib.core.events import Event
from chalicelib.inventory.counting import StockCount
from chalicelib.inventory.model import Account, Movement
from chalicelib.jobs.model import Job
from chalicelib.orders.model import Contact, Order
from chalicelib.returns.disposing import DispositionRecord
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.inspecting import Inspection
from chalicelib.returns.model import Return
from chalicelib.returns.numbers import NumberClaim
from chalicelib.returns.receiving import Receipt
from chalicelib.returns.scanning import ScanOutcome
from chalicelib.tasks.model import Task
from chalicelib.uploads.model import Photo

HOUR_SHARDS = 4


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of one item."""

    pk: str
    sk: str


def partition(subject: str) -> str:
    """`return/ret_x` → `RETURN#ret_x`: the partition of an aggregate and all its documents."""
    kind, _, own = subject.partition("/")
    return f"{kind.upper()}#{own}"


def order(order_no: str) -> Key:
    return Key(f"ORDER#{order_no}", "ORDER")


def return_(return_id: str) -> Key:
    return Key(f"RETURN#{return_id}", "RETURN")


def contact(contact_id: str) -> Key:
    return Key(f"CONTACT#{contact_id}", "CONTACT")


def task(task_id: str) -> Key:
    return Key(f"TASK#{task_id}", "TASK")


def exception(exception_id: str) -> Key:
    return Key(f"EXCEPTION#{exception_id}", "EXCEPTION")


def job(job_id: str) -> Key:
    return Key(f"JOB#{job_id}", "JOB")


def number(number_: str) -> Key:
    return Key(f"NUMBER#{number_}", "NUMBER")


def scan(scan_id: str) -> Key:
    return Key(f"SCAN#{scan_id}", "SCAN")


def photo(return_id: str, photo_id: str) -> Key:
    return Key(f"RETURN#{return_id}", f"PHOTO#{photo_id}")


def stock_count(count_id: str) -> Key:
    return Key(f"COUNT#{count_id}", "COUNT")


def event(event_: Event) -> Key:
    return Key(partition(event_.subject), f"EVENT#{event_.seq:08d}")


def movement(movement_: Movement) -> Key:
    """Beside the document that caused it; parts of a large one sort by their number."""
    return Key(
        partition(movement_.source), f"MOVEMENT#{movement_.movement_id}#{movement_.part:04d}"
    )


def balance(warehouse: str, sku: str, lot: str | None, account: Account) -> Key:
    return Key(stock_partition(warehouse, sku), f"BALANCE#{account.value}#{lot or ''}")


def stock_partition(warehouse: str, sku: str) -> str:
    return f"STOCK#{warehouse}#{sku}"


def idempotency(digest: str) -> Key:
    return Key(f"IDEMPOTENCY#{digest}", "IDEMPOTENCY")


def parts(command_id: str) -> Key:
    return Key(f"PARTS#{command_id}", "PARTS")


def hour_shard(moment: datetime, subject: str) -> str:
    """`2026-11-21T09#2`: the hour a fact was stored in, and one of HOUR_SHARDS shards."""
    return f"{moment:%Y-%m-%dT%H}#{crc32(subject.encode()) % HOUR_SHARDS}"


_KEY_OF: dict[type, tuple[str, Any]] = {
    Order: ("ORDER", lambda r: order(r.order_no)),
    Return: ("RETURN", lambda r: return_(r.return_id)),
    Contact: ("CONTACT", lambda r: contact(r.contact_id)),
    Task: ("TASK", lambda r: task(r.task_id)),
    ReturnException: ("EXCEPTION", lambda r: exception(r.exception_id)),
    Job: ("JOB", lambda r: job(r.job_id)),
    NumberClaim: ("NUMBER", lambda r: number(r.number)),
    ScanOutcome: ("SCAN", lambda r: scan(r.scan_id)),
    Photo: ("PHOTO", lambda r: photo(r.return_id, r.photo_id)),
    StockCount: ("COUNT", lambda r: stock_count(r.count_id)),
    Receipt: ("RECEIPT", lambda r: Key(f"RETURN#{r.return_id}", f"RECEIPT#{r.receipt_id}")),
    Inspection: (
        "INSPECTION",
        lambda r: Key(f"RETURN#{r.return_id}", f"INSPECTION#{r.inspection_id}"),
    ),
    DispositionRecord: (
        "DISPOSITION",
        lambda r: Key(f"RETURN#{r.return_id}", f"DISPOSITION#{r.disposition_id}"),
    ),
    Movement: ("MOVEMENT", movement),
    Event: ("EVENT", event),
}
"""Record type → the `type` attribute of its item and its key. Lambdas: mypy knows no mapping
from a class to a function of its instances, so the values are Any."""

RECORD_TYPES: dict[str, type] = {name: kind for kind, (name, _) in _KEY_OF.items()}


def key_of(record: object) -> Key:
    """The key of a record."""
    key = _KEY_OF[type(record)][1](record)
    assert isinstance(key, Key), "every record has a key"
    return key


def type_name(record: object) -> str:
    """The `type` attribute of a record's item."""
    return _KEY_OF[type(record)][0]
