"""Goods between warehouses, and corrections of stock."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import created, ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of
from chalicelib.api.schemas.stock_moves import (
    AdjustmentBody,
    AdjustmentDecisionBody,
    AdjustmentView,
    ArrivalBody,
    TransferBody,
    TransfersPage,
    TransfersQuery,
    TransferView,
)
from chalicelib.auth import permissions
from chalicelib.core.commands import Answer
from chalicelib.core.errors import NotFound
from chalicelib.inventory.adjusting import StockAdjustment, adjust, decide
from chalicelib.inventory.transferring import StockTransfer, arrive, send
from chalicelib.returns.scrapping import second_above
from chalicelib.settings import settings
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/stock/transfers", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:transfer",
    body=TransferBody,
    answer=TransferView,
    status=201,
    idempotency="required",
)
def send_stock(call: Call, body: TransferBody) -> Answer:
    """Send goods to another warehouse: they are underway, and nobody can sell them."""
    permissions.act_in(call.principal, body.origin, "stock:transfer")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: send(reads, body.to_domain(), context),
        context=context,
        render=lambda made: created(
            TransferView.of(made),
            location=f"/v1/stock/transfers/{made.transfer_id}",
            version=made.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/stock/transfers", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=TransfersQuery, answer=TransfersPage)
def list_transfers(call: Call, query: TransfersQuery) -> Answer:
    """List what was sent from or to a warehouse, newest first."""
    permissions.act_in(call.principal, query.warehouse, "stock:read")
    page = wiring.stock_lists().transfers(
        query.warehouse, query.state, limit=query.limit, cursor=query.cursor
    )
    items = tuple(TransferView.of(one) for one in page.items)
    return page_of(call, TransfersPage, items, page.next_cursor)


@bp.route("/stock/transfers/{transfer_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", answer=TransferView)
def read_transfer(call: Call, transfer_id: str) -> Answer:
    """Read a transfer with what differs; both its ends may."""
    transfer = _transfer(wiring.reads(), transfer_id)
    ends = (transfer.origin, transfer.target)
    if not any(permissions.may_act_in(call.principal, end, "stock:read") for end in ends):
        raise _no_transfer(transfer_id)
    return ok(TransferView.of(transfer), version=transfer.version)


@bp.route("/stock/transfers/{transfer_id}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:transfer",
    body=ArrivalBody,
    answer=TransferView,
    idempotency="required",
    if_match=always,
)
def receive_transfer(call: Call, body: ArrivalBody, transfer_id: str) -> Answer:
    """Say what of a transfer arrived, in any number of parts, and when nothing more will come."""
    target = _transfer(wiring.reads(), transfer_id).target
    permissions.act_in(call.principal, target, "stock:transfer")
    context, limit = call.context(), second_above(settings.adjustment_second_above)
    command = body.to_domain()
    return wiring.commands().answer(
        lambda reads: arrive(reads, transfer_id, command, context, needs_second=limit.is_passed),
        context=context,
        render=lambda done: ok(TransferView.of(done), version=done.version),
        idempotency=call.idempotency,
    )


@bp.route("/stock/adjustments", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:adjust",
    body=AdjustmentBody,
    answer=AdjustmentView,
    status=201,
    idempotency="required",
)
def adjust_stock(call: Call, body: AdjustmentBody) -> Answer:
    """Correct the books for a reason; above a limit of value it waits for a second person."""
    permissions.act_in(call.principal, body.warehouse, "stock:adjust")
    context, limit = call.context(), second_above(settings.adjustment_second_above)
    return wiring.commands().answer(
        lambda reads: adjust(reads, body.to_domain(), context, needs_second=limit.is_passed),
        context=context,
        render=lambda made: created(
            AdjustmentView.of(made),
            location=f"/v1/stock/adjustments/{made.adjustment_id}",
            version=made.version,
        ),
        idempotency=call.idempotency,
    )


@bp.route("/stock/adjustments/{adjustment_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", answer=AdjustmentView)
def read_adjustment(call: Call, adjustment_id: str) -> Answer:
    """Read a correction of stock."""
    found = _adjustment(wiring.reads(), adjustment_id)
    if not permissions.may_act_in(call.principal, found.warehouse, "stock:read"):
        raise _no_adjustment(adjustment_id)
    return ok(AdjustmentView.of(found), version=found.version)


@bp.route("/stock/adjustments/{adjustment_id}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:approve",
    body=AdjustmentDecisionBody,
    answer=AdjustmentView,
    idempotency="required",
    if_match=always,
)
def decide_adjustment(call: Call, body: AdjustmentDecisionBody, adjustment_id: str) -> Answer:
    """Post a correction that waits, or refuse it. Who asked for it does neither."""
    warehouse = _adjustment(wiring.reads(), adjustment_id).warehouse
    permissions.act_in(call.principal, warehouse, "stock:approve")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: decide(reads, adjustment_id, approve=body.approve, context=context),
        context=context,
        render=lambda done: ok(AdjustmentView.of(done), version=done.version),
        idempotency=call.idempotency,
    )


def _transfer(reads: Reads, transfer_id: str) -> StockTransfer:
    found = reads.stock_transfer(transfer_id)
    if found is None:
        raise _no_transfer(transfer_id)
    return found


def _no_transfer(transfer_id: str) -> NotFound:
    return NotFound("transfer_not_found", f"There is no transfer {transfer_id}.")


def _adjustment(reads: Reads, adjustment_id: str) -> StockAdjustment:
    found = reads.stock_adjustment(adjustment_id)
    if found is None:
        raise _no_adjustment(adjustment_id)
    return found


def _no_adjustment(adjustment_id: str) -> NotFound:
    return NotFound("adjustment_not_found", f"There is no adjustment {adjustment_id}.")
