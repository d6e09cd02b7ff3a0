"""Publishing checklists: a new version of a category, in force from its date on, never edited."""

from dataclasses import replace
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import FieldError, Invalid, NotFound, Stale
from chalicelib.core.events import Context, Journal
from chalicelib.inspection.built_in import built_in
from chalicelib.inspection.checking import faults_of
from chalicelib.inspection.checklist import BUILT_IN, Checklist
from chalicelib.inspection.choosing import ChecklistReader, Checklists, Published, version_of

PUBLISHED_MAX = 2_000
"""Versions of all categories together: what is in force when is one record."""
CATEGORIES_MAX = 100
"""That have lists of their own: all that are in force are told in one answer."""


def publish(reads: ChecklistReader, wanted: Checklist, context: Context) -> Decided[Checklist]:
    """The next version of its category; raises Invalid with every fault.

    It is in force from a moment that is not past: what was in force once stays so. If-Match is the
    number of the latest version.
    """
    known = reads.checklists()
    versions = known.of(wanted.category)
    before = BUILT_IN if wanted.category in built_in() else 0
    latest = versions[-1].number if versions else before
    if context.expected_version not in (None, latest):
        raise Stale(
            "stale_version",
            f"The latest version is {latest}, not {context.expected_version}.",
            subject=f"checklist/{wanted.category}",
            expected=context.expected_version,
            actual=latest,
        )
    errors = list(faults_of(wanted))
    if wanted.effective_from < context.now:
        message = "A version is in force from now on, or later."
        errors.append(
            FieldError(pointer="/effective_from", code="effective_in_past", message=message)
        )
    if len(known.published) >= PUBLISHED_MAX:
        message = f"There are {PUBLISHED_MAX} versions, which is the most."
        errors.append(FieldError(pointer="/items", code="too_many_versions", message=message))
    named = {one.category for one in known.published}
    if wanted.category not in named and len(named) >= CATEGORIES_MAX:
        message = (
            f"There are lists of {CATEGORIES_MAX} categories; `applies_to` lets one serve more."
        )
        errors.append(FieldError(pointer="/category", code="too_many_categories", message=message))
    if errors:
        raise Invalid("checklist_faults", "The checklist cannot be published.", errors=errors)
    checklist = replace(
        wanted,
        number=latest + 1,
        published_at=context.now,
        published_by=context.actor.id,
        version=1,
    )
    return _written(known, checklist, context)


def _written(known: Checklists, checklist: Checklist, context: Context) -> Decided[Checklist]:
    entry = Published(
        category=checklist.category,
        number=checklist.number,
        begins=checklist.effective_from,
        applies_to=checklist.applies_to,
    )
    journal = Journal(known.subject, known.chain, context)
    journal.record(
        "checklist.published",
        {
            "category": checklist.category,
            "number": checklist.number,
            "effective_from": rfc3339(checklist.effective_from),
            "strict": checklist.strict,
            "items": len(checklist.items),
        },
    )
    after = replace(
        known,
        published=(*known.published, entry),
        version=known.version + 1,
        chain=journal.chain,
    )
    changes = Changes(records=(after, checklist), events=tuple(journal.events))
    return Decided(result=checklist, changes=changes)


def listed(reads: ChecklistReader, now: datetime) -> tuple[Checklist, ...]:
    """The lists in force now, by category, with those that come with the product."""
    known = reads.checklists()
    present = known.in_force(now)
    found = {category: one for category, one in built_in().items() if category not in present}
    for category, entry in present.items():
        checklist = reads.checklist(category, entry.number)
        assert checklist is not None, "what was published is kept"
        found[category] = checklist
    return tuple(found[category] for category in sorted(found))


def read(reads: ChecklistReader, category: str, number: int | None, now: datetime) -> Checklist:
    """One list: a version of it, or the one in force; raises NotFound."""
    if number is not None:
        checklist = version_of(reads, category, number)
    else:
        entry = reads.checklists().in_force(now).get(category)
        checklist = (
            built_in().get(category) if entry is None else version_of(reads, category, entry.number)
        )
    if checklist is None:
        raise NotFound("checklist_not_found", f"There is no such version of {category}.")
    return checklist
