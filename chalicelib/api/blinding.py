"""What a second inspector is not told: what the first one found about units that they are to see.

Only people of the floor who may be that second inspector; leads, reviewers and machines see all.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from chalicelib.api.schemas.return_views import ReturnLineView, ReturnView
from chalicelib.auth.principal import Principal, Role
from chalicelib.core.events import Event, Json
from chalicelib.inspection.findings import SecondLook
from chalicelib.returns.model import InspectionResult, Return
from chalicelib.returns.units import move

_FLOOR = frozenset({Role.INSPECTOR, Role.WAREHOUSE})
_TELLING = frozenset(
    {"grade", "result", "fault", "credit", "defects", "photos", "disposition", "value"}
)


def hidden_looks(ret: Return, principal: Principal) -> tuple[SecondLook, ...]:
    """The open second looks whose first result is kept from this principal."""
    if not principal.roles <= _FLOOR or Role.INSPECTOR not in principal.roles:
        return ()
    return tuple(look for look in ret.findings.second_looks if look.first_by != principal.id)


def return_told(view: ReturnView, ret: Return, principal: Principal) -> ReturnView:
    """The return with those units counted as if nobody had inspected them."""
    looks = hidden_looks(ret, principal)
    if not looks:
        return view
    masked = as_unseen(ret, looks)
    lines = tuple(ReturnLineView.of(masked, line, with_words=True) for line in masked.lines)
    return view.model_copy(update={"lines": lines})


def as_unseen(ret: Return, looks: Sequence[SecondLook]) -> Return:
    """For showing only."""
    for look in looks:
        for line in ret.lines:
            units = look.line_units.get(line.line_no, ())
            if units:
                unseen = move(
                    line,
                    units,
                    inspection=InspectionResult.PENDING,
                    grade=None,
                    fault=None,
                    credit=None,
                    disposition=None,
                )
                ret = ret.with_line(unseen)
        ret = replace(ret, findings=ret.findings.without(look.line_units))
    return ret


def events_told(events: Sequence[Event], ret: Return, principal: Principal) -> list[Event]:
    """The timeline without what those inspections found, and without what became since of the
    lines that they were about.
    """
    looks = hidden_looks(ret, principal)
    return [_told(event, looks) for event in events]


def _told(event: Event, looks: Sequence[SecondLook]) -> Event:
    meant: set[Json] = set()
    for look in looks:
        if event.data.get("inspection_id") == look.inspection_id:
            return _without_findings(event, None)
        if event.time >= look.opened_at:
            meant |= set(look.line_units)
    return _without_findings(event, meant) if meant else event


def _without_findings(event: Event, line_nos: Collection[Json] | None) -> Event:
    """Of these lines; None: of all."""
    lines = event.data.get("lines")
    if not isinstance(lines, list):
        return event
    told: list[Json] = [
        {name: value for name, value in line.items() if name not in _TELLING}
        if line_nos is None or line.get("line_no") in line_nos
        else line
        for line in lines
        if isinstance(line, dict)
    ]
    return replace(event, data={**event.data, "lines": told})
