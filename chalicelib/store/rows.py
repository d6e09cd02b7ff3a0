"""Which rows of which lists a record of the core table becomes: pure, the same rows every time.

A row holds the small summary that a list answers with, never personal data or free text of people.
Lists that grow without end are cut into months, so that no partition does. Where one record stands
in very many lists, its rows there only point to the row that says it all: they are written once.
"""

from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.campaigns.model import Campaign
from chalicelib.core.clock import rfc3339
from chalicelib.credits.model import CreditAccount, CreditEntry
from chalicelib.customers.counting import units_sold
from chalicelib.jobs.model import Job
from chalicelib.orders.model import Order
from chalicelib.policy.versions import PolicyVersion
from chalicelib.returns.exceptions import ReturnException
from chalicelib.returns.model import Return
from chalicelib.returns.reminding import next_step
from chalicelib.store.campaign_rows import campaign_row
from chalicelib.store.codec import record_in
from chalicelib.store.credit_rows import CreditDueRow, credit_row
from chalicelib.store.device_rows import device_rows
from chalicelib.store.exchange_rows import exchange_rows
from chalicelib.store.liability_lists import liability_rows
from chalicelib.store.note_rows import note_rows, red_letter_rows
from chalicelib.store.notice_lists import notice_rows
from chalicelib.store.policy_rows import policy_row
from chalicelib.store.receiving_lists import receiving_rows
from chalicelib.store.row import Pointer, Row, bucket_mark, cursor_key, list_name, partition
from chalicelib.store.stock_rows import (
    alert_rows,
    balance_rows,
    incoming_rows,
    movement_rows,
    transfer_rows,
    watch_rows,
)
from chalicelib.store.summaries import DeadlineRow, OrderRow, summary_of
from chalicelib.store.supplier_rows import (
    rtv_rows,
    supplied_rows,
    supplier_rows,
    vendor_claim_rows,
)
from chalicelib.store.table import Item
from chalicelib.store.upload_rows import photo_rows, upload_row_of
from chalicelib.store.work_rows import scrap_rows, waiting_rows, work_order_rows
from chalicelib.tasks.model import Task

__all__ = [
    "PROJECTED_TYPES",
    "DeadlineRow",
    "OrderRow",
    "Pointer",
    "Row",
    "bucket_mark",
    "cursor_key",
    "list_name",
    "partition",
    "rows_of",
    "summary_of",
]
PROJECTED_TYPES = (
    "RETURN", "ORDER", "TASK", "EXCEPTION", "JOB", "CAMPAIGN", "MOVEMENT", "BALANCE", "POLICY",
    "CREDIT", "CREDITENTRY", "NOTE", "REDLETTER", "EXCHANGE", "RECEIVING", "LIABILITY",
    "ADVANCENOTICE", "PHOTO", "DEVICE", "SUPPLIER", "RTV", "VENDORCLAIM", "WORKORDER",
    "SCRAP", "STOCKTRANSFER", "STOCKALERT", "STOCKWATCH",
)  # fmt: skip


def rows_of(item: Item) -> tuple[Row, ...]:
    """The rows of one item of core; none for types that no list shows."""
    build = _ROWS.get(item["type"]["S"])
    return tuple(build(item)) if build is not None else ()


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _return_rows(item: Item) -> Iterator[Row]:
    ret = record_in(item, Return)
    body = summary_of(ret)
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
    skus = {sku for line in ret.lines for sku in (line.sku, line.goods)}
    yield from _rows_of_skus("RETURNS", skus, month, sort, item)
    pointer = _pointer("RETURNS", month, item)
    for tracking_no in sorted({s.tracking_no for s in ret.shipments if s.tracking_no}):
        name = list_name("RETURNS", tracking=tracking_no)
        yield Row(list_name=name, bucket="", sort=sort, body=pointer, is_static=True)
    yield from _deadline_rows(ret)
    yield from supplied_rows(ret)
    yield from waiting_rows(ret)
    yield from incoming_rows(ret)


def _deadline_rows(ret: Return) -> Iterator[Row]:
    """By when next something happens, so that what is due stands at the beginning of the list."""
    following = next_step(ret)
    if following is None or ret.deadline is None:
        return
    yield Row(
        list_name=list_name("DEADLINES"),
        bucket=_month(following.at),
        sort=f"{rfc3339(following.at)}#{ret.return_id}",
        body=DeadlineRow(
            return_id=ret.return_id,
            waiting_for=ret.deadline.kind,
            step=following.step,
            next_at=following.at,
            due_at=ret.deadline.due_at,
            version=ret.version,
        ),
    )


def _rows_of_skus(kind: str, skus: Set[str], month: str, sort: str, item: Item) -> Iterator[Row]:
    """A record of two hundred lines stands in two hundred lists: only its summary is rewritten."""
    pointer = _pointer(kind, month, item)
    for sku in sorted(skus):
        name = list_name(kind, sku=sku)
        yield Row(list_name=name, bucket=month, sort=sort, body=pointer, is_static=True)


def _pointer(kind: str, month: str, item: Item) -> Pointer:
    """To the row in the list of all of this kind."""
    return Pointer(target=partition(list_name(kind), month), record=item["pk"]["S"])


def _order_rows(item: Item) -> Iterator[Row]:
    order = record_in(item, Order)
    body = OrderRow(
        order_no=order.order_no,
        customer_id=order.customer_id,
        placed_at=order.placed_at,
        currency=order.currency,
        channel=order.channel,
        lines=len(order.lines),
        updated_at=order.updated_at,
        version=order.version,
        units=units_sold(order),
    )
    sort, month = f"{rfc3339(order.placed_at)}#{order.order_no}", _month(order.placed_at)
    yield Row(list_name=list_name("ORDERS"), bucket=month, sort=sort, body=body)
    name = list_name("ORDERS", customer=order.customer_id)
    yield Row(list_name=name, bucket="", sort=sort, body=body)
    yield from _rows_of_skus("ORDERS", {line.sku for line in order.lines}, month, sort, item)


