"""Every route names a permission or is listed here as public; all have one authorizer and CORS."""

from collections.abc import Iterator
from typing import Any

import pytest
from chalice.app import RouteEntry

from app import app
from chalicelib.api import methods
from chalicelib.api.authorizer import authorize_request
from chalicelib.api.boundary import Endpoint, promise_of
from chalicelib.auth.permissions import PERMISSIONS, WITHIN

PUBLIC = {
    ("GET", "/v1/health"),
    ("GET", "/v1/openapi.json"),
    ("POST", "/v1/devices/enrol"),
    ("POST", "/v1/carrier-events"),
    ("POST", "/v1/payment-events/{provider}"),
    ("GET", "/v1/policies/{version_id}/terms"),
    ("GET", "/v1/policies/{version_id}/terms.html"),
    ("GET", "/v1/policies/{version_id}/terms.pdf"),
}
# Where stock or money moves, a repeated request must be recognisable.
KEY_REQUIRED = {
    ("POST", "/v1/returns/{return_id}/reversals"),
    ("POST", "/v1/scrap-proposals/{proposal_id}/approve"),
    ("POST", "/v1/scrap-proposals/{proposal_id}/decline"),
    ("POST", "/v1/work-orders/{work_order_id}/back"),
    ("POST", "/v1/work-orders/{work_order_id}/cancel"),
    ("POST", "/v1/returns/{return_id}/handovers"),
    ("POST", "/v1/receivings/{receiving_id}/close"),
    ("POST", "/v1/liability-claims"),
    ("POST", "/v1/stock/transfers"),
    ("POST", "/v1/stock/transfers/{transfer_id}"),
    ("POST", "/v1/stock/adjustments"),
    ("POST", "/v1/stock/adjustments/{adjustment_id}"),
    ("POST", "/v1/stock/count-sessions/{session_id}"),
    ("POST", "/v1/orders/{order_no}/deliveries"),
    ("POST", "/v1/returns/bulk"),
    ("POST", "/v1/returns/bulk-approve"),
    ("POST", "/v1/returns/{return_id}/labels"),
    ("POST", "/v1/returns/{return_id}/drop-off"),
    ("POST", "/v1/parcels/{parcel_no}/receipts"),
    ("POST", "/v1/returns/{return_id}/receipts"),
    ("POST", "/v1/returns/{return_id}/inspections"),
    ("POST", "/v1/returns/{return_id}/dispositions"),
    ("POST", "/v1/returns/{return_id}/ship-back"),
    ("POST", "/v1/returns/{return_id}/reinspect"),
    ("POST", "/v1/returns/{return_id}/appeals/{appeal_id}/decide"),
    ("POST", "/v1/exceptions/{exception_id}/resolve"),
    ("POST", "/v1/liability-claims/{claim_id}/recover"),
    ("POST", "/v1/liability-claims/{claim_id}/reject"),
    ("POST", "/v1/liability-claims/{claim_id}/write-off"),
    ("POST", "/v1/returns/{return_id}/settlements"),
    ("POST", "/v1/settlements/{settlement_id}/retry"),
    ("POST", "/v1/settlements/{settlement_id}/confirm"),
    ("POST", "/v1/settlements/{settlement_id}/approve"),
    ("POST", "/v1/settlements/{settlement_id}/reverse"),
    ("POST", "/v1/settlements/{settlement_id}/pay-otherwise"),
    ("POST", "/v1/settlements/{settlement_id}/write-off"),
    ("POST", "/v1/orders/{order_no}/payments/{payment_id}/disputes"),
    ("POST", "/v1/settlements/{settlement_id}/withdraw-credit"),
    ("POST", "/v1/customers/{customer_id}/credit"),
    ("POST", "/v1/customers/{customer_id}/credit/spend"),
    ("POST", "/v1/credit-entries/{entry_id}/reverse"),
    ("POST", "/v1/exchanges/{exchange_id}/ship"),
    ("POST", "/v1/exchanges/{exchange_id}/cancel"),
    ("POST", "/v1/exchanges/{exchange_id}/payment-link"),
    ("POST", "/v1/exchanges/{exchange_id}/paid"),
    ("POST", "/v1/exchanges/{exchange_id}/cross-ship"),
    ("POST", "/v1/exchanges/{exchange_id}/charge"),
    ("POST", "/v1/returns/{return_id}/repairs"),
    ("POST", "/v1/returns/{return_id}/not-repairable"),
    ("POST", "/v1/stock/counts"),
    ("POST", "/v1/suppliers/{supplier_id}/returns-to-vendor"),
    ("POST", "/v1/returns-to-vendor/{rtv_id}/{command}"),
    ("POST", "/v1/suppliers/{supplier_id}/vendor-claims"),
    ("POST", "/v1/vendor-claims/{claim_id}/{command}"),
}
# Quotes and previews write nothing; scans and carriers' messages have names of their own; codes and
# secrets of devices are told once, and kept in no remembered answer.
KEYLESS = {
    ("POST", "/v1/devices/enrolments"),
    ("POST", "/v1/devices/enrol"),
    ("POST", "/v1/returns/quote"),
    ("POST", "/v1/returns/{return_id}/approve/preview"),
    ("POST", "/v1/scans"),
    ("POST", "/v1/epcis/capture"),
    ("POST", "/v1/barcodes/read"),
    ("POST", "/v1/carrier-events"),
    ("POST", "/v1/payment-events/{provider}"),
    ("POST", "/v1/policies/check"),
}


