"""What inspections said about units, read from the events of their return: the last word counts.

Events say which units an inspector saw; the record of an inspection says how many.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core import runs
from chalicelib.core.events import Event, Json
from chalicelib.core.runs import Run, Runs
from chalicelib.uploads.model import Photo, PhotoState

INSPECTED = "return.inspected"
UNLISTED = "return.unlisted_for_vendor"
BOUNCED = "return.vendor_credit_bounced"
_CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Units of a line that one inspection saw alike."""

    line_no: str
    units: Runs
    inspection_id: str
    inspected_at: datetime
    defects: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()


def seen_units(events: Iterable[Event]) -> list[Seen]:
    """Of one return, the latest inspection first; a unit may be in several."""
    found: list[Seen] = []
    for event in sorted(events, key=lambda one: one.seq, reverse=True):
        if event.type != INSPECTED:
            continue
        for line in _lines(event.data.get("lines")):
            found.append(
                Seen(
                    line_no=str(line["line_no"]),
                    units=runs_of(str(line["units"])),
                    inspection_id=str(event.data.get("inspection_id")),
                    inspected_at=event.time,
                    defects=_texts(line.get("defects")),
                    photos=_texts(line.get("photos")),
                )
            )
    return found


def made_good(events: Iterable[Event]) -> dict[str, Runs]:
    """Units by line that the supplier credited without wanting them: they are claimed no more.

    Where the credit bounced, and nothing came in its place, they are as any others.
    """
    found: dict[str, Runs] = {}
    for event in sorted(events, key=lambda one: one.seq):
        is_credit = event.type == UNLISTED and event.data.get("made_good")
        if not is_credit and event.type != BOUNCED:
            continue
        for line in _lines(event.data.get("lines")):
            name, units = str(line["line_no"]), runs_of(str(line["units"]))
            others = runs.minus(found.get(name, ()), units)
            found[name] = runs.merged((*others, *units)) if is_credit else others
    return found


def parted(line_no: str, units: Runs, seen: Iterable[Seen]) -> Iterator[tuple[Runs, Seen | None]]:
    """The units of a line by the inspection that saw them last; None: nobody did."""
    left = units
    for one in seen:
        part = runs.common(left, one.units) if one.line_no == line_no else ()
        if part:
            yield part, one
            left = runs.minus(left, part)
    if left:
        yield left, None


def shareable(photos: Iterable[Photo]) -> dict[str, str]:
    """Keys of the clean photos that staff took: those of customers may show more than goods."""
    return {
        photo.photo_id: photo.clean_key
        for photo in photos
        if photo.state is PhotoState.CLEAN
        and photo.clean_key is not None
        and photo.requested_as not in (None, _CUSTOMER)
    }


def runs_of(text: str) -> Runs:
    """What runs.as_text wrote."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.append(Run(int(first), int(last or first) - int(first) + 1))
    return tuple(found)


def _lines(told: Json) -> Iterator[Mapping[str, Json]]:
    for line in told if isinstance(told, list) else []:
        if isinstance(line, dict) and line.get("line_no") and line.get("units"):
            yield line


def _texts(told: Json) -> tuple[str, ...]:
    return tuple(str(one) for one in told) if isinstance(told, list) else ()
