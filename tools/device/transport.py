"""How a device reaches the API: one request, one answer, or none. Nothing is repeated here."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Protocol

TIMEOUT_S = 30.0


class NoAnswer(Exception):
    """The network is away, or nobody answered: it is not known whether the request arrived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Sends one request; raises NoAnswer."""

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer: ...


def over_http(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    """With what Python brings along, so that the client may be copied onto a device as it is."""
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
        url, data=body, headers=dict(headers), method=method
    )
    try:
        return _answered(request)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(str(error)) from error


def _answered(request: urllib.request.Request) -> Answer:
    """Whatever its status is; half an answer is none, so the whole of it is read here."""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
            return _answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read())


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    lowered = {name.lower(): value for name, value in headers.items()}
    return Answer(status=status, headers=lowered, body=body)