# A person decides about what they see, so they have to name its version.
VERSION_REQUIRED = {
    ("POST", "/v1/returns/{return_id}/reversals"),
    ("POST", "/v1/scrap-proposals/{proposal_id}/approve"),
    ("POST", "/v1/scrap-proposals/{proposal_id}/decline"),
    ("POST", "/v1/work-orders/{work_order_id}/back"),
    ("POST", "/v1/work-orders/{work_order_id}/cancel"),
    ("POST", "/v1/work-orders/{work_order_id}/send"),
    ("POST", "/v1/returns/{return_id}/handovers"),
    ("POST", "/v1/parcels/{parcel_no}/arrivals"),
    ("POST", "/v1/receivings/{receiving_id}/close"),
    ("POST", "/v1/receivings/{receiving_id}/cancel"),
    ("PUT", "/v1/partners/{warehouse}"),
    ("POST", "/v1/liability-claims"),
    ("POST", "/v1/checklists/{category}"),
    ("PUT", "/v1/inspection-rules"),
    ("POST", "/v1/returns/{return_id}/second-inspections"),
    ("POST", "/v1/stock/transfers/{transfer_id}"),
    ("POST", "/v1/stock/adjustments/{adjustment_id}"),
    ("POST", "/v1/stock/count-sessions/{session_id}"),
    ("POST", "/v1/stock/alerts/{alert_id}"),
    ("PUT", "/v1/stock/levels"),
    ("PUT", "/v1/stock/shelf-life"),
    ("POST", "/v1/settlements/{settlement_id}/withdraw-credit"),
    ("POST", "/v1/customers/{customer_id}/credit"),
    ("POST", "/v1/customers/{customer_id}/credit/spend"),
    ("POST", "/v1/credit-entries/{entry_id}/reverse"),
    ("PATCH", "/v1/returns/{return_id}"),
    ("POST", "/v1/returns/{return_id}/submit"),
    ("POST", "/v1/returns/{return_id}/risk-feedback"),
    ("PUT", "/v1/reasons/{code}"),
    ("DELETE", "/v1/reasons/{code}"),
    ("PUT", "/v1/customers/{customer_id}/lists/{list_name}"),
    ("DELETE", "/v1/customers/{customer_id}/lists/{list_name}"),
    ("POST", "/v1/returns/{return_id}/request-info"),
    ("POST", "/v1/returns/{return_id}/cancel"),
    ("POST", "/v1/returns/{return_id}/expire"),
    ("POST", "/v1/returns/{return_id}/documents"),
    ("PUT", "/v1/returns/{return_id}/cause-report"),
    ("POST", "/v1/returns/{return_id}/approve"),
    ("POST", "/v1/returns/{return_id}/reject"),
    ("POST", "/v1/returns/{return_id}/labels"),
    ("POST", "/v1/returns/{return_id}/shipments"),
    ("POST", "/v1/returns/{return_id}/drop-off"),
    ("PUT", "/v1/returns/{return_id}/pickup"),
    ("POST", "/v1/returns/{return_id}/cancel-pickup"),
    ("POST", "/v1/returns/{return_id}/mark-lost"),
    ("POST", "/v1/returns/{return_id}/short-close"),
    ("POST", "/v1/returns/{return_id}/refuse"),
    ("POST", "/v1/parcels/{parcel_no}/receipts"),
    ("POST", "/v1/returns/{return_id}/receipts"),
    ("POST", "/v1/returns/{return_id}/inspections"),
    ("POST", "/v1/returns/{return_id}/dispositions"),
    ("POST", "/v1/returns/{return_id}/ship-back"),
    ("POST", "/v1/returns/{return_id}/reinspect"),
    ("POST", "/v1/returns/{return_id}/reopen"),
    ("POST", "/v1/returns/{return_id}/close"),
    ("POST", "/v1/returns/{return_id}/appeals"),
    ("POST", "/v1/returns/{return_id}/appeals/{appeal_id}/decide"),
    ("POST", "/v1/returns/{return_id}/appeals/{appeal_id}/withdraw"),
    ("POST", "/v1/returns/{return_id}/exceptions"),
    ("POST", "/v1/exceptions/{exception_id}/resolve"),
    ("POST", "/v1/liability-claims/{claim_id}/acknowledge"),
    ("POST", "/v1/liability-claims/{claim_id}/recover"),
    ("POST", "/v1/liability-claims/{claim_id}/reject"),
    ("POST", "/v1/liability-claims/{claim_id}/write-off"),
    ("POST", "/v1/returns/{return_id}/settlements"),
    ("POST", "/v1/settlements/{settlement_id}/retry"),
    ("POST", "/v1/settlements/{settlement_id}/confirm"),
    ("POST", "/v1/settlements/{settlement_id}/approve"),
    ("POST", "/v1/settlements/{settlement_id}/reverse"),
    ("POST", "/v1/settlements/{settlement_id}/pay-otherwise"),
    ("POST", "/v1/settlements/{settlement_id}/write-off"),
    ("POST", "/v1/orders/{order_no}/payments/{payment_id}/disputes"),
    ("POST", "/v1/credit-notes/{note_id}/red-letter"),
    ("POST", "/v1/red-letters/{red_id}/steps"),
    ("PUT", "/v1/finance/seller"),
    ("PUT", "/v1/finance/accounts"),
    ("POST", "/v1/returns/{return_id}/match"),
    ("POST", "/v1/withdrawals/{withdrawal_id}/confirm"),
    ("POST", "/v1/withdrawals/{withdrawal_id}/match"),
    ("POST", "/v1/exchanges/{exchange_id}/ship"),
    ("POST", "/v1/exchanges/{exchange_id}/fulfil"),
    ("POST", "/v1/exchanges/{exchange_id}/cancel"),
    ("POST", "/v1/exchanges/{exchange_id}/unexchange"),
    ("POST", "/v1/exchanges/{exchange_id}/payment-link"),
    ("POST", "/v1/exchanges/{exchange_id}/paid"),
    ("POST", "/v1/exchanges/{exchange_id}/cross-ship"),
    ("POST", "/v1/exchanges/{exchange_id}/release"),
    ("POST", "/v1/exchanges/{exchange_id}/charge"),
    ("POST", "/v1/returns/{return_id}/repairs"),
    ("POST", "/v1/returns/{return_id}/not-repairable"),
    ("POST", "/v1/claims/{claim_id}/approve"),
    ("POST", "/v1/claims/{claim_id}/deny"),
    ("POST", "/v1/claims/{claim_id}/resolve"),
    ("POST", "/v1/claims/{claim_id}/cancel"),
    ("POST", "/v1/policies/{version_id}/publish"),
    ("DELETE", "/v1/policies/{version_id}"),
    ("POST", "/v1/campaigns/{campaign_id}/draft"),
    ("POST", "/v1/campaigns/{campaign_id}/cancel"),
    ("PATCH", "/v1/tasks/{task_id}"),
    ("POST", "/v1/tasks/{task_id}/take"),
    ("POST", "/v1/tasks/{task_id}/release"),
    ("POST", "/v1/tasks/{task_id}/reassign"),
    ("POST", "/v1/tasks/{task_id}/complete"),
    ("POST", "/v1/delegations/{delegation_id}/end"),
    ("PUT", "/v1/suppliers/{supplier_id}"),
    ("POST", "/v1/returns-to-vendor/{rtv_id}/{command}"),
    ("POST", "/v1/vendor-claims/{claim_id}/{command}"),
    ("POST", "/v1/devices/{device_id}/revoke"),
}
RESOURCES_MAX = 300
"""Of one API: a quota of API Gateway, which counts every step of every path."""


