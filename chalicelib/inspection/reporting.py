"""The quality report of an inspection as plain data, in both languages; who draws it knows no more.

Words of answers come from the version of the checklist that was in force when it was inspected.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core import runs
from chalicelib.core.errors import NotFound
from chalicelib.inspection.built_in import defect_words
from chalicelib.inspection.checklist import AnswerKind, Checklist, Item, Section, Words
from chalicelib.inspection.choosing import version_of
from chalicelib.inspection.judging import JudgingReader
from chalicelib.inspection.second_records import SecondInspection
from chalicelib.inspection.weighing import Proposed, WeighingReader, proposals_for
from chalicelib.inspection.words import plain, reason_words, words_for
from chalicelib.returns.inspection_records import InspectedGroup, Inspection
from chalicelib.returns.model import Return
from chalicelib.uploads.model import Photo, PhotoState


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A code with its words."""

    code: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAnswer:
    """What was asked and what was answered; `is_remarkable`: it lowers the grade."""

    item_id: str
    section: Coded
    question: Words
    answer: Words
    is_remarkable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedProposal:
    disposition: Coded
    reasons: tuple[Coded, ...]
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedGroup:
    """Units that were seen alike. `photos` are keys of clean pictures in the bucket of files."""

    line_no: str
    sku: str
    name: str
    quantity: int
    serials: tuple[str, ...]
    grade: Coded
    result: Coded
    fault: Coded
    defects: tuple[Coded, ...]
    is_credited: bool
    checklist: str
    checklist_title: Words
    answers: tuple[ReportedAnswer, ...]
    notes: str | None
    photos: tuple[str, ...]
    proposals: tuple[ReportedProposal, ...]
    units: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedSecond:
    """What came of the second look; `agreed_units` of `units` agree in everything."""

    outcome: Coded
    units: int = 0
    agreed_units: int = 0
    inspector: str | None = None
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QcReport:
    """One inspection. `inspector` is a reference. `superseded_units` were inspected again since."""

    inspection_id: str
    return_id: str
    return_number: str
    order_no: str | None
    inspected_at: datetime
    inspector: str
    groups: tuple[ReportedGroup, ...]
    warehouse: str | None = None
    started_at: datetime | None = None
    duration_s: int | None = None
    second: ReportedSecond | None = None
    superseded_units: int = 0

    @property
    def quantity(self) -> int:
        return sum(group.quantity for group in self.groups)


class ReportReader(JudgingReader, WeighingReader, Protocol):
    """Reads a return, its inspections and photos, and the versions of checklists."""

    def return_(self, return_id: str) -> Return | None: ...

    def inspection(self, return_id: str, inspection_id: str) -> Inspection | None: ...

    def second_inspections(self, return_id: str) -> list[SecondInspection]: ...


def report_of(
    reads: ReportReader,
    return_id: str,
    inspection_id: str,
    now: datetime,
    shown: Return | None = None,
) -> QcReport:
    """The report; raises NotFound. Proposals are as of now, everything else as it was recorded.

    `shown` is the return as its reader may know it, by which proposals are made; None: as it is.
    """
    ret = reads.return_(return_id)
    if ret is None:
        raise NotFound("return_not_found", f"There is no return {return_id}.")
    inspection = reads.inspection(return_id, inspection_id)
    if inspection is None:
        raise NotFound("inspection_not_found", f"There is no inspection {inspection_id}.")
    photos = {one.photo_id: one for one in reads.photos(return_id)}
    proposed = proposals_for(reads, shown or ret, now)
    lists = _checklists(reads, inspection)
    groups = [
        _group(ret, group, lists.get(group.line_no), photos, proposed)
        for group in inspection.groups
    ]
    return QcReport(
        inspection_id=inspection_id,
        return_id=return_id,
        return_number=ret.number,
        order_no=ret.order_no,
        inspected_at=inspection.inspected_at,
        inspector=inspection.inspected_by,
        groups=tuple(groups),
        warehouse=_warehouse(ret, inspection),
        started_at=inspection.started_at,
        duration_s=inspection.duration_s,
        second=_second(ret, inspection, reads.second_inspections(return_id)),
        superseded_units=sum(superseded(reads.inspections(return_id), inspection).values()),
    )


def superseded(inspections: Sequence[Inspection], earlier: Inspection) -> dict[str, int]:
    """How many units of an inspection were inspected again, by the inspection that did first."""
    counts: dict[str, int] = {}
    left = {
        line_no: runs.merged(
            run for group in earlier.groups if group.line_no == line_no for run in group.units
        )
        for line_no in {group.line_no for group in earlier.groups}
    }
    later = inspections[_place(inspections, earlier) + 1 :]
    for one in later:
        for group in one.groups:
            again = runs.common(left.get(group.line_no, ()), group.units)
            if again:
                left[group.line_no] = runs.minus(left[group.line_no], again)
                counts[one.inspection_id] = counts.get(one.inspection_id, 0) + runs.size(again)
    return counts


