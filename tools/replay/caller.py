"""Requests that may be sent again: reads, and writes that carry an idempotency key."""

import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from tools.stack.errors import StackError

ATTEMPTS_MAX = 8
_AGAIN = frozenset({429, 500, 502, 503, 504})
_WAIT_S_MAX = 8.0


class Answer(Protocol):
    """What tools.stack.client.Answer offers."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> Any: ...  # Any: JSON


class Api(Protocol):
    def request(
        self,
        method: str,
        path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer: ...


class Door(Protocol):
    """What of tools.stack.client.Stack the replay and the demo need to send requests."""

    def api(self, role: str | None) -> Api: ...


class Refused(Exception):
    """The API answered, and its answer is no."""

    def __init__(self, request: str, status: int, body: Any) -> None:
        super().__init__(f"{request}: {status} {_reason(body)}")
        self.status = status
        self.body = body

    @property
    def code(self) -> str | None:
        """The problem's code, where the answer has one."""
        return self.body.get("code") if isinstance(self.body, dict) else None


class Caller:
    """Sends as a role; safe to share between threads."""

    def __init__(self, door: Door, *, wait: Callable[[float], None] = time.sleep) -> None:
        self._door = door
        self._wait = wait

    def get(self, role: str, path: str) -> Any:
        return self._send(role, "GET", path, None, {})

    def post(
        self,
        role: str,
        path: str,
        body: Mapping[str, Any],
        *,
        key: str,
        version: int | str | None = None,
    ) -> Any:
        """`version`: the one that was looked at, where the command is about one; `*`: whichever."""
        headers = {"Idempotency-Key": key}
        if version is not None:
            headers["If-Match"] = "*" if version == "*" else f'"v{version}"'
        return self._send(role, "POST", path, body, headers)

    def put(self, role: str, path: str, body: Mapping[str, Any], *, key: str) -> Any:
        return self._send(role, "PUT", path, body, {"Idempotency-Key": key})

    def pages(self, role: str, path: str) -> list[Any]:
        """All items of a list; a list of more than 1,000 pages is a mistake of ours."""
        items: list[Any] = []
        cursor = ""
        for _ in range(1000):
            joint = "&" if "?" in path else "?"
            body = self.get(role, f"{path}{joint}cursor={quote(cursor)}" if cursor else path)
            items.extend(body["items"])
            cursor = body.get("next_cursor") or ""
            if not cursor:
                return items
        raise AssertionError(f"{path} has no last page")

    def _send(
        self, role: str, method: str, path: str, body: Any, headers: Mapping[str, str]
    ) -> Any:
        """The body of a 2xx answer. No answer, a throttle, a fault: again, with full jitter."""
        request = f"{method} /v1{path}"
        for attempt in range(1, ATTEMPTS_MAX + 1):
            wait_s = random.uniform(0, min(_WAIT_S_MAX, 0.2 * 2**attempt))  # noqa: S311 - jitter
            try:
                answer = self._door.api(role).request(
                    method, f"/v1{path}", json=body, headers=headers
                )
            except StackError:
                if attempt == ATTEMPTS_MAX:
                    raise
                self._wait(wait_s)
                continue
            if 200 <= answer.status < 300:
                return answer.body
            again = answer.status in _AGAIN or (
                answer.status == 409 and "retry-after" in answer.headers
            )
            if not again or attempt == ATTEMPTS_MAX:
                raise Refused(request, answer.status, answer.body)
            self._wait(max(wait_s, float(answer.headers.get("retry-after", "0"))))
        raise AssertionError("the last attempt returns or raises")


def _reason(body: Any) -> str:
    if not isinstance(body, dict):
        return str(body)[:500]
    parts = [str(body.get("code") or body.get("message") or ""), str(body.get("detail") or "")]
    parts += [f"{e.get('pointer')}: {e.get('message')}" for e in (body.get("errors") or ())[:5]]
    return "; ".join(part for part in parts if part)[:1000]
