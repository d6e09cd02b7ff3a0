"""Versions of policies and the shelves they stand on; drafting them and giving drafts up.

Every policy has a shelf that lists its published versions. A published version is never changed;
that it ends earlier, or that a newer one follows it, is said on the shelf (policy/publishing.py).
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from chalicelib.core.commands import Changes, Decided
from chalicelib.core.errors import Conflict, NotFound, Stale
from chalicelib.core.events import Chain, Context, Journal, Json
from chalicelib.policy.catalogue import starter_form, starters
from chalicelib.policy.document import PolicyDocument, VersionState
from chalicelib.policy.reading import document_of

BUILT_IN_BY = "tuiku"
"""Who wrote and published the versions that come with the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version as it was written; `form` is its JSON text, `digest` the SHA-256 of that.

    `drafters` are all who wrote on it, `drafted_by` the last of them.
    """

    version_id: str
    policy: str
    form: str
    digest: str
    drafted_at: datetime
    drafted_by: str
    state: VersionState = VersionState.DRAFT
    published_at: datetime | None = None
    published_by: str | None = None
    drafters: tuple[str, ...] = ()
    version: int = 1
    chain: Chain = Chain()

    @property
    def subject(self) -> str:
        return f"policy/{self.version_id}"

    @property
    def document(self) -> PolicyDocument:
        return document_of(json.loads(self.form))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfEntry:
    """When a published version is in force; `ends` None: until the next one begins.

    One that ends when it begins was taken back before: it is never in force.
    """

    version_id: str
    begins: datetime
    ends: datetime | None = None

    @property
    def is_taken_back(self) -> bool:
        return self.ends is not None and self.ends <= self.begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The published versions of one policy, by their beginning."""

    policy: str
    entries: tuple[ShelfEntry, ...] = ()
    version: int = 0
    chain: Chain = field(default_factory=Chain)

    @property
    def subject(self) -> str:
        return f"policyshelf/{self.policy}"

    def in_force(self, at: datetime) -> str | None:
        """The version that applies to what is sold at this moment."""
        for entry, ends in reversed(self.spans()):
            if entry.begins <= at:
                return entry.version_id if ends is None or at < ends else None
        return None

    def spans(self) -> list[tuple[ShelfEntry, datetime | None]]:
        """Each entry that was not taken back, with its real end: its own, or the next beginning."""
        entries = [entry for entry in self.entries if not entry.is_taken_back]
        begins = [*(entry.begins for entry in entries[1:]), None]
        return [
            (entry, min((end for end in (entry.ends, following) if end), default=None))
            for entry, following in zip(entries, begins, strict=False)
        ]

    def entry(self, version_id: str) -> ShelfEntry | None:
        return next((one for one in self.entries if one.version_id == version_id), None)

    def really_ends(self, version_id: str) -> datetime | None:
        """As `end_of`; the beginning of a version that was taken back."""
        entry = self.entry(version_id)
        if entry is not None and entry.is_taken_back:
            return entry.begins
        return self.end_of(version_id)

    def end_of(self, version_id: str) -> datetime | None:
        """When a version really ends; None: nobody has said, or it never begins."""
        return next((end for one, end in self.spans() if one.version_id == version_id), None)


def first_shelf(policy: str) -> Shelf:
    """The shelf before anything is published: with the versions that are built in."""
    built_in = sorted(
        (one for one in starters().values() if one.policy == policy),
        key=lambda one: one.effective_from,
    )
    entries = tuple(
        ShelfEntry(version_id=one.version_id, begins=one.effective_from, ends=one.effective_to)
        for one in built_in
    )
    return Shelf(policy=policy, entries=entries)


