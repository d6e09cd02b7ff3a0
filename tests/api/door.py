"""The deployed handler in process: API Gateway's event in, its answer out, signed in as a role."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from chalice.app import Chalice

from chalicelib.api.boundary import promise_of
from chalicelib.api.openapi import statuses_of
from chalicelib.api.signed import signed_context
from chalicelib.auth.principal import ALL, Kind, Principal, Role, Warehouses, to_context
from chalicelib.devices.admitting import Admission
from chalicelib.devices.signing import SignedRequest, body_hash

_KINDS = {Role.MACHINE: Kind.MACHINE, Role.DEVICE: Kind.DEVICE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the caller sees; `body` is parsed, `raw` is not."""

    status: int
    headers: Mapping[str, str]
    raw: str

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    def expect(self, status: int) -> Any:
        """The body, or a failure that shows what was answered instead."""
        assert self.status == status, f"{self.status} instead of {status}: {self.raw}"
        return self.body if self.raw else None


@dataclass(slots=True)
class Door:
    """Asks the application as any principal; the authorizer is passed by, as after its cache."""

    app: Chalice
    principals: dict[str, Principal] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=lambda: count(1))

    def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: object = None,
        **headers: str,
    ) -> Reply:
        """`who` is a role, or a name given to `sign_in`; header names with _ for -."""
        raw = body if isinstance(body, str) else json.dumps(body) if body is not None else None
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if raw is not None:
            sent.setdefault("Content-Type", "application/json")
        event = self._event(who, method, path, raw, sent)
        answer = self.app(event, _Context())
        self._require_documented(event["requestContext"]["resourcePath"], method, answer)
        return Reply(status=answer["statusCode"], headers=answer["headers"], raw=answer["body"])

    def passed_on(
        self,
        context: Mapping[str, str],
        method: str,
        path: str,
        raw: str | None = None,
        **headers: str,
    ) -> Reply:
        """As what the authorizer answered, whatever the request is."""
        event = self._event("nobody", method, path, raw, {"Content-Type": "application/json"})
        event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
        event["requestContext"]["authorizer"] = dict(context)
        answer = self.app(event, _Context())
        return Reply(status=answer["statusCode"], headers=answer["headers"], raw=answer["body"])

    def sign_in(
        self,
        name: str,
        *roles: Role,
        kind: Kind = Kind.PERSON,
        warehouses: Warehouses = ALL,
        customer_id: str | None = None,
        supplier_id: str | None = None,
    ) -> None:
        """Make a principal known under a name."""
        self.principals[name] = Principal(
            id=name,
            kind=kind,
            roles=frozenset(roles),
            warehouses=warehouses,
            customer_id=customer_id,
            supplier_id=supplier_id,
        )

    def as_(self, who: str) -> Callable[..., Reply]:
        """`ask` with the first argument given."""
        return lambda *arguments, **headers: self.ask(who, *arguments, **headers)

    def _event(
        self, who: str, method: str, path: str, raw: str | None, headers: dict[str, str]
    ) -> dict[str, Any]:
        address = urlsplit(path)
        template, ids = self._route(address.path)
        query = parse_qs(address.query, keep_blank_values=True) or None
        context: dict[str, Any] = {
            "resourcePath": template,
            "httpMethod": method,
            "requestId": "test",
        }
        if who != "nobody":
            if who not in self.principals:
                customer_id = "cus-1001" if who == "customer" else None
                kind = _KINDS.get(Role(who), Kind.PERSON)
                self.sign_in(who, Role(who), kind=kind, customer_id=customer_id)
            principal = self.principals[who]
            context["authorizer"] = to_context(principal)
            if principal.kind is Kind.DEVICE:
                number = crc32(headers.get("Idempotency-Key", "").encode()) or next(self.numbers)
                context["authorizer"] |= _signature(principal, method, path, raw, number)
        return {
            "requestContext": context,
            "headers": headers,
            "multiValueQueryStringParameters": query,
            "pathParameters": ids or None,
            "stageVariables": None,
            "body": raw,
            "isBase64Encoded": False,
        }

    def _require_documented(self, template: str, method: str, answer: Mapping[str, Any]) -> None:
        """Callers prepare for what docs/openapi.json says, so there is nothing else."""
        method = "GET" if method == "HEAD" else method
        entry = self.app.routes[template].get(method)
        promise = None if entry is None else promise_of(entry.view_function)
        if promise is not None:
            status = answer["statusCode"]
            documented = statuses_of(template, method, promise)
            assert status in documented, f"{method} {template} answers {status}: {answer['body']}"

    def _route(self, path: str) -> tuple[str, dict[str, str]]:
        parts = path.split("/")
        # Literal parts first, as API Gateway prefers them: /returns/quote before /returns/{id}.
        for template in sorted(self.app.routes):
            wanted = template.split("/")
            if len(wanted) != len(parts):
                continue
            pairs = list(zip(wanted, parts, strict=True))
            if all(w == p or w.startswith("{") for w, p in pairs):
                return template, {w[1:-1]: p for w, p in pairs if w.startswith("{")}
        raise AssertionError(f"there is no route for {path}")


def _signature(
    principal: Principal, method: str, path: str, raw: str | None, number: int
) -> dict[str, str]:
    """What the authorizer passes on of a device that signed exactly this request.

    A command that has a key is signed under the same number whenever it is repeated.
    """
    signed = SignedRequest(
        method=method, path=path, body=body_hash((raw or "").encode()), time=0, sequence=number
    )
    return signed_context(
        Admission(principal=principal, signed=signed, credential=1, is_first_use=False)
    )


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 28_000
