"""Cursors as callers hold them: signed, theirs alone, for one list as it was asked for, and for an
hour. Inside is the store's own cursor; what is outside keeps anyone from making one up.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel

from chalicelib import wiring
from chalicelib.api.answers import ok
from chalicelib.api.call import Call, filled
from chalicelib.core.commands import Answer
from chalicelib.core.errors import Invalid

LIFE = timedelta(hours=1)
_FORM = "1"
_DIGITS_MAX = 12
# What may differ from page to page; all else of a query is part of what was asked for.
_OF_THE_PAGE = frozenset({"cursor", "limit", "nextPageToken", "perPage"})


def page_of(
    call: Call,
    kind: Callable[..., BaseModel],
    items: tuple[Any, ...],  # Any: of the kind of page
    place: str | None,
) -> Answer:
    """200 with one page of a list; `place` is the store's cursor, None on the last page."""
    if place is None:
        return ok(kind(items=items, next_cursor=None))
    cursor = sealed(call, place)
    answer = ok(kind(items=items, next_cursor=cursor))
    # RFC 8288: relative to the address that was asked, whatever stage or domain it begins with.
    link = f'<?{urlencode({**call.query, "cursor": cursor})}>; rel="next"'
    return replace(answer, headers={**answer.headers, "Link": link})


def sealed(call: Call, place: str) -> str:
    """The cursor to give out."""
    key = wiring.cursor_key().present()
    head = f"{_FORM}.{key.id}.{_seconds(call.received_at + LIFE):x}.{place}"
    return f"{head}.{key.sign(_signed(head, call))}"


def opened(call: Call, cursor: str) -> str:
    """The store's cursor; raises Invalid `bad_cursor` for one that is not of this caller and list.

    That it has expired is told only of one that is genuine.
    """
    head, _, signature = cursor.rpartition(".")
    match head.split("."):
        case [form, key_id, expiry, place] if form == _FORM:
            key = wiring.cursor_key().find(key_id)
            if key is None or not key.has_signed(_signed(head, call), signature):
                raise _bad("it was not given to you for this list")
            if _is_past(expiry, call.received_at):
                raise _bad("it has expired")
            return place
    raise _bad("it was not given to you for this list")


def _signed(head: str, call: Call) -> str:
    return json.dumps(
        ["cursor", head, call.principal.id, filled(call.route, call.path), _asked(call.query)]
    )


def _asked(query: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in query.items() if name not in _OF_THE_PAGE)


def _is_past(expiry: str, now: datetime) -> bool:
    return len(expiry) > _DIGITS_MAX or int(expiry, 16) < _seconds(now)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _bad(reason: str) -> Invalid:
    return Invalid(
        "bad_cursor", f"This cursor cannot be used: {reason}. Begin without one.", reason=reason
    )
