"""A device of a warehouse: scans are kept first and sent when there is a network, signed.

Everything may be sent twice: a scan is known by its id. Nothing is forgotten before the API has
said what becomes of it.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from chalicelib.core.clock import rfc3339
from chalicelib.devices import signing
from chalicelib.devices.signing import SignedRequest
from tools.device.journal import Journal, Scan
from tools.device.profile import Profile
from tools.device.transport import Answer, NoAnswer, Transport, over_http

BATCH_MAX = 500
BATCH_BYTES_MAX = 200_000
ATTEMPTS_MAX = 5
_BUSY = frozenset({429, 500, 502, 503, 504})
_AGAIN = "queue_unavailable"
_UNKNOWN_SIGNER = "the device is revoked, has a newer credential or a wrong clock; or a bad token"


class Refused(Exception):
    """The API refuses the device itself: revoked, or its clock is more than wrong."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status}: {_why(answer)}")
        self.status = answer.status


def _why(answer: Answer) -> str:
    """What a person at the device can go by, in a line."""
    try:
        told = json.loads(answer.body)
        code, detail = told["code"], told["detail"]
    except (ValueError, KeyError, TypeError):
        return answer.body.decode(errors="replace")[:500]
    return f"{code}: {_UNKNOWN_SIGNER if code == 'unauthenticated' else detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flushed:
    """How many scans were accepted, were refused for good, and still wait."""

    accepted: int
    refused: int
    waiting: int


