"""Stock: what lies where, what moved, and counts."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.stock import (
    BalanceView,
    CountBody,
    CountView,
    MovementsPage,
    MovementsQuery,
    MovementView,
    StockPage,
    StockQuery,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.inventory.counting import count_stock

bp = Blueprint(__name__)


@bp.route("/stock", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=StockQuery, answer=StockPage)
def list_stock(call: Call, query: StockQuery) -> Answer:
    """List what lies where, by SKU, by warehouse, or by both.

    With both it is read from the ledger itself; otherwise from a list, which may lag a little.
    Staff of a warehouse see what lies in their own.
    """
    if query.warehouse is not None:
        permissions.act_in(call.principal, query.warehouse, "stock:read")
    if query.warehouse is not None and query.sku is not None:
        balances = wiring.reads().balances(query.warehouse, [query.sku])
        items = tuple(BalanceView.of(balance) for balance in balances)
        return page_of(call, StockPage, items, None)
    page = wiring.views().stock(
        warehouse=query.warehouse,
        sku=query.sku,
        within=permissions.seen_warehouses(call.principal, "stock:read"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(BalanceView.of(balance) for balance in page.items)
    return page_of(call, StockPage, items, page.next_cursor)


@bp.route("/stock/movements", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=MovementsQuery, answer=MovementsPage)
def list_movements(call: Call, query: MovementsQuery) -> Answer:
    """List the movements of a return, or of a SKU in a warehouse (newest first)."""
    if query.return_id is not None:
        seen = permissions.seen_warehouses(call.principal, "stock:read")
        movements = wiring.reads().movements_of(f"return/{query.return_id}")
        items = tuple(MovementView.of(one) for one in movements if one.touches(seen))
        return page_of(call, MovementsPage, items, None)
    warehouse, sku = query.goods
    permissions.act_in(call.principal, warehouse, "stock:read")
    page = wiring.views().movements(warehouse, sku, limit=query.limit, cursor=query.cursor)
    items = tuple(MovementView.of(movement) for movement in page.items)
    return page_of(call, MovementsPage, items, page.next_cursor)


@bp.route("/stock/counts", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:count",
    body=CountBody,
    answer=CountView,
    status=201,
    idempotency="required",
)
def post_count(call: Call, body: CountBody) -> Answer:
    """State what was counted in a warehouse; differences to the books are posted."""
    permissions.act_in(call.principal, body.warehouse, "stock:count")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: count_stock(reads, body.to_domain(), context),
        context=context,
        render=lambda count: created(CountView.of(count)),
        idempotency=call.idempotency,
    )
