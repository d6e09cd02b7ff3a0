"""Whatever was scanned or typed, found by what it bears: one look-up by key for each kind.

Nothing is guessed from parts of a number, and nothing is found that its finder may not read.
"""

import re
from collections.abc import Callable, Iterator

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import scopes
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.schemas.search import FoundKind, FoundsView, FoundView, SearchQuery
from chalicelib.auth import permissions
from chalicelib.contracts.fields import ID_PATTERN
from chalicelib.core.commands import Answer
from chalicelib.core.ids import is_return_number
from chalicelib.store.views import ReturnFilters

TRACKED_MAX = 10
"""Returns in one parcel."""
_ID = re.compile(ID_PATTERN)
bp = Blueprint(__name__)


@bp.route("/search", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="search:read", query=SearchQuery, answer=FoundsView)
def search(call: Call, query: SearchQuery) -> Answer:
    """Find what bears a number: a return, an order, an exception, a task, a parcel.

    The list is empty where nothing does, or nothing that you may see.
    """
    text = query.q.strip()
    found = [
        one
        for permission, find in _FINDERS
        if permissions.may(call.principal, permission)
        for one in find(call, text)
    ]
    return ok(FoundsView(items=tuple(found)))


def _returns(call: Call, text: str) -> Iterator[FoundView]:
    """By the printed number, whose last character tells a slip of the pen, or by id."""
    reads = scopes.own(wiring.reads(), call.principal)
    ret = None
    if is_return_number(text.upper()):
        ret = reads.return_by_number(text.upper())
    elif text.startswith("ret_") and _ID.fullmatch(text):
        ret = reads.return_(text)
    if ret is not None:
        yield _found_return(ret.return_id, ret.number)


def _orders(call: Call, text: str) -> Iterator[FoundView]:
    if not _ID.fullmatch(text):
        return
    order = scopes.own(wiring.reads(), call.principal).order(text)
    if order is not None:
        yield FoundView(
            kind=FoundKind.ORDER,
            id=order.order_no,
            title=order.order_no,
            href=f"/v1/orders/{order.order_no}",
        )


def _exceptions(call: Call, text: str) -> Iterator[FoundView]:
    if not (text.startswith("exc_") and _ID.fullmatch(text)):
        return
    exception = wiring.reads().exception(text)
    seen = permissions.seen_warehouses(call.principal, "exceptions:read")
    if exception is not None and (seen is None or exception.warehouse in {None, *seen}):
        yield FoundView(
            kind=FoundKind.EXCEPTION,
            id=exception.exception_id,
            title=" ".join(filter(None, [exception.kind.value, exception.sku])),
            href=f"/v1/exceptions/{exception.exception_id}",
        )


def _tasks(call: Call, text: str) -> Iterator[FoundView]:
    if not (text.startswith("tsk_") and _ID.fullmatch(text)):
        return
    task = wiring.reads().task(text)
    seen = permissions.seen_warehouses(call.principal, "tasks:read")
    if task is not None and (seen is None or task.warehouse in {None, *seen}):
        yield FoundView(
            kind=FoundKind.TASK,
            id=task.task_id,
            title=f"{task.kind.value} {task.subject}",
            href=f"/v1/tasks/{task.task_id}",
        )


def _parcels(_: Call, text: str) -> Iterator[FoundView]:
    """Boxes with several returns in them."""
    parcel = wiring.reads().parcel(text) if _ID.fullmatch(text) else None
    if parcel is not None:
        yield FoundView(
            kind=FoundKind.PARCEL,
            id=parcel.parcel_no,
            title=parcel.parcel_no,
            href=f"/v1/parcels/{parcel.parcel_no}",
        )


def _tracked(call: Call, text: str) -> Iterator[FoundView]:
    """The returns in the parcel of a tracking number, whoever carries it; found a moment late."""
    if call.principal.is_customer_only and call.principal.customer_id is None:
        return
    filters = ReturnFilters(
        tracking_no=text, customer_id=permissions.own_customer_id(call.principal, None)
    )
    for row in wiring.views().returns(filters, limit=TRACKED_MAX).items:
        yield _found_return(row.return_id, row.number)


def _found_return(return_id: str, number: str) -> FoundView:
    return FoundView(
        kind=FoundKind.RETURN, id=return_id, title=number, href=f"/v1/returns/{return_id}"
    )


_FINDERS: tuple[tuple[str, Callable[[Call, str], Iterator[FoundView]]], ...] = (
    ("returns:read", _returns),
    ("orders:read", _orders),
    ("exceptions:read", _exceptions),
    ("tasks:read", _tasks),
    ("parcels:read", _parcels),
    ("returns:list", _tracked),
)