@dataclass(slots=True)
class Device:
    """`clock` says seconds since 1970, `sleep` waits; both may be replaced, and the transport."""

    profile: Profile
    journal: Journal
    send: Transport = over_http
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep
    _ahead_s: float = field(default=0.0, init=False)
    _sequence: int = field(default=0, init=False)

    @classmethod
    def enrol(cls, base_url: str, code: str, folder: Path, send: Transport = over_http) -> Self:
        """Hand in a code; the secret goes into a file of the folder and nowhere else.

        A newer credential of the same device keeps its scans and its numbers; where it has lost
        them, it goes on above those that the API knows. Another device needs another folder.
        """
        body = json.dumps({"code": code}).encode()
        sent = {"Content-Type": "application/json"}
        answer = send("POST", f"{base_url}/v1/devices/enrol", sent, body)
        if answer.status != 201:
            raise Refused(answer)
        told = json.loads(answer.body)
        known = Profile.load(folder)
        if known is not None and known.device_id != told["device_id"]:
            raise RuntimeError(f"{folder} is of another device, {known.device_id}.")
        profile = Profile(
            base_url=base_url,
            device_id=told["device_id"],
            credential=told["credential"],
            secret=told["secret"],
            warehouse=told["warehouse"],
        )
        profile.save(folder)
        device = cls(profile, Journal(folder), send)
        if profile.credential > 1 and device.journal.next_seq == 1:
            device.journal.go_on_from(device.read()["sequence"]["highest"] + 1)
        return device

    @classmethod
    def of(
        cls,
        base_url: str,
        device_id: str,
        secret: str,
        *,
        warehouse: str,
        folder: Path,
        credential: int = 1,
        send: Transport = over_http,
    ) -> Self:
        """A device that was enrolled in another way; the secret is kept by the caller."""
        profile = Profile(
            base_url=base_url,
            device_id=device_id,
            credential=credential,
            secret=secret,
            warehouse=warehouse,
        )
        return cls(profile, Journal(folder), send)

    @classmethod
    def load(cls, folder: Path, send: Transport = over_http) -> Self:
        """The device that was enrolled in this folder."""
        profile = Profile.load(folder)
        if profile is None:
            raise RuntimeError(f"No device is enrolled in {folder}.")
        return cls(profile, Journal(folder), send)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Its folder is free for another process."""
        self.journal.close()

    def scan(self, **what: Any) -> str:
        """Keep a scan of the fields of `Scan` (sku, gtin, barcode, parcel, …); its id."""
        seq = self.journal.next_seq
        scan = {
            "scan_id": f"scn-{uuid.uuid4().hex}",
            "device_id": self.profile.device_id,
            "seq": seq,
            "captured_at": rfc3339(datetime.fromtimestamp(self._now(), UTC)),
            "warehouse": self.profile.warehouse,
            **what,
        }
        self.journal.add(scan)
        return str(scan["scan_id"])

    def flush(self, authorization: str | None = None) -> Flushed:
        """Send what waits, oldest first; raises NoAnswer or Refused, then the rest still waits.

        `authorization`: as a member of staff, for a device that is revoked.
        """
        accepted = refused = 0
        for batch in _batches(self.journal.waiting()):
            answers = self._sent(batch, authorization)
            accepted += sum(errors is None for _, errors in answers)
            refused += sum(errors is not None for _, errors in answers)
            self.journal.settle(answers)
        return Flushed(accepted=accepted, refused=refused, waiting=len(self.journal.waiting()))

    def outcome(self, scan_id: str) -> dict[str, Any]:
        """What became of a scan."""
        return self._json("GET", f"/v1/scans/{scan_id}")

    def read(self) -> dict[str, Any]:
        """What the API knows of this device: its gaps above all."""
        return self._json("GET", f"/v1/devices/{self.profile.device_id}")

    def request(
        self, method: str, path: str, body: bytes | None = None, authorization: str | None = None
    ) -> Answer:
        """One request, repeated while the API is busy; a wrong clock is put right once.

        Its number stays the same, by which a command that is repeated is done once.
        """
        # Microseconds: it grows, over restarts too, without a file to keep it in.
        self._sequence = max(self._sequence + 1, int(self._now() * 1_000_000))
        for attempt in range(1, ATTEMPTS_MAX + 1):
            answer = self._once(method, path, body, authorization)
            if answer.status == 401 and authorization is None and self._clock_was_wrong(answer):
                answer = self._once(method, path, body, None)
            if answer.status not in _BUSY or attempt == ATTEMPTS_MAX:
                return answer
            stated = answer.headers.get("retry-after", "")
            self.sleep(float(stated) if stated.isdigit() else min(30.0, 0.5 * 2**attempt))
        raise AssertionError("the last attempt returns")

    def _once(
        self, method: str, path: str, body: bytes | None, authorization: str | None
    ) -> Answer:
        """Signed anew each time: the moment is part of it."""
        headers = {"Authorization": authorization or self._signature(method, path, body or b"")}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.send(method, self.profile.base_url + path, headers, body)

    def _signature(self, method: str, path: str, body: bytes) -> str:
        asked = urlsplit(path)
        assert not asked.query, "a device asks for nothing with a query"
        signed = SignedRequest(
            method=method,
            path=signing.signed_path(asked.path),
            body=signing.body_hash(body),
            time=int(self._now()),
            sequence=self._sequence,
        )
        known = self.profile
        return signing.authorized(known.device_id, known.credential, known.secret, signed)

    def _clock_was_wrong(self, answer: Answer) -> bool:
        """Whether the time of the answer explains the refusal; from now on it is believed."""
        try:
            theirs = parsedate_to_datetime(answer.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError):
            return False
        if abs(theirs - self._now()) <= signing.TOLERANCE.total_seconds() / 2:
            return False
        self._ahead_s = theirs - self.clock()
        return True

    def _now(self) -> float:
        return self.clock() + self._ahead_s

    def _sent(
        self, batch: list[Scan], authorization: str | None
    ) -> list[tuple[str, list[Any] | None]]:
        """What is settled of a batch. What the queue did not take is not: it waits on."""
        body = json.dumps({"scans": batch}, separators=(",", ":")).encode()
        answer = self.request("POST", "/v1/scans", body, authorization)
        if answer.status in _BUSY:
            raise NoAnswer(f"still {answer.status} after {ATTEMPTS_MAX} attempts")
        if answer.status != 202:
            raise Refused(answer)
        settled: list[tuple[str, list[Any] | None]] = []
        for result in json.loads(answer.body)["results"]:
            scan_id = batch[result["index"]]["scan_id"]
            if result["accepted"]:
                settled.append((scan_id, None))
            elif all(error["code"] != _AGAIN for error in result["errors"]):
                settled.append((scan_id, result["errors"]))
        return settled

    def _json(self, method: str, path: str) -> dict[str, Any]:
        answer = self.request(method, path)
        if answer.status != 200:
            raise Refused(answer)
        told: dict[str, Any] = json.loads(answer.body)
        return told


def _batches(scans: list[Scan]) -> Iterator[list[Scan]]:
    """In order, of at most 500 and well below what a body may be long."""
    batch: list[Scan] = []
    size = 0
    for scan in scans:
        length = len(json.dumps(scan)) + 2
        if batch and (len(batch) == BATCH_MAX or size + length > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(scan)
        size += length
    if batch:
        yield batch
