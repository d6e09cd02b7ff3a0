"""What a second inspector is not told: what the first one found about units that they are to see.

Only people of the floor who may be that second inspector; leads, reviewers and machines see all.
"""

from collections.abc import Sequence
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
    """The timeline without what those inspections found."""
    hidden = {look.inspection_id for look in hidden_looks(ret, principal)}
    return [
        _without_findings(event) if event.data.get("inspection_id") in hidden else event
        for event in events
    ]


def _without_findings(event: Event) -> Event:
    lines = event.data.get("lines")
    told: list[Json] = [
        {name: value for name, value in line.items() if name not in _TELLING}
        for line in (lines if isinstance(lines, list) else [])
        if isinstance(line, dict)
    ]
    return replace(event, data={**event.data, "lines": told})