def _place(inspections: Sequence[Inspection], one: Inspection) -> int:
    ids = [each.inspection_id for each in inspections]
    return ids.index(one.inspection_id)


def _checklists(reads: ReportReader, inspection: Inspection) -> dict[str, Checklist]:
    """By line, the version that was gone by; lines of before there were lists have none."""
    known: dict[str, Checklist] = {}
    for line_no, name in inspection.checklist_version.items():
        category, _, number = name.partition("@")
        checklist = version_of(reads, category, int(number))
        if checklist is not None:
            known[line_no] = checklist
    return known


def _group(
    ret: Return,
    group: InspectedGroup,
    checklist: Checklist | None,
    photos: Mapping[str, Photo],
    proposed: Sequence[Proposed],
) -> ReportedGroup:
    line = ret.line(group.line_no)
    assert line is not None, "lines of a return stay"
    shown = (photos.get(photo_id) for photo_id in group.photos)
    return ReportedGroup(
        line_no=group.line_no,
        sku=line.goods,
        name=line.name,
        quantity=group.quantity,
        units=runs.as_text(group.units),
        serials=group.serials,
        grade=_coded("grades", group.grade.value),
        result=_coded("results", group.result.value),
        fault=_coded("faults", group.fault.value),
        defects=tuple(Coded(code=code, words=_defect(code, checklist)) for code in group.defects),
        is_credited=group.credit,
        checklist=checklist.name if checklist else "",
        checklist_title=dict(checklist.title) if checklist else {},
        answers=tuple(_answers(group, checklist)),
        notes=group.notes,
        photos=tuple(
            photo.clean_key
            for photo in shown
            if photo is not None and photo.state is PhotoState.CLEAN and photo.clean_key
        ),
        proposals=tuple(_proposals(group, proposed)),
    )


def _answers(group: InspectedGroup, checklist: Checklist | None) -> Iterator[ReportedAnswer]:
    """In the order of the list; what it does not ask comes last, in the words of who wrote it."""
    known = [
        one for section in Section for one in (checklist.in_section(section) if checklist else ())
    ]
    for item in known:
        answer = group.checklist.get(item.item_id)
        if answer is not None:
            yield ReportedAnswer(
                item_id=item.item_id,
                section=_coded("sections", item.section.value),
                question=dict(item.words),
                answer=_answer(item, answer),
                is_remarkable=any(cap.when.meets(answer) for cap in item.caps),
            )
    asked = {item.item_id for item in known}
    for name, answer in group.checklist.items():
        if name not in asked:
            section = Coded(code="", words=plain(""))
            yield ReportedAnswer(
                item_id=name, section=section, question=plain(name), answer=plain(answer)
            )


def _answer(item: Item, answer: str) -> Words:
    match item.kind:
        case AnswerKind.YES_NO:
            return words_for("answers", answer)
        case AnswerKind.CHOICE:
            chosen = next((one for one in item.choices if one.code == answer), None)
            return dict(chosen.words) if chosen else plain(answer)
        case AnswerKind.NUMBER:
            return plain(f"{answer} {item.unit or ''}".rstrip())
    return plain(answer)


def _proposals(group: InspectedGroup, proposed: Sequence[Proposed]) -> Iterator[ReportedProposal]:
    """The best way for each part of the units that nobody has decided about."""
    for one in proposed:
        part = runs.common(one.units, group.units) if one.line_no == group.line_no else ()
        if part:
            best = one.proposals[0]
            yield ReportedProposal(
                disposition=_coded("dispositions", best.disposition.value),
                reasons=tuple(
                    Coded(code=code, words=reason_words(code, one.facts.figures))
                    for code in best.reasons
                ),
                quantity=runs.size(part),
            )


def _second(
    ret: Return, inspection: Inspection, seconds: Sequence[SecondInspection]
) -> ReportedSecond | None:
    done = next((s for s in seconds if s.inspection_id == inspection.inspection_id), None)
    if done is not None:
        return ReportedSecond(
            outcome=_coded("second", done.outcome.value),
            units=done.comparison.units,
            agreed_units=done.comparison.agreed,
            inspector=done.second_by,
            seen_at=done.seen_at,
        )
    look = ret.findings.second_look(inspection.inspection_id)
    return (
        None if look is None else ReportedSecond(outcome=_coded("second", "open"), units=look.size)
    )


def _warehouse(ret: Return, inspection: Inspection) -> str | None:
    for seen in inspection.groups:
        line = ret.line(seen.line_no)
        for group in line.groups if line else ():
            if group.warehouse is not None and runs.common(group.units, seen.units):
                return group.warehouse
    return ret.warehouse


def _coded(subject: str, code: str) -> Coded:
    return Coded(code=code, words=words_for(subject, code))


def _defect(code: str, checklist: Checklist | None) -> Words:
    offered = checklist.defect(code) if checklist else None
    if offered is not None:
        return dict(offered.words)
    return dict(defect_words().get(code) or plain(code))
