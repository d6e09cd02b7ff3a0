"""Whether what an inspector says can be taken: times, answers, grades, photos. One refusal for all.

Pure. Which units are meant and what becomes of them is returns/inspecting.py's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core.errors import FieldError, Invalid
from chalicelib.inspection.answers import Seen, defects_in, faults_of
from chalicelib.inspection.checklist import Checklist
from chalicelib.inspection.choosing import ChecklistReader, for_lines
from chalicelib.returns.inspection_records import Inspect, InspectedGroup
from chalicelib.returns.model import Return
from chalicelib.uploads.model import Photo, PhotoState

DURATION_MAX_S = 24 * 3_600
_CLOCKS_DIFFER = timedelta(minutes=5)


class JudgingReader(ChecklistReader, Protocol):
    """Reads checklists, and the photos of a return."""

    def photos(self, return_id: str) -> list[Photo]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The groups with the defects that their answers stand for, and by line the list in force."""

    groups: tuple[InspectedGroup, ...]
    checklists: Mapping[str, Checklist]
    duration_s: int | None

    @property
    def versions(self) -> dict[str, str]:
        return {line_no: one.name for line_no, one in self.checklists.items()}


def judged(reads: JudgingReader, ret: Return, command: Inspect, now: datetime) -> Judged:
    """Raises Invalid `inspection_faults` with everything that does not fit."""
    line_nos = tuple(dict.fromkeys(group.line_no for group in command.groups))
    checklists = for_lines(reads, ret, line_nos, now)
    errors = [
        *_times(command, now),
        *_photo_faults(reads, ret, command.groups),
        *(
            fault
            for place, group in enumerate(command.groups)
            for fault in faults_of(_seen(group), checklists[group.line_no], f"/groups/{place}")
        ),
    ]
    if errors:
        raise Invalid(
            "inspection_faults", "What was seen does not fit the checklist.", errors=errors
        )
    groups = tuple(
        replace(group, defects=defects_in(_seen(group), checklists[group.line_no]))
        for group in command.groups
    )
    return Judged(groups=groups, checklists=checklists, duration_s=_duration(command, now))


def _seen(group: InspectedGroup) -> Seen:
    return Seen(
        grade=group.grade,
        answers=group.checklist,
        defects=group.defects,
        has_photos=bool(group.photos),
    )


def _times(command: Inspect, now: datetime) -> Iterator[FieldError]:
    if command.started_at is not None and command.started_at > now + _CLOCKS_DIFFER:
        yield _fault("/started_at", "started_in_future", "It cannot start after it is told.")
    duration = _duration(command, now)
    if duration is not None and duration > DURATION_MAX_S:
        place = "/duration_s" if command.duration_s is not None else "/started_at"
        yield _fault(place, "duration_too_long", "An inspection takes a day at most.")


def _duration(command: Inspect, now: datetime) -> int | None:
    if command.duration_s is not None or command.started_at is None:
        return command.duration_s
    return max(int((now - command.started_at).total_seconds()), 0)


def _photo_faults(
    reads: JudgingReader, ret: Return, groups: Sequence[InspectedGroup]
) -> Iterator[FieldError]:
    """Photos show these goods: they came with this return, and were found clean."""
    if not any(group.photos for group in groups):
        return
    clean = {one.photo_id for one in reads.photos(ret.return_id) if one.state is PhotoState.CLEAN}
    for place, group in enumerate(groups):
        for number, photo_id in enumerate(group.photos):
            if photo_id not in clean:
                message = f"{photo_id} is no photo of this return that was found clean."
                yield _fault(f"/groups/{place}/photos/{number}", "photo_not_clean", message)


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
