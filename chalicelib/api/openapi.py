"""The description of the API, OpenAPI 3.1, made from the routes and what each of them promises.

Nothing is described twice: paths come from Chalice's routes, schemas from pydantic, permissions and
headers from `endpoint`. docs/openapi.json is this, committed, and checked for drift.
"""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from chalice.app import Chalice
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from chalicelib import __version__
from chalicelib.api.boundary import Endpoint, promise_of
from chalicelib.api.examples import EXAMPLES
from chalicelib.api.methods import own_routes
from chalicelib.api.schemas.carrier_events import CarrierEvent
from chalicelib.api.schemas.common import PageQuery
from chalicelib.api.schemas.problem import ProblemView
from chalicelib.auth.permissions import PERMISSIONS
from chalicelib.auth.principal import Role
from chalicelib.contracts.scan import Scan
from chalicelib.devices.signing import SCHEME

Json = dict[str, Any]  # Any: JSON of the specification
REF = "#/components/schemas/{model}"
PUBLIC_SCHEMAS: tuple[type[BaseModel], ...] = (CarrierEvent, Scan)
"""Schemas that users need beside those of bodies and answers."""
_PROBLEMS = {
    400: "The request is malformed; `errors` lists every bad field.",
    401: "There is no verified identity.",
    403: "The roles or scopes of the caller do not allow it.",
    404: "There is no such thing, or the caller may not see it.",
    409: "The present state does not allow it.",
    412: "The version in If-Match is not the present one; `details.changes` tells what was done"
    " since, and by whom.",
    413: "The body is above 256 KB, or what `details.limit_bytes` says.",
    415: "The body is not application/json in UTF-8.",
    422: "Understood, and refused: by a rule, or because the content does not fit.",
    428: "A person has to say by If-Match which version they looked at.",
    429: "Too many requests; see Retry-After.",
    500: "Our fault; quote `trace_id`.",
    503: "Nothing was done, or it is not known; send the same request again after Retry-After.",
}
_PARAMETERS: Json = {
    "RequestId": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "By which the request is followed; echoed, or made when absent.",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._~-]{1,128}$"},
    },
    "AcceptLanguage": {
        "name": "Accept-Language",
        "in": "header",
        "description": "Of the texts in problems: en or zh-CN.",
        "schema": {"type": "string"},
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": 'The version that was looked at, as given in ETag: `"v3"`; `*` is any.'
        " Required of people where 428 is listed, never of machines and devices.",
        "schema": {"type": "string", "pattern": r'^("v[1-9][0-9]*"|\*)$'},
    },
    "IfNoneMatch": {
        "name": "If-None-Match",
        "in": "header",
        "description": "Versions that are known, or `*`; 304 when the present one is among them.",
        "schema": {"type": "string"},
    },
}
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same request is answered with the same bytes, for 7 days"
    " and without a second effect. Quotes are optional.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_SIGNATURE: Json = {
    "name": "X-Carrier-Signature",
    "in": "header",
    "description": "The moment, and the HMAC-SHA256 of moment, full stop and body, in hex.",
    "required": True,
    "schema": {"type": "string", "pattern": "^t=[0-9]{1,12}(,v1=[0-9a-f]{64}){1,4}$"},
}
_HEADERS: Json = {
    "ETag": {"description": "The version of what is shown.", "schema": {"type": "string"}},
    "Link": {
        "description": 'The next page, `rel="next"`; absent on the last one.',
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": "Requests a second that the gateway lets through to one route, all callers"
        " together; absent where it is not known.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where it is found.", "schema": {"type": "string"}},
    "IdempotencyReplayed": {
        "description": "`true` on an answer that was given before.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "RequestId": {"description": "The id to quote.", "schema": {"type": "string"}},
    "RetryAfter": {"description": "In seconds.", "schema": {"type": "integer"}},
}
_DESCRIPTION = (
    "HEAD is answered wherever GET is, with the same headers. A method that an address does not"
    " have is answered 405 with `Allow`."
)
_SUCCESS = {
    200: "Done.",
    201: "Created.",
    202: "Accepted; the work goes on.",
    303: "See `Location`; the body says the same.",
    503: "The service is down; see `dependencies`.",
}


def describe(app: Chalice) -> Json:
    """The whole document."""
    operations = list(_operations(app))
    schemas, refs = _schemas([promise for *_, promise in operations])
    paths: Json = {}
    for path, method, view, promise in operations:
        operation = _operation(path, method, view, promise, refs)
        paths.setdefault(path, {})[method.lower()] = operation
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "tuiku",
            "version": __version__,
            "summary": "Sales returns into the warehouse.",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api", "description": "The stage of the deployed gateway."}],
        "tags": [{"name": name} for name in sorted({_tag(view) for _, _, view, _ in operations})],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": _PARAMETERS,
            "headers": _HEADERS,
            "responses": {f"Problem{status}": _problem(text) for status, text in _PROBLEMS.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "device": {"type": "http", "scheme": SCHEME, "description": _DEVICE},
            },
        },
    }


