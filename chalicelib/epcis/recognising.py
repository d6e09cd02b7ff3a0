"""One event that is told with an eventID and without one is one event: known by all that it says.

An event is named by its eventID, or by what it says. Whichever name it was captured under first
stays its name, so its scans are the same however it comes. Two events with ids of their own are
two, whatever they say: ten units of one class may well be read twice in a second.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from chalicelib.epcis.intake import Plan
from chalicelib.epcis.model import EventContent, scan_id_of


class ContentReader(Protocol):
    def event_contents(self, contents: Iterable[str]) -> Mapping[str, EventContent]: ...


def recognised(
    reads: ContentReader, plans: Sequence[Plan]
) -> tuple[list[Plan], tuple[EventContent, ...]]:
    """The plans with the scans that their events had before, and what is to be remembered."""
    stored = reads.event_contents({plan.content for plan in plans if plan.scans})
    known = dict(stored)
    found: list[Plan] = []
    for plan in plans:
        if not plan.scans:
            found.append(plan)
            continue
        before = known.get(plan.content)
        after = _with(before, plan)
        known[plan.content] = after
        is_same = plan.told.event_id in (None, after.event_id)
        found.append(_named(plan, after.key) if is_same else plan)
    return found, tuple(
        replace(one, version=stored[content].version + 1 if content in stored else 1)
        for content, one in known.items()
        if one != stored.get(content)
    )


def _with(before: EventContent | None, plan: Plan) -> EventContent:
    """What is known of it now; the first id that comes with it is its own."""
    event_id = plan.told.event_id
    if before is None:
        return EventContent(content=plan.content, key=plan.key, event_id=event_id)
    return replace(before, event_id=event_id) if before.event_id is None else before


def _named(plan: Plan, key: str) -> Plan:
    if key == plan.key:
        return plan
    scans = tuple(
        replace(scan, scan_id=scan_id_of(key, scan.warehouse, place))
        for place, scan in enumerate(plan.scans)
    )
    told = replace(plan.told, scan_ids=tuple(scan.scan_id for scan in scans))
    return replace(plan, key=key, scans=scans, told=told)
