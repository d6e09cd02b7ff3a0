"""Putting drafts in force and letting versions end: what stands on a policy's shelf changes.

Processes remember a shelf for some seconds (policy/shelves.py), so what is new on it holds from a
moment that is still to come. What was sold keeps the version it was sold under.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.core.clock import rfc3339
from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, FieldError, Invalid
from chalicelib.core.events import Context, Journal, Json
from chalicelib.policy.document import FourEyes, PolicyDocument, VersionState
from chalicelib.policy.linting import faults, oddities
from chalicelib.policy.shelves import NOTICE
from chalicelib.policy.versions import (
    PolicyReader,
    PolicyVersion,
    Shelf,
    ShelfEntry,
    check_version,
    discarded,
    recorded,
    stored_version,
    version_known,
)

FAULTS_MAX = 100
"""So many are told at once; how many there are is told as well."""
SHELF_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A published version and the shelf that it stands on."""

    version: PolicyVersion
    shelf: Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What keeps a version from being published, and what is worth a look."""

    faults: tuple[FieldError, ...] = ()
    oddities: tuple[FieldError, ...] = ()


def findings(version: PolicyVersion, shelf: Shelf, now: datetime) -> Findings:
    """Of a draft both; of what was published only the oddities, as they never kept it from it."""
    if version.state is VersionState.DRAFT:
        return findings_of(version.document, shelf, now)
    return Findings(oddities=tuple(oddities(version.document)))


def findings_of(document: PolicyDocument, shelf: Shelf, now: datetime) -> Findings:
    """What publishing this document now would be told."""
    found = [*faults(document), *date_faults(document, shelf, now)]
    return Findings(faults=tuple(found), oddities=tuple(oddities(document)))


def publish(reads: PolicyReader, version_id: str, context: Context) -> Decided[Placed]:
    """Put a draft on the shelf of its policy; a version that stands there already stays as it is.

    Raises Invalid `policy_faults` with every fault of the document and of its dates, and Conflict
    `same_person` where policy asks for a second pair of eyes.
    """
    known = stored_version(reads, version_id)
    if known.state is VersionState.PUBLISHED:
        return Decided(result=Placed(version=known, shelf=reads.policy_shelf(known.policy)))
    if known.state is VersionState.DISCARDED:
        raise discarded(version_id)
    check_version(known.subject, known.version, context)
    document, shelf = known.document, reads.policy_shelf(known.policy)
    _refuse_faults([*faults(document), *date_faults(document, shelf, context.now)])
    _check_four_eyes(reads, known, shelf, context)
    entry = ShelfEntry(
        version_id=version_id, begins=document.effective_from, ends=document.effective_to
    )
    published = replace(
        known,
        state=VersionState.PUBLISHED,
        published_at=context.now,
        published_by=context.actor.id,
        version=known.version + 1,
    )
    decided = recorded(published, "policy.published", context)
    after, changes = _put_on(shelf, entry, context)
    placed = Placed(version=decided.result, shelf=after)
    return Decided(result=placed, changes=decided.changes + changes)


def end(reads: PolicyReader, version_id: str, at: datetime, context: Context) -> Decided[Placed]:
    """Let a published version end at a moment to come; what was sold under it stays so.

    An end at the moment at which it was to begin takes it back. Raises Invalid `ends_too_soon`,
    `ends_before_it_begins` or `dates_overlap`, and Conflict `policy_ended` for what is over.
    """
    known = stored_version(reads, version_id)
    shelf = reads.policy_shelf(known.policy)
    entry = shelf.entry(version_id)
    if entry is None:
        message = f"Version {version_id} is not published."
        raise Conflict("policy_not_published", message, version_id=version_id)
    if entry.ends == at:
        return Decided(result=Placed(version=known, shelf=shelf))
    present = entry.ends if entry.is_taken_back else shelf.end_of(version_id)
    if present is not None and (entry.is_taken_back or present <= context.now):
        message = f"Version {version_id} ended at {rfc3339(present)}; that does not change."
        raise Conflict("policy_ended", message, version_id=version_id, ended_at=rfc3339(present))
    if entry.ends is not None and entry.ends < context.now + NOTICE:
        message = f"It ends at {rfc3339(entry.ends)}: that is too near to change."
        raise _end_fault("ends_too_soon", message)
    _refuse_end(shelf, entry, at, context.now)
    after, changes = _put_on(shelf, replace(entry, ends=at), context)
    return Decided(result=Placed(version=known, shelf=after), changes=changes)


def date_faults(document: PolicyDocument, shelf: Shelf, now: datetime) -> list[FieldError]:
    """Where the version's dates and those of its shelf cannot both be true."""
    begins, ends = document.effective_from, document.effective_to
    others = [entry for entry in shelf.entries if not entry.is_taken_back]
    found: list[FieldError] = []
    if others and begins < now + NOTICE:
        message = (
            f"A later version begins {NOTICE.seconds} seconds after it is published or later: "
            "what was sold keeps its terms."
        )
        found.append(_fault("/effective_from", "begins_too_soon", message))
    if len(shelf.entries) >= SHELF_MAX:
        message = f"A policy has {SHELF_MAX} versions at most; begin another policy."
        found.append(_fault("/policy", "too_many_versions", message))
    for other in others:
        # Without an end of its own a version gives way to the next; with one, both claim the time.
        other_is_first = other.begins <= begins
        clash = (
            other.begins == begins
            or (other_is_first and other.ends is not None and other.ends > begins)
            or (not other_is_first and ends is not None and ends > other.begins)
        )
        if clash:
            message = f"Version {other.version_id} is in force at the same time."
            found.append(_fault("/effective_from", "dates_overlap", message))
    return found


