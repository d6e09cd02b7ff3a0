"""What a view answers: a status, the bytes of a JSON body, and the headers that belong to it.

The bytes are made before the answer is stored, so a replay under the same key is byte-equal.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime

from pydantic import BaseModel

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Answer
from chalicelib.core.money import Money

Body = BaseModel | Mapping[str, object]


def ok(body: Body, *, version: int | None = None) -> Answer:
    """200. `version` becomes the ETag."""
    return _answer(200, body, version=version)


def created(body: Body, *, location: str | None = None, version: int | None = None) -> Answer:
    """201. `location` is the path of what was created, from /v1 on."""
    return _answer(201, body, version=version, location=location)


def accepted(body: Body, *, location: str | None = None) -> Answer:
    """202: the work is done later; `location` is where to look for it."""
    return _answer(202, body, location=location)


def etag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"v{version}"'


def encode(body: Body) -> bytes:
    """UTF-8 JSON; money and times in the forms that the API promises."""
    if isinstance(body, BaseModel):
        return body.model_dump_json(by_alias=True).encode()
    text = json.dumps(
        body, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    )
    return text.encode()


def _plain(value: object) -> object:
    if isinstance(value, Money):
        return {"amount": value.amount, "currency": value.currency}
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {part.name: getattr(value, part.name) for part in fields(value)}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _answer(
    status: int, body: Body, *, version: int | None = None, location: str | None = None
) -> Answer:
    headers = {}
    if version is not None:
        headers["ETag"] = etag(version)
    if location is not None:
        headers["Location"] = location
    return Answer(status=status, body=encode(body), headers=headers)