_DEVICE = "What an enrolled device signs, request by request: docs/scanners.md."
Operation = tuple[str, str, Callable[..., Any], Endpoint]


def _operations(app: Chalice) -> Iterator[Operation]:
    """Every route, in order of its path; one without a promise is a mistake of ours."""
    for path, method, entry in own_routes(app):
        promise = promise_of(entry.view_function)
        assert promise is not None, f"{method} {path} does not pass the boundary"
        yield path, method, entry.view_function, promise


def _schemas(promises: list[Endpoint]) -> tuple[Json, dict[type[BaseModel], Json]]:
    """All schemas by name, and the reference to each model's own."""
    wanted: dict[type[BaseModel], str] = {ProblemView: "serialization"}
    wanted |= dict.fromkeys(PUBLIC_SCHEMAS, "validation")
    for promise in promises:
        if promise.body is not None:
            wanted[promise.body] = "validation"
        if promise.answer is not None:
            wanted[promise.answer] = "serialization"
    models: list[Any] = list(wanted.items())  # Any: pydantic wants the mode as a literal
    made, definitions = models_json_schema(models, ref_template=REF)
    return definitions["$defs"], {model: made[model, mode] for model, mode in models}


def _operation(
    path: str,
    method: str,
    view: Callable[..., Any],
    promise: Endpoint,
    refs: dict[type[BaseModel], Json],
) -> Json:
    summary, _, rest = (inspect.getdoc(view) or "").partition("\n")
    operation: Json = {
        "operationId": view.__name__,
        "tags": [_tag(view)],
        "summary": summary.rstrip("."),
        "parameters": [*_path_parameters(path), *_query_parameters(promise.query)],
        "responses": _responses(path, method, promise, refs),
    }
    operation["parameters"] += _header_parameters(path, method, promise)
    if rest.strip():
        operation["description"] = rest.strip()
    if promise.allow is None:
        operation["security"] = []
    else:
        operation["x-permission"] = promise.allow
        if Role.DEVICE in PERMISSIONS[promise.allow]:
            operation["security"] = [{"bearer": []}, {"device": []}]
    if promise.body is not None:
        content: Json = {"schema": refs[promise.body]}
        if view.__name__ in EXAMPLES:
            content["examples"] = {"typical": {"value": EXAMPLES[view.__name__]}}
        operation["requestBody"] = {
            "required": any(field.is_required() for field in promise.body.model_fields.values()),
            "content": {"application/json": content},
        }
    return operation


def _tag(view: Callable[..., Any]) -> str:
    return view.__module__.rpartition(".")[2]


def _path_parameters(path: str) -> list[Json]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    schema = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._~-]{0,63}$"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(query: type[BaseModel] | None) -> list[Json]:
    if query is None:
        return []
    schema = query.model_json_schema(ref_template=REF)
    inlined = schema.get("$defs", {})
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", []),
            "schema": _inlined(described, inlined),
        }
        for name, described in schema["properties"].items()
    ]


