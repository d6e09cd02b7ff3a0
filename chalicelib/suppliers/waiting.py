"""Which units of a return wait for their supplier, and marking them as a document's own.

A unit that stands in a document is held by it: in the write that puts it there the return gets its
next version, so of two documents that want it only one is written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.commands import Changes
from chalicelib.core.events import Context, Event, Journal, Json
from chalicelib.core.runs import Runs
from chalicelib.liability.opening import ClaimsReader, claimed_units
from chalicelib.returns.closing import reopened_by_news
from chalicelib.returns.facts import header, line_facts
from chalicelib.returns.model import Disposition, Return, ReturnLine, UnitGroup
from chalicelib.returns.selection import UnitsByLine, moved
from chalicelib.returns.sending_to_vendor import RETURNED_BY_VENDOR, waits_for_vendor
from chalicelib.returns.units import units_where
from chalicelib.suppliers.evidence import BOUNCED, UNLISTED
from chalicelib.suppliers.evidence import made_good as made_good_units

_AT_ONCE = 25
"""Returns of one moment that are read in one call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingUnits:
    """Units of one line that are set aside for the supplier and stand in no document."""

    line: ReturnLine
    group: UnitGroup

    @property
    def supplier_id(self) -> str | None:
        return self.line.supplier_id

    @property
    def warehouse(self) -> str | None:
        return self.group.warehouse


def waiting(ret: Return) -> Iterator[WaitingUnits]:
    """All of them, in order of the lines."""
    for line in ret.lines:
        for group in line.groups:
            if waits_for_vendor(group) and group.held_by is None:
                yield WaitingUnits(line=line, group=group)


class ReturnsReader(Protocol):
    def returns_of(self, return_ids: Sequence[str]) -> list[Return]: ...


def read_returns(reads: ReturnsReader, return_ids: Sequence[str]) -> list[Return]:
    """Those of these returns that are there, in their order; each is guarded by its own version."""
    found: list[Return] = []
    for start in range(0, len(return_ids), _AT_ONCE):
        found += reads.returns_of(return_ids[start : start + _AT_ONCE])
    return found


def waiting_for(ret: Return, supplier_id: str, warehouse: str) -> dict[str, Runs]:
    """Units by line that could go to this supplier from this warehouse."""
    found: dict[str, Runs] = {}
    for one in waiting(ret):
        if (one.supplier_id, one.warehouse) == (supplier_id, warehouse):
            before = found.get(one.line.line_no, ())
            found[one.line.line_no] = runs.merged((*before, *one.group.units))
    return found


def listed(ret: Return, units: UnitsByLine, document: str, context: Context) -> Changes:
    """The return with these units held by a document; the caller writes it with the document."""
    return _noted(ret, units, "return.listed_for_vendor", document, context, {}, held_by=document)


def unlisted(
    ret: Return, document: str, context: Context, *, on_hold: bool = False, made_good: bool = False
) -> Changes:
    """The return with what the document held of it free again; nothing where it holds nothing.

    `on_hold`: the supplier does not want the goods, so somebody decides anew where they go.
    `made_good`: it credited them nevertheless, so they are claimed no more.
    """
    units = held_by(ret, document)
    if not units:
        return Changes()
    marks: dict[str, object] = {"held_by": None}
    if on_hold:
        marks["disposition"] = Disposition.HOLD
    facts: dict[str, Json] = {"made_good": made_good}
    return _noted(ret, units, UNLISTED, document, context, facts, **marks)


def held_by(ret: Return, document: str) -> dict[str, Runs]:
    """The units by line that a document holds."""
    found = {
        line.line_no: units_where(line, lambda group: group.held_by == document)
        for line in ret.lines
    }
    return {line_no: units for line_no, units in found.items() if units}


def all_unlisted(
    returns: Sequence[Return],
    document: str,
    context: Context,
    *,
    on_hold: bool = False,
    made_good: bool = False,
) -> Changes:
    """As `unlisted`, of every return that a document is about."""
    changes = Changes()
    for ret in returns:
        changes += unlisted(ret, document, context, on_hold=on_hold, made_good=made_good)
    return changes


class EventsReader(Protocol):
    def events(self, subject: str) -> list[Event]: ...


def no_more_made_good(
    reads: EventsReader,
    returns: Sequence[Return],
    units_of: Callable[[str], UnitsByLine],
    document: str,
    context: Context,
) -> Changes:
    """The returns whose units of a document, by return, may be claimed anew.

    What made them good did not stay, and its claim was given up.
    """
    changes = Changes()
    for ret in returns:
        good = made_good_units(reads.events(ret.subject))
        asked = units_of(ret.return_id).items()
        units = {line_no: runs.common(part, good.get(line_no, ())) for line_no, part in asked}
        if any(units.values()):
            changes += _noted(ret, units, BOUNCED, document, context, {})
    return changes


class ClaimedReader(ClaimsReader, EventsReader, Protocol):
    """Reads what was asked for before."""


def asked_for_before(reads: ClaimedReader, ret: Return) -> dict[str, Runs]:
    """Units by line that a carrier is asked for, or that the supplier made good without getting."""
    found = claimed_units(reads, ret.return_id)
    for line_no, units in made_good_units(reads.events(ret.subject)).items():
        before = found.get(line_no, ())
        found[line_no] = runs.merged((*before, *runs.minus(units, before)))
    return found


def _noted(
    ret: Return,
    units: Mapping[str, Runs],
    event_type: str,
    document: str,
    context: Context,
    more: Mapping[str, Json],
    **marks: object,
) -> Changes:
    lines: list[Json] = [
        line_facts(line, units[line.line_no]) for line in ret.lines if units.get(line.line_no)
    ]
    ret = moved(ret, units, **marks)
    ret = replace(ret, version=ret.version + 1, updated_at=context.now)
    journal = Journal(ret.subject, ret.chain, context)
    on_hold = marks.get("disposition") is Disposition.HOLD
    facts: dict[str, Json] = {"document": document, "on_hold": on_hold, **more, "lines": lines}
    journal.record(event_type, {**header(ret), **facts})
    if on_hold:
        ret = reopened_by_news(ret, journal, RETURNED_BY_VENDOR)
    ret = replace(ret, chain=journal.chain)
    return Changes(records=(ret,), events=tuple(journal.events))
