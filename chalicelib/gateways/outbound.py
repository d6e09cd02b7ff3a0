"""One HTTP call to somebody else's server: never repeated, bounded in time and size.

Whether to ask again is the caller's decision: after an answer that cannot be believed, only asking
tells what happened.
"""

import json
import time
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlencode

import urllib3
from urllib3 import exceptions

CONNECT_TIMEOUT_S = 1.0
_PIECE = 64 * 1024
_NOT_CONNECTED = (exceptions.ConnectTimeoutError, exceptions.NewConnectionError)


class Unbelievable(Exception):
    """The answer does not say what became of the request; the code says why."""


def call(
    http: urllib3.PoolManager,
    method: Literal["GET", "POST"],
    url: str,
    timeout_s: float,
    *,
    bytes_max: int,
    key: str | None = None,
    body: Mapping[str, object] | None = None,
    form: Mapping[str, str] | None = None,
    content: bytes | None = None,
    more_headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Status and body; raises Unbelievable where there is none, or too much of it.

    `body` is sent as JSON, `form` as a web form, `content` as the JSON that it is: one of them, or
    none.
    """
    headers = {"Accept": "application/json", **(more_headers or {})}
    if content is not None:
        headers["Content-Type"] = "application/json"
    elif body is not None:
        headers["Content-Type"] = "application/json"
        content = json.dumps(body).encode()
    elif form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        content = urlencode(form).encode()
    if key is not None:
        headers["Idempotency-Key"] = key
    deadline = time.monotonic() + CONNECT_TIMEOUT_S + timeout_s
    try:
        answer = http.request(
            method,
            url,
            body=content,
            headers=headers,
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=timeout_s),
            retries=False,
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        return answer.status, _content(answer, deadline, bytes_max)
    except _NOT_CONNECTED as exc:
        raise Unbelievable("unreachable") from exc
    except exceptions.TimeoutError as exc:
        raise Unbelievable("timeout") from exc
    except exceptions.HTTPError as exc:
        raise Unbelievable("connection_lost") from exc


def _content(answer: urllib3.BaseHTTPResponse, deadline: float, bytes_max: int) -> bytes:
    """The whole body, unless it is too large or comes in drips; then the connection is closed."""
    content = b""
    is_whole = False
    try:
        while len(content) <= bytes_max:
            piece = answer.read1(_PIECE)
            if not piece:
                is_whole = True
                return content
            content += piece
            if time.monotonic() > deadline:
                raise Unbelievable("timeout")
        raise Unbelievable("answer_too_large")
    finally:
        if is_whole:
            answer.release_conn()
        else:
            answer.close()