class PolicyReader(Protocol):
    """Reads versions and shelves, consistently; a shelf begins with what is built in."""

    def policy_version(self, version_id: str) -> PolicyVersion | None: ...

    def policy_shelf(self, policy: str) -> Shelf: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The draft as kept, and whether this command made or changed it."""

    version: PolicyVersion
    created: bool
    changed: bool


def draft(reads: PolicyReader, form: dict[str, Any], context: Context) -> Decided[Drafted]:
    """Keep a document as a draft, or change one; faults are found when it is published.

    Raises Conflict `policy_built_in`, `policy_published` or `policy_discarded` where the name is
    taken by what does not change any more.
    """
    version_id = str(form["version"])
    if version_id in starters():
        raise built_in_stays(version_id)
    known = reads.policy_version(version_id)
    text = json.dumps(form, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = digest_of(text)
    if known is None:
        made = PolicyVersion(
            version_id=version_id,
            policy=str(form["policy"]),
            form=text,
            digest=digest,
            drafted_at=context.now,
            drafted_by=context.actor.id,
            drafters=(context.actor.id,),
        )
        return _kept(recorded(made, "policy.drafted", context), created=True)
    if known.state is VersionState.DISCARDED:
        raise discarded(version_id)
    if known.digest == digest:
        return Decided(result=Drafted(version=known, created=False, changed=False))
    check_version(known.subject, known.version, context)
    if known.state is VersionState.PUBLISHED:
        message = f"Version {version_id} is published; a change is a new version."
        raise Conflict("policy_published", message, version_id=version_id)
    made = replace(
        known,
        policy=str(form["policy"]),
        form=text,
        digest=digest,
        drafted_at=context.now,
        drafted_by=context.actor.id,
        drafters=tuple(dict.fromkeys((*known.drafters, context.actor.id))),
        version=known.version + 1,
    )
    return _kept(recorded(made, "policy.redrafted", context), created=False)


def _kept(decided: Decided[PolicyVersion], *, created: bool) -> Decided[Drafted]:
    drafted = Drafted(version=decided.result, created=created, changed=True)
    return Decided(result=drafted, changes=decided.changes)


def discard(reads: PolicyReader, version_id: str, context: Context) -> Decided[PolicyVersion]:
    """Give a draft up; its name stays taken, so that no other document is ever called the same."""
    known = stored_version(reads, version_id)
    if known.state is VersionState.DISCARDED:
        return Decided(result=known)
    if known.state is VersionState.PUBLISHED:
        message = f"Version {version_id} is published: it is ended, not discarded."
        raise Conflict("policy_published", message, version_id=version_id)
    check_version(known.subject, known.version, context)
    gone = replace(known, state=VersionState.DISCARDED, version=known.version + 1)
    return recorded(gone, "policy.discarded", context)


def built_in(version_id: str) -> PolicyVersion | None:
    """A version that comes with the product, in the form of those that are stored."""
    document, form = starters().get(version_id), starter_form(version_id)
    if document is None or form is None:
        return None
    return PolicyVersion(
        version_id=version_id,
        policy=document.policy,
        form=form,
        digest=digest_of(form),
        drafted_at=document.effective_from,
        drafted_by=BUILT_IN_BY,
        state=VersionState.PUBLISHED,
        published_at=document.effective_from,
        published_by=BUILT_IN_BY,
    )


def version_known(reads: PolicyReader, version_id: str) -> PolicyVersion:
    """A version, built in or stored, whatever its state; raises NotFound."""
    return built_in(version_id) or _stored(reads, version_id)


def stored_version(reads: PolicyReader, version_id: str) -> PolicyVersion:
    """A version of the merchant's own; raises Conflict `policy_built_in` for another."""
    if version_id in starters():
        raise built_in_stays(version_id)
    return _stored(reads, version_id)


def _stored(reads: PolicyReader, version_id: str) -> PolicyVersion:
    known = reads.policy_version(version_id)
    if known is None:
        raise NotFound("policy_not_found", f"There is no policy version {version_id}.")
    return known


def built_in_stays(version_id: str) -> Conflict:
    """What comes with the product is copied under another id, never changed."""
    message = f"Version {version_id} is built in: draft its document under an id of your own."
    return Conflict("policy_built_in", message, version_id=version_id)


def discarded(version_id: str) -> Conflict:
    """The name of a discarded draft is not used again."""
    message = f"Version {version_id} was discarded; draft under another id."
    return Conflict("policy_discarded", message, version_id=version_id)


def digest_of(form: str) -> str:
    return sha256(form.encode()).hexdigest()


def check_version(subject: str, present: int, context: Context) -> None:
    """Raises Stale where the caller looked at another version than the present one."""
    if context.expected_version not in (None, present):
        raise Stale(
            "stale_version",
            f"The policy is at version {present}, not {context.expected_version}.",
            subject=subject,
            expected=context.expected_version,
            actual=present,
        )


def recorded(made: PolicyVersion, event_type: str, context: Context) -> Decided[PolicyVersion]:
    """The version with its event, which names the document by its digest and holds none of it."""
    journal = Journal(made.subject, made.chain, context)
    facts: dict[str, Json] = {
        "version_id": made.version_id,
        "policy": made.policy,
        "digest": made.digest,
        "state": made.state.value,
        "version": made.version,
    }
    journal.record(event_type, facts)
    made = replace(made, chain=journal.chain)
    return Decided(result=made, changes=Changes(records=(made,), events=tuple(journal.events)))
