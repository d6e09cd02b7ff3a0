"""Carriers: who makes labels and fetches parcels, and what is believed of their answers.

Nothing here raises for what a carrier or the network does. What is not understood is UNKNOWN, and
UNKNOWN keeps the key: only a 422 that names our key is a refusal, since anything else may come from
something in between after the label was made.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, TypeVar
from urllib.parse import urlencode

import msgspec
import urllib3

from chalicelib.core.clock import rfc3339, to_millis
from chalicelib.gateways import outbound
from chalicelib.gateways.outbound import Unbelievable
from chalicelib.shipping.ports import (
    OWN,
    Booking,
    BookingOutcome,
    CarrierAnswer,
    Label,
    LabelOutcome,
    LabelRequest,
    PickupRequest,
    Slot,
    SlotsOutcome,
    VoidOutcome,
)

ANSWER_BYTES_MAX = 1024 * 1024
LABEL_BYTES_MAX = 512 * 1024
SLOTS_MAX = 100
_BEGINNINGS = {"application/pdf": b"%PDF-", "application/zpl": b"^XA"}
_NUMBER = re.compile(r"[A-Za-z0-9-]{4,40}")
_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}")
_Shape = TypeVar("_Shape")
_NOT_OFFERED = "not_offered"


class _Refused(Exception):
    """A definite no in the carrier's own words; the code says why."""


