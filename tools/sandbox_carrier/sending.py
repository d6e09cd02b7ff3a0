"""Carrier events sent to the API as a carrier would: signed, and as badly as the network may."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import urllib3

_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """`times` each, in `order` given or reversed; `age_s` is how old the signature claims to be."""

    url: str
    secret: str
    events: tuple[Mapping[str, Any], ...]
    times: int = 1
    order: str = "given"
    together: bool = False
    age_s: int = 0


def signature(secret: str, body: bytes, *, moment: int) -> str:
    """The header's value: the moment, and the HMAC of moment and body."""
    text = f"{moment}.".encode() + body
    mac = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def completed(event: Mapping[str, Any], carrier: str) -> dict[str, Any]:
    """The event with what was left out: who says it, when it was, and a name of its own."""
    now = datetime.now(tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"event_id": f"evt-{uuid4().hex}", "carrier": carrier, "occurred_at": now, **event}


def send(sending: Sending) -> list[dict[str, Any]]:
    """What the API answered to each request, in order."""
    events = [event for event in sending.events for _ in range(sending.times)]
    if sending.order == "reversed":
        events.reverse()
    bodies: Sequence[object] = [{"events": events}] if sending.together else events
    return [_sent(sending, json.dumps(body).encode()) for body in bodies]


def _sent(sending: Sending, body: bytes) -> dict[str, Any]:
    moment = int(time.time()) - sending.age_s
    answer = urllib3.request(
        "POST",
        sending.url,
        body=body,
        headers={
            "Content-Type": "application/json",
            "X-Carrier-Signature": signature(sending.secret, body, moment=moment),
        },
        timeout=_TIMEOUT_S,
        retries=False,
        redirect=False,
    )
    try:
        told = json.loads(answer.data)
    except ValueError:
        told = answer.data.decode(errors="replace")
    return {"status": answer.status, "body": told}
