"""The methods that resources do not name themselves: HEAD beside every GET, and 405 for the rest.

API Gateway lets through only what is registered, and calls all else a missing token; so each
address has all common methods, and the wrong ones are answered by us, with `Allow`.
"""

from collections.abc import Iterator
from typing import Any, NoReturn

from chalice.app import Chalice, Response, RouteEntry

from chalicelib.api.boundary import Endpoint, respond
from chalicelib.api.call import Refused
from chalicelib.api.cors import CORS

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# A name that no function can have tells what was added from what a resource named.
_MARK = ":"
REFUSED = Endpoint(
    allow=None, body=None, query=None, answer=None, statuses=(405,), idempotency=None, if_match=None
)


def complete(app: Chalice) -> None:
    """Once, when all resources are registered."""
    for path, entries in app.routes.items():
        complete_address(app, path, entries)


def complete_address(app: Chalice, path: str, entries: dict[str, RouteEntry]) -> None:
    """The methods that one address does not name itself; `entries` are those that it does."""
    if "GET" in entries:
        _answer_head(app, path, entries["GET"])
    allowed = (*(method for method in METHODS if method in entries), "OPTIONS")
    for method in METHODS:
        if method not in entries:
            _refuse(app, path, method, ", ".join(allowed))


def is_added(entry: RouteEntry) -> bool:
    """Whether the entry is one of these, and not of a resource."""
    return _MARK in entry.view_name


def own_routes(app: Chalice) -> Iterator[tuple[str, str, RouteEntry]]:
    """Path, method and entry of what the resources named, in order of the paths."""
    for path in sorted(app.routes):
        for method, entry in sorted(app.routes[path].items()):
            if not is_added(entry):
                yield path, method, entry


def _answer_head(app: Chalice, path: str, get: RouteEntry) -> None:
    """The same view: what differs is that the boundary sends no body."""
    app.route(
        path,
        methods=["HEAD"],
        name=f"head{_MARK}{get.view_name}",
        authorizer=get.authorizer,
        content_types=get.content_types,
    )(get.view_function)


def _refuse(app: Chalice, path: str, method: str, allowed: str) -> None:
    """Without CORS of Chalice, or the preflight would offer the method; the headers are ours."""

    def refuse(**_: object) -> NoReturn:
        raise Refused(405, "method_not_allowed", headers={"Allow": allowed}, allowed=allowed)

    def view(**ids: Any) -> Response:  # Any: Chalice's text
        assert app.current_request is not None, "a view runs inside of a request"
        response = respond(app.current_request, REFUSED, refuse, ids)
        response.headers.update(CORS.get_access_control_headers())
        return response

    view.endpoint = REFUSED  # type: ignore[attr-defined]  # as boundary.endpoint does
    name = f"refuse{_MARK}{method} {path}"
    app.route(path, methods=[method], name=name, content_types=[], cors=False)(view)
