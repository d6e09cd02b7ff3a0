"""How the demo, the tests and the replay talk to a running local stack.

A Stack is safe to share between threads: connections are pooled and tokens are fetched once.
"""

from __future__ import annotations

import base64
import json as jsonlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import urllib3
from botocore.config import Config

from tools.stack.errors import StackError
from tools.stack.places import DEFAULT_NAME, Place, StackState

MACHINE = "machine"
# A token is renewed this long before it ends, so that none ends on its way.
_RENEW_BEFORE_S = 60
_MACHINE_SCOPE = "tuiku/machine"


class UnexpectedAnswer(AssertionError):
    """The API answered something else than the caller needs to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Header names are in small letters; the body is parsed JSON, else text, else None.

    `content` is the body as its bytes came.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    elapsed_ms: float
    content: bytes = b""

    def expect(self, *statuses: int) -> Any:
        """The body, if the status is one of these; the whole answer as an error if it is not."""
        if self.status not in statuses:
            wanted = " or ".join(str(status) for status in statuses)
            raise UnexpectedAnswer(
                f"expected {wanted}, got {self.status}: {jsonlib.dumps(self.body)[:2000]}"
            )
        return self.body


class Api:
    """The HTTP API as one caller: a role's token, or nobody's."""

    def __init__(self, stack: Stack, role: str | None) -> None:
        self._stack = stack
        self._role = role

    def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout_s: float = 60,
    ) -> Answer:
        """One request, never retried here: whether a retry is safe is what callers test.

        `path` begins with /v1; `json` None sends no body.
        """
        sent = {"Accept": "application/json"}
        if self._role is not None:
            sent["Authorization"] = f"Bearer {self._stack.token(self._role)}"
        content = None
        if json is not None:
            content = jsonlib.dumps(json).encode()
            sent["Content-Type"] = "application/json"
        return self._stack.http(
            method,
            self._stack.state.api_url + path,
            body=content,
            headers={**sent, **(headers or {})},
            timeout_s=timeout_s,
        )

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("POST", path, json={} if json is None else json, headers=headers)

    def put(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("PUT", path, json={} if json is None else json, headers=headers)


class Stack:
    """A running local stack."""

    def __init__(self, state: StackState) -> None:
        self.state = state
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        self._lock = threading.Lock()
        self._tokens: dict[str, tuple[str, float]] = {}
        self._clients: dict[str, Any] = {}

    @classmethod
    def load(cls, name: str = DEFAULT_NAME) -> Stack:
        state = Place(name=name).read_state()
        if state is None:
            raise StackError(f"The local stack '{name}' is not up: run `make up` first.")
        return cls(state)

    def api(self, role: str | None) -> Api:
        return Api(self, role)

    def token(self, role: str) -> str:
        """A person's id token, or for `machine` an access token by client credentials."""
        with self._lock:
            known = self._tokens.get(role)
            if known is not None and known[1] - _RENEW_BEFORE_S > time.time():
                return known[0]
            token = self._machine_token() if role == MACHINE else self._person_token(role)
            self._tokens[role] = (token, float(_claims_of(token)["exp"]))
            return token

    def claims(self, role: str) -> dict[str, Any]:
        """What the role's token says, unverified: verifying is the API's business."""
        return _claims_of(self.token(role))

    def boto(self, service: str) -> Any:
        """A boto3 client of the emulated AWS with the rights of its root."""
        with self._lock:
            return self._boto(service)

    def _boto(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = aws_client(
                service,
                endpoint=self.state.endpoint,
                region=self.state.region,
                access_key=self.state.access_key,
                secret_key=self.state.secret_key,
            )
        return self._clients[service]

    def invoke(self, function: str, event: Mapping[str, Any] | None = None) -> Any:
        """Run a deployed function now, by its Python name; for schedules pass no event.

        Raises StackError with the function's own error when it fails.
        """
        try:
            physical = self.state.functions[function]
        except KeyError:
            known = ", ".join(sorted(self.state.functions))
            raise StackError(f"There is no function '{function}': choose one of {known}.") from None
        payload = scheduled_event(self.state) if event is None else event
        answer = self.boto("lambda").invoke(
            FunctionName=physical, Payload=jsonlib.dumps(payload).encode()
        )
        result = jsonlib.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise StackError(f"{function} failed: {jsonlib.dumps(result)[:2000]}")
        return result

    def http(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 60,
    ) -> Answer:
        """Any HTTP request over the shared connections (presigned uploads, for one)."""
        began = time.monotonic()
        try:
            answer = self._pool.request(
                method,
                url,
                body=body,
                headers=dict(headers or {}),
                timeout=timeout_s,
                redirect=False,
            )
        except urllib3.exceptions.HTTPError as exc:
            raise StackError(
                f"{method} {url} got no answer ({exc}): is the stack up? `make status` tells."
            ) from exc
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=_parsed(answer.data),
            elapsed_ms=(time.monotonic() - began) * 1000,
            content=answer.data,
        )

    def upload(self, url: str, fields: Mapping[str, str], content: bytes) -> Answer:
        """A presigned POST: the fields in the order they were given, the file last."""
        parts: list[tuple[str, Any]] = [*fields.items(), ("file", ("file", content))]
        body, content_type = urllib3.encode_multipart_formdata(parts)
        return self.http("POST", url, body=body, headers={"Content-Type": content_type})

    def _person_token(self, role: str) -> str:
        user = self.state.users.get(role)
        if user is None:
            known = ", ".join([*sorted(self.state.users), MACHINE])
            raise StackError(
                f"There is no local user for the role '{role}': choose one of {known}."
            )
        answer = self._boto("cognito-idp").initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.state.client_id,
            AuthParameters={"USERNAME": user.username, "PASSWORD": user.password},
        )
        return str(answer["AuthenticationResult"]["IdToken"])

    def _machine_token(self) -> str:
        pair = f"{self.state.machine_client_id}:{self.state.machine_client_secret}".encode()
        answer = self.http(
            "POST",
            self.state.token_url,
            body=f"grant_type=client_credentials&scope={_MACHINE_SCOPE}".encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": "Basic " + base64.b64encode(pair).decode(),
            },
        )
        if answer.status != 200:
            raise StackError(f"The identity provider gave the machine no token: {answer.body}.")
        return str(answer.body["access_token"])


def aws_client(
    service: str, *, endpoint: str, region: str, access_key: str, secret_key: str
) -> Any:
    """A boto3 client of an emulated AWS. Any, because its type hangs on the service's name."""
    return boto3.client(  # type: ignore[call-overload]  # the stubs know literal names only
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(
            connect_timeout=5,
            read_timeout=900,
            max_pool_connections=32,
            retries={"mode": "standard", "total_max_attempts": 2},
        ),
    )


def scheduled_event(state: StackState) -> dict[str, Any]:
    """What EventBridge sends to a scheduled function."""
    return {
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": state.account,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "region": state.region,
        "resources": [],
        "detail": {},
    }


def _parsed(data: bytes) -> Any:
    if not data:
        return None
    try:
        return jsonlib.loads(data)
    except ValueError:
        return data.decode("utf-8", errors="replace")


def _claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = jsonlib.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )
    return claims
