"""Which checklist goods are inspected by, and which version of it was in force when. Pure.

What a merchant published of a category stands in place of what comes with the product, from its
date on; before that date, and for categories that were never published, the built-in list is meant.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chalicelib.core.events import Chain
from chalicelib.inspection.built_in import built_in
from chalicelib.inspection.checklist import BUILT_IN, DEFAULT, Checklist
from chalicelib.inspection.rules import InspectionRules
from chalicelib.policy.verdict import Decision
from chalicelib.returns.model import Return, ReturnLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that a merchant published, and from when on it is in force."""

    category: str
    number: int
    begins: datetime
    applies_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklists:
    """All versions that were published; `version` 0: none was."""

    published: tuple[Published, ...] = ()
    version: int = 0
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return "checklists/all"

    def of(self, category: str) -> tuple[Published, ...]:
        """The versions of a category, the oldest first."""
        return tuple(one for one in self.published if one.category == category)

    def in_force(self, at: datetime) -> dict[str, Published]:
        """By category, the version of it that is in force then."""
        begun = [one for one in self.published if one.begins <= at]
        begun.sort(key=lambda one: (one.begins, one.number))
        return {one.category: one for one in begun}


class ChecklistReader(Protocol):
    """Reads what was published, and how inspections are sampled, always consistently."""

    def checklists(self) -> Checklists: ...

    def known_checklists(self) -> Checklists: ...

    def checklist(self, category: str, number: int) -> Checklist | None: ...

    def inspection_rules(self) -> InspectionRules: ...


def name_for(ret: Return, line: ReturnLine, at: datetime, known: Checklists) -> str:
    """The category of the list for a line: what policy names, else what its goods are."""
    present = known.in_force(at)
    named = _named(ret.decision, line.line_no)
    for wanted in (named, line.category):
        if wanted is not None and (found := _meant(wanted, present.values())) is not None:
            return found
    return DEFAULT


def _named(decision: Decision | None, line_no: str) -> str | None:
    lines = decision.lines if decision is not None else ()
    return next((one.checklist for one in lines if one.line_no == line_no), None)


def _meant(wanted: str, present: Iterable[Published]) -> str | None:
    """The category of the list that bears this name, or applies to goods of it."""
    asked = wanted.casefold()
    own = {one.category: one.applies_to for one in present}
    others = {name: one.applies_to for name, one in built_in().items() if name not in own}
    for lists in (own, others):
        if asked in lists:
            return asked
    for lists in (own, others):
        for category, applies_to in lists.items():
            if asked in map(str.casefold, applies_to):
                return category
    return None


def in_force(reads: ChecklistReader, category: str, at: datetime, known: Checklists) -> Checklist:
    """The list of a category at a time; that of any goods where it has none."""
    found = known.in_force(at).get(category)
    if found is not None:
        checklist = reads.checklist(found.category, found.number)
        assert checklist is not None, "what was published is kept"
        return checklist
    return built_in().get(category) or built_in()[DEFAULT]


def for_lines(
    reads: ChecklistReader, ret: Return, line_nos: Sequence[str], at: datetime
) -> Mapping[str, Checklist]:
    """By line, the list that is in force for its goods; each version is read once."""
    known = reads.known_checklists()
    names = {
        line.line_no: name_for(ret, line, at, known)
        for line in ret.lines
        if line.line_no in line_nos
    }
    lists = {
        category: in_force(reads, category, at, known) for category in dict.fromkeys(names.values())
    }
    return {line_no: lists[category] for line_no, category in names.items()}


def version_of(reads: ChecklistReader, category: str, number: int) -> Checklist | None:
    """One version of a list, in force or not; the first may be the one that came with the product.

    What was published stands before it: a list may come with a later product under the same name.
    """
    found = reads.checklist(category, number)
    if found is None and number == BUILT_IN:
        return built_in().get(category)
    return found
