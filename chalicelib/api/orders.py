"""Orders: what was sold, paid and shipped, told by shops and ERPs."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api import conditions, scopes
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.order_lists import OrderRowView, OrdersPage, OrdersQuery
from chalicelib.api.schemas.order_views import OrderView
from chalicelib.api.schemas.orders import DeliveryBody, OrderBody
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.orders.registration import OrderReader, Registered, deliver, register
from chalicelib.store.views import OrderFilters

bp = Blueprint(__name__)


@bp.route("/orders", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="orders:read", query=OrdersQuery, answer=OrdersPage, refuses=(404,))
def list_orders(call: Call, query: OrdersQuery) -> Answer:
    """List orders, the newest first: a customer's, those with a SKU; customers see their own."""
    filters = OrderFilters(
        customer_id=permissions.own_customer_id(call.principal, query.customer_id), sku=query.sku
    )
    page = wiring.views().orders(filters, limit=query.limit, cursor=query.cursor)
    items = tuple(OrderRowView.of(row) for row in page.items)
    return page_of(call, OrdersPage, items, page.next_cursor)


@bp.route("/orders/{order_no}", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="orders:write",
    body=OrderBody,
    answer=OrderView,
    status=(200, 201),
    idempotency="accepted",
)
def put_order(call: Call, body: OrderBody, order_no: str) -> Answer:
    """Create or update an order.

    Sending the same order again changes nothing. Deliveries that are new post stock. A person who
    changes an order that is there already says by If-Match which version they looked at.
    """
    context = call.context()
    command = body.to_domain(order_no, context.now)

    def decide(reads: OrderReader) -> Decided[Registered]:
        decided = register(reads, command, context)
        if decided.result.changed and not decided.result.created:
            conditions.must_name_version(call)
        return decided

    return wiring.commands().answer(
        decide,
        context=context,
        render=_registered,
        idempotency=call.idempotency,
    )


@bp.route("/orders/{order_no}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="orders:read", answer=OrderView)
def read_order(call: Call, order_no: str) -> Answer:
    """Read an order, with what of each line may still come back."""
    order = scopes.own(wiring.reads(), call.principal).order(order_no)
    if order is None:
        raise NotFound("order_not_found", f"There is no order {order_no}.")
    view = OrderView.of(order, with_cost=not call.principal.is_customer_only)
    return ok(view, version=order.version)


@bp.route("/orders/{order_no}/deliveries", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="orders:deliver",
    body=DeliveryBody,
    answer=OrderView,
    status=201,
    idempotency="required",
)
def post_delivery(call: Call, body: DeliveryBody, order_no: str) -> Answer:
    """Post an outbound delivery of an order."""
    permissions.act_in(call.principal, body.warehouse, "orders:deliver")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: deliver(reads, order_no, body.to_domain(), context),
        context=context,
        render=lambda done: created(OrderView.of(done.order), version=done.order.version),
        idempotency=call.idempotency,
    )


def _registered(done: Registered) -> Answer:
    view = OrderView.of(done.order)
    if done.created:
        location = f"/v1/orders/{done.order.order_no}"
        return created(view, location=location, version=done.order.version)
    return ok(view, version=done.order.version)
