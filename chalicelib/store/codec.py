"""Records to JSON text and back. The text is the item's `body`; docs/decisions says why."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from chalicelib.core.errors import Invalid, TransientError

T = TypeVar("T")
BODY_MAX = 380_000
"""Bytes. An item may hold 400 KB with its keys; beyond this a record is refused with a reason."""
PACKED_FROM = 60_000
"""Bytes. Longer bodies are kept compressed: an order of 1,000 lines takes some 40 KB."""

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(record: object) -> str:
    """The record as compact JSON."""
    return _encoder.encode(record).decode()


def body_attribute(record: object) -> dict[str, dict[str, Any]]:
    """The record as the attribute `body` (text) or, where long, `packed` (compressed).

    Raises Invalid `record_too_large`.
    """
    return text_attribute(_encoder.encode(record), name=type(record).__name__)


def text_attribute(body: bytes, *, name: str = "text") -> dict[str, dict[str, Any]]:
    """As `body_attribute`, of what is UTF-8 text already."""
    if len(body) < PACKED_FROM:
        return {"body": {"S": body.decode()}}
    packed = zlib.compress(body, 6)
    if len(packed) > BODY_MAX:
        raise Invalid(
            "record_too_large",
            f"A {name} of {len(packed)} packed bytes exceeds {BODY_MAX}.",
            size=len(packed),
        )
    return {"packed": {"B": packed}}


def body_of(item: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The JSON text of an item, from a read or a stream record; None where it has none."""
    if "body" in item:
        text: str = item["body"]["S"]
        return text
    if "packed" not in item:
        return None
    packed = item["packed"]["B"]
    # Lambda hands stream records over as JSON, where bytes are base64.
    raw = base64.b64decode(packed) if isinstance(packed, str) else packed
    return zlib.decompress(raw).decode()


def decode(body: str, kind: type[T]) -> T:
    """The record that `encode` wrote. Fields added since then take their defaults."""
    try:
        record: T = _decoder(kind).decode(body)
    except msgspec.ValidationError as exc:
        raise TransientError(
            "unreadable_record", f"A stored {kind.__name__} cannot be read.", retry_after_s=60
        ) from exc
    return record


_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    """Built once a type: msgspec compiles the annotations into a reader."""
    if kind not in _decoders:
        _decoders[kind] = msgspec.json.Decoder(kind)
    return _decoders[kind]


def record_in(item: Mapping[str, Mapping[str, Any]], kind: type[T]) -> T:
    """The record that an item holds, from a read or a stream record."""
    body = body_of(item)
    assert body is not None, "items of records have bodies; placeholders are not records"
    return decode(body, kind)
