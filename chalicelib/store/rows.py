"""Which rows of which lists a record of the core table becomes: pure, the same rows every time.

A row holds the small summary that a list answers with, never personal data or free text of people.
Lists that grow without end are cut into months, so that no partition does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.core import runs
from chalicelib.core.clock import rfc3339
from chalicelib.core.money import Money
from chalicelib.inventory.model import Movement
from chalicelib.jobs.model import Job
from chalicelib.orders.model import Order
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.lifecycle import Status, status_of
from chalicelib.returns.model import Method, Return, ReturnLine, ReturnType
from chalicelib.store.codec import record_in
from chalicelib.store.keys import Key
from chalicelib.store.reads import balance_of
from chalicelib.store.table import Item
from chalicelib.tasks.model import Task

PROJECTED_TYPES = ("RETURN", "ORDER", "TASK", "EXCEPTION", "JOB", "MOVEMENT", "BALANCE")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRow:
    """A return in a list. `amount` is what was paid for all units that it names."""

    return_id: str
    number: str
    status: Status
    type: ReturnType
    method: Method
    order_no: str | None
    customer_id: str | None
    warehouse: str | None
    channel: str | None
    region: str | None
    requested_at: datetime
    updated_at: datetime
    units: int
    amount: Money
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order in a customer's list."""

    order_no: str
    customer_id: str
    placed_at: datetime
    currency: str
    channel: str | None
    lines: int
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the list and month it stands in (`bucket` "": not cut), its place, what it says."""

    list_name: str
    bucket: str
    sort: str
    body: object

    @property
    def key(self) -> Key:
        return Key(partition(self.list_name, self.bucket), self.sort)


def list_name(kind: str, /, **by: str | None) -> str:
    """`RETURNS#status=APPROVED#warehouse=W1`: a list is named by what all its rows share."""
    return "#".join([kind, *(f"{name}={value}" for name, value in by.items() if value is not None)])


def partition(name: str, bucket: str) -> str:
    """Where the rows of one list and month are."""
    return f"{name}#{bucket}" if bucket else name


def bucket_mark(name: str, bucket: str) -> Key:
    """Says that this list has (or had) rows in this month."""
    return Key(f"BUCKETS#{name}", bucket)


def cursor_key(core_pk: str, core_sk: str) -> Key:
    """Where it is noted how far a record of core has been projected."""
    return Key(f"CURSOR#{core_pk}", core_sk)


def rows_of(item: Item) -> tuple[Row, ...]:
    """The rows of one item of core; none for types that no list shows."""
    build = _ROWS.get(item["type"]["S"])
    return tuple(build(item)) if build is not None else ()


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _return_rows(item: Item) -> Iterator[Row]:
    ret = record_in(item, Return)
    body = _summary(ret)
    sort = f"{rfc3339(ret.requested_at)}#{ret.return_id}"
    status, month = body.status.value, _month(ret.requested_at)
    for name in (list_name("RETURNS"), list_name("RETURNS", status=status)):
        yield Row(list_name=name, bucket=month, sort=sort, body=body)
    if ret.warehouse is not None:
        name = list_name("RETURNS", warehouse=ret.warehouse)
        yield Row(list_name=name, bucket=month, sort=sort, body=body)
        name = list_name("RETURNS", status=status, warehouse=ret.warehouse)
        yield Row(list_name=name, bucket=month, sort=sort, body=body)
    if ret.customer_id is not None:
        name = list_name("RETURNS", customer=ret.customer_id)
        yield Row(list_name=name, bucket="", sort=sort, body=body)
    if ret.order_no is not None:
        name = list_name("RETURNS", order=ret.order_no)
        yield Row(list_name=name, bucket="", sort=sort, body=body)


def _summary(ret: Return) -> ReturnRow:
    return ReturnRow(
        return_id=ret.return_id,
        number=ret.number,
        status=status_of(ret),
        type=ret.type,
        method=ret.method,
        order_no=ret.order_no,
        customer_id=ret.customer_id,
        warehouse=ret.warehouse,
        channel=ret.channel,
        region=ret.region,
        requested_at=ret.requested_at,
        updated_at=ret.updated_at,
        units=sum(line.requested for line in ret.lines),
        amount=Money.total((_paid_for(line) for line in ret.lines), ret.currency),
        version=ret.version,
    )


def _paid_for(line: ReturnLine) -> Money:
    return line.value_of(runs.merged(run for group in line.groups for run in group.units))


def _order_rows(item: Item) -> Iterator[Row]:
    order = record_in(item, Order)
    yield Row(
        list_name=list_name("ORDERS", customer=order.customer_id),
        bucket="",
        sort=f"{rfc3339(order.placed_at)}#{order.order_no}",
        body=OrderRow(
            order_no=order.order_no,
            customer_id=order.customer_id,
            placed_at=order.placed_at,
            currency=order.currency,
            channel=order.channel,
            lines=len(order.lines),
            updated_at=order.updated_at,
            version=order.version,
        ),
    )


def _task_rows(item: Item) -> Iterator[Row]:
    task = record_in(item, Task)
    sort = f"{rfc3339(task.due_at)}#{task.task_id}"
    for role in (None, task.role):
        name = list_name("TASKS", state=task.state.value, role=role)
        yield Row(list_name=name, bucket=_month(task.due_at), sort=sort, body=task)


def _exception_rows(item: Item) -> Iterator[Row]:
    exception = record_in(item, ReturnException)
    body = replace(exception, note=None)
    sort = f"{rfc3339(exception.opened_at)}#{exception.exception_id}"
    # A set: without a warehouse both are the same list.
    names = {
        list_name("EXCEPTIONS", state=exception.state.value, warehouse=warehouse)
        for warehouse in (None, exception.warehouse)
    }
    for name in sorted(names):
        yield Row(list_name=name, bucket=_month(exception.opened_at), sort=sort, body=body)


def _job_rows(item: Item) -> Iterator[Row]:
    job = record_in(item, Job)
    yield Row(
        list_name=list_name("JOBS", kind=job.kind.value),
        bucket=_month(job.created_at),
        sort=f"{rfc3339(job.created_at)}#{job.job_id}",
        body=replace(job, parameters={}, checkpoint={}),
    )


def _movement_rows(item: Item) -> Iterator[Row]:
    """One row for each SKU and warehouse, with the entries of that SKU, which sum to zero."""
    movement = record_in(item, Movement)
    sort = f"{rfc3339(movement.posted_at)}#{movement.movement_id}#{movement.part:04d}"
    for sku, warehouse in sorted({(entry.sku, entry.warehouse) for entry in movement.entries}):
        entries = tuple(entry for entry in movement.entries if entry.sku == sku)
        yield Row(
            list_name=list_name("MOVEMENTS", warehouse=warehouse, sku=sku),
            bucket="",
            sort=sort,
            body=replace(movement, entries=entries),
        )


def _balance_rows(item: Item) -> Iterator[Row]:
    balance = balance_of(item)
    place = f"{balance.account.value}#{balance.lot or ''}"
    yield Row(
        list_name=list_name("STOCK", warehouse=balance.warehouse),
        bucket="",
        sort=f"{balance.sku}#{place}",
        body=balance,
    )
    yield Row(
        list_name=list_name("STOCK", sku=balance.sku),
        bucket="",
        sort=f"{balance.warehouse}#{place}",
        body=balance,
    )


# Any: mypy knows no mapping from a text to a function that fits it.
_ROWS: dict[str, Callable[[Any], Iterator[Row]]] = {
    "RETURN": _return_rows,
    "ORDER": _order_rows,
    "TASK": _task_rows,
    "EXCEPTION": _exception_rows,
    "JOB": _job_rows,
    "MOVEMENT": _movement_rows,
    "BALANCE": _balance_rows,
}
assert set(_ROWS) == set(PROJECTED_TYPES), "every projected type has its rows"