def routes() -> Iterator[tuple[str, str, RouteEntry, Endpoint | None]]:
    for path, method, entry in methods.own_routes(app):
        yield method, path, entry, promise_of(entry.view_function)


ALL = [pytest.param(*route, id=f"{route[0]} {route[1]}") for route in routes()]


@pytest.mark.parametrize(("method", "path", "entry", "promise"), ALL)
def test_a_route_is_guarded(method: str, path: str, entry: Any, promise: Endpoint | None) -> None:
    assert promise is not None, "it does not pass the boundary"
    if (method, path) in PUBLIC:
        assert promise.allow is None
        assert entry.authorizer is None
        return
    assert promise.allow in PERMISSIONS
    assert entry.authorizer is authorize_request


@pytest.mark.parametrize(("method", "path", "entry", "promise"), ALL)
def test_a_route_has_the_cors_of_the_application(
    method: str, path: str, entry: Any, promise: Endpoint | None
) -> None:
    assert entry.cors == app.api.cors
    assert path.startswith("/v1/")


@pytest.mark.parametrize(("method", "path", "entry", "promise"), ALL)
def test_a_write_takes_an_idempotency_key(
    method: str, path: str, entry: Any, promise: Endpoint
) -> None:
    if method == "GET" or (method, path) in KEYLESS:
        assert promise.idempotency is None
    elif (method, path) in KEY_REQUIRED:
        assert promise.idempotency == "required"
    else:
        assert promise.idempotency == "accepted"


