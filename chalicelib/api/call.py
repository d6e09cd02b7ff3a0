"""One request as the views see it: who, what and under which conditions; made once, never changed.

Chalice's own request object is process-wide and reads a body differently by content type, so
nothing of it is passed on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import unquote

from chalicelib.auth.principal import Principal, Role, from_context
from chalicelib.core.commands import IdempotencyKey
from chalicelib.core.errors import FieldError
from chalicelib.core.events import Context
from chalicelib.core.ids import derived_id, new_id

KEY_LENGTH_MAX = 255
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")
_CORRELATION = re.compile(r"[A-Za-z0-9._~-]{1,128}")
_VERSION = re.compile(r'"v([1-9]\d{0,11})"')
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
_PRINTABLE = re.compile(r"[\x20-\x7e]+")

KeyRule = Literal["required", "accepted"] | None


class Refused(Exception):
    """The request is refused before any view sees it: an HTTP status, a code and its facts."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        errors: tuple[FieldError, ...] = (),
        headers: Mapping[str, str] | None = None,
        **details: object,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.errors = errors
        self.headers = headers or {}
        self.details = details


class SentRequest(Protocol):
    """What is used of Chalice's request."""

    headers: Any  # Any: Chalice's case-insensitive mapping, not exported as a type
    method: str
    path: str
    context: dict[str, Any]

    @property
    def raw_body(self) -> str | bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`route` is the template (/v1/returns/{return_id}), `path` the ids that fill it.

    `query` is what was asked for as it was sent, where the route takes a query.
    """

    method: str
    route: str
    path: Mapping[str, str]
    headers: Mapping[str, str]
    principal: Principal
    role: Role | None
    correlation_id: str
    received_at: datetime
    query: Mapping[str, str] = field(default_factory=dict)
    if_match: int | None = None
    idempotency: IdempotencyKey | None = None
    language: str = "en"

    def context(self) -> Context:
        """The command as events record it. The same key gives the same command id."""
        if self.idempotency is None:
            command_id = new_id("cmd", self.received_at)
        else:
            command_id = derived_id("cmd", self.idempotency.scope, self.idempotency.key)
        return Context(
            actor=self.principal.actor(self.role),
            now=self.received_at,
            command_id=command_id,
            correlation_id=self.correlation_id,
            expected_version=self.if_match,
        )


def headers_of(request: SentRequest) -> dict[str, str]:
    """All headers by lower-case name."""
    return {str(name).lower(): str(value) for name, value in dict(request.headers).items()}


def correlation_id(headers: Mapping[str, str], now: datetime) -> str:
    """The caller's id when it is safe to log and to echo, else a new one."""
    for name in ("x-request-id", "x-correlation-id"):
        sent = headers.get(name, "")
        if _CORRELATION.fullmatch(sent):
            return sent
    return new_id("req", now)


def principal_of(request: SentRequest) -> Principal | None:
    """Whom the authorizer let in, or None."""
    context = request.context.get("authorizer")
    return from_context(context) if isinstance(context, Mapping) else None


def path_ids(sent: Mapping[str, str]) -> dict[str, str]:
    """The ids in the address, decoded once (Chalice does not, aws/chalice#511) and checked."""
    ids = {name: unquote(value) for name, value in sent.items()}
    errors = tuple(
        FieldError(pointer=f"path:{name}", code="not_an_id", message="This is not an id")
        for name, value in ids.items()
        if not _ID.fullmatch(value)
    )
    if errors:
        raise Refused(400, "path_invalid", errors=errors)
    return ids


def filled(route: str, ids: Mapping[str, str]) -> str:
    """The route with its ids: the address of the object."""
    for name, value in ids.items():
        route = route.replace("{" + name + "}", value)
    return route


def if_match(headers: Mapping[str, str]) -> int | None:
    """The version the caller looked at; `*` means any."""
    sent = headers.get("if-match", "").strip()
    if sent in ("", "*"):
        return None
    match = _VERSION.fullmatch(sent)
    if match is None:
        raise Refused(400, "if_match_invalid")
    return int(match[1])


def idempotency_key(headers: Mapping[str, str], rule: KeyRule) -> str | None:
    """The key, with or without the quotes of a structured-field string."""
    sent = headers.get("idempotency-key", "").strip()
    if rule is None or (not sent and rule == "accepted"):
        return None
    if not sent:
        raise Refused(400, "idempotency_key_required")
    quoted = _QUOTED.fullmatch(sent)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else sent
    if not 1 <= len(key) <= KEY_LENGTH_MAX or not _PRINTABLE.fullmatch(key):
        raise Refused(400, "idempotency_key_invalid")
    return key