def _task_rows(item: Item) -> Iterator[Row]:
    task = record_in(item, Task)
    body = task.without_words()
    state, month = task.state.value, _month(task.due_at)
    sort = f"{rfc3339(task.due_at)}#{task.task_id}"
    names = [list_name("TASKS", state=state), list_name("TASKS", state=state, role=task.role)]
    if task.assignee is not None:
        names.append(list_name("TASKS", state=state, assignee=task.assignee))
    for name in names:
        yield Row(list_name=name, bucket=month, sort=sort, body=body)
    name = list_name("TASKS", subject=task.subject)
    yield Row(list_name=name, bucket="", sort=sort, body=body)


def _exception_rows(item: Item) -> Iterator[Row]:
    exception = record_in(item, ReturnException)
    body = exception.without_words()
    state, month = exception.state.value, _month(exception.opened_at)
    sort = f"{rfc3339(exception.opened_at)}#{exception.exception_id}"
    # A set: without a warehouse two of them are the same list.
    names = {
        list_name("EXCEPTIONS", state=state),
        list_name("EXCEPTIONS", state=state, warehouse=exception.warehouse),
        list_name("EXCEPTIONS", state=state, kind=exception.kind.value),
    }
    for name in sorted(names):
        yield Row(list_name=name, bucket=month, sort=sort, body=body)
    if exception.return_id is not None:
        name = list_name("EXCEPTIONS", return_id=exception.return_id)
        yield Row(list_name=name, bucket="", sort=sort, body=body)
    if exception.customer_id is not None:
        name = list_name("EXCEPTIONS", customer=exception.customer_id)
        yield Row(list_name=name, bucket="", sort=sort, body=body)


def _job_rows(item: Item) -> Iterator[Row]:
    job = record_in(item, Job)
    yield Row(
        list_name=list_name("JOBS", kind=job.kind.value),
        bucket=_month(job.created_at),
        sort=f"{rfc3339(job.created_at)}#{job.job_id}",
        body=replace(job, parameters={}, checkpoint={}),
    )
    yield from upload_row_of(job)


def _campaign_rows(item: Item) -> Iterator[Row]:
    body = campaign_row(record_in(item, Campaign))
    yield Row(
        list_name=list_name("CAMPAIGNS"),
        bucket=_month(body.created_at),
        sort=f"{rfc3339(body.created_at)}#{body.campaign_id}",
        body=body,
    )


def _credit_rows(item: Item) -> Iterator[Row]:
    """By its last change; and by when next something happens to it by itself."""
    account = record_in(item, CreditAccount)
    yield Row(
        list_name=list_name("CREDITS"),
        bucket=_month(account.updated_at),
        sort=f"{rfc3339(account.updated_at)}#{account.account_id}",
        body=credit_row(account),
    )
    if account.next_at is not None:
        yield Row(
            list_name=list_name("CREDITS_DUE"),
            bucket=_month(account.next_at),
            sort=f"{rfc3339(account.next_at)}#{account.account_id}",
            body=CreditDueRow(account_id=account.account_id, next_at=account.next_at),
        )


def _credit_entry_rows(item: Item) -> Iterator[Row]:
    entry = record_in(item, CreditEntry)
    yield Row(
        list_name=list_name("CREDIT_ENTRIES", account=entry.account_id),
        bucket="",
        sort=f"{rfc3339(entry.made_at)}#{entry.entry_id}",
        body=entry,
    )


def _policy_rows(item: Item) -> Iterator[Row]:
    """By policy and beginning; a merchant has so few that no list of them is cut."""
    body = policy_row(record_in(item, PolicyVersion))
    sort = f"{body.policy}#{rfc3339(body.effective_from)}#{body.version_id}"
    for name in (list_name("POLICIES"), list_name("POLICIES", policy=body.policy)):
        yield Row(list_name=name, bucket="", sort=sort, body=body)


# Any: mypy knows no mapping from a text to a function that fits it.
_ROWS: dict[str, Callable[[Any], Iterator[Row]]] = {
    "RETURN": _return_rows,
    "ORDER": _order_rows,
    "TASK": _task_rows,
    "EXCEPTION": _exception_rows,
    "JOB": _job_rows,
    "CAMPAIGN": _campaign_rows,
    "MOVEMENT": movement_rows,
    "BALANCE": balance_rows,
    "POLICY": _policy_rows,
    "CREDIT": _credit_rows,
    "CREDITENTRY": _credit_entry_rows,
    "NOTE": note_rows,
    "REDLETTER": red_letter_rows,
    "EXCHANGE": exchange_rows,
    "STOCKTRANSFER": transfer_rows,
    "STOCKALERT": alert_rows,
    "STOCKWATCH": watch_rows,
    "SUPPLIER": supplier_rows,
    "RTV": rtv_rows,
    "VENDORCLAIM": vendor_claim_rows,
    "WORKORDER": work_order_rows,
    "SCRAP": scrap_rows,
    "RECEIVING": receiving_rows,
    "LIABILITY": liability_rows,
    "ADVANCENOTICE": notice_rows,
    "PHOTO": photo_rows,
    "DEVICE": device_rows,
}
assert set(_ROWS) == set(PROJECTED_TYPES), "every projected type has its rows"