def _refuse_faults(found: list[FieldError]) -> None:
    if found:
        count = len(found)
        message = f"The policy cannot be published: {count} fault{'s' if count > 1 else ''}."
        raise Invalid("policy_faults", message, errors=found[:FAULTS_MAX], count=count)


def _refuse_end(shelf: Shelf, entry: ShelfEntry, at: datetime, now: datetime) -> None:
    if at < entry.begins:
        message = f"Version {entry.version_id} begins at {rfc3339(entry.begins)}."
        raise _end_fault("ends_before_it_begins", message)
    if at < now + NOTICE:
        message = f"An end is at least {NOTICE.seconds} seconds away."
        raise _end_fault("ends_too_soon", message)
    following = min(
        (one.begins for one, _ in shelf.spans() if one.begins > entry.begins), default=at
    )
    if at > following:
        message = f"The next version begins at {rfc3339(following)}."
        raise _end_fault("dates_overlap", message)


def _end_fault(code: str, message: str) -> Invalid:
    return Invalid(code, message, errors=[_fault("/at", code, message)])


def _check_four_eyes(
    reads: PolicyReader, known: PolicyVersion, shelf: Shelf, context: Context
) -> None:
    """Asked for by the draft itself, or by the latest version of its policy: so a draft that
    leaves the rule out is still looked at by a second person."""
    latest = shelf.spans()[-1:]
    documents = [known.document, *(version_known(reads, e.version_id).document for e, _ in latest)]
    is_asked = any(FourEyes.DRAFTER_PUBLISHER in one.four_eyes for one in documents)
    if is_asked and context.actor.id in known.drafters:
        message = "Who wrote on the draft does not publish it: another person has to."
        raise Conflict("same_person", message)


def _put_on(shelf: Shelf, entry: ShelfEntry, context: Context) -> tuple[Shelf, Changes]:
    """The shelf with this entry, new or in place of the one of the same version."""
    others = (one for one in shelf.entries if one.version_id != entry.version_id)
    entries = tuple(sorted((*others, entry), key=lambda one: one.begins))
    after = replace(shelf, entries=entries, version=shelf.version + 1)
    facts: dict[str, Json] = {
        "policy": shelf.policy,
        "version_id": entry.version_id,
        "begins": rfc3339(entry.begins),
        "ends": None if entry.ends is None else rfc3339(entry.ends),
        "version": after.version,
    }
    journal = Journal(shelf.subject, shelf.chain, context)
    journal.record("policyshelf.changed", facts)
    after = replace(after, chain=journal.chain)
    return after, Changes(records=(after,), events=tuple(journal.events))


def _fault(pointer: str, code: str, message: str) -> FieldError:
    return FieldError(pointer=pointer, code=code, message=message)
