"""Where HTTP ends: every view is wrapped here, and HTTP statuses exist only here.

In order: correlation id, identity, permission, address, what a device signed, the signature of a
body that has one, shape of body and query, headers, the view, and its answer or its refusal as a
problem document. What is not foreseen is a 500 without detail.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from typing import Any

from chalice.app import Blueprint, Request, Response
from pydantic import BaseModel

from chalicelib import telemetry
from chalicelib.api import answers, bodies, call, conditions, cursors, problems, signed
from chalicelib.api.call import Call, KeyRule, Refused
from chalicelib.api.schemas.common import PageQuery
from chalicelib.auth import permissions
from chalicelib.auth.principal import Kind, Principal
from chalicelib.core import errors
from chalicelib.core.clock import utc_now
from chalicelib.core.commands import Answer, IdempotencyKey
from chalicelib.settings import settings

BODY_BYTES_MAX = 256 * 1024
View = Callable[..., Answer]
MatchRule = Callable[[Any], bool] | None
"""Which bodies change a version that their sender has looked at; None: the route never does."""
Seal = Callable[[Mapping[str, str], bytes, Mapping[str, str]], object]
"""Says from the headers, the bytes of a body and the ids of the address who signed it, before
anything of it is read; what it returns is the view's `seal`. It raises Refused."""
_NOBODY = Principal(id="anonymous", kind=Kind.PERSON, roles=frozenset())
_SAFE_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# The most particular class first; each with its status and the sentences it may borrow.
_STATUSES: tuple[tuple[type[errors.DomainError], int, str], ...] = (
    (errors.Stale, 412, "stale_version"),
    (errors.Conflict, 409, "conflict"),
    (errors.NotFound, 404, "not_found"),
    (errors.NotAllowed, 403, "not_allowed"),
    (errors.PolicyRefused, 422, "policy_refused"),
    (errors.Invalid, 422, "unprocessable"),
    (errors.TransientError, 503, "transient"),
)
log = telemetry.logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What a route promises; OpenAPI and the contract tests read it from the view."""

    allow: str | None
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: type[BaseModel] | None
    statuses: tuple[int, ...]
    idempotency: KeyRule
    if_match: MatchRule
    seal: Seal | None = None
    media: str = "application/json"
    body_max: int = BODY_BYTES_MAX
    refuses: tuple[int, ...] = ()


def always(_: object) -> bool:
    """As a MatchRule: whatever the body says."""
    return True


def endpoint(
    bp: Blueprint,
    *,
    allow: str | None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answer: type[BaseModel] | None = None,
    status: int | tuple[int, ...] = 200,
    idempotency: KeyRule = None,
    if_match: MatchRule = None,
    seal: Seal | None = None,
    media: str = "application/json",
    body_max: int = BODY_BYTES_MAX,
    refuses: tuple[int, ...] = (),
) -> Callable[[View], Callable[..., Response]]:
    """Wraps a view under `@bp.route`. The view gets what it names of `call`, `body`, `query` and
    the ids of the address; it returns ok(), created() or accepted().

    `allow` is a permission; None opens the route to everyone, signed in or not. `answer` and
    `status` promise what is answered, for the description of the API. `if_match` says for which
    bodies a person has to name the version that they looked at. `seal` is for bodies that are
    signed by who sends them. `media` is the kind of text that is answered; `body_max` are bytes.
    `refuses` are statuses of problems that its kind of address and body do not tell already.
    """
    promise = Endpoint(
        allow=allow,
        body=body,
        query=query,
        answer=answer,
        statuses=status if isinstance(status, tuple) else (status,),
        idempotency=idempotency,
        if_match=if_match,
        seal=seal,
        media=media,
        body_max=body_max,
        refuses=refuses,
    )

    def wrap(view: View) -> Callable[..., Response]:
        wanted = tuple(signature(view).parameters)

        def chosen(**given: Any) -> Answer:  # Any: as in _run
            return view(**{name: given[name] for name in wanted})

        @wraps(view)
        def guarded(**path: str) -> Response:
            return respond(bp.current_request, promise, chosen, path)

        guarded.endpoint = promise  # type: ignore[attr-defined]  # read by openapi and tests
        return guarded

    return wrap


def promise_of(view: Callable[..., Any]) -> Endpoint | None:
    """The promise of a route's view, or None when it does not pass the boundary."""
    promise = getattr(view, "endpoint", None)
    return promise if isinstance(promise, Endpoint) else None


