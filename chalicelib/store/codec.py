"""Records to JSON text and back. The text is the item's `body`; docs/decisions says why."""

from typing import Any, TypeVar

import msgspec

from chalicelib.core.errors import Invalid, TransientError

T = TypeVar("T")
BODY_MAX = 380_000
"""Bytes. An item may hold 400 KB with its keys; beyond this a record is refused with a reason."""

_encoder = msgspec.json.Encoder(order="deterministic")


def encode(record: object) -> str:
    """The record as compact JSON; raises Invalid `record_too_large`."""
    body = _encoder.encode(record)
    if len(body) > BODY_MAX:
        raise Invalid(
            "record_too_large",
            f"A {type(record).__name__} of {len(body)} bytes exceeds {BODY_MAX}.",
            size=len(body),
        )
    return body.decode()


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