@pytest.mark.parametrize(("method", "path", "entry", "promise"), ALL)
def test_bodies_and_queries_are_where_http_has_them(
    method: str, path: str, entry: Any, promise: Endpoint
) -> None:
    assert (promise.body is not None) == (method not in ("GET", "DELETE"))
    assert promise.query is None or method == "GET"
    assert entry.content_types == [], "the boundary answers 415, as a problem document"


@pytest.mark.parametrize(("method", "path", "entry", "promise"), ALL)
def test_people_name_the_version_that_they_change(
    method: str, path: str, entry: Any, promise: Endpoint
) -> None:
    assert (promise.if_match is not None) == ((method, path) in VERSION_REQUIRED)


@pytest.mark.parametrize("path", sorted(app.routes))
def test_every_address_answers_every_method(path: str) -> None:
    entries = app.routes[path]
    own = {method for method, entry in entries.items() if not methods.is_added(entry)}

    assert set(entries) == set(methods.METHODS)
    if "GET" in own:
        assert entries["HEAD"].view_function is entries["GET"].view_function
        assert entries["HEAD"].authorizer is entries["GET"].authorizer
        assert entries["HEAD"].cors == entries["GET"].cors
    for method in set(entries) - own - {"HEAD"}:
        # Whoever may not come in may still be told that there is no such door.
        assert promise_of(entries[method].view_function) is methods.REFUSED
        assert entries[method].authorizer is None
        assert entries[method].cors is None, "the preflight would offer it"


def test_the_api_stays_well_below_the_quota_of_resources() -> None:
    steps = {
        path[:end]
        for path in app.routes
        for end in [*(at for at, sign in enumerate(path) if sign == "/" and at), len(path)]
    }

    assert len(steps) < RESOURCES_MAX * 9 / 10


def test_every_listed_route_exists() -> None:
    known = {(method, path) for method, path, _, _ in routes()}

    assert known >= PUBLIC
    assert known >= KEY_REQUIRED | VERSION_REQUIRED


def test_no_permission_is_without_a_route() -> None:
    used = {promise.allow for *_, promise in routes() if promise is not None}

    assert set(PERMISSIONS) - used == set(WITHIN)


def test_debugging_is_off_and_logs_are_ours() -> None:
    assert app.debug is False
    assert app.configure_logs is False


def test_functions_and_views_have_names_of_their_own() -> None:
    views = [entry.view_name for _, _, entry, _ in routes()]

    assert len(set(views)) == len(views)
