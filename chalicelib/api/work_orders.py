"""Work orders: what waits for work, and what is worked on together, in the house or elsewhere."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.work_orders import (
    CancelWorkBody,
    SendOutBody,
    TakeBackBody,
    WaitingPage,
    WaitingQuery,
    WaitingRowView,
    WorkOrderBody,
    WorkOrderRowView,
    WorkOrdersPage,
    WorkOrdersQuery,
    WorkOrderView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import DomainError, NotFound
from chalicelib.core.events import Context
from chalicelib.returns.scrapping import second_above
from chalicelib.settings import settings
from chalicelib.store.reads import Reads
from chalicelib.store.work_lists import WorkLists
from chalicelib.workorders.model import WorkOrder
from chalicelib.workorders.taking_back import take_back
from chalicelib.workorders.working import cancel_work, open_work, send_out

bp = Blueprint(__name__)


@bp.route("/work-orders", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="work-orders:read", query=WorkOrdersQuery, answer=WorkOrdersPage)
def list_work_orders(call: Call, query: WorkOrdersQuery) -> Answer:
    """List work orders, those opened last first."""
    page = WorkLists(wiring.views_table()).orders(
        query.warehouse,
        permissions.seen_warehouses(call.principal, "work-orders:read"),
        query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(WorkOrderRowView.of(row) for row in page.items)
    return page_of(call, WorkOrdersPage, items, page.next_cursor)


@bp.route("/work-orders/waiting", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="work-orders:read", query=WaitingQuery, answer=WaitingPage)
def list_waiting_for_work(call: Call, query: WaitingQuery) -> Answer:
    """List the units of a warehouse that wait for work and are in no order yet."""
    permissions.act_in(call.principal, query.warehouse, "work-orders:read")
    page = WorkLists(wiring.views_table()).waiting(
        query.warehouse, query.kind, limit=query.limit, cursor=query.cursor
    )
    items = tuple(WaitingRowView.of(row) for row in page.items)
    return page_of(call, WaitingPage, items, page.next_cursor)


@bp.route("/work-orders", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="work-orders:write",
    body=WorkOrderBody,
    answer=WorkOrderView,
    status=201,
    idempotency="accepted",
)
def open_work_order(call: Call, body: WorkOrderBody) -> Answer:
    """Put waiting units of one or many returns into a work order."""
    command = body.to_domain()
    permissions.act_in(call.principal, command.warehouse, "work-orders:write")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: open_work(reads, command, context),
        context=context,
        render=_opened,
        idempotency=call.idempotency,
    )


@bp.route("/work-orders/{work_order_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="work-orders:read", answer=WorkOrderView)
def read_work_order(call: Call, work_order_id: str) -> Answer:
    """Read a work order with its lines and what came of them."""
    order, _ = wiring.reads().work_order(work_order_id)
    seen = permissions.seen_warehouses(call.principal, "work-orders:read")
    if order is None or (seen is not None and order.warehouse not in seen):
        raise NotFound("work_order_not_found", f"There is no work order {work_order_id}.")
    return _shown(order)


@bp.route("/work-orders/{work_order_id}/send", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="work-orders:write",
    body=SendOutBody,
    answer=WorkOrderView,
    idempotency="accepted",
    if_match=always,
)
def send_work_order(call: Call, body: SendOutBody, work_order_id: str) -> Answer:
    """Begin the work: the goods go to the workshop, or to our own bench."""
    command = body.to_domain()
    return _done(
        call,
        work_order_id,
        lambda reads, context: send_out(reads, work_order_id, command, context),
    )


@bp.route("/work-orders/{work_order_id}/back", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="work-orders:write",
    body=TakeBackBody,
    answer=WorkOrderView,
    idempotency="required",
    if_match=always,
)
def take_back_work(call: Call, body: TakeBackBody, work_order_id: str) -> Answer:
    """Book what came back, some or all: sellable, on hold, scrapped, lost, or the customer's again.

    What is scrapped or lost above the limit waits on hold for a second person. Parts of ours that
    were used up leave the shelf in the same write.
    """
    command, limits = body.to_domain(), second_above(settings.scrap_second_above)
    return _done(
        call,
        work_order_id,
        lambda reads, context: take_back(reads, work_order_id, command, context, limits),
    )


@bp.route("/work-orders/{work_order_id}/cancel", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="work-orders:write",
    body=CancelWorkBody,
    answer=WorkOrderView,
    idempotency="required",
    if_match=always,
)
def cancel_work_order(call: Call, body: CancelWorkBody, work_order_id: str) -> Answer:
    """Call the rest off: what is not back is on hold again."""
    command = body.to_domain()
    return _done(
        call,
        work_order_id,
        lambda reads, context: cancel_work(reads, work_order_id, command, context),
    )


def _done(
    call: Call, work_order_id: str, decide: Callable[[Reads, Context], Decided[WorkOrder]]
) -> Answer:
    """The command on an order of one of the caller's warehouses; how far others are, and why it is
    refused for them, is not told.
    """
    context = call.context()

    def decided(reads: Reads) -> Decided[WorkOrder]:
        try:
            done = decide(reads, context)
        except DomainError:
            order, _ = reads.work_order(work_order_id)
            if order is not None:
                permissions.act_in(call.principal, order.warehouse, "work-orders:write")
            raise
        permissions.act_in(call.principal, done.result.warehouse, "work-orders:write")
        return done

    return wiring.commands().answer(
        decided, context=context, render=_shown, idempotency=call.idempotency
    )


def _opened(order: WorkOrder) -> Answer:
    location = f"/v1/work-orders/{order.work_order_id}"
    return created(WorkOrderView.of(order), location=location, version=order.version)


def _shown(order: WorkOrder) -> Answer:
    return ok(WorkOrderView.of(order), version=order.version)