class _Label(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    tracking_no: str
    media_type: str
    content: str
    expires_at: datetime


class _Slot(msgspec.Struct, frozen=True, kw_only=True):
    slot_id: str
    day: date
    window: str


class _Slots(msgspec.Struct, frozen=True, kw_only=True):
    slots: list[_Slot]


class _Booked(_Slot, frozen=True, kw_only=True):
    key: str
    reference: str
    tracking_no: str


class _Voided(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    status: Literal["voided"]


class _Problem(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    key: str | None = None
    reason: str | None = None


class OwnCarrier:
    """The customer ships with a carrier of their choice and tells us the number: we call nobody."""

    name = OWN
    makes_labels = False
    fetches = False

    def create_label(self, request: LabelRequest, *, timeout_s: float) -> LabelOutcome:
        return LabelOutcome(answer=CarrierAnswer.REFUSED, reason=_NOT_OFFERED)

    def pickup_slots(
        self, *, warehouse: str | None, postcode: str | None, first: date, timeout_s: float
    ) -> SlotsOutcome:
        return SlotsOutcome(answer=CarrierAnswer.REFUSED, reason=_NOT_OFFERED)

    def book_pickup(self, request: PickupRequest, *, timeout_s: float) -> BookingOutcome:
        return BookingOutcome(answer=CarrierAnswer.REFUSED, reason=_NOT_OFFERED)

    def void(self, key: str, *, timeout_s: float) -> VoidOutcome:
        return VoidOutcome(answer=CarrierAnswer.DONE)


class SandboxCarrier:
    """A carrier with the HTTP API of tools/sandbox_carrier, which stands for a real one."""

    name = "sandbox"
    makes_labels = True
    fetches = True

    def __init__(self, base_url: str, http: urllib3.PoolManager) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise ValueError("the address of a carrier begins with https://")
        self._url = base_url.rstrip("/")
        self._http = http

    def create_label(self, request: LabelRequest, *, timeout_s: float) -> LabelOutcome:
        body = {
            "reference": request.reference,
            "units": request.units,
            "expires_at": rfc3339(request.expires_at),
            **_known(warehouse=request.warehouse, sender=request.sender),
        }
        try:
            made = self._posted("/v1/labels", _Label, timeout_s, request.key, body)
            return LabelOutcome(answer=CarrierAnswer.DONE, label=self._label(made))
        except _Refused as refused:
            return LabelOutcome(answer=CarrierAnswer.REFUSED, reason=str(refused))
        except Unbelievable as unbelievable:
            return LabelOutcome(answer=CarrierAnswer.UNKNOWN, reason=str(unbelievable))

    def pickup_slots(
        self, *, warehouse: str | None, postcode: str | None, first: date, timeout_s: float
    ) -> SlotsOutcome:
        query = {"from": first.isoformat(), **_known(warehouse=warehouse, postcode=postcode)}
        try:
            status, content = self._send("GET", f"/v1/pickup-slots?{urlencode(query)}", timeout_s)
            told = _understood(status, content, _Slots, key="")
        except _Refused as refused:
            return SlotsOutcome(answer=CarrierAnswer.REFUSED, reason=str(refused))
        except Unbelievable as unbelievable:
            return SlotsOutcome(answer=CarrierAnswer.UNKNOWN, reason=str(unbelievable))
        slots = tuple(_slot(slot) for slot in told.slots[:SLOTS_MAX])
        return SlotsOutcome(answer=CarrierAnswer.DONE, slots=slots)

    def book_pickup(self, request: PickupRequest, *, timeout_s: float) -> BookingOutcome:
        body = {
            "slot_id": request.slot_id,
            "reference": request.reference,
            "units": request.units,
            **_known(warehouse=request.warehouse, sender=request.sender),
        }
        try:
            told = self._posted("/v1/pickups", _Booked, timeout_s, request.key, body)
            if told.key != request.key or told.slot_id != request.slot_id:
                raise Unbelievable("wrong_pickup")
            booking = Booking(
                slot=_slot(told), reference=told.reference, tracking_no=_number(told.tracking_no)
            )
            return BookingOutcome(answer=CarrierAnswer.DONE, booking=booking)
        except _Refused as refused:
            return BookingOutcome(answer=CarrierAnswer.REFUSED, reason=str(refused))
        except Unbelievable as unbelievable:
            return BookingOutcome(answer=CarrierAnswer.UNKNOWN, reason=str(unbelievable))

    def void(self, key: str, *, timeout_s: float) -> VoidOutcome:
        try:
            status, content = self._send("POST", "/v1/void", timeout_s, body={"key": key})
            if _understood(status, content, _Voided, key=key).key != key:
                raise Unbelievable("wrong_key")
            return VoidOutcome(answer=CarrierAnswer.DONE)
        except _Refused as refused:
            return VoidOutcome(answer=CarrierAnswer.REFUSED, reason=str(refused))
        except Unbelievable as unbelievable:
            return VoidOutcome(answer=CarrierAnswer.UNKNOWN, reason=str(unbelievable))

    def _label(self, made: _Label) -> Label:
        """Only what a printer takes, and what its type says it is."""
        try:
            content = base64.b64decode(made.content, validate=True)
            expires_at = to_millis(made.expires_at)
        except (binascii.Error, ValueError) as exc:
            raise Unbelievable("bad_answer") from exc
        beginning = _BEGINNINGS.get(made.media_type)
        if beginning is None or not content.startswith(beginning):
            raise Unbelievable("bad_label")
        if len(content) > LABEL_BYTES_MAX:
            raise Unbelievable("label_too_large")
        return Label(
            carrier=self.name,
            tracking_no=_number(made.tracking_no),
            media_type=made.media_type,
            content=content,
            expires_at=expires_at,
        )

    def _posted(
        self,
        path: str,
        shape: type[_Shape],
        timeout_s: float,
        key: str,
        body: Mapping[str, object],
    ) -> _Shape:
        status, content = self._send("POST", path, timeout_s, key=key, body=body)
        told = _understood(status, content, shape, key=key)
        if getattr(told, "key", None) != key:
            raise Unbelievable("wrong_key")
        return told

    def _send(
        self,
        method: Literal["GET", "POST"],
        path: str,
        timeout_s: float,
        *,
        key: str | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, bytes]:
        return outbound.call(
            self._http,
            method,
            self._url + path,
            timeout_s,
            bytes_max=ANSWER_BYTES_MAX,
            key=key,
            body=body,
        )


def _known(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}


def _slot(told: _Slot) -> Slot:
    if not 1 <= len(told.slot_id) <= 64 or not 1 <= len(told.window) <= 64:
        raise Unbelievable("bad_answer")
    return Slot(slot_id=told.slot_id, day=told.day, window=told.window)


def _number(tracking_no: str) -> str:
    """Part of a key of ours, so it is short and plain."""
    if not _NUMBER.fullmatch(tracking_no):
        raise Unbelievable("bad_tracking_no")
    return tracking_no.upper()


def _understood(status: int, content: bytes, shape: type[_Shape], *, key: str) -> _Shape:
    if status == 422:
        problem = _decoded(content, _Problem)
        if problem is not None and (problem.code, problem.key) == ("refused", key):
            # Reasons become part of events, which hold codes and never what others wrote.
            reason = problem.reason or ""
            raise _Refused(reason if _REASON.fullmatch(reason) else "refused")
    if status == 409:
        raise Unbelievable("key_reused")
    if status not in (200, 201):
        raise Unbelievable(f"http_{status}")
    told = _decoded(content, shape)
    if told is None:
        raise Unbelievable("bad_answer")
    return told


def _decoded(content: bytes, shape: type[_Shape]) -> _Shape | None:
    try:
        return msgspec.json.decode(content, type=shape, strict=True)
    except msgspec.MsgspecError:
        return None
