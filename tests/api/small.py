"""A small application whose views show what the boundary does, and how to ask it."""

import json
from typing import Any

from chalice.app import AuthRequest, AuthResponse, Blueprint, Chalice
from chalice.test import Client, HTTPResponse

from chalicelib.api.answers import accepted, created, ok
from chalicelib.api.boundary import endpoint
from chalicelib.api.call import Call
from chalicelib.auth.principal import ALL, Kind, Principal, Role, to_context
from chalicelib.contracts.fields import Label, Moment, MoneyModel, Quantity, Strict
from chalicelib.core import errors
from chalicelib.core.commands import Answer

bp = Blueprint(__name__)
seen: list[Call] = []
FAILURES: dict[str, Exception] = {
    "missing": errors.NotFound("return_not_found", "there is no return ret_1"),
    "forbidden": errors.NotAllowed("warehouse_not_yours", "not in WH1", warehouse="WH1"),
    "conflict": errors.Conflict("not_in_this_state", "it is already approved", allowed=["close"]),
    "stale": errors.Stale("stale_version", "version 3 is past", expected=3, actual=4),
    "refused": errors.PolicyRefused("outside_window", "31 days after delivery"),
    "invalid": errors.Invalid(
        "too_many",
        "more than was shipped",
        errors=[errors.FieldError(pointer="/lines/0/quantity", code="too_many", message="4 left")],
    ),
    "later": errors.TransientError("busy", "too many writers", retry_after_s=2),
    "bug": RuntimeError("secret-detail of customer anna@example.com"),
}


class Line(Strict):
    sku: Label
    quantity: Quantity
    price: MoneyModel | None = None


class Order(Strict):
    lines: tuple[Line, ...]
    placed_at: Moment | None = None


class Empty(Strict):
    pass


class Page(Strict):
    limit: str | None = None
    cursor: str | None = None


@bp.authorizer()
def let_in(request: AuthRequest) -> AuthResponse:
    roles = frozenset(Role(name) for name in request.token.split("+") if name != "nobody")
    principal = Principal(id="usr-1", kind=Kind.PERSON, roles=roles, warehouses=ALL)
    return AuthResponse(routes=["*"], principal_id="usr-1", context=to_context(principal))


ROUTE: dict[str, Any] = {"authorizer": let_in, "content_types": [], "cors": True}


@bp.route("/v1/returns/{return_id}", methods=["GET"], **ROUTE)
@endpoint(bp, allow="returns:read", query=Page)
def read_return(call: Call, query: Page, return_id: str) -> Answer:
    seen.append(call)
    return ok({"id": return_id, "limit": query.limit}, version=3)


@bp.route("/v1/returns", methods=["POST"], **ROUTE)
@endpoint(bp, allow="returns:create", body=Order, idempotency="accepted", status=201)
def create_return(call: Call, body: Order) -> Answer:
    seen.append(call)
    return created({"lines": len(body.lines)}, location="/v1/returns/ret_1", version=1)


@bp.route("/v1/returns/{return_id}/receipts", methods=["POST"], **ROUTE)
@endpoint(bp, allow="returns:receive", body=Empty, idempotency="required", status=202)
def receive(call: Call, return_id: str) -> Answer:
    seen.append(call)
    return accepted({"id": return_id}, location="/v1/jobs/job_1")


@bp.route("/v1/fail/{how}", methods=["GET"], **ROUTE)
@endpoint(bp, allow="returns:read")
def fail(how: str) -> Answer:
    raise FAILURES[how]


@bp.route("/v1/open", methods=["GET"], cors=True)
@endpoint(bp, allow=None)
def read_open() -> Answer:
    return Answer(status=201, body=b'{"kept":"bytes"}', replayed=True)


@bp.route("/v1/unguarded", methods=["GET"], cors=True)
@endpoint(bp, allow="returns:read")
def read_unguarded() -> Answer:
    raise AssertionError("never reached")


@bp.route("/v1/unlisted", methods=["GET"], **ROUTE)
@endpoint(bp, allow="no:such-permission")
def read_unlisted() -> Answer:
    raise AssertionError("never reached")


app = Chalice(app_name="small", configure_logs=False)
app.register_blueprint(bp)

GOOD = {"lines": [{"sku": "A-1", "quantity": 2}]}


def ask(
    method: str,
    path: str,
    body: bytes | str | dict[str, Any] | None = None,
    **headers: str,
) -> HTTPResponse:
    sent = {"Authorization": "admin+customer", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    raw = json.dumps(body) if isinstance(body, dict) else body or ""
    data = raw.encode() if isinstance(raw, str) else raw
    with Client(app) as client:
        return client.http.request(method, path, headers=sent, body=data)


def problem(response: HTTPResponse) -> Any:
    assert response.headers["Content-Type"] == "application/problem+json"
    return json.loads(response.body)