def respond(request: Request, promise: Endpoint, view: View, path: Mapping[str, str]) -> Response:
    """Runs a view for a request of Chalice; never raises."""
    telemetry.configure()
    started, headers = time.perf_counter(), call.headers_of(request)
    correlation_id = call.correlation_id(headers, utc_now())
    with telemetry.bound(correlation_id=correlation_id, request_id=_request_id(request)):
        try:
            answer = _run(request, promise, view, path, headers, correlation_id)
        except Exception as error:  # noqa: BLE001 - nothing leaves a view but an answer
            answer = _refusal(error, request, headers, correlation_id)
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": request.path,
                "status": answer.status,
                "replayed": answer.replayed,
                "duration_ms": round((time.perf_counter() - started) * 1000, 1),
            },
        )
    return _response(answer, headers, request.method, correlation_id)


def _run(
    request: Request,
    promise: Endpoint,
    view: View,
    path: Mapping[str, str],
    headers: Mapping[str, str],
    correlation_id: str,
) -> Answer:
    principal = call.principal_of(request) or _NOBODY
    _permit(principal, promise.allow)
    ids, now = call.path_ids(path), utc_now()
    proof = signed.compare(request, principal, ids, correlation_id=correlation_id, now=now)
    given: dict[str, Any] = dict(ids)  # Any: ids, a body model, a query model, the call
    canonical, sent = b"", _sent_query(request) if promise.query is not None else {}
    if promise.body is not None:
        raw = _raw(request, promise.body_max)
        if promise.seal is not None:
            given["seal"] = promise.seal(headers, raw, ids)
        given["body"], canonical = _body(raw, headers, promise.body)
    if promise.query is not None:
        given["query"] = bodies.parse_query(sent, promise.query)
    key = (
        call.idempotency_key(headers, promise.idempotency)
        if proof is None
        else signed.idempotency_key(proof, promise.idempotency)
    )
    made = Call(
        method=request.method,
        route=request.path,
        path=ids,
        headers=headers,
        principal=principal,
        role=permissions.acting_role(principal, promise.allow) if promise.allow else None,
        correlation_id=correlation_id,
        received_at=now,
        query={name: values[0] for name, values in sent.items()},
        if_match=call.if_match(headers),
        idempotency=None
        if key is None
        else IdempotencyKey(
            scope=f"{principal.id}:{request.method}:{request.path}",
            key=key,
            fingerprint=bodies.fingerprint(call.filled(request.path, ids), canonical),
        ),
        language=problems.negotiate(headers.get("accept-language")),
    )
    if promise.if_match is not None and promise.if_match(given.get("body")):
        conditions.must_name_version(made)
    return view(**{**given, **_with_place(given.get("query"), made), "call": made})


def _with_place(query: BaseModel | None, made: Call) -> dict[str, BaseModel]:
    """The query with the store's cursor in place of the one that was given out."""
    if not isinstance(query, PageQuery) or query.cursor is None:
        return {}
    return {"query": query.model_copy(update={"cursor": cursors.opened(made, query.cursor)})}


def _permit(principal: Principal, permission: str | None) -> None:
    if permission is None:
        return
    if principal is _NOBODY:
        raise Refused(401, "unauthenticated")
    if not permissions.may(principal, permission):
        raise Refused(403, "permission_denied", permission=permission)