def _inlined(schema: Any, definitions: Json) -> Any:  # Any: any part of a JSON schema
    """The schema with references to its own definitions replaced: a query has no component."""
    if isinstance(schema, dict):
        reference = schema.get("$ref", "")
        name = reference.rpartition("/")[2]
        if name in definitions:
            return _inlined(definitions[name], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    return schema


def _header_parameters(path: str, method: str, promise: Endpoint) -> list[Json]:
    names = ["RequestId", "AcceptLanguage"]
    if _takes_version(path, method, promise):
        names.append("IfMatch")
    if method == "GET" and "{" in path:
        names.append("IfNoneMatch")
    parameters: list[Json] = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    if promise.idempotency is not None:
        parameters.append({**_KEY, "required": promise.idempotency == "required"})
    if promise.seal is not None:
        parameters.append(_SIGNATURE)
    return parameters


_KNOWN = 304
"""The caller knows what would be shown, so nothing is sent."""


def _responses(
    path: str, method: str, promise: Endpoint, refs: dict[type[BaseModel], Json]
) -> Json:
    responses: Json = {
        str(status): _success(status, path, promise, refs)
        for status in promise.statuses
        if status != _KNOWN
    }
    if _KNOWN in promise.statuses or (method == "GET" and "{" in path):
        responses["304"] = {"description": "It is still the version that is known."}
    for status in _problem_statuses(path, method, promise):
        problem = {"$ref": f"#/components/responses/Problem{status}"}
        responses.setdefault(str(status), problem)
    return responses


def _success(status: int, path: str, promise: Endpoint, refs: dict[type[BaseModel], Json]) -> Json:
    headers = {"X-Request-Id": "RequestId", "RateLimit-Policy": "RateLimitPolicy"}
    if promise.query is not None and issubclass(promise.query, PageQuery):
        headers["Link"] = "Link"
    if "{" in path or status == 201:
        headers["ETag"] = "ETag"
    if status in (201, 202, 303):
        headers["Location"] = "Location"
    if promise.idempotency is not None:
        headers["Idempotency-Replayed"] = "IdempotencyReplayed"
    bare = {"type": "object" if promise.media == "application/json" else "string"}
    schema = refs[promise.answer] if promise.answer is not None else bare
    return {
        "description": _SUCCESS[status],
        "headers": {
            shown: {"$ref": f"#/components/headers/{name}"} for shown, name in headers.items()
        },
        "content": {promise.media: {"schema": schema}},
    }


def statuses_of(path: str, method: str, promise: Endpoint) -> set[int]:
    """All that a route is said to answer with."""
    known = {304} if method == "GET" and "{" in path else set()
    return known | set(promise.statuses) | set(_problem_statuses(path, method, promise))


def _problem_statuses(path: str, method: str, promise: Endpoint) -> list[int]:
    statuses = {400, 429, 500, 503, *promise.refuses}
    if promise.allow is not None:
        statuses |= {401, 403}
    if promise.seal is not None:
        statuses.add(401)
    if "{" in path:
        statuses.add(404)
    if promise.body is not None:
        statuses |= {404, 409, 413, 415, 422}
    if method == "DELETE":
        statuses |= {409, 422}
    if promise.query is not None and issubclass(promise.query, PageQuery):
        statuses.add(422)
    if _takes_version(path, method, promise):
        statuses.add(412)
    # An order that is put may be there already.
    if promise.if_match is not None or method == "PUT":
        statuses.add(428)
    return sorted(statuses)


def _takes_version(path: str, method: str, promise: Endpoint) -> bool:
    return method != "GET" and ("{" in path or promise.if_match is not None)


def _problem(text: str) -> Json:
    return {
        "description": text,
        "headers": {
            "X-Request-Id": {"$ref": "#/components/headers/RequestId"},
            "Retry-After": {"$ref": "#/components/headers/RetryAfter"},
        },
        "content": {
            "application/problem+json": {"schema": {"$ref": REF.format(model="ProblemView")}}
        },
    }
