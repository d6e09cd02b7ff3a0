"""What stock should be and is worth, what can be promised of it, and what there is to say."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from chalice.app import Blueprint

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.authorizer import PRIVATE
from chalicelib.api.boundary import always, endpoint
from chalicelib.api.call import Call
from chalicelib.api.cursors import page_of, sealed
from chalicelib.api.schemas.common import NoFields
from chalicelib.api.schemas.stock_planning import (
    MEASURED,
    AlertsPage,
    AlertsQuery,
    AlertView,
    LevelBody,
    LevelQuery,
    LevelView,
    PromisableView,
    PromiseQuery,
    PromiseView,
    PurchaseBody,
    ValuationPage,
    ValuationQuery,
)
from chalicelib.auth import permissions
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer, Decided
from chalicelib.core.errors import NotFound
from chalicelib.inventory.alerting import acknowledge
from chalicelib.inventory.alerts import StockAlert
from chalicelib.inventory.planning import set_level, tell_purchase
from chalicelib.store.promises import promisables
from chalicelib.store.reads import Reads

PROMISE_AGE_MAX_S = 5
"""How long a shop may show a number before it asks again."""
bp = Blueprint(__name__)


@bp.route("/stock/atp", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:promise", query=PromiseQuery, answer=PromiseView, status=(200, 304))
def read_promisable(call: Call, query: PromiseQuery) -> Answer:
    """Read how many units of SKUs can be promised, warehouse by warehouse.

    What is available is read from the ledger itself; what is on its way back from a list, which
    may lag a little. Ask with `If-None-Match` and nothing is sent while nothing has changed.
    """
    if query.warehouse is not None:
        permissions.act_in(call.principal, query.warehouse, "stock:promise")
    found = promisables(
        wiring.reads(),
        wiring.views(),
        wiring.stock_lists(),
        skus=query.sku,
        warehouse=query.warehouse,
        within=permissions.seen_warehouses(call.principal, "stock:promise"),
        share=_share(query.returns_share),
        today=utc_now().date(),
    )
    answer = ok(PromiseView(items=tuple(PromisableView.of(one) for one in found)))
    tag = sha256(answer.body).hexdigest()[:32]
    headers = {
        **answer.headers,
        "ETag": f'"{tag}"',
        "Cache-Control": f"private, max-age={PROMISE_AGE_MAX_S}",
    }
    return replace(answer, headers=headers)


def _share(asked: Decimal | Literal["measured"] | None) -> Callable[[str], Decimal | None] | None:
    """What is expected of units on their way back to a warehouse; None: nobody asks."""
    if asked is None:
        return None
    if asked != MEASURED:
        return lambda _: asked
    # Imported here, as in metrics: few questions are about the past.
    from chalicelib.analytics.resale import Resale, resales  # noqa: PLC0415

    measured = resales(wiring.metric_rows(), utc_now())
    return lambda warehouse: measured.get(warehouse, Resale()).share


@bp.route("/stock/valuation", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:value", query=ValuationQuery, answer=ValuationPage)
def read_valuation(call: Call, query: ValuationQuery) -> Answer:
    """Read what lies in a warehouse is worth, by account and currency, a page of balances a time.

    The sums of all pages are those of the warehouse; the list may lag a little.
    """
    permissions.act_in(call.principal, query.warehouse, "stock:value")
    page = wiring.views().stock(warehouse=query.warehouse, limit=query.limit, cursor=query.cursor)
    cursor = sealed(call, page.next_cursor) if page.next_cursor is not None else None
    return ok(ValuationPage.of(query.warehouse, page.items, cursor))


@bp.route("/stock/levels", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=LevelQuery, answer=LevelView, status=(200, 304))
def read_level(call: Call, query: LevelQuery) -> Answer:
    """Read the level of a SKU in a warehouse, and what is bought of it."""
    permissions.act_in(call.principal, query.warehouse, "stock:read")
    plan = wiring.reads().stock_plan(query.warehouse, query.sku)
    return ok(LevelView.of(plan), version=plan.version or None)


@bp.route("/stock/levels", methods=["PUT"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:plan",
    body=LevelBody,
    answer=LevelView,
    idempotency="accepted",
    if_match=always,
)
def put_level(call: Call, body: LevelBody) -> Answer:
    """State at which level of a SKU it is said that stock is low, and what is kept in reserve."""
    permissions.act_in(call.principal, body.warehouse, "stock:plan")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: set_level(reads, body.to_domain(), context),
        context=context,
        render=lambda plan: ok(LevelView.of(plan), version=plan.version),
        idempotency=call.idempotency,
    )


@bp.route("/stock/purchases", methods=["PUT"], **PRIVATE)
@endpoint(bp, allow="stock:plan", body=PurchaseBody, answer=LevelView, idempotency="accepted")
def put_purchase(call: Call, body: PurchaseBody) -> Answer:
    """Tell what is on order, so that goods that come back can spare it."""
    permissions.act_in(call.principal, body.warehouse, "stock:plan")
    context = call.context()
    return wiring.commands().answer(
        lambda reads: tell_purchase(reads, body.to_domain(), context),
        context=context,
        render=lambda plan: ok(LevelView.of(plan), version=plan.version),
        idempotency=call.idempotency,
    )


@bp.route("/stock/alerts", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", query=AlertsQuery, answer=AlertsPage)
def list_stock_alerts(call: Call, query: AlertsQuery) -> Answer:
    """List what there is to say about stock, newest first."""
    page = wiring.stock_lists().alerts(
        query.state,
        query.warehouse,
        kind=query.kind,
        within=permissions.seen_warehouses(call.principal, "stock:read"),
        limit=query.limit,
        cursor=query.cursor,
    )
    items = tuple(AlertView.of(one) for one in page.items)
    return page_of(call, AlertsPage, items, page.next_cursor)


@bp.route("/stock/alerts/{alert_id}", methods=["GET"], **PRIVATE)
@endpoint(bp, allow="stock:read", answer=AlertView)
def read_stock_alert(call: Call, alert_id: str) -> Answer:
    """Read one alert."""
    alert = wiring.reads().stock_alert(alert_id)
    if alert is None or not permissions.may_act_in(call.principal, alert.warehouse, "stock:read"):
        raise NotFound("alert_not_found", f"There is no alert {alert_id}.")
    return ok(AlertView.of(alert), version=alert.version)


@bp.route("/stock/alerts/{alert_id}", methods=["POST"], **PRIVATE)
@endpoint(
    bp,
    allow="stock:plan",
    body=NoFields,
    answer=AlertView,
    idempotency="accepted",
    if_match=always,
)
def acknowledge_stock_alert(call: Call, alert_id: str) -> Answer:
    """Say that somebody looks after it; it ends by itself when its cause is gone."""
    context = call.context()

    def decide(reads: Reads) -> Decided[StockAlert]:
        decided = acknowledge(reads, alert_id, context)
        permissions.act_in(call.principal, decided.result.warehouse, "stock:plan")
        return decided

    return wiring.commands().answer(
        decide,
        context=context,
        render=lambda alert: ok(AlertView.of(alert), version=alert.version),
        idempotency=call.idempotency,
    )
