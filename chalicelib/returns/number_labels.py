"""The label with a return's own number, as data, and where its PDF lies.

A carrier's label brings the box here; this one says what is in it, to whoever opens it. It names no
customer, so it may lie on any desk. The name of the file follows from what it says: two requests at
once write the same bytes to the same place.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from chalicelib.core.errors import Conflict, NotFound
from chalicelib.returns.model import Return
from chalicelib.returns.standing import Status, status_of

PARCELS_MAX = 20
VALID = timedelta(minutes=5)
_MEDIA_TYPE = "application/pdf"
_LAYOUT = 1
"""Counted up where the same words are to be drawn anew."""
_NOT_SENT = frozenset({Status.DRAFT, Status.REJECTED, Status.CANCELLED, Status.EXPIRED})


class LabelSize(StrEnum):
    """One label a page on a roll of A6 or 4 x 6 inches, or four on a sheet of A4."""

    A6 = "a6"
    INCHES_4X6 = "4x6"
    A4 = "a4"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLabel:
    """What stands on the labels of one return, one a parcel; `to` are lines of an address."""

    number: str
    language: str
    size: LabelSize
    parcels: int = 1
    order_no: str | None = None
    warehouse: str | None = None
    to: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        text = json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class LabelFiles(Protocol):
    """What is used of the files bucket."""

    def head(self, key: str) -> object: ...

    def write(self, key: str, content: bytes, *, content_type: str) -> None: ...

    def download_url(
        self,
        key: str,
        *,
        file_name: str,
        is_inline: bool = False,
        content_type: str | None = None,
        expiry: timedelta,
    ) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPaper:
    """An address that serves the labels for a while."""

    url: str
    expires_at: datetime


class LabelPapers:
    """Draws labels that do not lie there; repeating it is harmless."""

    def __init__(self, files: LabelFiles, draw: Callable[[NumberLabel], bytes]) -> None:
        self._files = files
        self._draw = draw

    def paper(self, return_id: str, label: NumberLabel, now: datetime) -> LabelPaper:
        key = key_of(return_id, label)
        try:
            self._files.head(key)
        except NotFound:
            self._files.write(key, self._draw(label), content_type=_MEDIA_TYPE)
        url = self._files.download_url(
            key,
            file_name=f"{label.number}.{label.size.value}.pdf",
            is_inline=True,
            content_type=_MEDIA_TYPE,
            expiry=VALID,
        )
        return LabelPaper(url=url, expires_at=now + VALID)


def key_of(return_id: str, label: NumberLabel) -> str:
    """Beside the labels of carriers; the name says which words it bears."""
    return f"files/labels/{return_id}/number-{label.digest}-{_LAYOUT}.pdf"


def label_of(
    ret: Return, *, language: str, size: LabelSize, parcels: int, to: tuple[str, ...]
) -> NumberLabel:
    """The label; raises Conflict for a return that nobody sends goods for."""
    status = status_of(ret)
    if status in _NOT_SENT:
        raise Conflict(
            "nothing_to_label",
            f"The return is {status.value}: no goods are sent for it.",
            status=status.value,
        )
    return NumberLabel(
        number=ret.number,
        language=language,
        size=size,
        parcels=parcels,
        order_no=ret.order_no,
        warehouse=ret.warehouse,
        to=to,
    )
