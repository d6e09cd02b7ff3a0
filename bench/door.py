"""The API's handler in this process: API Gateway's event in, its answer out, as Lambda calls it.

The event carries what the authorizer told API Gateway, as it does on every request that follows a
caller's first one.
"""

import json
from functools import cache
from typing import Any

from chalice.app import Chalice

from bench.lifecycle import CUSTOMER, Command, Told
from chalicelib.auth.principal import ALL, Kind, Principal, Role, to_context


class Door:
    """Asks the application as any role."""

    def __init__(self, app: Chalice) -> None:
        self._app = app

    def __call__(self, command: Command) -> Told:
        body = json.dumps(command.body) if command.body is not None else None
        event = {
            "requestContext": {
                "resourcePath": command.route,
                "httpMethod": command.method,
                "requestId": "bench",
                "authorizer": _authorized(command.role),
            },
            "headers": {"Content-Type": "application/json", **command.headers},
            "multiValueQueryStringParameters": {
                name: [value] for name, value in command.query.items()
            }
            or None,
            "pathParameters": dict(command.ids) or None,
            "stageVariables": None,
            "body": body,
            "isBase64Encoded": False,
        }
        answer = self._app(event, _Context())
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        return Told(status=answer["statusCode"], headers=headers, text=answer["body"])


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 28_000


@cache
def _authorized(role: str) -> dict[str, Any]:  # Any: what API Gateway passes on
    return dict(to_context(Principal(
        id=f"bench-{role}",
        kind=Kind.MACHINE if role == "machine" else Kind.PERSON,
        roles=frozenset({Role(role)}),
        warehouses=ALL,
        customer_id=CUSTOMER if role == "customer" else None,
    )))  # fmt: skip
