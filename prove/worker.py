"""A process that stands for one Lambda worker: the deployed handlers, an event in, an answer out.

It serves one call at a time, as Lambda does, and may be killed at any moment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app import app
from chalicelib.auth.principal import ALL, Kind, Principal, Role, to_context
from chalicelib.workers import scans_queue, uploads_queue
from prove import sweeping

FUNCTIONS: dict[str, Any] = {
    "ingest_scans": scans_queue.ingest_scans,
    "index_uploads": uploads_queue.index_uploads,
    "sweep_uploads": sweeping.sweep_uploads,
}
"""Chalice wraps them in classes without types."""
HTTP_S = 28.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A request as API Gateway hands it over, signed in as somebody with that role."""

    role: str
    method: str
    path: str
    body: str | None = None
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpReply:
    status: int
    headers: Mapping[str, str]
    raw: str
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionCall:
    """An event for a function that has `remaining_s` left."""

    function: str
    event: Mapping[str, Any]
    remaining_s: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionReply:
    """`error` is what the function raised, if it did."""

    result: Any = None
    error: str | None = None
    took_s: float


Call = HttpCall | FunctionCall
Reply = HttpReply | FunctionReply


class _Invocation:
    def __init__(self, remaining_s: float) -> None:
        self._ends = time.monotonic() + remaining_s

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._ends - time.monotonic()) * 1000))


def serve(connection: Connection, environment: Mapping[str, str], log: str) -> None:
    """Answer calls until the other side hangs up."""
    sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(sink, stream)
    os.close(sink)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)
    while True:
        try:
            call = connection.recv()
        except EOFError:
            return
        connection.send(_answer(call))


def _answer(call: Call) -> Reply:
    began = time.monotonic()
    if isinstance(call, HttpCall):
        told = app(_event(call), _Invocation(HTTP_S))
        return HttpReply(
            status=told["statusCode"],
            headers={name.lower(): value for name, value in told["headers"].items()},
            raw=told["body"],
            took_s=time.monotonic() - began,
        )
    try:
        result = FUNCTIONS[call.function](dict(call.event), _Invocation(call.remaining_s))
    except Exception as error:  # noqa: BLE001 - Lambda, too, only tells that it failed
        return FunctionReply(error=repr(error), took_s=time.monotonic() - began)
    return FunctionReply(result=result, took_s=time.monotonic() - began)


def _event(call: HttpCall) -> dict[str, Any]:
    address = urlsplit(call.path)
    template, ids = _route(address.path)
    return {
        "requestContext": {
            "resourcePath": template,
            "httpMethod": call.method,
            "requestId": "prove",
            "authorizer": to_context(_principal(call.role)),
        },
        "headers": {"Content-Type": "application/json", **call.headers},
        "multiValueQueryStringParameters": parse_qs(address.query, keep_blank_values=True) or None,
        "pathParameters": ids or None,
        "stageVariables": None,
        "body": call.body,
        "isBase64Encoded": False,
    }


def _principal(role: str) -> Principal:
    return Principal(
        id=f"{role}-1",
        kind=Kind.MACHINE if role == "machine" else Kind.PERSON,
        roles=frozenset({Role(role)}),
        warehouses=ALL,
        customer_id="cus-1001" if role == "customer" else None,
    )


def _route(path: str) -> tuple[str, dict[str, str]]:
    parts = path.split("/")
    # Literal parts first, as API Gateway prefers them: /returns/quote before /returns/{id}.
    for template in sorted(app.routes):
        wanted = template.split("/")
        pairs = list(zip(wanted, parts, strict=False))
        if len(wanted) == len(parts) and all(w == p or w.startswith("{") for w, p in pairs):
            return template, {w[1:-1]: p for w, p in pairs if w.startswith("{")}
    raise AssertionError(f"there is no route for {path}")
