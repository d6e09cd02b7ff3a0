"""Serial numbers and lots: where a unit is and was, when goods expire, how long they must keep."""

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import sealed
from chalicelib.api.schemas.stock_units import (
    LotBody,
    LotQuery,
    LotView,
    SerialQuery,
    SerialView,
    ShelfLifeBody,
    ShelfLifeView,
)
from chalicelib.auth import permissions
from chalicelib.auth.principal import Principal
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotAllowed, NotFound
from chalicelib.inventory.lots import Lot
from chalicelib.inventory.shelf_life import set_shelf_lives
from chalicelib.inventory.stating_lots import StateLot, state_lot
from chalicelib.store.reads import Reads

bp = Blueprint(__name__)


@bp.route("/stock/serials", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=SerialQuery, answer=SerialView, refuses=(404,))
def read_serial(call: Call, query: SerialQuery) -> Answer:
    """Read where a unit is, and the movements that named it.

    Where it is is read from the ledger itself; its history from a list, which may lag a little.
    Staff of a warehouse find units of their own, and what moved them there.
    """
    seen = permissions.seen_warehouses(call.principal, "stock:read")
    position = wiring.reads().serial(query.sku, query.serial)
    if position is None or (seen is not None and position.warehouse not in seen):
        raise NotFound("serial_not_found", f"No movement named {query.serial} of {query.sku}.")
    page = wiring.stock_lists().serial_history(
        query.sku, query.serial, within=seen, limit=query.limit, cursor=query.cursor
    )
    cursor = sealed(call, page.next_cursor) if page.next_cursor is not None else None
    return ok(SerialView.of(position, tuple(page.items), cursor))


@bp.route("/stock/lots", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=LotQuery, answer=LotView, status=(200, 304), refuses=(404,))
def read_lot(query: LotQuery) -> Answer:
    """Read when a lot expires, and which dates were read on goods of it."""
    lot = wiring.reads().lot(query.sku, query.lot)
    if lot is None:
        raise NotFound("lot_not_found", f"Nothing is known of lot {query.lot} of {query.sku}.")
    version = lot.statement.version if lot.statement is not None else None
    return ok(LotView.of(lot), version=version)


@bp.route("/stock/lots", methods=["PUT"], **PRIVATE)
@endpoint(bp, allow="stock:plan", body=LotBody, answer=LotView, idempotency="accepted")
def put_lot(call: Call, body: LotBody) -> Answer:
    """State when a lot expires. It counts from now on, whatever dates are read on goods.

    Staff of a warehouse state it of lots that are, or were, there.
    """
    command = StateLot(sku=body.sku, lot=body.lot, expires_on=body.expires_on, note=body.note)
    context = call.context()

    def decide(reads: Reads) -> Decided[Lot]:
        _require_seen_lot(reads, call.principal, command)
        return state_lot(reads, command, context)

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda lot: ok(
            LotView.of(lot), version=lot.statement.version if lot.statement else None
        ),
        idempotency=call.idempotency,
    )


def _require_seen_lot(reads: Reads, principal: Principal, command: StateLot) -> None:
    seen = permissions.seen_warehouses(principal, "stock:plan")
    if seen is None:
        return
    for warehouse in sorted(seen):
        if any(one.lot == command.lot for one in reads.balances(warehouse, [command.sku])):
            return
    raise NotAllowed(
        "lot_not_yours", f"Lot {command.lot} of {command.sku} is in none of your warehouses."
    )


@bp.route("/stock/shelf-life", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", answer=ShelfLifeView, status=(200, 304))
def read_shelf_life() -> Answer:
    """Read how many days goods must keep at least to be sold again."""
    lives = wiring.reads().shelf_lives()
    return ok(ShelfLifeView.of(lives), version=lives.version or None)


@bp.route("/stock/shelf-life", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:approve",
    body=ShelfLifeBody,
    answer=ShelfLifeView,
    idempotency="accepted",
    if_match=always,
)
def put_shelf_life(call: Call, body: ShelfLifeBody) -> Answer:
    """State how many days goods must keep; all of it: what is not said is not asked any more.

    It is about the goods of every warehouse, so staff of some of them do not state it.
    """
    permissions.act_everywhere(call.principal, "stock:approve")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: set_shelf_lives(reads, dict(body.categories), body.otherwise, context),
        context=context,
        render=lambda lives: ok(ShelfLifeView.of(lives), version=lives.version),
        idempotency=call.idempotency,
    )
