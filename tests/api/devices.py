"""Devices at the door: what they send passes the authorizer first, as at API Gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from chalice.app import AuthResponse

from chalicelib.api import authorizer
from chalicelib.api.authorizer import Unauthorized, authorize_device
from chalicelib.auth.principal import Role
from chalicelib.devices import signing
from chalicelib.devices.signing import SignedRequest
from chalicelib.workers.events_stream import project_events
from chalicelib.workers.scans_queue import ingest_scans
from tests.api.door import Door, Reply
from tests.stage import Stage, run_queue_worker, run_stream_worker
from tools.device import Answer, NoAnswer

UNAUTHORIZED = Reply(status=401, headers={}, raw='{"code":"unauthenticated"}')


@dataclass(slots=True)
class Gateway:
    """What API Gateway does between a device and the application; `caches` as it does for 60 s."""

    door: Door
    offset_s: float = 0.0
    caches: bool = True
    answers: dict[str, AuthResponse] = field(default_factory=dict)
    is_away: bool = False
    loses_answers: int = 0
    requests: int = 0

    def request(
        self, method: str, path: str, raw: str | None = None, *, authorization: str
    ) -> Reply:
        try:
            known = self.answers.get(authorization) if self.caches else None
            answer = known or authorize_device(
                authorization, authorizer._device, authorizer._master, self.now
            )
        except Unauthorized:
            return UNAUTHORIZED
        self.answers[authorization] = answer
        return self.door.passed_on(answer.context, method, path, raw)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.offset_s, UTC)

    def __call__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """As the transport of the client in tools/device."""
        self.requests += 1
        if self.is_away:
            raise NoAnswer("no route to host")
        path, raw = urlsplit(url).path, None if body is None else body.decode()
        bearer = headers.get("Authorization", "")
        if bearer.startswith("Bearer "):
            reply = self.door.ask(bearer.removeprefix("Bearer "), method, path, raw)
        elif bearer:
            reply = self.request(method, path, raw, authorization=bearer)
        else:
            reply = self.door.ask("nobody", method, path, raw)
        if self.loses_answers:
            self.loses_answers -= 1
            raise NoAnswer("connection reset")
        date = self.now.strftime("%a, %d %b %Y %H:%M:%S GMT")
        told = {"date": date, **{name.lower(): value for name, value in reply.headers.items()}}
        return Answer(status=reply.status, headers=told, body=reply.raw.encode())


@dataclass(slots=True)
class Scanner:
    """A device that signs whatever a test wants it to."""

    gateway: Gateway
    device_id: str
    secret: str
    credential: int = 1
    sequence: int = 0

    def header(self, method: str, path: str, raw: str | None = None, *, skew_s: int = 0) -> str:
        self.sequence += 1
        signed = SignedRequest(
            method=method,
            path=path,
            body=signing.body_hash((raw or "").encode()),
            time=int(self.gateway.now.timestamp()) + skew_s,
            sequence=self.sequence,
        )
        return signing.authorized(self.device_id, self.credential, self.secret, signed)

    def ask(self, method: str, path: str, body: object = None) -> Reply:
        raw = None if body is None else json.dumps(body)
        header = self.header(method, path, raw)
        return self.gateway.request(method, path, raw, authorization=header)


def open_enrolment(door: Door, warehouse: str = "WH1", device_id: str | None = None) -> str:
    body = {"warehouse": warehouse, "name": "Dock 2", "device_id": device_id}
    return str(door.ask("admin", "POST", "/v1/devices/enrolments", body).expect(201)["code"])


def scanner(door: Door, warehouse: str = "WH1", gateway: Gateway | None = None) -> Scanner:
    """A device that has just been enrolled."""
    code = open_enrolment(door, warehouse)
    told = door.ask("nobody", "POST", "/v1/devices/enrol", {"code": code}).expect(201)
    return Scanner(gateway or Gateway(door), told["device_id"], told["secret"])


def scan(device: Scanner, seq: int = 1, **changes: object) -> dict[str, object]:
    return {
        "scan_id": f"{device.device_id}-{seq}",
        "device_id": device.device_id,
        "seq": seq,
        "captured_at": "2026-11-21T08:59:00Z",
        "warehouse": "WH1",
        "sku": "85123A",
        **changes,
    }


def worked_off(stage: Stage) -> list[str]:
    """Every waiting scan is worked on and the stream told of it; the bodies, as they waited."""
    bodies = [message["body"] for message in stage.messages("scans")]
    if bodies:
        assert run_queue_worker(ingest_scans, *bodies) == []
    stage.observe()
    run_stream_worker(project_events, stage.changes)
    return bodies


def floor(door: Door, name: str, warehouse: str) -> str:
    """A person of the floor who is bound to one warehouse."""
    door.sign_in(name, Role.WAREHOUSE, warehouses=frozenset({warehouse}))
    return name
