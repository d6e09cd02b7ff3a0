"""The HTTP API as the machine sees it: signed in by client credentials, refusals as sentences."""

import base64
import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import urllib3

from tools.stack.errors import StackError
from tools.targets import Target

_SCOPE = "tuiku/machine"
_RENEW_BEFORE_S = 60
_READ_ATTEMPTS_MAX = 4
_TIMEOUT_S = 60.0
_FAULTS_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`body` is parsed JSON or None, `content` the bytes."""

    status: int
    body: Any
    content: bytes


class Http(Protocol):
    """One HTTP request."""

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply: ...


class Pool:
    """HTTP over connections that are kept."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(retries=False)

    def __call__(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        try:
            answer = self._pool.request(
                method, url, body=body, headers=dict(headers), timeout=_TIMEOUT_S, redirect=False
            )
        except urllib3.exceptions.HTTPError as exc:
            raise StackError(f"{method} {_shown(url)} got no answer ({exc}).") from exc
        return Reply(status=answer.status, body=_parsed(answer.data), content=answer.data)


class Gate:
    """Asks the API of a target. Reads are repeated where they met a passing fault, writes never.

    `bearer` is the token of a person; without it the machine asks.
    """

    def __init__(
        self, target: Target, http: Http | None = None, *, bearer: str | None = None
    ) -> None:
        self._target = target
        self._http = http or Pool()
        self._token = (bearer or "", math.inf if bearer else 0.0)

    def get(self, path: str, *, language: str | None = None) -> Any:
        """The body; `path` begins with /v1."""
        headers = {"Accept-Language": language} if language else {}
        for attempt in range(1, _READ_ATTEMPTS_MAX + 1):
            reply = self._ask("GET", path, None, headers)
            if reply.status < 500 or attempt == _READ_ATTEMPTS_MAX:
                break
            time.sleep(0.2 * 2**attempt)
        return self._taken("GET", path, reply)

    def post(self, path: str, body: Any, *, key: str, version: int | None = None) -> Any:
        """The body of the answer; the idempotency key makes a repetition harmless.

        `version` is the one that a person looked at.
        """
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        if version is not None:
            headers["If-Match"] = f'"v{version}"'
        reply = self._ask("POST", path, json.dumps(body).encode(), headers)
        return self._taken("POST", path, reply)

    def put(self, path: str, body: Any) -> Any:
        """The body of the answer; to put the same again is harmless."""
        headers = {"Content-Type": "application/json"}
        reply = self._ask("PUT", path, json.dumps(body).encode(), headers)
        return self._taken("PUT", path, reply)

    def unsigned(self, path: str, *, status: int = 200) -> Reply:
        """What a route that is open to everybody answers."""
        reply = self._http("GET", self._target.api_url + path, body=None, headers={})
        if reply.status != status:
            self._taken("GET", path, reply)
        return reply

    def place(self, path: str) -> str:
        """The short-lived address that a route leads to (303)."""
        reply = self._ask("GET", path, None, {})
        if reply.status != 303:
            self._taken("GET", path, reply)
        return str(reply.body["url"])

    @property
    def url(self) -> str:
        """The API's address, up to and without /v1."""
        return self._target.api_url

    def health(self) -> Reply:
        """What the API says of itself, whoever asks."""
        return self._http("GET", f"{self._target.api_url}/v1/health", body=None, headers={})

    def upload(self, form: Mapping[str, Any], content: bytes) -> None:
        """A presigned POST: the fields in their order, the file last."""
        parts: list[tuple[str, Any]] = [*form["fields"].items(), ("file", ("file", content))]
        body, content_type = urllib3.encode_multipart_formdata(parts)
        reply = self._http("POST", form["url"], body=body, headers={"Content-Type": content_type})
        if reply.status not in (200, 201, 204):
            raise StackError(f"The upload was refused: {reply.status} {reply.content[:300]!r}.")

    def download(self, url: str) -> bytes:
        """What lies behind a link of the API's."""
        reply = self._http("GET", url, body=None, headers={})
        if reply.status != 200:
            raise StackError(f"{_shown(url)} could not be fetched: {reply.status}.")
        return reply.content

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        url = self._target.api_url + path
        signed = {"Authorization": f"Bearer {self._bearer()}", "Accept": "application/json"}
        return self._http(method, url, body=body, headers={**signed, **headers})

    def _taken(self, method: str, path: str, reply: Reply) -> Any:
        if 200 <= reply.status < 300:
            return reply.body
        problem = reply.body if isinstance(reply.body, dict) else {}
        said = problem.get("detail") or reply.content[:300].decode(errors="replace")
        code = problem.get("code", "no code")
        said += "".join(f" {_fault(one)}" for one in (problem.get("errors") or ())[:_FAULTS_MAX])
        raise StackError(f"The API refused {method} {path}: {reply.status} {code}: {said}")

    def _bearer(self) -> str:
        token, until = self._token
        if until > time.monotonic():
            return token
        identity = self._target.identity
        pair = f"{identity.client_id}:{self._target.machine_secret()}".encode()
        reply = self._http(
            "POST",
            identity.token_url,
            body=f"grant_type=client_credentials&scope={_SCOPE}".encode(),
            headers={
                "Content-Type": "application/x-www-form-urlencoded",
                "Authorization": "Basic " + base64.b64encode(pair).decode(),
            },
        )
        if reply.status != 200:
            raise StackError(f"The identity provider gave the machine no token: {reply.status}.")
        lasts_s = int(reply.body.get("expires_in", 3600)) - _RENEW_BEFORE_S
        self._token = (str(reply.body["access_token"]), time.monotonic() + lasts_s)
        return self._token[0]


def _fault(error: Mapping[str, str]) -> str:
    """What is wrong with one field of what was asked."""
    return f"{error.get('pointer', '')}: {error.get('message', '')}."


def _shown(url: str) -> str:
    """Without the query: a presigned one is a credential."""
    return url.partition("?")[0]


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