def _raw(request: Request, limit: int) -> bytes:
    """The body as it was sent; of so many bytes at most."""
    try:
        sent = request.raw_body
        raw = sent.encode() if isinstance(sent, str) else sent
    except UnicodeEncodeError as error:
        raise bodies.Unreadable("it is not Unicode text") from error
    if len(raw) > limit:
        raise Refused(413, "body_too_large", limit_bytes=limit)
    return raw


def _body(
    raw: bytes, headers: Mapping[str, str], model: type[BaseModel]
) -> tuple[BaseModel, bytes]:
    if raw.strip() and not _is_json(headers.get("content-type", "")):
        raise Refused(415, "unsupported_media_type")
    return bodies.parse(raw, model)


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [part for part in parameters if part.startswith("charset=")]
    return kind in ("application/json", "application/ld+json") and all(
        part.removeprefix("charset=").strip('"') in ("utf-8", "utf8") for part in charsets
    )


def _sent_query(request: Request) -> dict[str, Sequence[str]]:
    sent = request.query_params
    return {name: sent.getlist(name) for name in sent} if sent is not None else {}


def _refusal(
    error: Exception, request: Request, headers: Mapping[str, str], correlation_id: str
) -> Answer:
    """The problem document of anything that was raised."""
    problem = problem_of(error)
    if problem.status == 500:
        log.error("unexpected error", exc_info=error, extra={"route": request.path})
    language = problems.negotiate(headers.get("accept-language"))
    document = problems.document(
        problem, language=language, instance=_instance(request), trace_id=correlation_id
    )
    sent = {
        "Content-Type": problems.MEDIA_TYPE,
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    if isinstance(error, errors.TransientError):
        sent["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Refused):
        sent |= error.headers
    return Answer(status=problem.status, body=answers.encode(document), headers=sent)


def problem_of(error: Exception) -> problems.Problem:
    """What went wrong, with the status that HTTP knows it by."""
    match error:
        case Refused():
            return problems.Problem(
                status=error.status,
                code=error.code,
                fallback="invalid",
                errors=error.errors,
                details=error.details,
            )
        case bodies.Misshapen():
            return problems.Problem(
                status=400, code=error.code, fallback="invalid", errors=error.errors
            )
        case bodies.Unreadable():
            return problems.Problem(
                status=400,
                code="malformed_json",
                fallback="invalid",
                details={"reason": error.reason},
            )
        case errors.DomainError():
            return _domain_problem(error)
    return problems.Problem(status=500, code="internal_error", fallback="internal_error")


def _domain_problem(error: errors.DomainError) -> problems.Problem:
    for kind, status, fallback in _STATUSES:
        if isinstance(error, kind):
            return problems.Problem(
                status=status,
                code=error.code,
                message=error.message,
                fallback=fallback,
                errors=error.errors if isinstance(error, errors.Invalid) else (),
                details=conditions.changes_since(error)
                if isinstance(error, errors.Stale)
                else error.details,
            )
    return problems.Problem(status=500, code="internal_error", fallback="internal_error")


def _response(
    answer: Answer, headers: Mapping[str, str], method: str, correlation_id: str
) -> Response:
    sent = {"Content-Type": "application/json", **_SAFE_HEADERS, **answer.headers}
    sent["X-Request-Id"] = correlation_id
    if settings.rate_limit is not None:
        sent["RateLimit-Policy"] = f'"route";q={settings.rate_limit};w=1'
    if answer.replayed:
        sent["Idempotency-Replayed"] = "true"
    is_read, tag = method in ("GET", "HEAD"), answer.headers.get("ETag")
    if is_read and tag and conditions.is_known(headers.get("if-none-match", ""), tag):
        del sent["Content-Type"]
        return Response(body="", status_code=304, headers=dict(sent))
    body = "" if method == "HEAD" else answer.body.decode()
    return Response(body=body, status_code=answer.status, headers=dict(sent))


def _request_id(request: Request) -> str:
    return str(request.context.get("requestId", ""))


def _instance(request: Request) -> str:
    """The address that was asked for, as it was sent, without the stage of the gateway."""
    return call.filled(request.path, request.uri_params or {})
